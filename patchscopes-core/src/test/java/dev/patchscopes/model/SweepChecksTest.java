package dev.patchscopes.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a sweep refuses before it computes anything, however late the cell is that would fail. */
class SweepChecksTest {
    private static final TokenizedPrompt PROMPT = TestModels.prompt(3, 6);
    private static final BaseRun SHORT = BaseRun.of(PROMPT);
    private static final BaseRun LONG = BaseRun.of(TestModels.prompt(4, 62)); // of 64
    private static final HookPoint MID = HookPoint.residual(1);

    private static HookedModel model;

    @BeforeAll
    static void load() {
        model = TestModels.exact("gpt2");
    }

    @AfterAll
    static void close() {
        model.close();
    }

    /** Refused after a good cell, in a wave of its own, without that cell being computed. */
    private static void assertRefused(
            Sweep sweep, List<Cell> bad, Class<? extends Exception> type, String message) {
        for (Execution execution : Execution.values()) {
            List<Long> heard = new ArrayList<>();
            List<Cell> cells = new ArrayList<>(List.of(Cell.of(0)));
            cells.addAll(bad);
            Sweep stated =
                    sweep.cells(cells)
                            .execution(execution)
                            .memoryBudget(1)
                            .progress((done, total, elapsed) -> heard.add(done));
            assertThatThrownBy(stated::execute)
                    .as("%s", execution)
                    .isInstanceOf(type)
                    .hasMessageContaining(message);
            assertThat(heard).as("cells finished in %s", execution).isEmpty();
        }
    }

    private static List<CellResult> run(Sweep sweep, Execution execution) {
        return sweep.execution(execution).execute();
    }

    @ParameterizedTest
    @EnumSource
    void onlyWhatGeneratesNeedsRoomForIt(Execution execution) {
        Sweep sweep = model.sweep(SHORT, LONG).generate(4);
        assertRefused(
                sweep, List.of(Cell.of(1)), PromptTooLongException.class, "62 tokens and 4 are");
        Cell read = Cell.of(0).patched(Patch.of(1, MID, Positions.at(61)).to(MID, Positions.at(2)));
        assertThat(run(sweep.cells(List.of(read)), execution)).hasSize(1);
        Sweep tooLong = model.sweep(SHORT, BaseRun.of(TestModels.prompt(5, 65)));
        assertRefused(tooLong, List.of(read), PromptTooLongException.class, "has 65 tokens");
    }

    @ParameterizedTest
    @EnumSource
    void vectorsMustFitWhereTheyGo(Execution execution) {
        Patch wide = Patch.of(0, HookPoint.mlpPost(1), Positions.at(1)).to(MID, Positions.at(3));
        Sweep sweep = model.sweep(SHORT);
        assertRefused(
                sweep,
                List.of(Cell.of(0).patched(wide)),
                InterventionException.class,
                "a vector of 192 values is to replace one of 48");
        Cell mapped = Cell.of(0).patched(wide.mapped("cut", v -> Arrays.copyOf(v, 48)));
        assertThat(run(sweep.cells(List.of(mapped)), execution)).hasSize(1);
        assertRefused(
                sweep,
                List.of(Cell.of(0, Intervention.add(MID, Positions.at(1), 1f, 2f))),
                InterventionException.class,
                "carries 2 values, expected 48");
        assertRefused(
                sweep,
                List.of(
                        Cell.of(
                                0,
                                Intervention.replace(MID, Positions.at(1, 2, 3), new float[96]))),
                InterventionException.class,
                "or 144 (one for each of 3 positions)");
        Edit oneHead = Intervention.replace(HookPoint.z(1), Positions.last(), new float[12]);
        assertThat(run(sweep.cells(List.of(Cell.of(0, oneHead.heads(2)))), execution)).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource
    void decodingEditsReachBeyondThePrompt(Execution execution) {
        float[] vector = TestModels.vector(7, model.width());
        Edit late = Intervention.replace(MID, Positions.at(7, 8), vector).during(Phase.DECODE);
        Edit always = Intervention.add(MID, Positions.at(2, 7), vector).during(Phase.ALL);
        EdgeCut cut =
                Intervention.cutAttention(Positions.at(8), Positions.at(0, 7), 0, 2)
                        .during(Phase.DECODE);
        List<Intervention> all = List.of(late, always, cut);
        List<Cell> cells = new ArrayList<>(List.of(Cell.of(0)));
        all.forEach(change -> cells.add(Cell.of(0, change)));
        all.forEach(change -> cells.add(Cell.of(1 + all.indexOf(change))));
        List<BaseRun> bases = new ArrayList<>(List.of(SHORT));
        all.forEach(change -> bases.add(new BaseRun(PROMPT, ImmutableList.of(change))));
        Sweep sweep = model.sweep(bases).cells(cells).generate(5);
        assertThat(sweep.explain().alone()).isEqualTo(6);
        List<CellResult> results = run(sweep, execution);
        for (int i = 0; i < all.size(); i++) {
            ImmutableIntArray expected =
                    model.generation(PROMPT)
                            .maxNewTokens(5)
                            .intervene(all.get(i))
                            .run()
                            .first()
                            .ids();
            for (int cell : new int[] {1 + i, 4 + i}) {
                assertThat(results.get(cell).generation().orElseThrow().ids())
                        .as("%s in cell %d", all.get(i), cell)
                        .isEqualTo(expected);
            }
        }
    }

    @Test
    void editsOfTokensThatAreNeverReadBackAreRefused() {
        Edit everywhere = Intervention.zero(MID, Positions.all()).during(Phase.DECODE);
        Edit within = Intervention.zero(MID, Positions.at(2)).during(Phase.DECODE);
        Edit beyond = Intervention.zero(MID, Positions.at(9)).during(Phase.DECODE);
        Class<InterventionException> type = InterventionException.class;
        for (int newTokens : new int[] {0, 1}) {
            assertRefused(
                    model.sweep(SHORT).generate(newTokens),
                    List.of(Cell.of(0, everywhere)),
                    type,
                    "the sweep generates %d new tokens".formatted(newTokens));
        }
        Sweep three = model.sweep(SHORT).generate(3);
        assertRefused(three, List.of(Cell.of(0, within)), type, "never applied");
        assertRefused(three, List.of(Cell.of(0, beyond)), type, "is not in 0..7");
        BaseRun decoding = new BaseRun(PROMPT, ImmutableList.of(everywhere));
        Cell read = Cell.of(0).patched(Patch.of(1, MID, Positions.at(3)));
        assertRefused(
                model.sweep(SHORT, decoding).generate(3),
                List.of(read),
                type,
                "base run 1, which generates nothing");
    }
}
