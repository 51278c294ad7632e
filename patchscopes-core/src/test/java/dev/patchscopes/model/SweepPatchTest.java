package dev.patchscopes.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Vectors that cells take from other base runs, and what a sweep need not compute. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SweepPatchTest {
    private static final TokenizedPrompt PROMPT = TokenizedPrompt.ofIds(7, 30, 12, 55, 81, 9);
    private static final TokenizedPrompt OTHER = TokenizedPrompt.ofIds(40, 3, 66, 21);
    private HookedModel model;

    @BeforeAll
    void load() {
        model = TestModels.exact("llama_gqa_llama3");
    }

    @AfterAll
    void close() {
        model.close();
    }

    private static double[] logits(CellResult result) {
        return result.distribution().orElseThrow().logits();
    }

    private List<CellResult> run(List<BaseRun> bases, Cell... cells) {
        return model.sweep(bases)
                .cells(Arrays.asList(cells))
                .reading(Reading.top(1).withDistribution())
                .execute();
    }

    @Test
    void aPatchIsTheVectorReadFirst() {
        HookPoint from = HookPoint.residual(2);
        HookPoint to = HookPoint.residual(1);
        Positions at = Positions.at(3);
        float[] vector = model.run(OTHER).capture(from).execute().vector(from, Positions.at(1));
        CellResult patched =
                run(
                                List.of(BaseRun.of(PROMPT), BaseRun.of(OTHER)),
                                Cell.of(0).patched(Patch.of(1, from, Positions.at(1)).to(to, at)))
                        .get(0);
        assertThat(logits(patched))
                .containsExactly(
                        model.run(PROMPT)
                                .intervene(Intervention.replace(to, at, vector))
                                .execute()
                                .next()
                                .logits(),
                        within(1e-6)); // the vector went through float32
    }

    @Test
    void aMapSeesTheVectorOnce() {
        int[] calls = {0};
        Patch patch =
                Patch.of(1, HookPoint.residual(3), Positions.last())
                        .mapped(
                                "doubled",
                                v -> {
                                    calls[0]++;
                                    return Arrays.stream(v).map(x -> 2 * x).toArray();
                                });
        List<Cell> cells = new ArrayList<>();
        for (int layer = 0; layer <= model.layers(); layer++) {
            cells.add(Cell.of(0).patched(patch.to(HookPoint.residual(layer), Positions.last())));
        }
        List<CellResult> results =
                run(List.of(BaseRun.of(PROMPT), BaseRun.of(OTHER)), cells.toArray(new Cell[0]));
        assertThat(calls[0]).isEqualTo(1);
        HookPoint third = HookPoint.residual(3);
        double[] vector =
                model.run(OTHER).capture(third).execute().vectorDoubles(third, Positions.last());
        double[] doubled = Arrays.stream(vector).map(x -> 2 * x).toArray();
        assertThat(logits(results.get(model.layers())))
                .containsExactly(model.unembed(doubled).logits(), within(1e-12));
    }

    @Test
    void logitsOfSomeTokensAreThoseOfAll() {
        for (String name : List.of("llama_gqa_llama3", "gemma2", "gptj", "opt_350m_style")) {
            try (HookedModel other = TestModels.exact(name)) {
                Cell cell = Cell.of(0, Intervention.zero(HookPoint.mlpOut(1), Positions.at(2)));
                Sweep sweep = other.sweep(BaseRun.of(PROMPT)).cells(List.of(cell));
                for (Execution how : Execution.values()) {
                    CellResult some =
                            sweep.execution(how).reading(Reading.logitsOf(9, 4)).execute().get(0);
                    CellResult all =
                            sweep.execution(how)
                                    .reading(Reading.top(1).withDistribution())
                                    .execute()
                                    .get(0);
                    assertThat(some.top()).isEmpty();
                    assertThat(some.logits().get(0)).isCloseTo(logits(all)[9], within(1e-12));
                    assertThat(some.logits().get(1)).isCloseTo(logits(all)[4], within(1e-12));
                    assertThat(some.toString()).startsWith("logits [");
                }
                CellResult continued =
                        sweep.reading(Reading.logitsOf(9)).generate(2).execute().get(0);
                assertThat(continued.generation().orElseThrow().ids().length()).isEqualTo(2);
                assertThat(continued.logits().length()).isEqualTo(1);
            }
        }
    }

    @Test
    void whatIsThereAlreadyIsNotComputed() {
        BaseRun clean = BaseRun.of(PROMPT);
        BaseRun corrupted =
                new BaseRun(
                        PROMPT,
                        ImmutableList.of(
                                Intervention.add(
                                        HookPoint.residual(0),
                                        Positions.at(3),
                                        TestModels.vector(5, model.width()))));
        int layers = model.layers();
        List<Cell> before = new ArrayList<>();
        for (int layer = 0; layer <= layers; layer++) {
            before.add(Cell.of(1).patched(Patch.of(0, HookPoint.residual(layer), Positions.at(2))));
        }
        before.add(Cell.of(1).patched(Patch.of(0, HookPoint.residual(layers), Positions.at(4))));
        Sweep sweep = model.sweep(clean, corrupted).cells(before);
        // both base runs, and nothing of the cells: token 2 comes before the noise, and no token
        // sees another's last layer
        assertThat(sweep.explain().rows()).isLessThanOrEqualTo(11L * layers);
        double[] expected =
                model.run(PROMPT).intervene(corrupted.interventions()).execute().next().logits();
        for (CellResult result : sweep.reading(Reading.top(1).withDistribution()).execute()) {
            assertThat(logits(result)).containsExactly(expected, within(1e-13));
        }
        Cell all = Cell.of(1).patched(Patch.of(0, HookPoint.residual(2), Positions.all()));
        assertThat(logits(run(List.of(clean, corrupted), all).get(0)))
                .as("restoring every token of a layer is the clean run")
                .containsExactly(model.run(PROMPT).execute().next().logits(), within(1e-13));
    }

    @Test
    void whatACutChangesIsRestored() {
        BaseRun base = BaseRun.of(PROMPT);
        List<Cell> cells = new ArrayList<>();
        for (int layer = 0; layer <= model.layers(); layer++) {
            for (int token : new int[] {3, 4, 5}) {
                cells.add(
                        Cell.of(
                                        0,
                                        Intervention.cutAttention(
                                                Positions.at(4), Positions.at(1), 0, 2))
                                .patched(
                                        Patch.of(
                                                0,
                                                HookPoint.residual(layer),
                                                Positions.at(token))));
            }
        }
        Sweep sweep = model.sweep(base).cells(cells).reading(Reading.top(1).withDistribution());
        List<CellResult> naive = sweep.execution(Execution.NAIVE).execute();
        List<CellResult> exact = sweep.execution(Execution.EXACT).execute();
        for (int i = 0; i < cells.size(); i++) {
            assertThat(logits(exact.get(i)))
                    .as("%s", cells.get(i))
                    .containsExactly(logits(naive.get(i)), within(1e-12));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama_dynamic", "phi3_longrope"}) // scaled beyond 20 tokens
    void aSharedStartDiffersWhereRotationsFollowTheLength(String name) {
        try (HookedModel scaled = TestModels.exact(name)) {
            TokenizedPrompt whole = TestModels.prompt(61, 30);
            TokenizedPrompt start = TokenizedPrompt.ofIds(whole.ids().subArray(0, 10).toArray());
            HookPoint point = HookPoint.residual(2);
            Cell cell = Cell.of(0).patched(Patch.of(1, point, Positions.at(9)));
            Sweep sweep =
                    scaled.sweep(BaseRun.of(whole), BaseRun.of(start))
                            .cells(List.of(Cell.of(0), cell))
                            .reading(Reading.top(1).withDistribution());
            List<CellResult> naive = sweep.execution(Execution.NAIVE).execute();
            List<CellResult> exact = sweep.execution(Execution.EXACT).execute();
            assertThat(logits(naive.get(1))).isNotEqualTo(logits(naive.get(0)));
            assertThat(logits(exact.get(1))).containsExactly(logits(naive.get(1)), within(1e-12));
        }
    }

    @ParameterizedTest
    @EnumSource(Execution.class)
    void aMapMayUseItsArrayAgain(Execution execution) {
        double[] reused = new double[model.width()];
        UnaryOperator<double[]> negate = v -> Arrays.stream(v).map(x -> -x).toArray();
        UnaryOperator<double[]> reusing =
                v -> {
                    System.arraycopy(negate.apply(v), 0, reused, 0, v.length);
                    return reused;
                };
        List<List<CellResult>> both = new ArrayList<>();
        for (UnaryOperator<double[]> map : List.of(negate, reusing)) {
            List<Cell> cells = new ArrayList<>();
            for (int token = 0; token < 3; token++) {
                Patch patch = Patch.of(1, HookPoint.residual(1), Positions.at(token));
                cells.add(
                        Cell.of(0)
                                .patched(
                                        patch.to(HookPoint.residual(2), Positions.last())
                                                .mapped("negated", map)));
            }
            both.add(
                    model.sweep(BaseRun.of(PROMPT), BaseRun.of(OTHER))
                            .cells(cells)
                            .execution(execution)
                            .reading(Reading.top(1).withDistribution())
                            .execute());
        }
        for (int i = 0; i < 3; i++) {
            assertThat(logits(both.get(1).get(i))).isEqualTo(logits(both.get(0).get(i)));
        }
    }

    @Test
    void equalCellsAreComputedOnce() {
        Cell cell = Cell.of(0, Intervention.zero(HookPoint.mlpOut(1), Positions.last()));
        List<Cell> many = List.of(cell, Cell.of(0), cell, cell);
        Sweep sweep = model.sweep(BaseRun.of(PROMPT)).cells(many);
        assertThat(sweep.explain().rows())
                .isEqualTo(
                        model.sweep(BaseRun.of(PROMPT)).cells(many.subList(0, 2)).explain().rows());
        List<Long> heard = new ArrayList<>();
        List<CellResult> results =
                sweep.generate(3).progress((done, total, time) -> heard.add(done)).execute();
        assertThat(heard).containsExactly(1L, 2L, 3L, 4L);
        assertThat(results.get(2)).isEqualTo(results.get(0)).isEqualTo(results.get(3));
        assertThat(results.get(0).generation().orElseThrow().ids().length()).isEqualTo(3);
        assertThat(sweep.generate(3).execution(Execution.NAIVE).execute())
                .extracting(r -> r.generation().orElseThrow().ids())
                .isEqualTo(results.stream().map(r -> r.generation().orElseThrow().ids()).toList());
    }

    @Test
    void aBaseRunsLaterChangesAreItsCellsToo() {
        BaseRun base =
                new BaseRun(
                        PROMPT,
                        ImmutableList.of(
                                Intervention.scale(HookPoint.mlpOut(2), Positions.at(4), 3)));
        Intervention own =
                Intervention.replace(
                        HookPoint.residual(1),
                        Positions.at(1),
                        TestModels.vector(6, model.width()));
        assertThat(logits(run(List.of(base), Cell.of(0, own)).get(0)))
                .containsExactly(
                        model.run(PROMPT)
                                .intervene(base.interventions())
                                .intervene(own)
                                .execute()
                                .next()
                                .logits(),
                        within(1e-13));
    }

    @Test
    void refusesWhatCannotBe() {
        List<BaseRun> bases = List.of(BaseRun.of(PROMPT), BaseRun.of(OTHER));
        assertThatThrownBy(() -> run(bases, Cell.of(0).patched(patch(2))))
                .isInstanceOf(OutOfRangeException.class)
                .hasMessageContaining("base run 2 of the patch")
                .hasMessageContaining("0..1");
        assertThatThrownBy(() -> Patch.of(0, HookPoint.pattern(1), Positions.last()))
                .isInstanceOf(InterventionException.class)
                .hasMessageContaining("hook_pattern");
        for (Execution how : Execution.values()) {
            Sweep sweep = model.sweep(bases).execution(how);
            assertThatThrownBy(() -> sweep.cells(List.of(Cell.of(0).patched(uneven()))).execute())
                    .isInstanceOf(InterventionException.class)
                    .hasMessageContaining("2 positions are read and 3 written");
            assertThatThrownBy(
                            () ->
                                    sweep.cells(
                                                    List.of(
                                                            Cell.of(0)
                                                                    .patched(
                                                                            patch(1).mapped(
                                                                                            "cut",
                                                                                            v ->
                                                                                                    new double
                                                                                                            [3]))))
                                            .execute())
                    .isInstanceOf(InterventionException.class)
                    .hasMessageContaining("3");
            assertThatThrownBy(
                            () ->
                                    sweep.cells(
                                                    List.of(
                                                            Cell.of(0)
                                                                    .patched(
                                                                            patch(1).to(
                                                                                            HookPoint
                                                                                                    .residual(
                                                                                                            99),
                                                                                            Positions
                                                                                                    .last()))))
                                            .execute())
                    .isInstanceOf(OutOfRangeException.class);
        }
    }

    private static Patch patch(int source) {
        return Patch.of(source, HookPoint.residual(1), Positions.last());
    }

    private static Patch uneven() {
        return Patch.of(1, HookPoint.residual(1), Positions.at(0, 1))
                .to(HookPoint.residual(1), Positions.at(0, 1, 2));
    }
}
