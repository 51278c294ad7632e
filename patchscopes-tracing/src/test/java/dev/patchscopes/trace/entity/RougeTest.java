package dev.patchscopes.trace.entity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Scores counted by hand. */
class RougeTest {

    private static final double EXACT = 1e-12;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                // reference | text | words in common | in order | words of reference | of text
                "testing one two | testing | 1 | 1 | 3 | 1",
                "testing one two | testing two | 2 | 2 | 3 | 2",
                "the cat sat on the mat | the cat lay | 2 | 2 | 6 | 3",
                "the cat sat on the mat | mat the cat | 3 | 2 | 6 | 3",
                "the cat sat on the mat | the the the | 2 | 2 | 6 | 3",
                "a b c d | d c b a | 4 | 1 | 4 | 4",
                "1 2 3 4 5 | 2 5 3 4 | 4 | 3 | 5 | 4",
                "Polish-French physicist (1867) | ': French, POLISH; 1867' | 3 | 2 | 4 | 3",
                "Country in Western Europe | : Country in Western Asia | 3 | 3 | 4 | 4",
                "naïve café | na ve caf | 3 | 3 | 3 | 3",
                "one two | three | 0 | 0 | 2 | 1",
                "one two | '...' | 0 | 0 | 2 | 0",
                "'' | one | 0 | 0 | 0 | 1",
            })
    void sharesOfWordsAndOfTheirOrder(
            String reference, String text, int common, int inOrder, int expected, int said) {
        check(Rouge.ofWords(reference, text), common, expected, said);
        check(Rouge.ofSequence(reference, text), inOrder, expected, said);
    }

    private static void check(Rouge rouge, int common, int expected, int said) {
        double p = said == 0 ? 0 : (double) common / said;
        double r = expected == 0 ? 0 : (double) common / expected;
        assertThat(rouge.precision()).isCloseTo(p, within(EXACT));
        assertThat(rouge.recall()).isCloseTo(r, within(EXACT));
        // 2PR / (P + R) is twice the common words over the words of both
        assertThat(rouge.f1())
                .isCloseTo(common == 0 ? 0 : 2.0 * common / (expected + said), within(EXACT));
    }

    @Test
    void isTheReferenceImplementationsOwnExample() {
        Rouge rouge = Rouge.ofSequence("testing one two", "testing two");
        assertThat(rouge.f1()).isCloseTo(4.0 / 5, within(EXACT));
        assertThat(rouge).hasToString("F1 0.80 (precision 1.00, recall 0.67)");
    }
}
