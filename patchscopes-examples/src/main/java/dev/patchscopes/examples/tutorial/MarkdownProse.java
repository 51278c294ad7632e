package dev.patchscopes.examples.tutorial;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.commonmark.Extension;
import org.commonmark.ext.gfm.tables.TablesExtension;
import org.commonmark.ext.heading.anchor.IdGenerator;
import org.commonmark.node.Heading;
import org.commonmark.node.Node;
import org.commonmark.parser.Parser;
import org.commonmark.renderer.html.HtmlRenderer;
import org.commonmark.renderer.text.TextContentRenderer;

/** The prose of one page: its headings have anchors, each once, and are remembered. */
final class MarkdownProse {

    private static final List<Extension> EXTENSIONS = List.of(TablesExtension.create());

    /**
     * A heading of the page.
     *
     * @param level 1 for the title
     * @param text as plain text
     * @param id its anchor
     */
    record Anchor(int level, String text, String id) {}

    private final IdGenerator ids = IdGenerator.builder().build();
    private final List<Anchor> anchors = new ArrayList<>();
    private final Parser parser = Parser.builder().extensions(EXTENSIONS).build();
    private final TextContentRenderer words = TextContentRenderer.builder().build();
    private final HtmlRenderer renderer =
            HtmlRenderer.builder()
                    .extensions(EXTENSIONS)
                    .escapeHtml(true)
                    .sanitizeUrls(true)
                    .attributeProviderFactory(context -> this::anchor)
                    .build();

    /** Renders the next prose of the page. */
    String html(String markdown) {
        return renderer.render(parser.parse(markdown));
    }

    /** Plain text of some Markdown. */
    String plain(String markdown) {
        return words.render(parser.parse(markdown)).strip();
    }

    /** The headings rendered so far. */
    ImmutableList<Anchor> anchors() {
        return ImmutableList.copyOf(anchors);
    }

    private void anchor(Node node, String tag, Map<String, String> attributes) {
        if (node instanceof Heading heading) {
            String text = words.render(heading).strip();
            String id = ids.generateId(text);
            anchors.add(new Anchor(heading.getLevel(), text, id));
            attributes.put("id", id);
        }
    }
}
