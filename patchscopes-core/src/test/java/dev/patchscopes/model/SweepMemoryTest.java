package dev.patchscopes.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.patchscopes.text.Positions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The peak of memory during a sweep stays inside its budget, and would not without one. */
class SweepMemoryTest {
    private static final long BUDGET = 48L << 20;

    /** Sweeps with a budget, and prints by how many KiB memory grew at most, then without. */
    static final class Sweeper {
        private Sweeper() {}

        public static void main(String[] arguments) throws IOException {
            try (HookedModel model = HookedModel.load(TestModels.directory("gpt2"))) {
                List<Cell> cells = new ArrayList<>();
                for (int i = 0; i < 3000; i++) {
                    cells.add(
                            Cell.of(
                                    0,
                                    Intervention.replace(
                                            HookPoint.residual(1),
                                            Positions.at(i % 8),
                                            TestModels.vector(i, model.width()))));
                }
                BaseRun base = BaseRun.of(TestModels.prompt(17, 56));
                Sweep sweep = model.sweep(base).cells(cells);
                sweep.memoryBudget(BUDGET / 8).execute(); // the program itself is in memory now
                System.out.println(growth(sweep.memoryBudget(BUDGET)));
                System.out.println(growth(sweep.memoryBudget(8L << 30)));
            }
        }

        private static long growth(Sweep sweep) throws IOException {
            System.gc();
            Files.writeString(Path.of("/proc/self/clear_refs"), "5"); // resets the peak
            long before = ForkedJvm.memoryKib("VmRSS");
            sweep.execute();
            return ForkedJvm.memoryKib("VmHWM") - before;
        }
    }

    @Test
    void staysInsideTheBudget() throws Exception {
        assumeThat(ForkedJvm.canMeasure()).isTrue();
        List<String> lines = ForkedJvm.run(Sweeper.class);
        assertThat(1024 * Long.parseLong(lines.get(0)))
                .as("bytes with a budget of %d", BUDGET)
                .isLessThan(BUDGET);
        assertThat(1024 * Long.parseLong(lines.get(1)))
                .as("bytes without a budget that binds")
                .isGreaterThan(2 * BUDGET);
    }
}
