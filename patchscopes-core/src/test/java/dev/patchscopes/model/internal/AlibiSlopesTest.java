package dev.patchscopes.model.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class AlibiSlopesTest {

    @Test
    void powersOfTwoGetAGeometricSequence() {
        assertThat(AlibiSlopes.of(4, false).slopes())
                .containsExactly(1 / 4.0, 1 / 16.0, 1 / 64.0, 1 / 256.0);
        double[] eight = AlibiSlopes.of(8, false).slopes();
        assertThat(eight[0]).isEqualTo(0.5);
        assertThat(eight[7]).isEqualTo(1 / 256.0);
        assertThat(AlibiSlopes.of(16, false).slopes()[0]).isEqualTo((float) Math.sqrt(0.5));
        assertThat(AlibiSlopes.of(1, false).slopes()).containsExactly(1 / 256.0);
    }

    /** Four slopes of four heads, then the first and third of eight. */
    @Test
    void otherNumbersTakeEveryOtherSlopeOfTheNextPower() {
        assertThat(AlibiSlopes.of(6, false).slopes())
                .containsExactly(1 / 4.0, 1 / 16.0, 1 / 64.0, 1 / 256.0, 1 / 2.0, 1 / 8.0);
    }

    @Test
    void theBiasIsSlopeTimesPosition() {
        assertThat(AlibiSlopes.of(2, false).bias(new long[] {0, 1, 300}))
                .containsExactly(0, 1 / 16.0, 18.75, 0, 1 / 256.0, 300 / 256.0);
    }

    /** Eight significant bits: 2^-0.5 becomes 181/256, 257 becomes 256, 212.1 becomes 212. */
    @Test
    void bfloat16RoundsSlopePositionAndProduct() {
        double[] bias = AlibiSlopes.of(12, true).bias(new long[] {1, 257, 300, 1000});
        assertThat(bias).hasSize(48);
        assertThat(bias[8 * 4]).isEqualTo(181 / 256.0);
        assertThat(bias[8 * 4 + 1]).isEqualTo(181);
        assertThat(bias[8 * 4 + 2]).isEqualTo(212);
        assertThat(bias[8 * 4 + 3]).isEqualTo(708);
        assertThat(AlibiSlopes.of(12, false).bias(new long[] {257})[8]).isGreaterThan(181.7);
    }

    @Test
    void thereMustBeAHead() {
        assertThatThrownBy(() -> AlibiSlopes.of(0, false))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("0 heads");
    }
}
