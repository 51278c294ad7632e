package dev.patchscopes;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.model.Activations;
import dev.patchscopes.model.BaseRun;
import dev.patchscopes.model.Cell;
import dev.patchscopes.model.Execution;
import dev.patchscopes.model.Generation;
import dev.patchscopes.model.GenerationRequest;
import dev.patchscopes.model.Gradients;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Intervention;
import dev.patchscopes.model.Metric;
import dev.patchscopes.model.ModelLoader;
import dev.patchscopes.model.Patch;
import dev.patchscopes.model.Progress;
import dev.patchscopes.model.Readout;
import dev.patchscopes.model.Sweep;
import dev.patchscopes.model.Teacher;
import dev.patchscopes.model.TensorActivations;
import dev.patchscopes.testing.StoppedCalls;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenBatch;
import dev.patchscopes.text.TokenizedPrompt;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Every long call of this module ends soon when it is asked to, and leaves nothing behind. */
class StoppedCallsTest {
    private static final TokenizedPrompt PROMPT = TokenizedPrompt.ofIds(7, 30, 12, 55, 81, 9);
    private static final TokenizedPrompt OTHER = TokenizedPrompt.ofIds(40, 41, 42, 43);
    private static final int TOKENS = 4;

    @TempDir private static Path own;
    private static HookedModel model;
    private static int layers;

    @BeforeAll
    static void load() {
        model = loader(directory("gpt2")).load();
        layers = model.layers();
    }

    @AfterAll
    static void close() {
        model.close();
    }

    static ModelLoader loader(Path directory) {
        return HookedModel.loader(directory).device(Device.cpu());
    }

