package dev.patchscopes.model.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import dev.patchscopes.checkpoint.Checkpoint;
import dev.patchscopes.model.ComputeType;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.Intervention;
import dev.patchscopes.model.InterventionException;
import dev.patchscopes.model.MatrixProducts;
import dev.patchscopes.model.ModelException;
import dev.patchscopes.model.Progress;
import dev.patchscopes.model.Site;
import dev.patchscopes.model.golden.GoldenFiles;
import dev.patchscopes.model.internal.ResidualJacobian.Place;
import dev.patchscopes.model.internal.family.Families;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenBatch;
import dev.patchscopes.text.TokenizedPrompt;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Derivatives over the end of a prompt are those over the whole of it. */
class ResidualJacobianTest {
    private static final int LENGTH = 22; // longer than windows and trained lengths of the models

    static Stream<Arguments> everyModel() {
        return GoldenFiles.names().stream()
                .flatMap(
                        name ->
                                Stream.of(ComputeType.FLOAT32, ComputeType.FLOAT64)
                                        .map(type -> Arguments.of(name, type)));
    }

    private static ModelRuntime load(String name, ComputeType type) {
        Path directory = GoldenFiles.directory(name);
        try (Checkpoint checkpoint = Checkpoint.open(directory, directory.resolve("config.json"))) {
            return ModelRuntime.load(
                    checkpoint,
                    Families.describe(checkpoint.config()),
                    name,
                    Device.cpu(),
                    type,
                    MatrixProducts.PLAIN,
                    Progress.none());
        }
    }

    private static TokenBatch prompt() {
        return TokenBatch.of(TokenizedPrompt.ofIds(new Random(71).ints(LENGTH, 5, 120).toArray()));
    }

    private static ResidualJacobian between(
            ModelRuntime model, List<Intervention> changes, Place from, Place to) {
        return new ResidualJacobian(model, prompt(), ImmutableList.copyOf(changes), from, to);
    }

    private static double[][] vectors(ModelRuntime model, int seed, int count) {
        Random random = new Random(seed);
        return Stream.generate(() -> random.doubles(width(model), -1, 1).toArray())
                .limit(count)
                .toArray(double[][]::new);
    }

    private static int width(ModelRuntime model) {
        return model.facts().spec().width();
    }

    private static void assertNear(
            ModelRuntime model, double[][] actual, double[][] expected, String what) {
        assertThat(actual.length).as(what).isEqualTo(expected.length);
        double size =
                Arrays.stream(expected)
                        .flatMapToDouble(Arrays::stream)
                        .map(Math::abs)
                        .max()
                        .orElse(0);
        double bound = size * (model.type() == ComputeType.FLOAT64 ? 1e-13 : 2e-5);
        for (int i = 0; i < actual.length; i++) {
            assertThat(actual[i].length).as(what).isEqualTo(expected[i].length);
            for (int j = 0; j < actual[i].length; j++) {
                if (!(Math.abs(actual[i][j] - expected[i][j]) <= bound)) {
                    throw new AssertionError(
                            "%s: %s at %d, %d, expected %s within %s"
                                    .formatted(what, actual[i][j], i, j, expected[i][j], bound));
                }
            }
        }
    }

    /** Compares both kinds of products with those over the whole prompt. */
    private static void assertExact(
            ModelRuntime model, List<Intervention> changes, Place from, Place to) {
        String what = "%s from %s to %s with %s".formatted(model.facts().name(), from, to, changes);
        ResidualJacobian end = between(model, changes, from, to);
        ResidualJacobian whole = end.overWholePrompt();
        double[][] vectors = vectors(model, 72, 3);
        double[][] left = whole.vjp(vectors);
        assertNear(model, end.vjp(vectors), left, "u J, " + what);
        assertNear(model, end.inCopies(2).vjp(vectors), left, "u J in copies, " + what);
        double[][] right = whole.jvp(vectors);
        assertNear(model, end.jvp(vectors), right, "J v, " + what);
        assertNear(model, end.inCopies(2).jvp(vectors), right, "J v in copies, " + what);
        for (int i = 0; i < vectors.length; i++) { // w (J v) = (w J) v
            double[] w = vectors[(i + 1) % vectors.length];
            double one = dot(w, right[i]);
            double other = dot(left[(i + 1) % vectors.length], vectors[i]);
            double scale = norm(w) * norm(right[i]) + Double.MIN_NORMAL;
            assertThat(Math.abs(one - other) / scale)
                    .as("duality, " + what)
                    .isLessThan(model.type() == ComputeType.FLOAT64 ? 1e-13 : 1e-4);
        }
    }

