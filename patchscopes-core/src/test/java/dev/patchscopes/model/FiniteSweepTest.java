package dev.patchscopes.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenizedPrompt;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a sweep that checks its values says: the cell or base run, and the place in it. */
class FiniteSweepTest {
    private static final TokenizedPrompt PROMPT = TestModels.prompt(3, 6);

    @TempDir Path directory;

    @Test
    void sweepsLookAtScoresToo() {
        for (String name : List.of("gpt2", "bloom")) {
            try (HookedModel model = TestModels.load(name, ComputeType.FLOAT32)) {
                double[] large = new double[model.width() / model.heads()];
                Arrays.fill(large, 1e30);
                double[] opposite = Arrays.stream(large).map(x -> -x).toArray();
                Edit queries = Intervention.replace(HookPoint.q(1), Positions.at(2), large);
                Edit before = Intervention.replace(HookPoint.k(1), Positions.at(1), opposite);
                Edit later = Intervention.replace(HookPoint.k(1), Positions.at(3), opposite);
                for (Execution how : Execution.values()) {
                    Sweep sweep =
                            model.sweep(
                                            BaseRun.of(PROMPT),
                                            new BaseRun(PROMPT, ImmutableList.of(queries, before)))
                                    .checkFinite()
                                    .execution(how);
                    Cell seen = Cell.of(0, queries, before);
                    Cell unseen = Cell.of(0, queries, later);
                    assertThatThrownBy(() -> sweep.cells(List.of(unseen, seen)).execute())
                            .hasMessageContaining("cell 1 of the sweep")
                            .hasMessageContaining("blocks.1.attn.hook_attn_scores is -infinity");
                    assertThat(sweep.cells(List.of(unseen)).execute()).hasSize(1);
                    assertThatThrownBy(() -> sweep.cells(List.of(Cell.of(1))).execute())
                            .hasMessageContaining("blocks.1.attn.hook_attn_scores is -infinity");
                }
            }
        }
    }

    @Test
    void sweepsCheckTheLogitsTheyRead() {
        CheckpointCopy copy = CheckpointCopy.of("gpt2", directory);
        copy.values("transformer.ln_f.bias")[0] = Float.NaN;
        try (HookedModel model = HookedModel.load(copy.write())) {
            Sweep sweep = model.sweep(BaseRun.of(PROMPT)).cells(List.of(Cell.of(0))).checkFinite();
            NonFiniteException thrown = assertThrows(NonFiniteException.class, sweep::execute);
            assertThat(thrown.found().point()).isEqualTo(HookPoint.logits());
            assertThat(thrown.cell()).hasValue(0);
        }
    }

    @Test
    void sweepsCountCellsAsTheyWereGiven() {
        try (HookedModel model = TestModels.load("gpt2", ComputeType.FLOAT32)) {
            Cell fine = Cell.of(0, Intervention.zero(HookPoint.residual(1), Positions.at(2)));
            Cell bad = Cell.of(0, FiniteCheckTest.nan(HookPoint.residual(1), Positions.at(2)));
            Path journal = directory.resolve("sweep.journal");
            Sweep sweep = model.sweep(BaseRun.of(PROMPT)).resume(journal);
            NonFiniteException thrown =
                    assertThrows(
                            NonFiniteException.class,
                            () ->
                                    sweep.cells(List.of(fine, fine, fine, bad, bad))
                                            .checkFinite()
                                            .memoryBudget(1)
                                            .execute());
            assertThat(thrown.cell()).hasValue(3);
            // those that are finished are not computed again, and the place stays the same
            thrown =
                    assertThrows(
                            NonFiniteException.class,
                            () ->
                                    sweep.cells(List.of(fine, fine, fine, bad, bad))
                                            .checkFinite()
                                            .execute());
            assertThat(thrown.cell()).hasValue(3);
        }
    }

