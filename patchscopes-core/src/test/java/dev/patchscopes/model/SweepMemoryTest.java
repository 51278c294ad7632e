package dev.patchscopes.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.google.common.collect.ImmutableList;
import com.google.gson.JsonPrimitive;
import dev.patchscopes.text.Positions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The peak of memory during a sweep stays inside its budget, and would not without one. */
class SweepMemoryTest {
    private static final int LENGTH = 56;

    /** What a sweep is mostly made of. */
    enum Kind {
        /** Replaced residuals. */
        PATCHES {
            @Override
            Sweep sweep(HookedModel model) {
                List<Cell> cells = new ArrayList<>();
                for (int i = 0; i < 3000; i++) {
                    cells.add(Cell.of(0, replaced(model, 1, i % 8, i)));
                }
                return model.sweep(base()).cells(cells);
            }
        },
        /** Edges of single heads cut in every block: masks as large as the scores. */
        CUTS {
            @Override
            Sweep sweep(HookedModel model) {
                List<Cell> cells = new ArrayList<>();
                for (int i = 0; i < 1000; i++) {
                    Positions queries = Positions.at(8 + i / 32, LENGTH - 1);
                    EdgeCut cut =
                            Intervention.cutAttention(
                                    queries, Positions.at(i / 4 % 8), 0, model.layers());
                    EdgeCut other =
                            Intervention.cutAttention(
                                    queries, Positions.at(i / 8 % 4), 0, model.layers());
                    cells.add(Cell.of(0, cut.heads(i % 4), other.heads(i % 3).zeroed()));
                }
                return model.sweep(base()).cells(cells);
            }
        },
        /** Tokens generated after each cell: keys and values of every cell. */
        GENERATION {
            @Override
            Sweep sweep(HookedModel model) {
                List<Cell> cells = new ArrayList<>();
                for (int i = 0; i < 4000; i++) {
                    cells.add(Cell.of(0, replaced(model, 1 + i % 3, 39, i)));
                }
                return model.sweep(BaseRun.of(TestModels.prompt(17, 40))).cells(cells).generate(24);
            }
        },
        /** Many corrupted base runs, each with a state restored. */
        BASES {
            @Override
            Sweep sweep(HookedModel model) {
                List<BaseRun> bases = new ArrayList<>();
                List<Cell> cells = new ArrayList<>();
                bases.add(base());
                for (int i = 1; i <= 600; i++) {
                    float[] noise = TestModels.vector(i, model.width());
                    bases.add(
                            new BaseRun(
                                    TestModels.prompt(17, LENGTH),
                                    ImmutableList.of(
                                            Intervention.add(
                                                    HookPoint.embed(), Positions.at(3), noise))));
                    Patch clean = Patch.of(0, HookPoint.residual(1), Positions.at(40 + i % 16));
                    cells.add(Cell.of(i).patched(clean));
                }
                return model.sweep(bases).cells(cells);
            }
        },
        /** Next-token distributions over a large vocabulary, of rows that cost little before. */
        LOGITS {
            @Override
            Sweep sweep(HookedModel model) {
                List<Cell> cells = new ArrayList<>();
                for (int i = 0; i < 4000; i++) {
                    cells.add(Cell.of(0, replaced(model, model.layers(), LENGTH - 1, i)));
                }
                return model.sweep(base()).cells(cells);
            }
        };

        abstract Sweep sweep(HookedModel model);

        /** Masks are a small part of a block's tensors: a small budget shows them. */
        long budget() {
            return (this == CUTS ? 24L : 48L) << 20;
        }

        private static BaseRun base() {
            return BaseRun.of(TestModels.prompt(17, LENGTH));
        }

        private static Intervention replaced(HookedModel model, int layer, int token, int seed) {
            return Intervention.replace(
                    HookPoint.residual(layer),
                    Positions.at(token),
                    TestModels.vector(seed, model.width()));
        }
    }

    /** Sweeps with a budget, and prints by how many KiB memory grew at most, then without. */
    static final class Sweeper {
        private Sweeper() {}

        public static void main(String[] arguments) throws IOException {
            try (HookedModel model = HookedModel.load(Path.of(arguments[1]))) {
                Kind kind = Kind.valueOf(arguments[0]);
                Sweep sweep = kind.sweep(model);
                sweep.memoryBudget(kind.budget() / 8)
                        .execute(); // the program itself is in memory now
                System.out.println(growth(sweep.memoryBudget(kind.budget())));
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

    private static Path ofLargeVocabulary(Path directory) {
        int vocabulary = 20_000;
        return CheckpointCopy.of("gpt2", directory)
                .with(
                        "transformer.wte.weight",
                        TestModels.vector(5, vocabulary * 48),
                        vocabulary,
                        48)
                .config("vocab_size", new JsonPrimitive(vocabulary))
                .write();
    }

    @ParameterizedTest
    @EnumSource
    void staysInsideTheBudget(Kind kind, @TempDir Path directory) throws Exception {
        assumeThat(ForkedJvm.canMeasure()).isTrue();
        Path model =
                kind == Kind.LOGITS ? ofLargeVocabulary(directory) : TestModels.directory("gpt2");
        List<String> lines = ForkedJvm.run(Sweeper.class, kind.name(), model.toString());
        System.out.println("sweep memory, " + kind + " with and without a budget, KiB: " + lines);
        assertThat(1024 * Long.parseLong(lines.get(0)))
                .as("bytes with a budget of %d", kind.budget())
                .isLessThan(kind.budget());
        assertThat(1024 * Long.parseLong(lines.get(1)))
                .as("bytes without a budget that binds")
                .isGreaterThan(kind.budget());
    }
}
