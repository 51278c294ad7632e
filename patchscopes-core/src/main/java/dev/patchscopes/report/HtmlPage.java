package dev.patchscopes.report;

/**
 * Pages for a browser. All is there before the script runs; the script adds what answers to a
 * reader: details, choices, copies.
 */
final class HtmlPage {

    private HtmlPage() {}

    static String document(Page page) {
        String title = HtmlText.plain(page.title());
        return """
                <!DOCTYPE html>
                <html lang="en" xmlns="http://www.w3.org/1999/xhtml">
                <head>
                <meta charset="utf-8"/>
                <meta http-equiv="Content-Security-Policy" content="%s"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <title>%s</title>
                <style>@page{margin:12mm}body{margin:0}</style>
                <style>%s</style>
                </head>
                <body class="patchscopes page">
                <main>
                %s</main>
                <script>%s</script>
                </body>
                </html>
                """
                .formatted(
                        HtmlText.plain(PageCode.policy()),
                        title.isBlank() ? "Patchscopes" : title,
                        PageCode.style(),
                        content(page, 1),
                        PageCode.script());
    }

    static String fragment(Page page) {
        return """
                <div class="patchscopes">
                <style>%s</style>
                %s<script>%s</script>
                </div>
                """
                .formatted(PageCode.style(), content(page, 2), PageCode.script());
    }

    private static String content(Page page, int level) {
        HtmlBlocks blocks = new HtmlBlocks(page.title(), level);
        StringBuilder out = new StringBuilder();
        if (!page.title().isBlank() && !blocks.isTitle(page)) {
            out.append("<h%s>%s</h%s>\n".formatted(level, HtmlText.plain(page.title()), level));
        }
        page.blocks().forEach(block -> out.append(blocks.html(block)));
        return out.toString();
    }
}
