package dev.patchscopes.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class ScaleTest {

    private static final double INFINITE = Double.POSITIVE_INFINITY;
    private static final Palette PALETTE = Palette.of(Theme.LIGHT);

    private static final Measure RATIO =
            new Measure(
                    "ratio",
                    "",
                    ColorScale.DIVERGING,
                    Spacing.LOGARITHMIC,
                    OptionalDouble.empty(),
                    OptionalDouble.empty());

    private static void assertEnds(Scale scale, double low, double high) {
        assertThat(scale.low()).isCloseTo(low, within(1e-12));
        assertThat(scale.high()).isCloseTo(high, within(1e-12));
        assertThat(Numbers.show(scale.at(0))).isEqualTo(Numbers.show(low));
        assertThat(Numbers.show(scale.at(1))).isEqualTo(Numbers.show(high));
    }

    @Test
    void endsAreThoseOfTheNumbersUnlessFixed() {
        assertEnds(Scale.of(Measure.of("m", ""), 3, -1, 2), -1, 3);
        assertEnds(Scale.of(Measure.of("m", "").from(0), 3, 2), 0, 3);
        assertEnds(Scale.of(Measure.probability(), 3, 2), 0, 1);
        assertEnds(Scale.of(Measure.rank(), 37, 5), 1, 37);
        assertEnds(Scale.of(Measure.of("m", "").from(5), 3), 5, 5);
    }

    @Test
    void endsAreThoseOfAllCellsOfTheMeasure() {
        Heatmap heatmap =
                Heatmap.of(
                        "t",
                        AxisLabels.of("row", List.of(0, 1)),
                        AxisLabels.of("column", List.of(0, 1)),
                        List.of(Measure.probability(), Measure.of("m", "")),
                        (row, column) ->
                                row + column == 2
                                        ? HeatCell.empty()
                                        : HeatCell.of("", .5, 10 * row + column));
        assertEnds(Scale.of(heatmap, 1), 0, 10);
    }

    @Test
    void numbersThatAreNotFiniteSetNoEnd() {
        assertEnds(Scale.of(Measure.of("m", ""), 1, Double.NaN, INFINITE, -INFINITE, 2), 1, 2);
        Measure logarithmic =
                new Measure(
                        "m",
                        "",
                        ColorScale.SEQUENTIAL,
                        Spacing.LOGARITHMIC,
                        OptionalDouble.empty(),
                        OptionalDouble.empty());
        assertEnds(Scale.of(logarithmic, 0, -3, 2, 8), 2, 8);
    }

    @Test
    void equalStepsAreEqualDifferencesOrEqualRatios() {
        Scale linear = Scale.of(Measure.of("m", ""), 2, 6);
        assertThat(linear.share(3)).isEqualTo(.25);
        assertThat(linear.at(.25)).isEqualTo(3);
        Scale logarithmic = Scale.of(Measure.rank(), 10_000);
        assertThat(logarithmic.share(10)).isCloseTo(.25, within(1e-12));
        assertThat(logarithmic.share(100)).isCloseTo(.5, within(1e-12));
        assertThat(logarithmic.at(.75)).isCloseTo(1000, within(1e-9));
    }

    @Test
    void numbersBeyondTheEndsLieAtThem() {
        Scale scale = Scale.of(Measure.probability());
        assertThat(scale.share(-3)).isZero();
        assertThat(scale.share(1.5)).isEqualTo(1);
        assertThat(scale.share(INFINITE)).isEqualTo(1);
        assertThat(scale.share(-INFINITE)).isZero();
        Scale logarithmic = Scale.of(Measure.rank(), 10);
        assertThat(logarithmic.share(0)).isZero();
        assertThat(logarithmic.share(-1)).isZero();
        assertThat(logarithmic.share(INFINITE)).isEqualTo(1);
    }

    @Test
    void noDifferenceHasTheColourOfTheGround() {
        Measure difference = Measure.difference("d", "");
        assertEnds(Scale.of(difference, -1, 4), -4, 4);
        assertEnds(Scale.of(difference.between(-1, 3), 9), -3, 3);
        assertEnds(Scale.of(difference.from(-1), .5), -1, 1);
        for (Scale scale :
                List.of(
                        Scale.of(difference, -1, 4),
                        Scale.of(difference.between(-1, 3)),
                        Scale.of(difference, 0, 0),
                        Scale.of(difference))) {
            assertThat(scale.share(0)).isEqualTo(.5);
            assertThat(scale.color(0, PALETTE)).isEqualTo(PALETTE.ground());
        }
    }

    @Test
    void aDifferenceIsAsStrongAsItsOpposite() {
        Scale scale = Scale.of(Measure.difference("d", ""), -1, 4);
        assertThat(scale.share(1) - .5).isEqualTo(.5 - scale.share(-1));
        Scale ratios = Scale.of(RATIO, 2, 8, .5);
        assertEnds(ratios, .125, 8);
        assertThat(ratios.share(1)).isCloseTo(.5, within(1e-12));
        assertThat(ratios.share(2) - .5).isCloseTo(.5 - ratios.share(.5), within(1e-12));
    }

    @Test
    void whereAllAreEqualTheyLieInTheMiddleOrAtTheFixedEnd() {
        assertThat(Scale.of(Measure.of("m", ""), 7, 7).share(7)).isEqualTo(.5);
        assertThat(Scale.of(Measure.of("m", ""), 7, 7).share(8)).isEqualTo(1);
        assertThat(Scale.of(Measure.of("m", ""), 7, 7).share(6)).isZero();
        assertThat(Scale.of(Measure.entropy(), 0, 0).share(0)).isZero();
        Scale ranks = Scale.of(Measure.rank(), 1, 1, 1);
        assertThat(ranks.share(1)).isZero();
        assertThat(ranks.color(1, PALETTE)).isEqualTo(PALETTE.full());
    }

    @Test
    void aScaleOfNoNumbersIsOfOnePoint() {
        assertEnds(Scale.of(Measure.of("m", "")), 0, 0);
        assertEnds(Scale.of(Measure.rank(), Double.NaN), 1, 1);
    }
}
