package dev.patchscopes.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.types.DataType;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every operation at every kind of site, against the same operation done in Java on what the
 * unedited run showed there, and against a run that is handed the result as a whole.
 */
class OperationsTest {

    private static final String MODEL = "llama_gqa_llama3"; // four query heads on two of keys
    private static final TokenizedPrompt PROMPT = TestModels.prompt(7, 6);
    private static final int[] MIDDLE = {1, 2, 4};
    private static final int[] LAST = {5};

    private static HookedModel model;

    @BeforeAll
    static void load() {
        model = TestModels.exact(MODEL);
    }

    @AfterAll
    static void close() {
        model.close();
    }

    /** Where an edit applies; no heads means all. */
    @SuppressWarnings("ArrayRecordComponent") // a bundle, never compared
    private record Place(HookPoint point, int[] positions, int... heads) {
        Positions selector() {
            return Positions.at(positions);
        }

        @Override
        public String toString() {
            return "%s at %s heads %s"
                    .formatted(point, Arrays.toString(positions), Arrays.toString(heads));
        }
    }

    /** What becomes of a vector, by its index among the selected positions. */
    private interface Rule {
        double[] apply(double[] vector, int index, double[] mean);
    }

    private record Case(String name, MakeEdit edit, Rule rule) {
        @Override
        public String toString() {
            return name;
        }
    }

    private interface MakeEdit {
        Edit at(HookPoint point, Positions positions, int width, int selected);
    }

    static Stream<Arguments> placesAndOperations() {
        List<Place> places =
                List.of(
                        new Place(HookPoint.residual(2), MIDDLE),
                        new Place(HookPoint.embed(), LAST),
                        new Place(HookPoint.attnOut(1), MIDDLE),
                        new Place(HookPoint.mlpOut(1), MIDDLE),
                        new Place(HookPoint.mlpPost(0), MIDDLE),
                        new Place(HookPoint.of(Site.LN1_NORMALIZED, 1), MIDDLE),
                        new Place(HookPoint.of(Site.LN_FINAL_SCALE, 0), LAST),
                        new Place(HookPoint.logits(), LAST),
                        new Place(HookPoint.z(1), MIDDLE),
                        new Place(HookPoint.z(1), MIDDLE, 0, 3),
                        new Place(HookPoint.q(1), MIDDLE, 2),
                        new Place(HookPoint.k(1), MIDDLE, 1),
                        new Place(HookPoint.v(1), MIDDLE, 0),
                        new Place(HookPoint.of(Site.ROT_K, 2), MIDDLE),
                        new Place(HookPoint.pattern(1), MIDDLE),
                        new Place(HookPoint.pattern(1), MIDDLE, 3, 1),
                        new Place(HookPoint.scores(1), LAST),
                        new Place(HookPoint.scores(1), LAST, 2));
        return places.stream()
                .flatMap(
                        p ->
                                operations()
                                        .filter(o -> !dividesByZero(p, o))
                                        .map(o -> Arguments.of(p, o)));
    }

    /** A divisor without its only component is zero; what follows is an error of its own. */
    private static boolean dividesByZero(Place place, Case operation) {
        return place.point.site() == Site.LN_FINAL_SCALE
                && (operation.name.equals("zero") || operation.name.equals("project out"));
    }

    private static Stream<Case> operations() {
        return Stream.of(
                new Case(
                        "replace by one vector",
                        (p, at, w, n) -> Intervention.replace(p, at, TestModels.vector(1, w)),
                        (v, i, mean) -> slice(1, v.length, 1, 0)),
                new Case(
                        "replace by one vector a position",
                        (p, at, w, n) -> Intervention.replace(p, at, TestModels.vector(2, w * n)),
                        (v, i, mean) -> slice(2, v.length, i + 1, i)),
                new Case(
                        "add one vector",
                        (p, at, w, n) -> Intervention.add(p, at, TestModels.vector(3, w)),
                        (v, i, mean) -> combine(1, v, 1, slice(3, v.length, 1, 0))),
                new Case(
                        "add one vector a position",
                        (p, at, w, n) -> Intervention.add(p, at, TestModels.vector(4, w * n)),
                        (v, i, mean) -> combine(1, v, 1, slice(4, v.length, i + 1, i))),
                new Case(
                        "scale",
                        (p, at, w, n) -> Intervention.scale(p, at, -0.3),
                        (v, i, mean) -> combine(-0.3, v, 0, v)),
                new Case(
                        "interpolate",
                        (p, at, w, n) ->
                                Intervention.interpolate(p, at, 0.25, TestModels.vector(5, w)),
                        (v, i, mean) -> combine(0.75, v, 0.25, slice(5, v.length, 1, 0))),
                new Case(
                        "zero",
                        (p, at, w, n) -> Intervention.zero(p, at),
                        (v, i, mean) -> new double[v.length]),
                new Case(
                        "mean",
                        (p, at, w, n) -> Intervention.mean(p, at),
                        (v, i, mean) -> mean.clone()),
                new Case(
                        "project out",
                        (p, at, w, n) -> Intervention.projectOut(p, at, TestModels.vector(6, w)),
                        (v, i, mean) -> {
                            double[] d = slice(6, v.length, 1, 0);
                            return combine(1, v, -dot(v, d) / dot(d, d), d);
                        }),
                new Case(
                        "map",
                        (p, at, w, n) -> Intervention.map(p, at, OperationsTest::cubes),
                        (v, i, mean) -> cubes(v)));
    }

