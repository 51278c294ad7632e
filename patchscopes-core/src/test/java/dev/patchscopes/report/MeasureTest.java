package dev.patchscopes.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MeasureTest {

    private static final Measure LOSS = Measure.of("loss", "nats");

    @Test
    void unitsStandInBrackets() {
        assertThat(LOSS.label()).isEqualTo("loss (nats)");
        assertThat(Measure.probability().label()).isEqualTo("probability");
    }

    @Test
    void endsAreFixedOnACopy() {
        assertThat(LOSS.low()).isEmpty();
        assertThat(LOSS.between(1, 2))
                .isEqualTo(
                        new Measure(
                                "loss",
                                "nats",
                                ColorScale.SEQUENTIAL,
                                Spacing.LINEAR,
                                OptionalDouble.of(1),
                                OptionalDouble.of(2)));
        assertThat(LOSS.between(1, 2).from(0).low()).hasValue(0);
        assertThat(LOSS.between(1, 2).from(0).high()).hasValue(2);
    }

    @Test
    void endsThatDoNotAscendAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LOSS.between(1, 1))
                .withMessage("loss goes from 1.0 to 1.0: the ends have to ascend");
        assertThatIllegalArgumentException().isThrownBy(() -> LOSS.between(0, 1).from(2));
    }

    @ParameterizedTest
    @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
    void endsThatAreNoNumbersAreRefused(double end) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LOSS.from(end))
                .withMessage("loss starts at " + end);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LOSS.between(0, end))
                .withMessage("loss ends at " + end);
    }

    @Test
    void aLogarithmicScaleIsAboveZero() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Measure.rank().from(0))
                .withMessage("rank starts at 0.0: a logarithmic scale starts above 0");
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () ->
                                new Measure(
                                        "ratio",
                                        "",
                                        ColorScale.SEQUENTIAL,
                                        Spacing.LOGARITHMIC,
                                        OptionalDouble.empty(),
                                        OptionalDouble.of(-1)))
                .withMessage("ratio ends at -1.0: a logarithmic scale ends above 0");
    }

    @Test
    void ofARankLessIsStronger() {
        assertThat(Measure.rank().colors()).isEqualTo(ColorScale.REVERSED);
        assertThat(Measure.rank().spacing()).isEqualTo(Spacing.LOGARITHMIC);
        assertThat(Measure.difference("d", "").colors()).isEqualTo(ColorScale.DIVERGING);
        assertThat(Measure.entropy().low()).hasValue(0);
        assertThat(Measure.divergence().low()).hasValue(0);
    }
}
