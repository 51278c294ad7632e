package dev.patchscopes.trace.knockout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.model.Activations;
import dev.patchscopes.model.BaseRun;
import dev.patchscopes.model.Cell;
import dev.patchscopes.model.EdgeCut;
import dev.patchscopes.model.Execution;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Intervention;
import dev.patchscopes.model.InterventionException;
import dev.patchscopes.model.Patch;
import dev.patchscopes.model.Reading;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenizedPrompt;
import dev.patchscopes.trace.TraceModels;
import dev.patchscopes.trace.internal.BlockWindow;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What holds of knockout for any weights, in every family. */
class KnockoutIdentityTest {
    private static final int LENGTH = 6;
    private static final TokenizedPrompt PROMPT = TraceModels.prompt(3, LENGTH);
    private static final Positions SUBJECT = Positions.at(1, 2);
    private static final int ANSWER = 9;

    static List<String> families() {
        return TraceModels.families();
    }

    private static AttentionKnockout knockout(HookedModel model) {
        return AttentionKnockout.of(model).prompt(PROMPT).subject(SUBJECT).answer(ANSWER);
    }

    /** A plain run with one cut; the clean run where the cut removes no edge, which is refused. */
    private static double plain(HookedModel model, TokenizedPrompt prompt, Intervention... cuts) {
        try {
            return model.run(prompt).intervene(cuts).execute().next().probability(ANSWER);
        } catch (InterventionException nothingCut) {
            return model.run(prompt).execute().next().probability(ANSWER);
        }
    }

    private static BlockWindow window(HookedModel model, int centre, int width) {
        return BlockWindow.around(centre, width, model.layers());
    }

    private static EdgeCut cut(KnockoutEdges edges, BlockWindow window) {
        return Intervention.cutAttention(
                Positions.at(edges.queries().stream().mapToInt(q -> q).toArray()),
                Positions.at(edges.keys().stream().mapToInt(k -> k).toArray()),
                window.from(),
                window.to());
    }

    @ParameterizedTest
    @MethodSource("families")
    void exactIsNaiveWithTheMapOfTokensAndEarlierQueries(String name) {
        int before = TraceModels.nativeArrays();
        try (HookedModel model = TraceModels.exact(name)) {
            AttentionKnockout plan =
                    knockout(model)
                            .window(2)
                            .edges("early", Positions.at(3, 4), Positions.at(0, 2, 4))
                            .perToken();
            KnockoutResult exact = plan.run();
            KnockoutResult naive = plan.execution(Execution.NAIVE).run();
            assertThat(exact.perToken()).hasSize(LENGTH);
            assertEqual(exact.measured().curves(), naive.measured().curves());
            assertEqual(exact.perToken(), naive.perToken());
            assertThat(exact.base()).isCloseTo(naive.base(), within(1e-9));
        }
        assertThat(TraceModels.nativeArrays()).isEqualTo(before);
    }

