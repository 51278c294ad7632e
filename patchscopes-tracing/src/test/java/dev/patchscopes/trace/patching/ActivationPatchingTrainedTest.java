package dev.patchscopes.trace.patching;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.patchscopes.facts.FactPrompt;
import dev.patchscopes.facts.GroundTruth;
import dev.patchscopes.model.DemoModel;
import dev.patchscopes.model.HookedModel;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where a trained model keeps what it is asked, and when it moves to where it answers. */
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
        int crossings = 0;
        for (int block = 0; block < model.layers(); block++) {
            double atSubject = result.normalised(STREAM, block, subject).orElseThrow();
            double atLast = result.normalised(STREAM, block, last).orElseThrow();
            System.out.printf("%s block %d subject %.3f last %.3f%n", template, block, atSubject, atLast);
            if (block > 0) {
                boolean before = result.normalised(STREAM, block - 1, last).orElseThrow() > result.normalised(STREAM, block - 1, subject).orElseThrow();
                crossings += before == atLast > atSubject ? 0 : 1;
            }
        }
        assertThat(crossings).isEqualTo(1);
    }

    @Test
    void oneBlocksAttentionMovesIt() {
        FactPairs asked = asked("It is well known that the capital of {} is");
        PatchTarget[] targets = {ATTENTION, MLP, HEADS};
        PatchingResult result =
                ActivationPatching.of(model).firstTokens().pairs(some(asked)).run(targets);
        AttributionResult estimate =
                AttributionPatching.of(model).firstTokens().pairs(some(asked)).run(targets);
        System.out.println(result);
        for (PatchTarget t : targets) System.out.println(t + " " + estimate.correlation(result, t));
        System.out.println(estimate);
    }
}
