package dev.patchscopes.examples.cli;

import static dev.patchscopes.examples.cli.FormatsTest.and;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where results go. */
class OutputTest {

    private static final String[] READ = {
        "read", "-m", "demo-small", "--prompt", "The capital of France is", "--layers", "4"
    };

    @TempDir private Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"txt", "json", "csv", "html", "md", "svg", "png"})
    void aFileHoldsWhatIsPrintedOtherwise(String ending) throws IOException {
        Path file = folder.resolve("reading." + ending);
        Files.writeString(file, "what was there before");
        Format format = Format.of(file);

        Program written = Program.run(and(READ, "-o", file.toString()));
        assertThat(written.status()).as(written.err()).isZero();
        assertThat(written.bytes()).isEmpty();
        assertThat(written.err()).contains("wrote " + file);

        Program printed = Program.run(and(READ, "--format", NameConverter.name(format)));
        assertThat(Files.readAllBytes(file)).isEqualTo(printed.bytes()).isNotEmpty();
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).containsExactly(file);
        }
    }

    @Test
    void anEndingThatTellsNoFormIsRefusedUnlessTheFormIsNamed() throws IOException {
        Path file = folder.resolve("reading.xyz");

        Program unknown = Program.run(and(READ, "-o", file.toString()));
        assertThat(unknown.status()).isEqualTo(ExitStatus.USAGE.code());
        assertThat(unknown.err())
                .contains("its ending is none of txt, json, csv, html, htm, md, svg, png");
        assertThat(file).doesNotExist();

        assertThat(Program.run(and(READ, "-o", file.toString(), "-f", "csv")).status()).isZero();
        assertThat(file).isNotEmptyFile();
    }

    @Test
    void figuresArePictures() throws IOException {
        assertThat(Program.output(and(READ, "-f", "svg"))).contains("<svg").contains("Paris");
        Program png = Program.run(and(READ, "-f", "png", "--dark"));
        assertThat(ImageIO.read(new ByteArrayInputStream(png.bytes())).getWidth())
                .isGreaterThan(100);

        Program none = Program.run(and(READ, "-f", "svg", "--figure", "9"));
        assertThat(none.status()).isEqualTo(ExitStatus.USAGE.code());
        assertThat(none.err()).contains("--figure 9 is not in 1..");
        assertThat(Program.run(and(READ, "--figure", "1")).err())
                .contains("--figure and --dark are for svg and png, and the format is text");
    }

    @ParameterizedTest
    @ValueSource(strings = {"html", "svg", "png"})
    void whatNobodyCanReadIsKeptFromTheTerminal(String format) {
        Program watched = Program.run(true, () -> false, and(READ, "-f", format));
        assertThat(watched.status()).isEqualTo(ExitStatus.USAGE.code());
        assertThat(watched.bytes()).isEmpty();
        assertThat(watched.err()).contains(format + " is not for a terminal", "--output FILE");
    }

    @Test
    void placesAreLookedAtBeforeWork() {
        Path nowhere = folder.resolve("nowhere/reading.json");
        assertThat(Program.run(and(READ, "-o", nowhere.toString())).err())
                .contains("there is no directory " + nowhere.getParent());
        assertThat(Program.run(and(READ, "-o", folder.toString())).err())
                .contains("is a directory: name a file in it");
    }

    @Test
    void quietMeansResultsAlone() {
        Path file = folder.resolve("reading.csv");
        assertThat(Program.run(and(READ, "-q", "-o", file.toString())).err()).isEmpty();
        assertThat(file).isNotEmptyFile();
    }
}