    private static void assertEqual(List<KnockoutCurve> exact, List<KnockoutCurve> naive) {
        assertThat(exact).hasSameSizeAs(naive);
        for (int g = 0; g < exact.size(); g++) {
            assertThat(exact.get(g).edges()).isEqualTo(naive.get(g).edges());
            for (int centre = 0; centre < exact.get(g).values().size(); centre++) {
                assertThat(exact.get(g).values().get(centre))
                        .as("%s around %s", exact.get(g).name(), centre)
                        .isCloseTo(naive.get(g).values().get(centre), within(1e-9));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("families")
    void everyCellIsAPlainRunWithTheCut(String name) {
        try (HookedModel model = TraceModels.exact(name)) {
            for (boolean zeroed : new boolean[] {false, true}) {
                AttentionKnockout plan =
                        knockout(model)
                                .window(3)
                                .heads(1)
                                .edges("early", Positions.at(3, 4), Positions.at(0, 2, 4));
                KnockoutResult r = (zeroed ? plan.zeroed() : plan).run();
                assertThat(r.base()).isCloseTo(plain(model, PROMPT), within(1e-12));
                for (KnockoutCurve curve : r.measured().curves()) {
                    for (int centre = 0; centre < model.layers(); centre++) {
                        EdgeCut cut = cut(curve.edges().get(0), window(model, centre, 3)).heads(1);
                        assertThat(curve.values().get(centre))
                                .as("%s in %s around %s", curve.name(), name, centre)
                                .isCloseTo(
                                        plain(model, PROMPT, zeroed ? cut.zeroed() : cut),
                                        within(1e-9));
                    }
                }
                assertThat(r.value("early", 0)).isNotCloseTo(r.base(), within(1e-9));
                assertThat(r.value(AttentionKnockout.NON_SUBJECT, 0))
                        .isNotCloseTo(r.base(), within(1e-9));
            }
        }
    }

    @Test
    void edgesBeyondASlidingWindowDoNotExist() {
        List<String> sliding = new ArrayList<>();
        for (String name : families()) {
            try (HookedModel model = TraceModels.exact(name)) {
                OptionalInt least =
                        IntStream.range(0, model.layers())
                                .filter(block -> model.attentionWindow(block).isPresent())
                                .map(block -> model.attentionWindow(block).getAsInt())
                                .min();
                if (least.isEmpty()) {
                    continue;
                }
                sliding.add(name);
                TokenizedPrompt prompt = TraceModels.prompt(5, least.getAsInt() + 2);
                KnockoutResult r =
                        AttentionKnockout.of(model)
                                .prompt(prompt)
                                .edges("far", Positions.last(), Positions.at(0, 1))
                                .answer(ANSWER)
                                .window(1)
                                .run();
                for (int block = 0; block < model.layers(); block++) {
                    double value = r.value("far", block);
                    if (model.attentionWindow(block).equals(least)) {
                        assertThat(value).isEqualTo(r.base());
                    } else {
                        Intervention cut =
                                cut(
                                        r.measured().curve("far").edges().get(0),
                                        window(model, block, 1));
                        assertThat(value)
                                .isNotEqualTo(r.base())
                                .isCloseTo(plain(model, prompt, cut), within(1e-9));
                    }
                }
            }
        }
        assertThat(sliding).contains("mistral", "gemma2", "gemma3", "qwen2_swa");
    }

    @ParameterizedTest
    @MethodSource("families")
    void whatCutsNoEdgeChangesNothing(String name) {
        try (HookedModel model = TraceModels.exact(name)) {
            AttentionKnockout plan =
                    knockout(model)
                            .edges("later", Positions.at(1, 2), Positions.at(3, 5))
                            .edges("mixed", Positions.at(2, 4), Positions.at(3, 5));
            for (Execution execution : Execution.values()) {
                KnockoutResult r = plan.execution(execution).run();
                assertThat(r.measured().curve("later").hasEdges()).isFalse();
                assertThat(r.measured().curve("later").values()).containsOnly(r.base());
                // of the mixed pairs, 4 <- 3 alone exists
                assertThat(r.measured().curve("mixed").edges())
                        .containsExactly(KnockoutEdges.between(List.of(4), List.of(3)));
                assertThat(r.base()).isCloseTo(plain(model, PROMPT), within(1e-12));
                for (int centre = 0; centre < model.layers(); centre++) {
                    assertThat(r.change("later", centre)).isZero();
                    EdgeCut only =
                            cut(
                                    KnockoutEdges.between(List.of(4), List.of(3)),
                                    window(model, centre, r.provenance().window()));
                    assertThat(r.value("mixed", centre))
                            .isCloseTo(plain(model, PROMPT, only), within(1e-9));
                }
                assertThat(r.value("mixed", 0)).isNotCloseTo(r.base(), within(1e-9));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("families")
    void allHeadsOneByOneAreAllHeads(String name) {
        try (HookedModel model = TraceModels.exact(name)) {
            int[] heads = IntStream.range(0, model.heads()).toArray();
            KnockoutResult all = knockout(model).window(2).run();
            KnockoutResult listed = knockout(model).window(2).heads(heads).run();
            for (int centre = 0; centre < model.layers(); centre++) {
                double value = all.value(AttentionKnockout.SUBJECT, centre);
                assertThat(listed.value(AttentionKnockout.SUBJECT, centre))
                        .isCloseTo(value, within(1e-12));
                EdgeCut cut =
                        cut(
                                all.measured().curve(AttentionKnockout.SUBJECT).edges().get(0),
                                window(model, centre, 2));
                Intervention[] oneByOne =
                        Arrays.stream(heads).mapToObj(cut::heads).toArray(Intervention[]::new);
                assertThat(plain(model, PROMPT, oneByOne)).isCloseTo(value, within(1e-12));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("families")
    void theGroupsTogetherLeaveNothingToAttendTo(String name) {
        try (HookedModel model = TraceModels.exact(name)) {
            KnockoutResult r =
                    knockout(model)
                            .window(1)
                            .edges("parts", Positions.last(), SUBJECT)
                            .edges("parts", Positions.last(), Positions.at(0, 3, 4))
                            .edges("parts", Positions.last(), Positions.last())
                            .edges("all", Positions.last(), Positions.all())
                            .run();
            assertThat(r.measured().curve(AttentionKnockout.NON_SUBJECT).edges())
                    .containsExactly(KnockoutEdges.between(List.of(5), List.of(0, 3, 4)));
            for (int block = 0; block < model.layers(); block++) {
                assertThat(r.value("parts", block)).isCloseTo(r.value("all", block), within(1e-12));
                HookPoint z = HookPoint.z(block);
                double withoutAttention =
                        model.run(PROMPT)
                                .intervene(Intervention.zero(z, Positions.last()))
                                .execute()
                                .next()
                                .probability(ANSWER);
                assertThat(r.value("all", block)).isCloseTo(withoutAttention, within(1e-12));
                Activations acts =
                        model.run(PROMPT)
                                .intervene(
                                        cut(
                                                r.measured().curve("all").edges().get(0),
                                                window(model, block, 1)))
                                .capture(HookPoint.pattern(block), z)
                                .execute();
                for (int head = 0; head < model.heads(); head++) {
                    assertThat(
                                    acts.get(HookPoint.pattern(block))
                                            .vectorDoubles(0, head, LENGTH - 1))
                            .containsOnly(0);
                    assertThat(acts.get(z).vectorDoubles(0, LENGTH - 1, head)).containsOnly(0);
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("families")
    void cuttingTheLastTokensEdgesIsPatchingItsAttentionOutputs(String name) {
        try (HookedModel model = TraceModels.exact(name)) {
            for (int width = 1; width <= 2; width++) {
                KnockoutResult r = knockout(model).window(width).run();
                KnockoutEdges edges =
                        r.measured().curve(AttentionKnockout.NON_SUBJECT).edges().get(0);
                for (int centre = 0; centre < model.layers(); centre++) {
                    BlockWindow window = window(model, centre, width);
                    BaseRun knockedOut = new BaseRun(PROMPT, ImmutableList.of(cut(edges, window)));
                    Patch[] patches =
                            IntStream.range(window.from(), window.to())
                                    .mapToObj(HookPoint::attnOut)
                                    .map(point -> Patch.of(1, point, Positions.last()))
                                    .toArray(Patch[]::new);
                    double patched =
                            model.sweep(BaseRun.of(PROMPT), knockedOut)
                                    .cells(List.of(Cell.of(0).patched(patches)))
                                    .reading(Reading.probabilitiesOf(ANSWER))
                                    .execute()
                                    .get(0)
                                    .probabilities()
                                    .get(0);
                    assertThat(r.value(AttentionKnockout.NON_SUBJECT, centre))
                            .isCloseTo(patched, within(1e-9));
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("families")
    void theCellIsTheKnockout(String name) {
        try (HookedModel model = TraceModels.exact(name)) {
            AttentionKnockout plan = knockout(model).window(2).heads(0).zeroed();
            KnockoutResult r = plan.run();
            List<Cell> cells =
                    IntStream.range(0, model.layers())
                            .mapToObj(c -> plan.asCell(Positions.last(), Positions.at(0, 3, 4), c))
                            .toList();
            var results =
                    model.sweep(BaseRun.of(PROMPT))
                            .cells(cells)
                            .reading(Reading.probabilitiesOf(ANSWER))
                            .execute();
            for (int centre = 0; centre < model.layers(); centre++) {
                assertThat(results.get(centre).probabilities().get(0))
                        .isCloseTo(r.value(AttentionKnockout.NON_SUBJECT, centre), within(1e-9));
            }
        }
    }
}
