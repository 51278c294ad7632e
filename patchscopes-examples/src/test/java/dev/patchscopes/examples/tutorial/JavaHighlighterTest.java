package dev.patchscopes.examples.tutorial;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JavaHighlighterTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "int i1 = 10;|<span class=\"keyword\">int</span> i1 = <span"
                        + " class=\"number\">10</span>;",
                "f(\"a \\\" // b\")|f(<span class=\"text\">&quot;a \\&quot; // b&quot;</span>)",
                "x // \"not\" 3|x <span class=\"comment\">// &quot;not&quot; 3</span>",
                "'\"' + integer|<span class=\"text\">&#39;&quot;&#39;</span> + integer",
                "a < b & c|a &lt; b &amp; c",
                "1.5e-3f|<span class=\"number\">1.5e</span>-<span class=\"number\">3f</span>",
            })
    void marksTokens(String java, String html) {
        assertThat(JavaHighlighter.html(java)).isEqualTo(html);
    }

    @Test
    void keepsEveryCharacter() {
        String java = "/* a\n*/ var s = \"\"\"\n  <b>\"x\"</b>\n  \"\"\"; // end\nchar c = '\\'';";

        assertThat(
                        JavaHighlighter.html(java)
                                .replaceAll("</?span[^>]*>", "")
                                .replace("&lt;", "<")
                                .replace("&gt;", ">")
                                .replace("&quot;", "\"")
                                .replace("&#39;", "'")
                                .replace("&amp;", "&"))
                .isEqualTo(java);
    }
}
