package dev.patchscopes.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class ColorStepsTest {

    private static final Pattern RULE =
            Pattern.compile(
                    "\\.patchscopes \\.([qd])(\\d+)\\{background:var\\(--ps-l,(#\\w+)\\) var\\(--ps-d,(#\\w+)\\);"
                            + "color:var\\(--ps-l,(#\\w+)\\) var\\(--ps-d,(#\\w+)\\)}");

    @Test
    void inkCanBeReadOnEveryStepOfEitherTheme() {
        Matcher rules = RULE.matcher(ColorSteps.css());
        int count = 0;
        while (rules.find()) {
            assertThat(rgb(rules.group(3)).contrast(rgb(rules.group(5))))
                    .as("light %s", rules.group())
                    .isGreaterThanOrEqualTo(4.5);
            assertThat(rgb(rules.group(4)).contrast(rgb(rules.group(6))))
                    .as("dark %s", rules.group())
                    .isGreaterThanOrEqualTo(4.5);
            count++;
        }
        assertThat(count).isEqualTo(2 * (ColorSteps.LAST + 1));
    }

    private static Rgb rgb(String css) {
        return Rgb.hex(Integer.parseInt(css.substring(1), 16));
    }

    @Test
    void endsAndMiddleAreThePalettes() {
        Matcher rules = RULE.matcher(ColorSteps.css());
        for (Theme theme : Theme.values()) {
            Palette palette = Palette.of(theme);
            int group = theme == Theme.LIGHT ? 3 : 4;
            rules.reset();
            while (rules.find()) {
                String color = rules.group(group);
                switch (rules.group(1) + rules.group(2)) {
                    case "q0", "d16" -> assertThat(color).isEqualTo(palette.ground().css());
                    case "q32" -> assertThat(color).isEqualTo(palette.full().css());
                    case "d0" -> assertThat(color).isEqualTo(palette.below().css());
                    case "d32" -> assertThat(color).isEqualTo(palette.above().css());
                    default -> {}
                }
            }
        }
    }

    @Test
    void numbersHaveTheNearestStepOfTheirScale() {
        Scale probability = Scale.of(Measure.probability());
        assertThat(ColorSteps.of(probability, 0)).isZero();
        assertThat(ColorSteps.of(probability, .5)).isEqualTo(16);
        assertThat(ColorSteps.of(probability, 1)).isEqualTo(32);
        assertThat(ColorSteps.of(probability, 2)).isEqualTo(32);
        assertThat(ColorSteps.of(probability, 1 / 65.)).isZero();
        assertThat(ColorSteps.of(probability, 1 / 63.)).isEqualTo(1);
    }

    @Test
    void reversedScalesStartWithTheFullColour() {
        Scale rank = Scale.of(Measure.rank(), 1, 100, 10000);
        assertThat(ColorSteps.of(rank, 1)).isEqualTo(32);
        assertThat(ColorSteps.of(rank, 100)).isEqualTo(16);
        assertThat(ColorSteps.of(rank, 10000)).isZero();
    }

    @Test
    void whatIsNoNumberOfItsScaleHasNoStep() {
        Scale rank = Scale.of(Measure.rank(), 1, 100);
        assertThat(ColorSteps.of(rank, Double.NaN)).isEqualTo(ColorSteps.NONE);
        assertThat(ColorSteps.of(rank, -1)).as("beyond the best").isEqualTo(32);
        assertThat(ColorSteps.of(rank, 0)).as("beyond the best").isEqualTo(32);
        assertThat(ColorSteps.style(Measure.rank(), ColorSteps.NONE)).isEqualTo("no");
        assertThat(ColorSteps.style(Measure.difference("d", ""), 3)).isEqualTo("d3");
    }
}