    private static double norm(double[] v) {
        return Math.sqrt(dot(v, v));
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("everyModel")
    void theEndOfAPromptIsEnough(String name, ComputeType type) {
        try (ModelRuntime model = load(name, type)) {
            int layers = model.facts().spec().layers();
            int last = LENGTH - 1;
            for (Place[] pair :
                    new Place[][] {
                        {new Place(1, last - 3), new Place(layers, last)},
                        {new Place(0, 0), new Place(layers, last)},
                        {new Place(0, 4), new Place(layers - 1, last - 5)},
                        {new Place(1, last), new Place(layers, last)},
                        {new Place(0, 0), new Place(2, 0)},
                        {new Place(layers - 1, last - 1), new Place(layers, last)},
                        {new Place(layers - 1, 3), new Place(layers, 3)},
                        {new Place(1, 5), new Place(1, 5)},
                        {new Place(0, 5), new Place(2, 4)},
                        {new Place(2, 4), new Place(2, 5)}
                    }) {
                assertExact(model, List.of(), pair[0], pair[1]);
            }
        }
    }

    /** Prefix and suffix of every place are changed at every site a block has. */
    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("everyModel")
    void interventionsStayInForce(String name, ComputeType type) {
        try (ModelRuntime model = load(name, type)) {
            int layers = model.facts().spec().layers();
            int last = LENGTH - 1;
            Place to = new Place(layers, last);
            List<Intervention> changes = new ArrayList<>();
            Random random = new Random(73);
            double[] direction = random.doubles(width(model), -1, 1).toArray();
            double[] each = random.doubles(3L * width(model), -1, 1).toArray();
            for (int block : new int[] {0, 1, layers - 1}) {
                Positions some = Positions.at(2, last - 4, last - 1, last);
                changes.add(Intervention.add(HookPoint.attnOut(block), some, direction));
                changes.add(Intervention.scale(HookPoint.mlpOut(block), some, 0.7));
                changes.add(
                        Intervention.add(
                                HookPoint.residual(block + 1),
                                Positions.at(1, last - 2, last),
                                each));
                changes.add(Intervention.scale(HookPoint.z(block), some, 0.4).heads(0, 2, 3));
                changes.add(Intervention.scale(HookPoint.q(block), some, 1.3));
                changes.add(Intervention.scale(HookPoint.k(block), some, 0.8).heads(0));
                changes.add(Intervention.scale(HookPoint.v(block), some, 1.1));
                changes.add(Intervention.scale(HookPoint.of(Site.ROT_K, block), some, 0.9));
                changes.add(Intervention.scale(HookPoint.pattern(block), some, 0.5).heads(1));
                changes.add(Intervention.scale(HookPoint.of(Site.ATTN_SCORES, block), some, 0.6));
                changes.add(Intervention.scale(HookPoint.of(Site.MLP_POST, block), some, 1.2));
                changes.add(Intervention.projectOut(HookPoint.residual(block), some, direction));
            }
            assertExact(model, changes, new Place(1, last - 3), to);
            assertExact(model, changes, new Place(1, 1), new Place(layers, last - 1));
            for (Intervention one : changes) {
                assertExactOnce(model, one, new Place(1, last - 4), to);
            }
            assertExactOnce(
                    model,
                    Intervention.interpolate(
                            HookPoint.residual(2), Positions.all(), 0.25, direction),
                    new Place(1, last - 4),
                    to);
        }
    }

    private static void assertExactOnce(
            ModelRuntime model, Intervention change, Place from, Place to) {
        ResidualJacobian end = between(model, List.of(change), from, to);
        double[][] vectors = vectors(model, 74, 2);
        assertNear(
                model,
                end.vjp(vectors),
                end.overWholePrompt().vjp(vectors),
                "u J in %s with %s".formatted(model.facts().name(), change));
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("everyModel")
    void cutEdgesStayCut(String name, ComputeType type) {
        try (ModelRuntime model = load(name, type)) {
            int layers = model.facts().spec().layers();
            int last = LENGTH - 1;
            Place from = new Place(0, last - 4);
            List<Intervention> changes =
                    List.of(
                            // a query left with nothing, one in the past, and one of one head
                            Intervention.cutAttention(
                                    Positions.at(last - 2), Positions.all(), 1, layers),
                            Intervention.cutAttention(Positions.at(3), Positions.at(1, 2), 0, 2),
                            Intervention.cutAttention(
                                            Positions.last(),
                                            Positions.at(last - 6, last - 4),
                                            0,
                                            layers)
                                    .heads(0, 1),
                            Intervention.cutAttention(
                                            Positions.at(last - 1),
                                            Positions.at(last - 5, last - 3),
                                            0,
                                            layers)
                                    .zeroed());
            assertExact(model, changes, from, new Place(layers, last));
            assertExact(model, changes, from, new Place(layers, last - 2));
            for (Intervention cut : changes) {
                assertExactOnce(model, cut, from, new Place(layers, last));
            }
        }
    }

    /** Each needs rows that a suffix does not have, or lets a token act on earlier ones. */
    @Test
    void whatLooksFurtherIsComputedOverTheWholePrompt() {
        try (ModelRuntime model = load("gpt2", ComputeType.FLOAT64)) {
            int layers = model.facts().spec().layers();
            Place from = new Place(1, LENGTH - 4);
            double[] weights = new double[LENGTH];
            Arrays.fill(weights, 1.0 / LENGTH);
            for (Intervention change :
                    List.of(
                            Intervention.custom(
                                    HookPoint.residual(2), (value, context) -> value.add(value)),
                            Intervention.mean(HookPoint.mlpOut(1), Positions.at(2)),
                            Intervention.replace(HookPoint.pattern(1), Positions.at(2), weights))) {
                assertThat(canCompute(model, change, from, new Place(layers, LENGTH - 1)))
                        .isFalse();
                for (Place to :
                        List.of(new Place(layers, LENGTH - 1), new Place(layers, LENGTH - 6))) {
                    assertExact(model, List.of(change), from, to);
                }
                // before the input and after the output they are part of what is constant
                assertThat(canCompute(model, change, new Place(2, 3), new Place(3, 5))).isTrue();
                assertThat(canCompute(model, change, new Place(0, 3), new Place(1, 5))).isTrue();
                assertExact(model, List.of(change), new Place(2, 3), new Place(3, 5));
            }
            // through the mean a later token acts on an earlier one
            double[][] back =
                    between(
                                    model,
                                    List.of(
                                            Intervention.mean(
                                                    HookPoint.mlpOut(1), Positions.at(2))),
                                    from,
                                    new Place(layers, 4))
                            .vjp(vectors(model, 75, 1));
            assertThat(back[0]).doesNotContain(0.0);
        }
    }

    private static boolean canCompute(
            ModelRuntime model, Intervention change, Place from, Place to) {
        RunPlan plan =
                RunPlan.of(
                        model.facts(),
                        prompt(),
                        ImmutableSet.of(),
                        ImmutableList.of(change),
                        true,
                        0);
        return SuffixPass.canCompute(plan, from, to);
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "llama_gqa_llama3", "gemma2", "bloom", "phi_qkln_gqa"})
    void anyNumberOfCopiesGivesTheSame(String name) {
        try (ModelRuntime model = load(name, ComputeType.FLOAT64)) {
            int layers = model.facts().spec().layers();
            ResidualJacobian end =
                    between(
                            model,
                            List.of(),
                            new Place(1, LENGTH - 3),
                            new Place(layers, LENGTH - 1));
            double[][] full = end.full();
            assertNear(model, full, end.overWholePrompt().full(), "whole prompt");
            for (int copies : new int[] {1, 7, width(model), width(model) + 5}) {
                assertNear(model, end.inCopies(copies).full(), full, copies + " copies");
            }
            double[][] tangents = vectors(model, 76, 5);
            double[][] products = new double[tangents.length][width(model)];
            for (int i = 0; i < tangents.length; i++) {
                for (int a = 0; a < full.length; a++) {
                    products[i][a] = dot(full[a], tangents[i]);
                }
            }
            for (int copies : new int[] {1, 2, 5, 8}) {
                assertNear(model, end.inCopies(copies).jvp(tangents), products, copies + " copies");
            }
            assertNear(model, end.jvp(tangents), products, "J v");
        }
    }

    @Test
    void paddingChangesNothing() {
        int[] ids = {9, 8, 7, 6, 5, 4};
        int[][] left = {{0, 0, 9, 8, 7, 6, 5, 4}};
        int[][] right = {{9, 8, 7, 6, 5, 4, 0, 0}};
        int[][] leftMask = {{0, 0, 1, 1, 1, 1, 1, 1}};
        int[][] rightMask = {{1, 1, 1, 1, 1, 1, 0, 0}};
        for (String name : List.of("gpt2", "bloom", "llama_dynamic", "mistral")) {
            try (ModelRuntime model = load(name, ComputeType.FLOAT64)) {
                Place from = new Place(1, 3);
                Place to = new Place(model.facts().spec().layers(), 5);
                double[][] vectors = vectors(model, 77, 2);
                List<double[][]> results = new ArrayList<>();
                for (TokenBatch batch :
                        List.of(
                                TokenBatch.of(TokenizedPrompt.ofIds(ids)),
                                TokenBatch.ofPadded(left, leftMask),
                                TokenBatch.ofPadded(right, rightMask))) {
                    ResidualJacobian end =
                            new ResidualJacobian(model, batch, ImmutableList.of(), from, to);
                    results.add(end.vjp(vectors));
                    assertNear(model, end.jvp(vectors), end.overWholePrompt().jvp(vectors), name);
                }
                assertNear(model, results.get(1), results.get(0), name);
                assertNear(model, results.get(2), results.get(0), name);
            }
        }
    }

    @Test
    void copiesFitIntoTheMemoryGiven() {
        try (ModelRuntime model = load("gpt2", ComputeType.FLOAT32);
                Session session = model.open(false)) {
            RunPlan plan =
                    RunPlan.of(
                            model.facts(),
                            prompt(),
                            ImmutableSet.of(HookPoint.residual(3)),
                            ImmutableList.of(),
                            false,
                            0);
            SuffixPass pass =
                    SuffixPass.prepare(
                            session.manager(),
                            model,
                            plan,
                            new Place(1, LENGTH - 4),
                            new Place(3, LENGTH - 1));
            assertThat(pass.copies(48, false, 1)).isEqualTo(1);
            assertThat(pass.copies(48, false, 1L << 30)).isEqualTo(48);
            assertThat(pass.copies(1, true, 1L << 30)).isEqualTo(1);
            assertThat(pass.copies(0, false, 1L << 30)).isEqualTo(1);
            int some = pass.copies(1000, false, 1L << 20);
            assertThat(some).isBetween(2, 128);
            assertThat(pass.copies(1000, true, 1L << 20)).isLessThan(some);
        }
    }

    @Test
    void nothingNativeIsLeft() {
        try (ModelRuntime model = load("llama_gqa_llama3", ComputeType.FLOAT32)) {
            Place from = new Place(1, LENGTH - 4);
            Place to = new Place(3, LENGTH - 1);
            ResidualJacobian plain = between(model, List.of(), from, to);
            ResidualJacobian failing =
                    between(
                            model,
                            List.of(
                                    Intervention.map(
                                            HookPoint.residual(2), Positions.last(), v -> v)),
                            from,
                            to);
            double[][] vectors = vectors(model, 78, 3);
            plain.jvp(vectors); // makes the model's constants
            plain.overWholePrompt().jvp(vectors);
            assertThatThrownBy(() -> failing.vjp(vectors)).isNotNull();
            int arrays = model.liveArrays();
            for (int i = 0; i < 3; i++) {
                plain.full();
                plain.inCopies(2).vjp(vectors);
                plain.inCopies(2).jvp(vectors);
                plain.overWholePrompt().vjp(vectors);
                plain.overWholePrompt().jvp(vectors);
                assertThatThrownBy(() -> failing.vjp(vectors))
                        .isInstanceOf(InterventionException.class)
                        .hasMessageContaining("Intervention.custom");
            }
            assertThat(model.liveArrays()).isEqualTo(arrays);
        }
    }

    /** Functions of Java numbers have no gradient, and need none where all is constant. */
    @Test
    void functionsOfNumbersMayChangeWhatIsConstant() {
        try (ModelRuntime model = load("gpt2", ComputeType.FLOAT64)) {
            Place from = new Place(1, LENGTH - 3);
            Place to = new Place(3, LENGTH - 1);
            double[][] vectors = vectors(model, 79, 1);
            Positions early = Positions.at(2);
            double[][] mapped =
                    between(
                                    model,
                                    List.of(
                                            Intervention.map(
                                                    HookPoint.residual(2),
                                                    early,
                                                    v ->
                                                            Arrays.stream(v)
                                                                    .map(x -> x / 2)
                                                                    .toArray())),
                                    from,
                                    to)
                            .vjp(vectors);
            double[][] scaled =
                    between(
                                    model,
                                    List.of(Intervention.scale(HookPoint.residual(2), early, 0.5)),
                                    from,
                                    to)
                            .vjp(vectors);
            assertNear(model, mapped, scaled, "halved before the input");
        }
    }

    @Test
    void aCutGraphIsSaidToBeCut() {
        try (ModelRuntime model = load("gpt2", ComputeType.FLOAT64)) {
            ResidualJacobian cut =
                    between(
                            model,
                            List.of(
                                    Intervention.custom(
                                            HookPoint.residual(2),
                                            (value, context) -> value.duplicate())),
                            new Place(1, 2),
                            new Place(3, LENGTH - 1));
            double[][] vectors = vectors(model, 80, 1);
            assertThatThrownBy(() -> cut.vjp(vectors))
                    .isInstanceOf(ModelException.class)
                    .hasMessageContaining("cuts the graph");
            assertThatThrownBy(() -> cut.jvp(vectors))
                    .isInstanceOf(ModelException.class)
                    .hasMessageContaining("cuts the graph");
        }
    }
}
