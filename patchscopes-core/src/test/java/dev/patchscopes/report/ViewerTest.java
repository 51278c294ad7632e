package dev.patchscopes.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ViewerTest {

    private static final Terminal NARROW = new Terminal(40, Terminal.Colors.INDEXED);
    private static final Figure FIGURE =
            LineChart.of("Loss", "step", "nats", List.of(Series.of("of a run", List.of(3.0, 2.5))));
    private static final Figure OTHER =
            LineChart.of("Other", "x", "y", List.of(Series.of("of none", List.of(1.0, 4.0))));

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);

    @TempDir private Path folder;

    @Test
    void writesTheTextOfAPageToTheTerminal() {
        Viewer.terminal(NARROW, out).show(FIGURE);

        assertThat(printed()).isEqualTo(FIGURE.page().toText(NARROW)).isNotEmpty();
    }

    @Test
    void opensThePageInTheBrowser() throws IOException {
        List<URI> opened = new ArrayList<>();

        new BrowserViewer(opened::add, NARROW, out).show(FIGURE);

        assertThat(opened).hasSize(1);
        Path page = Path.of(opened.get(0));
        assertThat(page).hasContent(FIGURE.page().toHtml());
        assertThat(printed()).isEqualTo("opened " + page + System.lineSeparator());
        Files.delete(page);
    }

    @Test
    void printsTextAndThePagesPathWithoutABrowser() throws IOException {
        new BrowserViewer(address -> false, NARROW, out).show(FIGURE);

        assertThat(printed()).startsWith(FIGURE.page().toText(NARROW));
        Matcher path = Pattern.compile("the page is (.+\\.html)").matcher(printed());
        assertThat(path.find()).isTrue();
        assertThat(Path.of(path.group(1))).hasContent(FIGURE.page().toHtml());
        Files.delete(Path.of(path.group(1)));
    }

    @Test
    void numbersFilesInTheOrderOfShowing() throws IOException {
        Path below = folder.resolve("made/when/needed");
        Page two = Page.of("Two", FIGURE, Prose.of("and"), OTHER);

        Viewer.folder(below).show(two);
        Viewer.folder(below).show(Page.of("None", Prose.of("words alone")));
        Viewer.folder(below).show(FIGURE);

        assertThat(names(below))
                .containsExactlyInAnyOrder(
                        "001.html",
                        "001.svg",
                        "001-2.svg",
                        "001.txt",
                        "002.html",
                        "002.txt",
                        "003.html",
                        "003.svg",
                        "003.txt");
        assertThat(below.resolve("001.html")).hasContent(two.toHtmlFragment());
        assertThat(below.resolve("001.svg")).hasContent(FIGURE.toSvg(Theme.LIGHT));
        assertThat(below.resolve("001-2.svg")).hasContent(OTHER.toSvg(Theme.LIGHT));
        assertThat(below.resolve("001.txt")).hasContent(two.toText(Terminal.plain(100)));
        assertThat(printed()).isEmpty();
    }

    @Test
    void goesOnAfterTheFilesThatAreThere() throws IOException {
        Files.createFile(folder.resolve("041.txt"));
        Files.createFile(folder.resolve("notes.txt"));

        Viewer.folder(folder).show(OTHER);

        assertThat(names(folder)).contains("042.html", "042.svg", "042.txt", "notes.txt");
    }

    /** The digits of some languages are not 0 to 9. */
    @Test
    void numbersFilesAlikeInEveryLocale() throws IOException {
        Locale before = Locale.getDefault();
        try {
            Locale.setDefault(Locale.forLanguageTag("ar-EG"));
            Viewer.folder(folder).show(FIGURE);
            Viewer.folder(folder).show(OTHER);
        } finally {
            Locale.setDefault(before);
        }

        assertThat(names(folder)).contains("001.html", "002.html");
    }

    @Test
    void saysWhereItCannotWrite() throws IOException {
        Path file = Files.createFile(folder.resolve("file"));

        assertThatThrownBy(() -> Viewer.folder(file).show(FIGURE))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("cannot write what is shown into " + file);
    }

    @Test
    void propertiesSayWhere() {
        assertThat(viewer("terminal", true)).isInstanceOf(TerminalViewer.class);
        assertThat(viewer("browser", false)).isInstanceOf(BrowserViewer.class);
        assertThat(viewer("target/shown", true))
                .isEqualTo(Viewer.folder(Path.of("target", "shown")));
        assertThat(viewer("", true)).isInstanceOf(BrowserViewer.class);
        assertThat(viewer("", false)).isInstanceOf(TerminalViewer.class);
    }

    @ParameterizedTest
    @CsvSource({
        "120,120,NONE",
        "'80,none',80,NONE",
        "'80,indexed',80,INDEXED",
        "'200,true',200,TRUE"
    })
    void aPropertySaysWhatTheTerminalCanShow(String said, int columns, Terminal.Colors colors) {
        Properties properties = new Properties();
        properties.setProperty(Viewer.TERMINAL_PROPERTY, said);

        assertThat(ViewerSettings.terminal(properties)).isEqualTo(new Terminal(columns, colors));
    }

    @ParameterizedTest
    @ValueSource(strings = {"wide", "80,blue", "80,", ",true", "-80", "1000000"})
    void refusesAnotherDescriptionOfTheTerminal(String said) {
        Properties properties = new Properties();
        properties.setProperty(Viewer.TERMINAL_PROPERTY, said);

        assertThatThrownBy(() -> ViewerSettings.terminal(properties))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("patchscopes.terminal is \"" + said + "\"")
                .hasMessageContaining("100,true");
    }

    private static Viewer viewer(String show, boolean desktop) {
        Properties properties = new Properties();
        properties.setProperty(Viewer.SHOW_PROPERTY, show);
        properties.setProperty(Viewer.TERMINAL_PROPERTY, "100");
        return ViewerSettings.viewer(properties, () -> desktop);
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }

    private String printed() {
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
