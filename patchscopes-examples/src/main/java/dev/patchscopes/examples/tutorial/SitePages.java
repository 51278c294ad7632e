package dev.patchscopes.examples.tutorial;

import com.google.common.collect.ImmutableList;
import com.google.common.html.HtmlEscapers;
import dev.patchscopes.LibraryVersion;
import java.util.stream.Collectors;

/** The documents of the site, one for each section and an index. */
final class SitePages {

    private static final String TITLE = "Patchscopes for the JVM";

    private final ImmutableList<Section> sections;
    private final SharedCode shared;

    SitePages(ImmutableList<Section> sections, SharedCode shared) {
        this.sections = sections;
        this.shared = shared;
    }

    String index() {
        MarkdownProse prose = new MarkdownProse();
        StringBuilder main = new StringBuilder("<h1>%s: a tutorial</h1>\n".formatted(TITLE));
        main.append(
                "<p>Each page is a script: what stands in it was typed into JShell, and what follows"
                        + " is what came of it.</p>\n");
        for (Section section : sections) {
            String address = address(section);
            main.append("<section class=\"card\">\n");
            main.append(
                    "<h2><a href=\"%s\">%s</a></h2>\n"
                            .formatted(address, title(section, prose)));
            main.append(prose.html(section.script().summary()));
            section.cover()
                    .ifPresent(
                            file ->
                                    main.append(
                                            "<a href=\"%s\"><img src=\"pictures/%s/%s\" alt=\"The first picture of: %s\"/></a>\n"
                                                    .formatted(
                                                            address,
                                                            section.script().name(),
                                                            file,
                                                            title(section, prose))));
            main.append("</section>\n");
        }
        return document(TITLE, "index", main.toString());
    }

    String section(int number) {
        Section section = sections.get(number);
        MarkdownProse prose = new MarkdownProse();
        String content =
                section.elements().stream()
                        .map(element -> html(element, prose))
                        .collect(Collectors.joining());
        int end = content.indexOf("</h1>");
        int body = end < 0 ? 0 : end + "</h1>".length();
        String main =
                content.substring(0, body) + contents(prose) + content.substring(body)
                        + neighbours(number);
        return document(
                prose.plain(section.script().title()), section.script().name(), main);
    }

    private String html(PageElement element, MarkdownProse prose) {
        if (element instanceof PageElement.Prose words) {
            return prose.html(words.markdown());
        }
        if (element instanceof PageElement.Code code) {
            return "<pre class=\"code\"><code>%s</code></pre>\n"
                    .formatted(JavaHighlighter.html(code.java()));
        }
        if (element instanceof PageElement.Output output) {
            return "<pre class=\"output\"><samp>%s</samp></pre>\n".formatted(escaped(output.text()));
        }
        String fragment = ((PageElement.Picture) element).fragment();
        return "<div class=\"picture\">\n%s\n</div>\n".formatted(shared.without(fragment).strip());
    }

    /** Links to the headings below the title. */
    private static String contents(MarkdownProse prose) {
        ImmutableList<MarkdownProse.Anchor> parts =
                prose.anchors().stream()
                        .filter(anchor -> anchor.level() == 2)
                        .collect(ImmutableList.toImmutableList());
        if (parts.size() < 2) {
            return "";
        }
        return parts.stream()
                .map(
                        part ->
                                "<li><a href=\"#%s\">%s</a></li>"
                                        .formatted(escaped(part.id()), escaped(part.text())))
                .collect(
                        Collectors.joining(
                                "\n",
                                "\n<nav class=\"contents\" aria-label=\"On this page\"><ul>\n",
                                "\n</ul></nav>\n"));
    }

    private String neighbours(int number) {
        StringBuilder links = new StringBuilder("<nav class=\"neighbours\">\n");
        if (number > 0) {
            links.append(neighbour(number - 1, "prev", "← %s"));
        }
        if (number + 1 < sections.size()) {
            links.append(neighbour(number + 1, "next", "%s →"));
        }
        return links.append("</nav>\n").toString();
    }

    private String neighbour(int number, String relation, String form) {
        Section section = sections.get(number);
        return "<a rel=\"%s\" href=\"%s\">%s</a>\n"
                .formatted(
                        relation,
                        address(section),
                        form.formatted(title(section, new MarkdownProse())));
    }

    private String document(String title, String current, String main) {
        String links =
                sections.stream()
                        .map(
                                section ->
                                        "<a href=\"%s\"%s>%s</a>"
                                                .formatted(
                                                        address(section),
                                                        section.script().name().equals(current)
                                                                ? " aria-current=\"page\""
                                                                : "",
                                                        title(section, new MarkdownProse())))
                        .collect(Collectors.joining("\n"));
        return """
                <!DOCTYPE html>
                <html lang="en">
                <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <title>%s</title>
                <link rel="stylesheet" href="pictures.css"/>
                <link rel="stylesheet" href="site.css"/>
                </head>
                <body>
                <header>
                <a class="home" href="index.html"%s>Tutorial</a>
                <nav aria-label="Sections">
                %s
                </nav>
                </header>
                <main>
                %s</main>
                <footer>%s %s</footer>
                </body>
                </html>
                """
                .formatted(
                        escaped(title),
                        current.equals("index") ? " aria-current=\"page\"" : "",
                        links,
                        main,
                        TITLE,
                        escaped(LibraryVersion.current().toString()));
    }

    private static String title(Section section, MarkdownProse prose) {
        return escaped(prose.plain(section.script().title()));
    }

    private static String address(Section section) {
        return section.script().name() + ".html";
    }

    private static String escaped(String text) {
        return HtmlEscapers.htmlEscaper().escape(text);
    }
}
