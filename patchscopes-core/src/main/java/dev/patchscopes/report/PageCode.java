package dev.patchscopes.report;

import com.google.common.hash.Hashing;
import com.google.common.io.BaseEncoding;
import com.google.common.io.Resources;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** Style and script of pages, the same for all. */
final class PageCode {

    /** Says that an XML reader takes what follows as it is; to HTML it is a comment of the code. */
    private static final String AS_IS = "/*<![CDATA[*/\n";

    private static final String AS_IS_END = "/*]]>*/";

    private PageCode() {}

    /** Content of the style element. */
    static String style() {
        return AS_IS + colors() + ColorSteps.css() + resource("page.css") + AS_IS_END;
    }

    /** Content of the script element. */
    static String script() {
        return AS_IS + resource("page.js") + AS_IS_END;
    }

    /**
     * What a document may load and run: its own style and its own script, known by its content, and
     * nothing else, whatever its texts say.
     */
    static String policy() {
        byte[] hash =
                Hashing.sha256().hashString(script(), StandardCharsets.UTF_8).asBytes();
        return "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-%s'; base-uri 'none'; form-action 'none'"
                .formatted(BaseEncoding.base64().encode(hash));
    }

    private static String colors() {
        Palette light = Palette.of(Theme.LIGHT);
        Palette dark = Palette.of(Theme.DARK);
        StringBuilder css = new StringBuilder(".patchscopes{\n");
        color(css, "ground", light.ground(), dark.ground());
        color(css, "ink", light.ink(), dark.ink());
        color(css, "faint", light.faint(), dark.faint());
        color(css, "rule", light.rule(), dark.rule());
        color(css, "mark", light.mark(), dark.mark());
        for (int line = 0; line < light.lines().size(); line++) {
            color(css, "line-" + line, light.line(line), dark.line(line));
        }
        return css.append("}\n").toString();
    }

    private static void color(StringBuilder css, String name, Rgb light, Rgb dark) {
        css.append("--ps-%s:%s;\n".formatted(name, ColorSteps.both(light, dark)));
    }

    private static String resource(String name) {
        try {
            return Resources.toString(
                    Resources.getResource(PageCode.class, name), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + name + " of this library", e);
        }
    }
}
