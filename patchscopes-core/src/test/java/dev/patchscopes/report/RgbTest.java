package dev.patchscopes.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class RgbTest {

    private static final Rgb BLACK = Rgb.hex(0);
    private static final Rgb WHITE = Rgb.hex(0xffffff);
    private static final Rgb BLUE = Rgb.hex(0x0b3c7d);

    @Test
    void componentsAreReadAndWritten() {
        assertThat(BLUE).isEqualTo(new Rgb(11, 60, 125));
        assertThat(BLUE.css()).isEqualTo("#0b3c7d");
    }

    @Test
    void contrastIsThatOfTheGuidelines() {
        assertThat(BLACK.contrast(WHITE)).isCloseTo(21, within(1e-9));
        assertThat(WHITE.contrast(BLACK)).isCloseTo(21, within(1e-9));
        assertThat(BLUE.contrast(BLUE)).isEqualTo(1);
        // the lightest grey that is readable on white
        assertThat(Rgb.hex(0x767676).contrast(WHITE)).isBetween(4.5, 4.6);
        assertThat(Rgb.hex(0x777777).contrast(WHITE)).isLessThan(4.5);
    }

    @Test
    void lightnessIsThatOfTheSpace() {
        assertThat(WHITE.lab()).containsExactly(new double[] {1, 0, 0}, within(1e-6));
        assertThat(BLACK.lab()).containsExactly(new double[] {0, 0, 0}, within(1e-6));
        // pure red, as the space's author gives it
        assertThat(Rgb.hex(0xff0000).lab())
                .containsExactly(new double[] {.628, .225, .126}, within(5e-4));
    }

    @Test
    void theWayBetweenColoursEndsAtThem() {
        for (int rgb = 0; rgb <= 0xffffff; rgb += 65_521) {
            Rgb color = Rgb.hex(rgb);
            assertThat(color.towards(BLUE, 0)).isEqualTo(color);
            assertThat(BLUE.towards(color, 1)).isEqualTo(color);
        }
        double middle = WHITE.towards(BLUE, .5).lab()[0];
        assertThat(middle).isCloseTo((1 + BLUE.lab()[0]) / 2, within(.005));
    }

    @Test
    void distanceIsThatOfTheSpace() {
        assertThat(BLACK.distance(WHITE)).isCloseTo(1, within(1e-6));
        assertThat(BLUE.distance(BLUE)).isZero();
        assertThat(BLUE.distance(WHITE)).isEqualTo(WHITE.distance(BLUE));
    }
}