    static Path directory(String name) {
        try {
            return Path.of(StoppedCallsTest.class.getResource("/golden/" + name).toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    @TestFactory
    Stream<DynamicTest> everyLongCallEndsWhenAsked() {
        return calls().tests();
    }

    @Test
    void everyTypeThatTakesAListenerIsAmongThem() {
        assertThat(calls().missing(Progress.class)).isEmpty();
    }

    private static StoppedCalls calls() {
        StoppedCalls calls = new StoppedCalls();
        addRuns(calls);
        addDerivatives(calls);
        addGenerations(calls);
        addSweeps(calls);
        addReadouts(calls);
        new StoredCalls(own, layers).addTo(calls);
        MatrixCalls.addTo(calls);
        return calls;
    }

    // ---- runs -----------------------------------------------------------------------------------

    private static void addRuns(StoppedCalls calls) {
        calls.add("run", layers + 2, () -> bits(model.run(PROMPT).execute()))
                .add(
                        "run of a batch, with captures and an intervention",
                        layers + 1,
                        () ->
                                bits(
                                        model.run(batch())
                                                .capture(HookPoint.residual(layers))
                                                .intervene(
                                                        Intervention.zero(
                                                                HookPoint.residual(1),
                                                                Positions.last()))
                                                .execute()))
                .add("tensors", layers + 1, () -> withStates(acts -> states(acts)))
                .add(
                        "one residual read",
                        1,
                        () -> bits(model.unembed(new double[model.width()]).logits()));
    }

    private static TokenBatch batch() {
        return TokenBatch.of(PROMPT, OTHER);
    }

    private static String bits(Activations acts) {
        StringBuilder out = new StringBuilder();
        for (HookPoint point : acts.points()) {
            out.append(Arrays.toString(acts.vectorDoubles(point, Positions.last())));
        }
        return acts.points().isEmpty() ? Arrays.toString(acts.next().logits()) : out.toString();
    }

    static String bits(double[] values) {
        return Arrays.toString(values);
    }

    // ---- derivatives ----------------------------------------------------------------------------

    private static void addDerivatives(StoppedCalls calls) {
        calls.add(
                        "gradients",
                        layers + 3,
                        () -> {
                            Gradients g =
                                    model.run(PROMPT)
                                            .gradients(
                                                    Metric.logProbability(7),
                                                    HookPoint.residual(1));
                            return bits(g.of(HookPoint.residual(1)).vectorDoubles(0, 5));
                        })
                .add(
                        "Jacobian",
                        1 + 2 * (layers - 1) + 1,
                        () ->
                                Arrays.deepToString(
                                        model.run(PROMPT)
                                                .jacobian(
                                                        1,
                                                        Positions.at(2),
                                                        layers,
                                                        Positions.last())))
                .add(
                        "Jacobian over the whole prompt",
                        layers + 1 + model.width(),
                        () ->
                                Arrays.deepToString(
                                        model.run(PROMPT)
                                                .intervene(
                                                        Intervention.custom(
                                                                HookPoint.mlpOut(1),
                                                                (x, context) -> x.mul(0.5)))
                                                .jacobian(
                                                        0,
                                                        Positions.at(2),
                                                        layers,
                                                        Positions.last())))
                .add(
                        "products with a Jacobian",
                        2 * (layers - 1),
                        () ->
                                bits(
                                        model.run(PROMPT)
                                                .jvp(
                                                        1,
                                                        Positions.at(2),
                                                        layers,
                                                        Positions.last(),
                                                        MatrixCalls.numbers(3, model.width()))));
    }

    // ---- generations ----------------------------------------------------------------------------

    private static void addGenerations(StoppedCalls calls) {
        calls.add(
                GenerationRequest.class,
                "generation",
                TOKENS * (layers + 2),
                progress ->
                        model
                                .generation(batch())
                                .maxNewTokens(TOKENS)
                                .ignoringEndOfText()
                                .progress(progress)
                                .run()
                                .all()
                                .stream()
                                .map(Generation::toString)
                                .collect(Collectors.joining()));
    }

    // ---- sweeps ---------------------------------------------------------------------------------

    private static void addSweeps(StoppedCalls calls) {
        int cells = cells().size();
        for (Execution how : Execution.values()) {
            boolean naive = how == Execution.NAIVE;
            calls.add(
                            Sweep.class,
                            "sweep, " + how,
                            naive ? cells * (layers + 2) : layers + 3,
                            progress -> results(sweep(progress).execution(how)))
                    .add(
                            Sweep.class,
                            "sweep that generates, " + how,
                            (naive ? cells : 1) * TOKENS * (layers + 2),
                            progress ->
                                    results(
                                            sweep(progress)
                                                    .generate(TOKENS, new String[0])
                                                    .execution(how)));
        }
        calls.add(
                        PatchscopeSweep.class,
                        "sweep of a patchscope",
                        layers,
                        progress -> grids(model, progress))
                .add("patchscope", layers, () -> bits(scope(model).build().run().next().logits()));
    }

    private static PatchscopeBuilder scope(HookedModel source) {
        return Patchscope.on(source)
                .sourcePrompt(PROMPT)
                .sourcePosition(Positions.last())
                .sourceLayer(1)
                .targetModel(model)
                .targetPrompt(OTHER)
                .targetPosition(Positions.last())
                .targetLayer(1);
    }

    private static String grids(HookedModel source, Progress progress) {
        return scope(source)
                .build()
                .sweep()
                .layers(Layers.all(), Layers.all())
                .progress(progress)
                .run()
                .stream()
                .map(grid -> grid.cells().toString())
                .collect(Collectors.joining());
    }

    private static List<Cell> cells() {
        List<Cell> cells = new ArrayList<>();
        for (int layer = 0; layer < layers; layer++) {
            cells.add(
                    Cell.of(0, Intervention.zero(HookPoint.residual(layer), Positions.at(2)))
                            .patched(Patch.of(1, HookPoint.residual(layer), Positions.at(1))));
        }
        return cells;
    }

    private static Sweep sweep(Progress progress) {
        return model.sweep(BaseRun.of(PROMPT), BaseRun.of(OTHER)).cells(cells()).progress(progress);
    }

    private static String results(Sweep sweep) {
        return sweep.execute().stream()
                .map(r -> r.top() + " " + r.probabilities() + r.generation())
                .collect(Collectors.joining("\n"));
    }

    // ---- readouts -------------------------------------------------------------------------------

    private static void addReadouts(StoppedCalls calls) {
        calls.add(
                        Readout.class,
                        "readout",
                        layers + 2,
                        progress ->
                                withStates(
                                        acts -> {
                                            List<NDArray> h =
                                                    acts.points().stream().map(acts::get).toList();
                                            return model.readout()
                                                    .progress(progress)
                                                    .read(
                                                            h,
                                                            h.get(layers),
                                                            ImmutableIntArray.of(1, 2, 3, 4, 5, -1))
                                                    .at(1, 2)
                                                    .toString();
                                        }))
                .add(
                        "divergence",
                        layers + 3,
                        () ->
                                withStates(
                                        acts -> {
                                            NDArray last = acts.get(HookPoint.residual(layers));
                                            try (Teacher teacher = model.readout().teacher(last)) {
                                                return model.readout()
                                                        .divergence(
                                                                teacher,
                                                                acts.get(HookPoint.residual(1)))
                                                        .rows()
                                                        .toString();
                                            }
                                        }))
                .add(
                        "last blocks",
                        layers + 1 + 2,
                        () ->
                                withStates(
                                        acts -> {
                                            NDArray h = acts.get(HookPoint.residual(1));
                                            return model
                                                    .readout()
                                                    .throughLastBlocks(1, PROMPT, List.of(h, h))
                                                    .stream()
                                                    .map(x -> Arrays.toString(x.toFloatArray()))
                                                    .collect(Collectors.joining());
                                        }));
    }

    private static String withStates(Function<TensorActivations, String> work) {
        try (TensorActivations acts =
                model.run(PROMPT).capture(HookPoint.residuals(layers)).tensors()) {
            return work.apply(acts);
        }
    }

    private static String states(TensorActivations acts) {
        return acts.points().stream()
                .map(point -> Arrays.toString(acts.get(point).toFloatArray()))
                .collect(Collectors.joining());
    }
}
