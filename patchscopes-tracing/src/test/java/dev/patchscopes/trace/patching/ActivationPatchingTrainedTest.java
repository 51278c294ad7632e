package dev.patchscopes.trace.patching;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.patchscopes.facts.FactPrompt;
import dev.patchscopes.facts.GroundTruth;
import dev.patchscopes.measure.Estimate;
import dev.patchscopes.model.DemoModel;
import dev.patchscopes.model.HookedModel;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Where a trained model keeps what it is asked, and when it moves to where it answers: on the
 * bundled model from the subject's last token to the prompt's last one between the residual streams
 * of blocks 4 and 5, in all four templates. Over 16 pairs each, with 95 % intervals:
 *
 * <ul>
 *   <li>capitals: subject 0.965 [0.956, 0.974] at block 4 and 0.079 [0.066, 0.091] at block 5, last
 *       token 0.035 [0.026, 0.044] and 0.921 [0.909, 0.934];
 *   <li>currencies: subject 0.989 [0.980, 0.997] and 0.086 [0.073, 0.102], last token 0.015 [0.008,
 *       0.023] and 0.947 [0.934, 0.965];
 *   <li>languages: subject 0.969 [0.964, 0.973] and 0.081 [0.070, 0.092], last token 0.031 [0.027,
 *       0.036] and 0.919 [0.908, 0.930];
 *   <li>continents: subject 0.984 [0.978, 0.990] and 0.025 [0.007, 0.042], last token 0.013 [0.005,
 *       0.021] and 0.983 [0.969, 0.996].
 * </ul>
 *
 * <p>For capitals block 4's attention at the last token brings 0.874 [0.855, 0.891] of the answer,
 * and 0.491 [0.408, 0.579] by its slope; the next most is 0.050 [0.042, 0.062]. Its best heads are
 * 3 with 0.238 [0.181, 0.298], 1 with 0.186 [0.137, 0.230], 0 with 0.118 [0.088, 0.152] and 6 with
 * 0.117 [0.076, 0.155]. The first MLP at the subject brings 0.997 [0.996, 1.000], and 0.523 [0.417,
 * 0.631] by its slope. Estimates of heads correlate with their effects at 0.98.
 */
@Tag("trained")
class ActivationPatchingTrainedTest {
    private static final int PAIRS = 16;
    private static final PatchTarget STREAM = PatchTarget.byPosition(PatchedSite.RESID_PRE);
    private static final PatchTarget ATTENTION = PatchTarget.byPosition(PatchedSite.ATTN_OUT);
    private static final PatchTarget MLP = PatchTarget.byPosition(PatchedSite.MLP_OUT);
    private static final PatchTarget HEADS = PatchTarget.byHead(PatchedSite.Z);

    private static HookedModel model;
    private static List<FactPairs> facts;

    @BeforeAll
    static void load() {
        model = HookedModel.demo();
        List<FactPrompt> known = GroundTruth.of(DemoModel.STANDARD).knownPrompts();
        facts = FactPairs.of(model, known);
    }

    @AfterAll
    static void close() {
        model.close();
    }

    private static FactPairs asked(String template) {
        return facts.stream().filter(f -> f.template().equals(template)).findFirst().orElseThrow();
    }

    private static List<PromptPair> some(FactPairs facts) {
        assertThat(facts.pairs()).hasSizeGreaterThanOrEqualTo(PAIRS);
        return facts.pairs().subList(0, PAIRS);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "It is well known that the capital of {} is",
                "People in {} pay with the",
                "Children in {} speak",
                "On the map, {} lies in"
            })
    void whatIsAskedMovesFromTheSubjectToTheLastTokenOnce(String template) {
        FactPairs asked = asked(template);
        PatchingResult result =
                ActivationPatching.of(model).firstTokens().pairs(some(asked)).run(STREAM);
        int last = result.grid(STREAM).shape().get(1) - 1;
        int subject = asked.subjectTo() - 1;
        int blocks = model.layers();
        double[] there = new double[blocks];
        double[] here = new double[blocks];
        for (int block = 0; block < blocks; block++) {
            there[block] = result.normalised(STREAM, block, subject).orElseThrow();
            here[block] = result.normalised(STREAM, block, last).orElseThrow();
            // it is at one of the two, and nowhere else
            assertThat(there[block] + here[block]).as("block %s", block).isCloseTo(1, within(0.1));
        }
        for (int block = 0; block < blocks / 2; block++) {
            assertThat(there[block]).as("subject, block %s", block).isGreaterThan(0.9);
            assertThat(here[block]).as("last token, block %s", block).isLessThan(0.1);
        }
        assertThat(there[blocks - 1]).isCloseTo(0, within(0.01));
        assertThat(here[blocks - 1]).isCloseTo(1, within(0.01));
        long crossings =
                IntStream.range(1, blocks)
                        .filter(b -> here[b - 1] < there[b - 1] != here[b] < there[b])
                        .count();
        assertThat(crossings).isEqualTo(1);
    }

    @Test
    void oneBlocksAttentionMovesItAndAFewOfItsHeads() {
        FactPairs asked = asked("It is well known that the capital of {} is");
        PatchTarget[] targets = {ATTENTION, MLP, HEADS};
        PatchingResult result =
                ActivationPatching.of(model).firstTokens().pairs(some(asked)).run(targets);
        int last = result.grid(ATTENTION).shape().get(1) - 1;

        PatchCell mover = result.top(ATTENTION, 1).get(0);
        int block = mover.index().get(0);
        assertThat(mover.index().get(1)).isEqualTo(last);
        assertThat(mover.normalised().orElseThrow()).isGreaterThan(0.75);
        assertThat(result.top(HEADS, 4)).allMatch(head -> head.index().get(0) == block);
        Estimate best = result.estimate(HEADS, indexOf(result.top(HEADS, 1).get(0)));
        assertThat(best.low()).isGreaterThan(0.1);

        // the first MLP sees little but its own token, so patching it is patching the token
        PatchCell first = result.top(MLP, 1).get(0);
        assertThat(first.index()).containsExactly(0, asked.subjectFrom());
        assertThat(first.normalised().orElseThrow()).isGreaterThan(0.95);

        AttributionResult estimate =
                AttributionPatching.of(model).firstTokens().pairs(some(asked)).run(targets);
        assertThat(estimate.correlation(result, HEADS)).isGreaterThan(0.9);
        assertThat(estimate.top(HEADS, 1).get(0).index())
                .isEqualTo(result.top(HEADS, 1).get(0).index());
        // where a patch moves the model far, the slope at one end tells half of it
        assertThat(estimate.normalised(MLP, indexOf(first)).orElseThrow()).isBetween(0.3, 0.7);
    }

    private static int[] indexOf(PatchCell cell) {
        return cell.index().stream().mapToInt(Integer::intValue).toArray();
    }
}
