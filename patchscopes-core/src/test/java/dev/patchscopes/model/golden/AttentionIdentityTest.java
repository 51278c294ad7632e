package dev.patchscopes.model.golden;

import static dev.patchscopes.model.golden.Near.assertNear;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import dev.patchscopes.model.Activation;
import dev.patchscopes.model.Activations;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.Site;
import dev.patchscopes.model.internal.ArchitectureSpec.AttentionSpec;
import java.util.List;
import java.util.stream.IntStream;

/** What holds inside attention for any weights, recomputed from captured points. */
class AttentionIdentityTest {

    @EachGolden
    void patternsSumToOneOverTheKeysAQueryMaySee(GoldenModel g) {
        AttentionSpec spec = g.architecture().spec().attention();
        List<HookPoint> points = HookPoint.blocks(Site.PATTERN, 0, g.model().layers());
        Activations acts = g.capture(g.batch("long.input_ids"), points);
        for (HookPoint point : points) {
            int window = spec.windows().get(point.block());
            Activation pattern = acts.get(point);
            int tokens = pattern.shape(0).get(1);
            assertThat(tokens).isGreaterThan(window);
            for (int head = 0; head < g.model().heads(); head++) {
                for (int query = 0; query < tokens; query++) {
                    double sum = 0;
                    for (int key = 0; key < tokens; key++) {
                        double weight = pattern.get(0, head, query, key);
                        boolean visible = key <= query && (window == 0 || query - key < window);
                        if (visible) {
                            assertThat(weight).isBetween(0.0, 1.0);
                            sum += weight;
                        } else {
                            assertThat(weight)
                                    .as("%s head %d, %d to %d", point, head, query, key)
                                    .isZero();
                        }
                    }
                    assertThat(sum)
                            .as("%s head %d query %d", point, head, query)
                            .isCloseTo(1, offset(tokens * g.unitRoundoff()));
                }
            }
        }
    }

    @EachGolden
    void scoresAreProductsOfRotatedQueriesAndKeys(GoldenModel g) {
        AttentionSpec spec = g.architecture().spec().attention();
        boolean alibi = g.architecture().spec().alibi().isPresent();
        for (int b = 0; b < g.model().layers(); b++) {
            HookPoint q = HookPoint.of(Site.ROT_Q, b);
            HookPoint k = HookPoint.of(Site.ROT_K, b);
            Activations acts = g.capture(g.batch("long.input_ids"), q, k, HookPoint.scores(b));
            Activation scores = acts.get(HookPoint.scores(b));
            int tokens = scores.shape(0).get(1);
            int group = spec.heads() / spec.keyValueHeads();
            for (int head = 0; head < spec.heads(); head++) {
                double[] bias = new double[tokens]; // of the key, seen from the last query
                for (int query = tokens - 1; query >= 0; query--) {
                    double[] left = acts.get(q).vectorDoubles(0, query, head);
                    for (int key = 0; key < tokens; key++) {
                        double score = scores.get(0, head, query, key);
                        if (!visible(spec.windows().get(b), query, key)) {
                            assertThat(score).isEqualTo(Double.NEGATIVE_INFINITY);
                            continue;
                        }
                        double[] right = acts.get(k).vectorDoubles(0, key, head / group);
                        double product = spec.scales().get(b) * dot(left, right);
                        double size = spec.scales().get(b) * norm(left) * norm(right);
                        double cap = spec.softCap().orElse(0);
                        product = cap > 0 ? cap * Math.tanh(product / cap) : product;
                        if (alibi && query == tokens - 1) {
                            bias[key] = score - product;
                            continue;
                        }
                        size = Math.max(size, Math.abs(bias[key]));
                        assertThat(score)
                                .as("%s head %d, %d to %d", scores, head, query, key)
                                .isCloseTo(
                                        product + bias[key],
                                        offset(40 * g.unitRoundoff() * Math.max(1, size)));
                    }
                }
                if (alibi) { // grows evenly towards the query
                    double slope = (bias[tokens - 1] - bias[0]) / (tokens - 1);
                    assertThat(slope).isPositive();
                }
            }
        }
    }

    @EachGolden
    void patternsAreTheSoftmaxOfTheScores(GoldenModel g) {
        for (int b = 0; b < g.model().layers(); b++) {
            HookPoint pattern = HookPoint.pattern(b);
            Activations acts = g.capture(g.batch("long.input_ids"), pattern, HookPoint.scores(b));
            int tokens = acts.get(pattern).shape(0).get(1);
            for (int head = 0; head < g.model().heads(); head++) {
                for (int query = 0; query < tokens; query++) {
                    double[] scores = acts.get(HookPoint.scores(b)).vectorDoubles(0, head, query);
                    double sum = 0;
                    for (double score : scores) {
                        sum += Math.exp(score);
                    }
                    double[] expected = new double[tokens];
                    for (int key = 0; key < tokens; key++) {
                        expected[key] = Math.exp(scores[key]) / sum;
                    }
                    assertNear(
                            acts.get(pattern).vectorDoubles(0, head, query),
                            expected,
                            20 * g.unitRoundoff(),
                            "%s head %d query %d",
                            pattern,
                            head,
                            query);
                }
            }
        }
    }

    @EachGolden
    void mixedValuesArePatternTimesValues(GoldenModel g) {
        AttentionSpec spec = g.architecture().spec().attention();
        int group = spec.heads() / spec.keyValueHeads();
        for (int b = 0; b < g.model().layers(); b++) {
            HookPoint v = HookPoint.v(b);
            HookPoint z = HookPoint.z(b);
            Activations acts = g.capture(g.batch("main.input_ids"), HookPoint.pattern(b), v, z);
            int tokens = acts.get(z).shape(1).get(0);
            for (int query = 0; query < tokens; query++) {
                for (int head = 0; head < spec.heads(); head++) {
                    double[] weights = acts.get(HookPoint.pattern(b)).vectorDoubles(1, head, query);
                    double[] mixed = new double[spec.headWidth()];
                    double largest = 0;
                    for (int key = 0; key < tokens; key++) {
                        double[] value = acts.get(v).vectorDoubles(1, key, head / group);
                        for (int i = 0; i < mixed.length; i++) {
                            mixed[i] += weights[key] * value[i];
                            largest = Math.max(largest, Math.abs(value[i]));
                        }
                    }
                    assertNear(
                            acts.get(z).vectorDoubles(1, query, head),
                            mixed,
                            tokens * g.unitRoundoff() * largest,
                            "%s head %d query %d",
                            z,
                            head,
                            query);
                }
            }
        }
    }

    private static boolean visible(int window, int query, int key) {
        return key <= query && (window == 0 || query - key < window);
    }

    private static double dot(double[] a, double[] b) {
        return IntStream.range(0, a.length).mapToDouble(i -> a[i] * b[i]).sum();
    }

    private static double norm(double[] a) {
        return Math.sqrt(dot(a, a));
    }
}
