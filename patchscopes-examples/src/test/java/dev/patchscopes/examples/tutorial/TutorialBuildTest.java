package dev.patchscopes.examples.tutorial;

import static org.assertj.core.api.Assertions.assertThat;

import dev.patchscopes.examples.cli.Console;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The program that makes pages, on two small scripts. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TutorialBuildTest {

    private static final String FIRST =
            """
            /// # Pictures & *words*
            ///
            /// Shows <b>one</b> chart.
            ///
            /// ## Same
            ///
            /// | a | b |
            /// |---|---|
            /// | 1 | 2 |

            int a = 1; // stays with it
            int b = a + 1;

            b < 3
            String t = "<x>";
            System.out.println("printed " + t); System.out.print("twice");

            /// ## Same

            var chart = LineChart.of("A chart", "x", "y", List.of(Series.of("s", List.of(1.0, 2.0))));
            show(chart)
            show(chart)
            // the end
            """;

    private static final String SECOND =
            """
            /// # Second
            ///
            /// Has no variable of the first.

            String b = "own";
            """;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @TempDir private static Path folder;

    private Path site;

    @BeforeAll
    void build() throws IOException {
        Path scripts = Files.createDirectory(folder.resolve("scripts"));
        Files.writeString(scripts.resolve("1-first.jsh"), FIRST);
        Files.writeString(scripts.resolve("2-second.jsh"), SECOND);
        site = folder.resolve("site");
        Files.createDirectories(site.resolve("pictures/1-first"));
        Files.writeString(site.resolve("pictures/1-first/009.html"), "of an earlier run");
        Files.writeString(site.resolve("pictures/holiday.jpg"), "the user's own");

        assertThat(execute(scripts, site)).as(err.toString(StandardCharsets.UTF_8)).isZero();
    }

    @Test
    void tellsOfEachScriptAndWhereTheIndexIs() {
        assertThat(out.toString(StandardCharsets.UTF_8))
                .containsPattern("1-first +\\d+\\.\\d s +2 pictures")
                .containsPattern("2-second +\\d+\\.\\d s +0 pictures")
                .contains(site.resolve("index.html").toUri().toString());
    }

    @Test
    void replacesItsOwnPicturesAndNoOthers() {
        assertThat(site.resolve("pictures/holiday.jpg")).exists();
        assertThat(site.resolve("pictures/1-first/009.html")).doesNotExist();
    }

    @Test
    void putsWhatCameOfCodeAfterIt() throws IOException {
        String page = Files.readString(site.resolve("1-first.html"));

        assertThat(page.replaceAll("</?span[^>]*>", ""))
                .contains("<h1 id=\"pictures--words\">Pictures &amp; <em>words</em></h1>")
                .contains("Shows &lt;b&gt;one&lt;/b&gt; chart.")
                .contains("<td>1</td>")
                .contains(
                        """
                        <pre class="code"><code>int a = 1; // stays with it
                        int b = a + 1;

                        b &lt; 3</code></pre>
                        <pre class="output"><samp>true</samp></pre>
                        <pre class="code"><code>String t = &quot;&lt;x&gt;&quot;;
                        System.out.println(&quot;printed &quot; + t);</code></pre>
                        <pre class="output"><samp>printed &lt;x&gt;</samp></pre>
                        <pre class="code"><code>\
                        """)
                .contains("<samp>twice</samp>");
        assertThat(page.split("class=\"picture\"", -1)).hasSize(3);
        assertThat(page).contains("A chart").contains("<svg");
    }

    @Test
    void headingsHaveAnchorsEachOnce() throws IOException {
        assertThat(Files.readString(site.resolve("1-first.html")))
                .contains("<h2 id=\"same\">", "<h2 id=\"same-1\">")
                .contains("<a href=\"#same\">Same</a>", "<a href=\"#same-1\">Same</a>");
    }

    @Test
    void pagesLeadToEachOther() throws IOException {
        assertThat(Files.readString(site.resolve("1-first.html")))
                .contains("<a rel=\"next\" href=\"2-second.html\">Second →</a>")
                .doesNotContain("rel=\"prev\"");
        assertThat(Files.readString(site.resolve("2-second.html")))
                .contains("<a rel=\"prev\" href=\"1-first.html\">← Pictures &amp; words</a>")
                .contains("<a href=\"2-second.html\" aria-current=\"page\">Second</a>");
        assertThat(Files.readString(site.resolve("index.html")))
                .contains("<h2><a href=\"1-first.html\">Pictures &amp; words</a></h2>")
                .contains("src=\"pictures/1-first/001.svg\"")
                .contains("Has no variable of the first.");
        assertThat(site.resolve("pictures/1-first/001.svg")).exists();
    }

    @Test
    void needsNoNetwork() throws IOException {
        for (String page :
                new String[] {"index.html", "1-first.html", "site.css", "pictures.css"}) {
            assertThat(Files.readString(site.resolve(page)))
                    .as(page)
                    .doesNotContainPattern("(src|href)=\"(https?:)?//|url\\(|@import");
        }
    }

    @Test
    void styleAndScriptOfPicturesAreThereOnce() throws IOException {
        String page = Files.readString(site.resolve("1-first.html"));

        assertThat(page).doesNotContain("<style>", "<script>");
        assertThat(page.split("<script src=\"pictures-1.js\"></script>", -1)).hasSize(3);
        assertThat(site.resolve("pictures-1.js")).isNotEmptyFile();
        assertThat(site.resolve("pictures.css")).content().contains(".patchscopes");
    }

    @Test
    void failsWithScriptAndLine() throws IOException {
        Path scripts = Files.createDirectory(folder.resolve("wrong"));
        Files.writeString(
                scripts.resolve("1-wrong.jsh"), SECOND + "\n/// And\n\nint n = \"one\";\n");

        int status = execute(scripts, folder.resolve("unwritten"));

        assertThat(status).isEqualTo(1);
        assertThat(err.toString(StandardCharsets.UTF_8))
                .contains("error: 1-wrong.jsh, line 9: incompatible types")
                .contains("int n = \"one\";");
        assertThat(folder.resolve("unwritten/index.html")).doesNotExist();
    }

    private int execute(Path scripts, Path output) {
        return new CommandLine(new TutorialCommand(Console.of(out, err)))
                .execute("--scripts", scripts.toString(), "--output", output.toString());
    }
}
