package dev.patchscopes.model.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.model.internal.ArchitectureSpec.RotaryScaling;
import dev.patchscopes.model.internal.ArchitectureSpec.RotaryVariant;
import org.junit.jupiter.api.Test;

class RotaryFrequenciesTest {

    private static final RotaryScaling NONE = new RotaryScaling.None();
    private static final RotaryScaling DYNAMIC = new RotaryScaling.Dynamic(2, 20);
    private static final RotaryScaling LONG =
            new RotaryScaling.LongRope(
                    ImmutableList.of(1.0, 1.05, 1.1, 1.2, 1.4, 1.9),
                    ImmutableList.of(1.1, 1.7, 2.9, 5.3, 8.5, 13.0),
                    20,
                    1.3);

    /** base^(-2i / dims), rounded to float32. */
    @Test
    void unscaled() {
        double[] inverse = of(5000, NONE, 6).inverse(1);
        assertClose(inverse, 1.0, 0.0584803522, 0.0034199513);
        for (double value : inverse) {
            assertThat((double) (float) value).isEqualTo(value);
        }
        assertThat(of(10_000, NONE, 8).inverse(1)[1]).isEqualTo((double) 0.1f);
    }

    @Test
    void linearDivides() {
        assertClose(
                of(10_000, new RotaryScaling.Linear(4), 12).inverse(1),
                0.25,
                0.0538608618,
                0.011603971,
                0.00249999994,
                0.000538608583,
                0.000116039737);
    }

    /** Up to the trained length nothing changes; at 24 of 20 the base grows by 1.4^(8/6). */
    @Test
    void dynamicGrowsTheBaseBeyondTheTrainedLength() {
        RotaryFrequencies dynamic = of(10_000, DYNAMIC, 8);
        assertThat(dynamic.inverse(20)).isEqualTo(of(10_000, NONE, 8).inverse(20));
        assertClose(dynamic.inverse(24), 1.0, 0.0893903524, 0.007990635, 0.000714285648);
    }

    /** Wavelengths under 64/4 are kept, over 64/1 divided by 8; the third pair and on are over. */
    @Test
    void llama3KeepsHighAndDividesLowFrequencies() {
        RotaryFrequencies scaled = of(500_000, new RotaryScaling.Llama3(8, 1, 4, 64), 16);
        double[] inverse = scaled.inverse(1);
        assertClose(
                inverse,
                1.0,
                0.079403013,
                0.00470075384,
                0.000911583134,
                0.000176776681,
                3.42810235e-05,
                6.64786967e-06,
                1.28917316e-06);
        double[] plain = of(500_000, NONE, 16).inverse(1);
        assertThat(inverse[0]).isEqualTo(plain[0]);
        assertThat(inverse[2]).isEqualTo(plain[2] / 8);
        assertThat(inverse[1]).isBetween(plain[1] / 8, plain[1]);
    }

    /** Equations 19 to 23 of the paper: here pairs from the fourth on are divided by 4. */
    @Test
    void yarnRampsBetweenKeptAndDivided() {
        RotaryScaling yarn = new RotaryScaling.Yarn(4, 32, 1, 64, 1.25, true);
        RotaryFrequencies scaled = of(10_000, yarn, 16);
        assertClose(
                scaled.inverse(1),
                1.0,
                0.237170815,
                0.049999997,
                0.00790569466,
                0.00249999994,
                0.000790569466,
                0.000250000012,
                7.90569466e-05);
        assertThat(scaled.attentionFactor()).isEqualTo(1.25);
    }

    /** Unrounded, the ramp ends at 16 ln(64 / 2 pi) / (2 ln 10000) = 2.016 instead of 3. */
    @Test
    void yarnMayLeaveTheRampUnrounded() {
        RotaryScaling yarn = new RotaryScaling.Yarn(4, 32, 1, 64, 1, false);
        double[] inverse = of(10_000, yarn, 16).inverse(1);
        double[] plain = of(10_000, NONE, 16).inverse(1);
        double ramp = 1 / (16 * Math.log(64 / (2 * Math.PI)) / (2 * Math.log(10_000)));
        assertThat(inverse[1] / plain[1]).isCloseTo(1 - ramp + ramp / 4, within(1e-6));
        assertThat(inverse[3] / plain[3]).isCloseTo(0.25, within(1e-6));
    }

    @Test
    void longRopeSwitchesDivisorsBeyondTheTrainedLength() {
        RotaryFrequencies scaled = of(10_000, LONG, 12);
        assertClose(
                scaled.inverse(20),
                1.0,
                0.205184266,
                0.0421962552,
                0.00833333284,
                0.00153888157,
                0.000244294206);
        assertClose(
                scaled.inverse(21),
                0.909090877,
                0.12673144,
                0.0160054769,
                0.00188679248,
                0.000253462844,
                3.57045355e-05);
    }

    @Test
    void tablesHoldCosinesAndSinesTimesTheAttentionFactor() {
        RotaryFrequencies scaled = of(10_000, LONG, 12);
        long[] positions = {3, 0, 17};
        double[] cosines = scaled.table(positions, 18, true);
        double[] sines = scaled.table(positions, 18, false);
        assertThat(cosines).hasSize(18);
        for (int i = 0; i < cosines.length; i++) {
            double square = cosines[i] * cosines[i] + sines[i] * sines[i];
            assertThat(square).isCloseTo(1.3 * 1.3, within(1e-14));
        }
        double angle = 17 * scaled.inverse(18)[1];
        assertThat(cosines[13]).isEqualTo(1.3 * Math.cos(angle));
        assertThat(sines[13]).isEqualTo(1.3 * Math.sin(angle));
        assertThat(sines[6]).isZero();
    }

    @Test
    void pairsMustBeWhole() {
        assertThatThrownBy(() -> of(10_000, NONE, 5))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("5 rotated dimensions");
        assertThatThrownBy(() -> of(10_000, LONG, 10))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("6 divisors for 5 rotated pairs");
    }

    private static RotaryFrequencies of(double base, RotaryScaling scaling, int dims) {
        return RotaryFrequencies.of(new RotaryVariant(base, scaling), dims);
    }

    /** The expected values are float32 results printed with nine digits. */
    private static void assertClose(double[] actual, double... expected) {
        assertThat(actual).hasSameSizeAs(expected);
        for (int i = 0; i < expected.length; i++) {
            assertThat(actual[i] / expected[i]).as("pair %s", i).isCloseTo(1, within(3e-7));
        }
    }
}
