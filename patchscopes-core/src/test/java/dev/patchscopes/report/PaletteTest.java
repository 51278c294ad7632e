package dev.patchscopes.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Whether colours can be told apart, whoever looks at them. */
class PaletteTest {

    /**
     * Contrast of text that everybody can read, and of shapes that everybody can see (WCAG 2.1).
     */
    private static final double READABLE = 4.5;

    private static final double SEEN = 3;
    private static final int STEPS = 60;

    static Stream<Arguments> themesAndVisions() {
        return Arrays.stream(Theme.values())
                .flatMap(
                        theme ->
                                Arrays.stream(Vision.values())
                                        .map(vision -> Arguments.of(theme, vision)));
    }

    private static double[] lightness(Theme theme, ColorScale scale, Vision vision) {
        return IntStream.rangeClosed(0, STEPS)
                .mapToDouble(
                        i -> vision.of(Palette.of(theme).color(scale, i / (double) STEPS)).lab()[0])
                .toArray();
    }

    private static List<Double> steps(double[] lightness) {
        return IntStream.range(1, lightness.length)
                .mapToObj(i -> lightness[i] - lightness[i - 1])
                .toList();
    }

    @ParameterizedTest
    @MethodSource("themesAndVisions")
    void lightnessAloneTellsNumbersApart(Theme theme, Vision vision) {
        double away = theme == Theme.LIGHT ? -1 : 1;
        assertThat(steps(lightness(theme, ColorScale.SEQUENTIAL, vision)))
                .allMatch(step -> step * away > 0);
        assertThat(steps(lightness(theme, ColorScale.REVERSED, vision)))
                .allMatch(step -> step * away < 0);
        List<Double> diverging = steps(lightness(theme, ColorScale.DIVERGING, vision));
        assertThat(diverging.subList(0, STEPS / 2)).allMatch(step -> step * away < 0);
        assertThat(diverging.subList(STEPS / 2, STEPS)).allMatch(step -> step * away > 0);
    }

    @ParameterizedTest
    @MethodSource("themesAndVisions")
    void bothSidesOfADifferenceAreToldApart(Theme theme, Vision vision) {
        Palette palette = Palette.of(theme);
        for (double size = .5; size <= 1; size += .1) {
            Rgb below = vision.of(palette.color(ColorScale.DIVERGING, .5 - size / 2));
            Rgb above = vision.of(palette.color(ColorScale.DIVERGING, .5 + size / 2));
            assertThat(below.distance(above)).isGreaterThan(.2 * size);
        }
    }

    @ParameterizedTest
    @EnumSource(Theme.class)
    void scalesStartAtTheGround(Theme theme) {
        Palette palette = Palette.of(theme);
        assertThat(palette.color(ColorScale.SEQUENTIAL, 0)).isEqualTo(palette.ground());
        assertThat(palette.color(ColorScale.SEQUENTIAL, 1)).isEqualTo(palette.full());
        assertThat(palette.color(ColorScale.REVERSED, 0)).isEqualTo(palette.full());
        assertThat(palette.color(ColorScale.REVERSED, 1)).isEqualTo(palette.ground());
        assertThat(palette.color(ColorScale.DIVERGING, 0)).isEqualTo(palette.below());
        assertThat(palette.color(ColorScale.DIVERGING, .5)).isEqualTo(palette.ground());
        assertThat(palette.color(ColorScale.DIVERGING, 1)).isEqualTo(palette.above());
    }

    @ParameterizedTest
    @EnumSource(Theme.class)
    void textsAreReadOnEveryColour(Theme theme) {
        Palette palette = Palette.of(theme);
        for (ColorScale scale : ColorScale.values()) {
            for (int i = 0; i <= STEPS; i++) {
                Rgb color = palette.color(scale, i / (double) STEPS);
                assertThat(color.contrast(Palette.inkOn(color))).isGreaterThanOrEqualTo(READABLE);
            }
        }
        assertThat(palette.ink().contrast(palette.ground())).isGreaterThan(7);
        assertThat(palette.faint().contrast(palette.ground())).isGreaterThan(READABLE);
        assertThat(palette.mark().contrast(palette.ground())).isGreaterThan(READABLE);
    }

    @Test
    void inkIsReadOnWhateverColour() {
        for (int rgb = 0; rgb <= 0xffffff; rgb += 4099) {
            Rgb color = Rgb.hex(rgb);
            assertThat(color.contrast(Palette.inkOn(color))).isGreaterThanOrEqualTo(READABLE);
        }
    }

    @ParameterizedTest
    @MethodSource("themesAndVisions")
    void linesAreToldApart(Theme theme, Vision vision) {
        Palette palette = Palette.of(theme);
        for (int i = 0; i < palette.lines().size(); i++) {
            Rgb line = palette.line(i);
            assertThat(line.contrast(palette.ground())).isGreaterThanOrEqualTo(SEEN);
            for (int j = 0; j < i; j++) {
                assertThat(vision.of(line).distance(vision.of(palette.line(j))))
                        .as("lines %s and %s", j, i)
                        .isGreaterThan(i < 4 ? .12 : .085);
            }
        }
    }

    @Test
    void colorsOfLinesStartAgain() {
        Palette palette = Palette.of(Theme.LIGHT);
        assertThat(palette.lines()).hasSize(8);
        assertThat(palette.line(9)).isEqualTo(palette.line(1));
    }
}
