package dev.patchscopes.model;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.linear.Matrix;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenBatch;
import dev.patchscopes.text.TokenizedPrompt;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Small pieces of work of all kinds, by the beginning of what {@link MemoryException} calls them;
 * each gives something whose text tells its result to the last bit.
 */
final class MemoryWork {
    static final TokenizedPrompt PROMPT = TestModels.prompt(172, 5);

    private static final TokenBatch BATCH = TestModels.batch(171, 5, 3);
    private static final HookPoint MID = HookPoint.residual(1);
    private static final HookPoint STATES = HookPoint.residual(2);

    private MemoryWork() {}

    /** Work on a model. */
    static ImmutableMap<String, Function<HookedModel, Object>> onModels() {
        return ImmutableMap.<String, Function<HookedModel, Object>>builder()
                .put("a run of 2 prompts of up to 5 tokens of gpt2 with", MemoryWork::run)
                .put("a run of 1 prompt of 5 tokens of gpt2 with 2 captures", MemoryWork::tensors)
                .put("a generation of at most 3 tokens after 2 prompts", MemoryWork::generation)
                .put("a sweep of 3 cells on 2 base runs of gpt2", m -> sweep(m, Execution.EXACT, 0))
                .put("a sweep of 3 cells on 2 base runs of", m -> sweep(m, Execution.NAIVE, 0))
                .put("a sweep of 3 cells on 2 base runs", m -> sweep(m, Execution.EXACT, 2))
                .put("a sweep of 3 cells on 2 base", m -> sweep(m, Execution.NAIVE, 2))
                .put("the gradient at 2 points of a run of 2 prompts", MemoryWork::gradient)
                .put("a Jacobian between two places of a run of 1 prompt", MemoryWork::jacobian)
                .put("1 Jacobian-vector product", MemoryWork::jvp)
                .put("1 vector-Jacobian product", MemoryWork::vjp)
                .put(
                        "unembedding a residual of gpt2",
                        m -> text(m.unembed(new double[m.width()]).logits()))
                .buildOrThrow();
    }

    private static Object run(HookedModel model) {
        Activations acts =
                model.run(BATCH)
                        .capture(model.hookPoints())
                        .intervene(
                                Intervention.scale(MID, Positions.last(), 0.5),
                                Intervention.zero(HookPoint.z(1), Positions.at(1)),
                                Intervention.cutAttention(Positions.last(), Positions.all(), 0, 2))
                        .logits()
                        .execute();
        return text(acts.next(1).logits()) + text(acts.get(HookPoint.pattern(2)).doubles(0));
    }

    private static Object tensors(HookedModel model) {
        try (TensorActivations acts =
                model.run(PROMPT).capture(MID, HookPoint.mlpOut(2)).tensors()) {
            return acts.get(MID).toByteBuffer().getDouble(8);
        }
    }

    private static Object generation(HookedModel model) {
        return model.generation(BATCH).maxNewTokens(3).capture(MID).run().all().stream()
                .map(Generation::ids)
                .toList();
    }

    private static Object sweep(HookedModel model, Execution how, int tokens) {
        return stated(model, how, tokens).execute().stream()
                .map(r -> r.top() + " " + r.generation().map(Generation::ids))
                .toList();
    }

    /** A sweep of several passes. */
    static Sweep stated(HookedModel model, Execution how, int tokens) {
        List<Cell> cells = new ArrayList<>();
        cells.add(Cell.of(0).patched(Patch.of(1, MID, Positions.last()).to(MID, Positions.at(1))));
        cells.add(Cell.of(1, Intervention.zero(HookPoint.mlpOut(1), Positions.at(1))));
        cells.add(Cell.of(1, Intervention.zero(HookPoint.attnOut(2), Positions.at(2))));
        return model.sweep(BaseRun.of(PROMPT), BaseRun.of(TestModels.prompt(173, 4)))
                .cells(cells)
                .generate(tokens)
                .execution(how)
                .memoryBudget(40_000);
    }

    private static Object gradient(HookedModel model) {
        Gradients found = model.run(BATCH).gradients(Metric.logProbability(7), MID, HookPoint.q(1));
        return text(found.of(MID).doubles(0));
    }

    private static Object jacobian(HookedModel model) {
        return Arrays.deepToString(
                model.run(PROMPT).jacobian(1, Positions.at(1), 3, Positions.last()));
    }

    private static Object jvp(HookedModel model) {
        double[] step =
                TestModels.prompt(174, model.width()).ids().stream().asDoubleStream().toArray();
        return text(model.run(PROMPT).jvp(1, Positions.at(1), 3, Positions.last(), step));
    }