    @Test
    void sweepsNameBaseRunsPatchesAndGeneratedTokens() {
        try (HookedModel model = TestModels.load("gpt2", ComputeType.FLOAT32)) {
            HookPoint point = HookPoint.residual(1);
            BaseRun base = BaseRun.of(PROMPT);
            BaseRun broken =
                    new BaseRun(
                            PROMPT,
                            ImmutableList.of(
                                    FiniteCheckTest.nan(HookPoint.mlpOut(1), Positions.at(0))));
            Patch copied =
                    Patch.of(1, HookPoint.residual(2), Positions.at(0)).to(point, Positions.at(3));
            Sweep two = model.sweep(base, broken).cells(List.of(Cell.of(0).patched(copied)));
            for (Execution execution : Execution.values()) {
                NonFiniteException thrown =
                        assertThrows(
                                NonFiniteException.class,
                                () -> two.checkFinite().execution(execution).execute());
                assertThat(thrown).hasMessageStartingWith("base run 1 of the sweep: ");
                assertThat(thrown.cell()).isEmpty();
                assertThat(thrown.found().point()).isEqualTo(HookPoint.mlpOut(1));
            }
            Patch mapped =
                    Patch.of(0, point, Positions.at(0))
                            .to(point, Positions.at(3))
                            .mapped("broken", h -> at(h, 0, Double.NaN));
            NonFiniteException thrown =
                    assertThrows(
                            NonFiniteException.class,
                            () ->
                                    model.sweep(base)
                                            .cells(List.of(Cell.of(0), Cell.of(0).patched(mapped)))
                                            .checkFinite()
                                            .execute());
            assertThat(thrown.cell()).hasValue(1);
            assertThat(thrown.found().point()).isEqualTo(point);
            assertThat(thrown.found().positions()).isEqualTo(ImmutableIntArray.of(3));
            assertThat(thrown.found().intervention()).isPresent();
            // at the last layer there is no block left to show it
            HookPoint end = HookPoint.residual(model.layers());
            for (Reading reading : List.of(Reading.top(1), Reading.lastResidual())) {
                thrown =
                        assertThrows(
                                NonFiniteException.class,
                                () ->
                                        model.sweep(base)
                                                .cells(
                                                        List.of(
                                                                Cell.of(
                                                                        0,
                                                                        FiniteCheckTest.nan(
                                                                                end,
                                                                                Positions.last()))))
                                                .reading(reading)
                                                .checkFinite()
                                                .execute());
                assertThat(thrown.found().point()).isEqualTo(end);
            }
        }
    }

    @Test
    void baseRunsThatAFunctionChangesAreNamed() {
        try (HookedModel model = TestModels.load("gpt2", ComputeType.FLOAT32)) {
            HookPoint point = HookPoint.mlpOut(2);
            Edit function = Intervention.custom(point, (value, context) -> value.mul(Float.NaN));
            BaseRun base = new BaseRun(PROMPT, ImmutableList.of(function));
            Patch copied =
                    Patch.of(1, HookPoint.residual(1), Positions.last())
                            .to(HookPoint.residual(2), Positions.last());
            Sweep sweep =
                    model.sweep(BaseRun.of(PROMPT), base)
                            .cells(List.of(Cell.of(0).patched(copied)));
            NonFiniteException thrown =
                    assertThrows(NonFiniteException.class, () -> sweep.checkFinite().execute());
            assertThat(thrown).hasMessageStartingWith("base run 1 of the sweep: ");
            assertThat(thrown.found().point()).isEqualTo(point);
            assertThat(thrown.found().intervention()).contains(function);
            assertThat(sweep.execute()).hasSize(1); // what is read does not come by it
        }
    }

    @Test
    void sweepsCheckWhatTheyGenerate() {
        CheckpointCopy copy = CheckpointCopy.of("gpt2", directory);
        float[] positions = copy.values("transformer.wpe.weight");
        int width = 48;
        positions[(PROMPT.length() + 1) * width] = Float.NaN; // the second new token's
        try (HookedModel model = HookedModel.load(copy.write())) {
            assertThat(model.width()).isEqualTo(width);
            Cell cell = Cell.of(0, Intervention.zero(HookPoint.residual(1), Positions.at(2)));
            Sweep sweep =
                    model.sweep(BaseRun.of(PROMPT)).cells(List.of(cell)).generate(4).checkFinite();
            for (Execution execution : Execution.values()) {
                NonFiniteException thrown =
                        assertThrows(
                                NonFiniteException.class,
                                () -> sweep.execution(execution).execute());
                assertThat(thrown.found().point()).isEqualTo(HookPoint.of(Site.POS_EMBED, 0));
                assertThat(thrown.found().position()).isEqualTo(PROMPT.length() + 1);
                assertThat(thrown.cell()).hasValue(0);
            }
        }
    }

    private static double[] at(double[] values, int index, double value) {
        double[] out = values.clone();
        out[index] = value;
        return out;
    }
}
