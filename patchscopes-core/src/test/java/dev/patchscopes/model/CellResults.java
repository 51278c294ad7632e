package dev.patchscopes.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;

/** Compares results of sweeps. */
final class CellResults {

    private CellResults() {}

    /** Bit by bit. */
    static void assertEqual(CellResult actual, CellResult expected) {
        assertThat(actual.top()).isEqualTo(expected.top());
        assertThat(actual.probabilities()).isEqualTo(expected.probabilities());
        assertThat(actual.logits()).isEqualTo(expected.logits());
        assertThat(actual.residual()).isEqualTo(expected.residual());
        assertThat(actual.generation()).isEqualTo(expected.generation());
        assertThat(actual.distribution().isPresent())
                .isEqualTo(expected.distribution().isPresent());
        if (expected.distribution().isPresent()) {
            assertThat(actual.distribution().get().logits())
                    .isEqualTo(expected.distribution().get().logits());
            assertThat(actual.distribution().get().top(3))
                    .isEqualTo(expected.distribution().get().top(3));
        }
    }

    /** Bit by bit. */
    static void assertEqual(List<CellResult> actual, List<CellResult> expected) {
        assertThat(actual).hasSameSizeAs(expected);
        for (int i = 0; i < expected.size(); i++) {
            assertEqual(actual.get(i), expected.get(i));
        }
    }

    /** Up to rounding in float64, of cells computed in other company. */
    static void assertClose(CellResult actual, CellResult expected) {
        assertClose(actual.top(), expected.top());
        assertThat(actual.probabilities().toArray())
                .containsExactly(expected.probabilities().toArray(), within(1e-12));
        assertThat(actual.logits().toArray())
                .containsExactly(expected.logits().toArray(), within(1e-12));
        assertThat(actual.residual().toArray())
                .containsExactly(expected.residual().toArray(), within(1e-12));
        assertThat(actual.generation().isPresent()).isEqualTo(expected.generation().isPresent());
        if (expected.generation().isPresent()) {
            Generation one = actual.generation().get();
            Generation other = expected.generation().get();
            assertThat(one.text()).isEqualTo(other.text());
            assertThat(one.reason()).isEqualTo(other.reason());
            assertThat(one.prompt()).isEqualTo(other.prompt());
            assertThat(one.ids()).isEqualTo(other.ids());
            assertClose(one.tokens(), other.tokens());
        }
        assertThat(actual.distribution().map(TokenDistribution::logits).orElse(new double[0]))
                .containsExactly(
                        expected.distribution()
                                .map(TokenDistribution::logits)
                                .orElse(new double[0]),
                        within(1e-12));
    }

    private static void assertClose(
            List<TokenProbability> actual, List<TokenProbability> expected) {
        assertThat(actual).hasSameSizeAs(expected);
        for (int i = 0; i < expected.size(); i++) {
            assertThat(actual.get(i).id()).isEqualTo(expected.get(i).id());
            assertThat(actual.get(i).piece()).isEqualTo(expected.get(i).piece());
            assertThat(actual.get(i).probability())
                    .isCloseTo(expected.get(i).probability(), within(1e-12));
        }
    }
}
