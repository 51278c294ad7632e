package dev.patchscopes.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.patchscopes.report.Theme;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The README's picture is what the library draws. */
@Tag("trained")
class ReadmePictureTest {

    @Test
    void itIsWhatTheLibraryDrawsToday() throws IOException {
        Path pictures = Path.of("pictures");

        assertThat(shape(Files.readString(pictures.resolve("lens.svg"))))
                .isEqualTo(shape(ReadmePicture.heatmap().toSvg(Theme.LIGHT)));
        assertThat(shape(Files.readString(pictures.resolve("lens-dark.svg"))))
                .isEqualTo(shape(ReadmePicture.heatmap().toSvg(Theme.DARK)));
    }

    /**
     * The last digits of numbers, and with them shades of colours, may differ between processors.
     */
    private static String shape(String svg) {
        return svg.replaceAll("#[0-9a-f]{6}", "#").replaceAll("\\d\\.\\d+", "0");
    }
}
