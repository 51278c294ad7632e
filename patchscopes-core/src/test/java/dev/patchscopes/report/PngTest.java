package dev.patchscopes.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.w3c.dom.Element;

/** Pixels. */
class PngTest {

    private static Heatmap heatmap() {
        return Heatmap.of(
                "shares",
                AxisLabels.of("layer", List.of(0, 1, 2)),
                AxisLabels.of("token", List.of("a", "b", "c", "d")),
                List.of(Measure.probability()),
                (row, column) -> HeatCell.of("", (row * 4 + column) / 11.));
    }

    private static BufferedImage read(byte[] png) throws IOException {
        return ImageIO.read(new ByteArrayInputStream(png));
    }

    @ParameterizedTest
    @EnumSource(Theme.class)
    void cellsHaveTheirColoursAndTheRestTheGround(Theme theme) throws IOException {
        Heatmap heatmap = heatmap();
        SvgDrawing drawing = SvgDrawing.parse(heatmap.toSvg(theme));
        BufferedImage image = read(heatmap.toPng(theme, 2));
        assertThat(image.getWidth()).isEqualTo((int) (2 * drawing.width()));
        assertThat(image.getHeight()).isEqualTo((int) (2 * drawing.height()));
        Palette palette = Palette.of(theme);
        int cells = 0;
        for (Element group : drawing.all("g")) {
            List<Element> rects = SvgDrawing.children(group, "rect");
            if (SvgDrawing.children(group, "title").size() != 1 || rects.size() != 1) {
                continue;
            }
            Element rect = rects.get(0);
            // beside the number, which stands in the middle
            double x = SvgDrawing.number(rect, "x") + 2;
            double y = SvgDrawing.number(rect, "y") + 2;
            Rgb color =
                    Scale.of(heatmap, 0).color(heatmap.at(cells / 4, cells % 4).value(0), palette);
            assertThat(rgb(image, (int) (2 * x), (int) (2 * y))).isEqualTo(color);
            cells++;
        }
        assertThat(cells).isEqualTo(12);
        assertThat(rgb(image, 0, 0)).isEqualTo(palette.ground());
        assertThat(rgb(image, image.getWidth() - 1, image.getHeight() - 1))
                .isEqualTo(palette.ground());
    }

    private static Rgb rgb(BufferedImage image, int x, int y) {
        return Rgb.hex(image.getRGB(x, y) & 0xffffff);
    }

    @ParameterizedTest
    @ValueSource(doubles = {.5, 1, 3})
    void areAsLargeAsTheScaleSays(double scale) throws IOException {
        SvgDrawing drawing = SvgDrawing.parse(heatmap().toSvg(Theme.LIGHT));
        byte[] png = heatmap().toPng(Theme.LIGHT, scale);
        assertThat(png).startsWith(0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n');
        BufferedImage image = read(png);
        assertThat(image.getWidth()).isEqualTo((int) Math.ceil(scale * drawing.width()));
        assertThat(image.getHeight()).isEqualTo((int) Math.ceil(scale * drawing.height()));
    }

    @Test
    void textsAreDrawn() throws IOException {
        BufferedImage with = read(heatmap().toPng(Theme.LIGHT, 1));
        String untitled = heatmap().toSvg(Theme.LIGHT).replaceAll(">shares</text>", "></text>");
        BufferedImage without = read(Png.of(untitled, 1));
        assertThat(dark(with)).isGreaterThan(dark(without) + 50);
    }

    private static long dark(BufferedImage image) {
        long dark = 0;
        for (int y = 0; y < 40; y++) {
            for (int x = 0; x < image.getWidth(); x++) {
                dark += rgb(image, x, y).luminance() < .5 ? 1 : 0;
            }
        }
        return dark;
    }

    @Test
    void areTheSameEachTime() {
        assertThat(heatmap().toPng(Theme.DARK, 1)).isEqualTo(heatmap().toPng(Theme.DARK, 1));
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, -1, Double.NaN, Double.POSITIVE_INFINITY})
    void scalesThatAreNoneAreRefused(double scale) {
        assertThatThrownBy(() -> heatmap().toPng(Theme.LIGHT, scale))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("scale " + scale)
                .hasMessageContaining("greater than 0, such as 2");
    }

    @Test
    void hugeImagesAreRefusedAndTheMessageSaysWhatFits() {
        assertThatThrownBy(() -> heatmap().toPng(Theme.LIGHT, 1000))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("at most 100 million pixels")
                .hasMessageMatching(".*give a scale below [0-9.]+ instead of 1000.0.*");
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void withoutFontsTheErrorSaysWhatToInstall(@TempDir Path directory) throws Exception {
        Path fonts = directory.resolve("fonts.conf");
        Files.writeString(fonts, "<?xml version=\"1.0\"?><fontconfig></fontconfig>");
        assertThat(run(directory, "FONTCONFIG_FILE", fonts.toString()))
                .contains("finds no fonts", "fontconfig", "write an SVG image");
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void withoutADisplayThatIsNamedTheErrorSaysHowToStart(@TempDir Path directory)
            throws Exception {
        assertThat(run(directory, "DISPLAY", ":4711"))
                .containsAnyOf("-Djava.awt.headless=true", "drawn");
    }

    private static String run(Path home, String variable, String value) throws Exception {
        ProcessBuilder builder =
                new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Duser.home=" + home,
                        "-cp",
                        System.getProperty("java.class.path"),
                        PngTest.class.getName());
        builder.environment().put(variable, value);
        Process process = builder.redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return output;
    }

    /** Draws an image in a process of its own. */
    public static void main(String[] arguments) {
        heatmap().toPng(Theme.LIGHT, 1);
        System.out.println("drawn");
    }
}