    private static Object vjp(HookedModel model) {
        double[] step =
                TestModels.prompt(174, model.width()).ids().stream().asDoubleStream().toArray();
        return text(model.run(PROMPT).vjp(1, Positions.at(1), 3, Positions.last(), step));
    }

    /** States that are the caller's. */
    record States(HookedModel model, NDArray states, Teacher teacher) implements AutoCloseable {
        static States of(HookedModel model) {
            try (TensorActivations acts = model.run(PROMPT).capture(STATES).tensors()) {
                NDArray copy = acts.get(STATES).toType(DataType.FLOAT64, false);
                copy.attach(acts.manager().getParentManager());
                return new States(model, copy, model.readout().teacher(copy));
            }
        }

        @Override
        public void close() {
            teacher.close();
            states.close();
        }
    }

    /** Work on states. */
    static ImmutableMap<String, Function<States, Object>> onStates() {
        return ImmutableMap.<String, Function<States, Object>>builder()
                .put("reading 2 states of 5 rows with gpt2", MemoryWork::read)
                .put("a teacher of 5 rows", s -> closed(s.model.readout().teacher(s.states)))
                .put(
                        "the divergence of 5 rows",
                        s -> {
                            Divergence found = s.model.readout().divergence(s.teacher, s.states);
                            found.gradient().close();
                            return found.rows();
                        })
                .put(
                        "carrying 2 states of 5 tokens through 2 blocks",
                        s -> {
                            List<NDArray> two = List.of(s.states, s.states);
                            List<NDArray> out = s.model.readout().throughLastBlocks(2, PROMPT, two);
                            out.forEach(NDArray::close);
                            return out.size();
                        })
                .put("normalizing 5 rows", s -> closed(s.model.readout().normalized(s.states)))
                .put(
                        "copying the unembedding matrix",
                        s -> closed(s.model.readout().unembedding(s.states.getManager())))
                .buildOrThrow();
    }

    private static Object read(States s) {
        List<NDArray> two = List.of(s.states, s.states);
        StateReadings found =
                s.model.readout().top(3).read(two, s.states, ImmutableIntArray.of(4, 5, 6, 7, -1));
        return found.entropy(1, 2) + " " + found.topId(0, 0, 1);
    }

    /** Work that needs no model, or makes its own. */
    static ImmutableMap<String, Supplier<Object>> alone(Path directory) {
        Matrix a = random(60, 60, 175);
        Matrix definite = a.transposedTimes(a).plus(Matrix.identity(60));
        return ImmutableMap.<String, Supplier<Object>>builder()
                .put("loading gpt2 in FLOAT32", () -> loaded(directory, MatrixProducts.PLAIN))
                .put("loading gpt2 in FLOAT", () -> loaded(directory, MatrixProducts.PACKED))
                .put(
                        "a model in training with weights in FLOAT64",
                        () -> closed(TrainableModel.open(directory, training())))
                .put("the product of 60 x 60 and 60 x 60", () -> a.times(a))
                .put("the product of 60 x 60", () -> a.transposedTimes(a))
                .put("the singular value decomposition of 60 x 60", () -> a.svd().u())
                .put("the eigendecomposition of", () -> definite.symmetricEigen().vectors())
                .put("the solution of 60 x 60 and 60 x 60", () -> a.solve(a))
                .put("the solution of 60 x 60", () -> definite.solvePositiveDefinite(a))
                .buildOrThrow();
    }

    private static Object loaded(Path directory, MatrixProducts products) {
        return closed(
                HookedModel.loader(directory).device(Device.cpu()).matrixProducts(products).load());
    }

    /** One thread, so that calls come in one order. */
    static TrainingSetup training() {
        return new TrainingSetup(ComputeType.FLOAT64, 1, 4);
    }

    /** The loss of two passes; their gradient is forgotten. */
    static Object accumulated(TrainableModel model) {
        Object loss = model.accumulate(TrainingBatch.of(new int[][] {{3, 4, 5, 6}, {7, 8, 9}}));
        model.clearGradients();
        return loss;
    }

    static Matrix random(int rows, int columns, int seed) {
        float[] values = TestModels.vector(seed, rows * columns);
        double[] wide = new double[values.length];
        Arrays.setAll(wide, i -> values[i]);
        return Matrix.of(rows, columns, wide);
    }

    private static Object closed(AutoCloseable made) {
        try {
            made.close();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
        return "closed";
    }

    private static String text(double[] values) {
        return Arrays.toString(values);
    }
}