    @ParameterizedTest(name = "{1} of {0}")
    @MethodSource("placesAndOperations")
    void operationIsWhatItSays(Place place, Case operation) {
        Activation before = model.run(PROMPT).capture(place.point).execute().get(place.point);
        int width = before.shape(0).get(before.shape(0).length() - 1);
        Edit edit =
                operation
                        .edit
                        .at(place.point, place.selector(), width, place.positions.length)
                        .heads(place.heads);
        Activations edited =
                model.run(PROMPT).intervene(edit).capture(place.point).logits().execute();
        double[] expected = expected(before, place, operation.rule);
        assertThat(edited.get(place.point).doubles(0)).containsExactly(expected, within(1e-12));
        if (place.point.equals(HookPoint.logits())) {
            double[] last = Arrays.copyOfRange(expected, expected.length - width, expected.length);
            assertThat(edited.next().logits()).containsExactly(last, within(1e-12));
            return;
        }
        Intervention whole =
                Intervention.custom(
                        place.point,
                        (value, context) ->
                                value.getManager()
                                        .create(expected, value.getShape())
                                        .toType(DataType.FLOAT64, true));
        double[] handed = model.run(PROMPT).intervene(whole).execute().next().logits();
        assertThat(edited.next().logits()).containsExactly(handed, within(1e-9));
        assertThat(handed).isNotEqualTo(model.run(PROMPT).execute().next().logits());
    }

    private static double[] expected(Activation before, Place place, Rule rule) {
        List<Axis> axes = before.axes();
        int[] shape = before.shape(0).toArray();
        int positionAxis = Math.max(axes.indexOf(Axis.POS), axes.indexOf(Axis.QUERY_POS));
        int headAxis = Math.max(axes.indexOf(Axis.HEAD), axes.indexOf(Axis.KV_HEAD));
        Set<Integer> heads = Arrays.stream(place.heads).boxed().collect(Collectors.toSet());
        double[] out = before.doubles(0);
        int width = shape[shape.length - 1];
        int vectors = out.length / width;
        for (int n = 0; n < vectors; n++) {
            int[] index = new int[shape.length - 1];
            for (int axis = index.length - 1, rest = n; axis >= 0; axis--) {
                index[axis] = rest % shape[axis];
                rest /= shape[axis];
            }
            int selected = Arrays.binarySearch(place.positions, index[positionAxis]);
            boolean head = headAxis < 0 || heads.isEmpty() || heads.contains(index[headAxis]);
            if (selected < 0 || !head) {
                continue;
            }
            double[] mean = new double[width];
            for (int p = 0; p < shape[positionAxis]; p++) {
                int[] other = index.clone();
                other[positionAxis] = p;
                mean = combine(1, mean, 1.0 / shape[positionAxis], before.vectorDoubles(0, other));
            }
            double[] result = rule.apply(before.vectorDoubles(0, index), selected, mean);
            System.arraycopy(result, 0, out, n * width, width);
        }
        return out;
    }

    /** The {@code index}-th vector of a drawn run of {@code count} vectors. */
    private static double[] slice(int seed, int width, int count, int index) {
        float[] all = TestModels.vector(seed, width * count);
        double[] out = new double[width];
        Arrays.setAll(out, i -> all[index * width + i]);
        return out;
    }

    private static double[] combine(double a, double[] x, double b, double[] y) {
        double[] out = new double[x.length];
        Arrays.setAll(out, i -> a * x[i] + (b == 0 ? 0 : b * y[i]));
        return out;
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    private static double[] cubes(double[] v) {
        return Arrays.stream(v).map(x -> 0.5 * x * x * x - 0.1).toArray();
    }
}
