package dev.patchscopes.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Texts that end when they have what was waited for. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SweepStopTest {
    private HookedModel model;

    @BeforeAll
    void load() {
        model = HookedModel.demoSmall();
    }

    @AfterAll
    void close() {
        model.close();
    }

    private Sweep sweep() {
        return model.sweep(
                        BaseRun.of(model.tokenize("The capital of France is")),
                        BaseRun.of(model.tokenize("The capital of Italy is")))
                .cells(List.of(Cell.of(0), Cell.of(1), Cell.of(0)))
                .generate(8);
    }

    private static Generation text(List<CellResult> results, int cell) {
        return results.get(cell).generation().orElseThrow();
    }

    @ParameterizedTest
    @EnumSource
    void aTextEndsWithTheTokenThatHasIt(Execution execution) {
        List<CellResult> whole = sweep().execution(execution).execute();
        List<CellResult> stopped =
                sweep().execution(execution)
                        .stopWhen((cell, text) -> cell < 2 && text.contains("Paris"))
                        .execute();
        assertThat(text(whole, 0).text()).startsWith(" Paris");
        assertThat(text(stopped, 0).text()).isEqualTo(" Paris");
        assertThat(text(stopped, 0).reason()).isEqualTo(Generation.StopReason.CONDITION);
        assertThat(text(stopped, 1)).isEqualTo(text(whole, 1)); // it says another city
        assertThat(text(stopped, 2)).isEqualTo(text(whole, 2)); // and this cell is not to stop
        assertThat(text(stopped, 2).ids().length()).isGreaterThan(text(stopped, 0).ids().length());
    }

    @Test
    void aFileCouldNotTellConditionsApart() {
        Sweep sweep = sweep().stopWhen((cell, text) -> true).resume(Path.of("sweep.journal"));
        assertThatThrownBy(sweep::execute)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("cannot be resumed from a file");
    }
}
