package dev.patchscopes.trace.hops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.Mapping;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.PatchscopeResult;
import dev.patchscopes.internal.RandomVector;
import dev.patchscopes.model.Execution;
import dev.patchscopes.model.Generation;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Progress;
import dev.patchscopes.model.TokenProbability;
import dev.patchscopes.text.TokenizedPrompt;
import dev.patchscopes.trace.TraceModels;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Cells of every family, which need no tokenizer: answers are compared by their tokens. */
class HopSweepTest {
    private static final TokenizedPrompt SOURCE = TraceModels.prompt(1, 5);
    private static final TokenizedPrompt TARGET = TraceModels.prompt(2, 6);
    private static final HopTokens TWO_PROMPTS = new HopTokens(SOURCE, 4, TARGET, 3);
    private static final HopTokens ONE_PROMPT = new HopTokens(TARGET, 5, TARGET, 2);
    private static final HopTokens BACK_PATCHING = new HopTokens(TARGET, 4, TARGET, 4);
    private static final int NEW_TOKENS = 2;
    private static final int SEED = 7;

    static List<String> families() {
        return TraceModels.families();
    }

    private static MultiHopProvenance plan(HookedModel model) {
        ImmutableIntArray layers = ImmutableIntArray.of(1, model.layers());
        return new MultiHopProvenance(
                LibraryVersion.current(),
                ModelIdentity.of(model),
                HopForm.TWO_PROMPTS,
                layers,
                layers,
                NEW_TOKENS,
                NEW_TOKENS,
                true,
                false,
                SEED,
                Execution.EXACT);
    }

    private static List<HopSweep.Answers> run(
            HookedModel model, Execution execution, HopTokens... all) {
        List<HopSweep.Placed> placed =
                IntStream.range(0, all.length)
                        .mapToObj(i -> new HopSweep.Placed(i, all[i]))
                        .toList();
        return new HopSweep(model, execution, Optional.empty())
                .run(plan(model), placed, Optional.empty(), Progress.none());
    }

    private static void assertSame(Generation one, Generation other, String as) {
        assertThat(one.ids()).as(as).isEqualTo(other.ids());
        for (int i = 0; i < one.tokens().size(); i++) {
            TokenProbability token = one.tokens().get(i);
            assertThat(token.probability())
                    .as(as)
                    .isCloseTo(other.tokens().get(i).probability(), within(1e-9));
        }
    }

    @ParameterizedTest
    @MethodSource("families")
    void cellsAreWhatARunACellGivesAndLeaveNothingBehind(String name) {
        try (HookedModel model = TraceModels.exact(name)) {
            List<HopSweep.Answers> naive =
                    run(model, Execution.NAIVE, TWO_PROMPTS, ONE_PROMPT, BACK_PATCHING);
            int before = TraceModels.nativeArrays(); // with what the first run made for all others
            List<HopSweep.Answers> exact =
                    run(model, Execution.EXACT, TWO_PROMPTS, ONE_PROMPT, BACK_PATCHING);
            assertThat(TraceModels.nativeArrays()).isEqualTo(before);
            for (int q = 0; q < exact.size(); q++) {
                assertThat(exact.get(q).patched()).hasSize(4);
                for (int cell = 0; cell < 4; cell++) {
                    String as = name + " question " + q + " cell " + cell;
                    assertSame(
                            exact.get(q).patched().get(cell), naive.get(q).patched().get(cell), as);
                    assertSame(
                            exact.get(q).random().get(cell), naive.get(q).random().get(cell), as);
                }
                assertSame(exact.get(q).unpatched(), naive.get(q).unpatched(), name);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("families")
    void eachCellIsAPatchscope(String name) {
        try (HookedModel model = TraceModels.exact(name)) {
            HopTokens[] all = {TWO_PROMPTS, ONE_PROMPT, BACK_PATCHING};
            List<HopSweep.Answers> answers = run(model, Execution.EXACT, all);
            MultiHop hops = MultiHop.of(model).maxNewTokens(NEW_TOKENS);
            int[] layers = plan(model).sourceLayers().toArray();
            for (int q = 0; q < all.length; q++) {
                int cell = 0;
                for (int to : layers) {
                    PatchscopeResult alone = hops.asPatchscope(all[q], 1, to).run();
                    String as = "%s question %d l 1 l* %d".formatted(name, q, to);
                    assertSame(
                            answers.get(q).patched().get(cell), alone.patched().generation(), as);
                    assertSame(answers.get(q).unpatched(), alone.unpatched().generation(), as);
                    Mapping random = Mapping.of("random", new RandomVector(SEED, q, 1));
                    assertSame(
                            answers.get(q).random().get(cell++),
                            hops.asPatchscope(all[q], 1, to)
                                    .withMapping(random)
                                    .run()
                                    .patched()
                                    .generation(),
                            as);
                }
            }
        }
    }

    /** What is written where it was read changes nothing; what is written elsewhere does. */
    @ParameterizedTest
    @MethodSource("families")
    void aVectorWrittenWhereItWasReadChangesNothing(String name) {
        try (HookedModel model = TraceModels.exact(name)) {
            HopSweep.Answers back = run(model, Execution.EXACT, BACK_PATCHING).get(0);
            Generation plain = model.generation(TARGET).maxNewTokens(NEW_TOKENS).run().first();
            assertSame(back.unpatched(), plain, name);
            for (int layer = 0; layer < 2; layer++) {
                assertSame(back.patched().get(3 * layer), plain, name + " layer " + layer);
            }
            assertThat(back.random().get(0).tokens()).isNotEqualTo(plain.tokens());
            assertThat(back.patched().get(2).tokens()).isNotEqualTo(plain.tokens()); // L to 1
        }
    }
}
