package dev.patchscopes.model.golden;

import static dev.patchscopes.model.golden.Near.assertNear;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import dev.patchscopes.model.Activations;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.Site;
import dev.patchscopes.model.internal.ArchitectureSpec;
import dev.patchscopes.text.TokenBatch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What holds between residuals, what is added to them, and their norms, for any weights. */
class ResidualIdentityTest {

    @EachGolden
    void whatTheHalvesAddIsWhatTheStreamGains(GoldenModel g) {
        int layers = g.model().layers();
        boolean sequential = g.model().has(HookPoint.residMid(0));
        assertThat(sequential).isNotEqualTo(g.architecture().spec().layout().parallel());
        List<HookPoint> points = new ArrayList<>(List.of(HookPoint.residual(0)));
        for (int b = 0; b < layers; b++) {
            points.addAll(
                    List.of(HookPoint.attnOut(b), HookPoint.mlpOut(b), HookPoint.residPost(b)));
            if (sequential) {
                points.add(HookPoint.residMid(b));
            }
        }
        Activations acts = g.capture(g.batch("main.input_ids"), points);
        for (int b = 0; b < layers; b++) {
            HookPoint pre = HookPoint.residPre(b);
            HookPoint post = HookPoint.residPost(b);
            if (sequential) {
                HookPoint mid = HookPoint.residMid(b);
                sum(g, acts, mid, pre, HookPoint.attnOut(b));
                sum(g, acts, post, mid, HookPoint.mlpOut(b));
            } else {
                sum(g, acts, post, pre, HookPoint.attnOut(b), HookPoint.mlpOut(b));
            }
        }
    }

    @EachGolden
    void whatEntersTheFirstBlock(GoldenModel g) {
        var spec = g.architecture().spec();
        boolean learned = g.model().has(HookPoint.of(Site.POS_EMBED, 0));
        HookPoint position = HookPoint.of(Site.POS_EMBED, 0);
        HookPoint first = HookPoint.residual(0);
        List<HookPoint> points = new ArrayList<>(List.of(HookPoint.embed(), first));
        if (learned) {
            points.add(position);
        }
        Activations acts = g.capture(g.batch("main.input_ids"), points);
        if (spec.embedding().normed() || spec.embedding().width() != spec.width()) {
            assertThat(GoldenModel.all(acts.get(first)))
                    .isNotEqualTo(GoldenModel.all(acts.get(HookPoint.embed())));
        } else if (learned) {
            sum(g, acts, first, HookPoint.embed(), position);
        } else {
            assertThat(GoldenModel.all(acts.get(first)))
                    .isEqualTo(GoldenModel.all(acts.get(HookPoint.embed())));
        }
    }

    @EachGolden
    void finalNorm(GoldenModel g) {
        HookPoint scale = HookPoint.of(Site.LN_FINAL_SCALE, 0);
        boolean normed = g.architecture().spec().unembedding().normed();
        assertThat(g.model().has(scale)).isEqualTo(normed);
        if (normed) {
            HookPoint last = HookPoint.residual(g.model().layers());
            norm(g, last, scale, HookPoint.of(Site.LN_FINAL_NORMALIZED, 0));
        }
    }

    @EachGolden
    void normsInsideTheBlocks(GoldenModel g) {
        for (int b = 0; b < g.model().layers(); b++) {
            HookPoint scale = HookPoint.of(Site.LN1_SCALE, b);
            if (g.model().has(scale)) {
                norm(g, HookPoint.residPre(b), scale, HookPoint.of(Site.LN1_NORMALIZED, b));
            }
            scale = HookPoint.of(Site.LN2_SCALE, b);
            if (g.model().has(scale)) {
                HookPoint mid = HookPoint.residMid(b);
                HookPoint input = g.model().has(mid) ? mid : HookPoint.residPre(b);
                norm(g, input, scale, HookPoint.of(Site.LN2_NORMALIZED, b));
            }
        }
    }

    /** Looking at the steps of the norms computes them one by one, and changes nothing else. */
    @EachGolden
    void lookingAtEveryPointLeavesTheLogits(GoldenModel g) {
        TokenBatch batch = g.batch("main.input_ids");
        var all = g.capture(batch, g.model().hookPoints());
        double[] logits = GoldenModel.all(all.get(HookPoint.logits()));
        g.check(Kind.LOGITS, Quantity.LOGITS, logits, "main.logits");
        g.check(Kind.LOGITS_F64, Quantity.LOGITS_F64, logits, "main.logits_f64");
    }

    /** Compares up to the rounding of the additions themselves. */
    private static void sum(
            GoldenModel g, Activations acts, HookPoint total, HookPoint... summands) {
        double[] expected = GoldenModel.all(acts.get(total));
        double[] sum = new double[expected.length];
        double[] size = new double[expected.length];
        for (HookPoint summand : summands) {
            double[] values = GoldenModel.all(acts.get(summand));
            for (int i = 0; i < sum.length; i++) {
                sum[i] += values[i];
                size[i] = Math.max(size[i], Math.abs(values[i]));
            }
        }
        for (int i = 0; i < sum.length; i++) {
            double scale = Math.max(size[i], Math.abs(expected[i]));
            if (!(Math.abs(sum[i] - expected[i])
                    <= 2 * summands.length * g.unitRoundoff() * scale)) {
                throw new AssertionError(
                        "%s: %s is %s at %d, the sum of %s is %s"
                                .formatted(
                                        g,
                                        total,
                                        expected[i],
                                        i,
                                        Arrays.toString(summands),
                                        sum[i]));
            }
        }
    }

    /** scale * normalized = centred input, and scale^2 = mean square of the latter + epsilon. */
    private static void norm(
            GoldenModel g, HookPoint input, HookPoint scale, HookPoint normalized) {
        ArchitectureSpec.NormSpec spec = g.architecture().spec().norm();
        boolean centred = spec.kind() == ArchitectureSpec.NormKind.LAYER;
        Activations acts = g.capture(g.batch("main.input_ids"), input, scale, normalized);
        for (int row = 0; row < acts.prompts().rows(); row++) {
            for (int pos = 0; pos < acts.prompts().length(row); pos++) {
                double[] x = acts.get(input).vectorDoubles(row, pos);
                double mean = centred ? Arrays.stream(x).average().orElseThrow() : 0;
                double[] c = Arrays.stream(x).map(v -> v - mean).toArray();
                double square = Arrays.stream(c).map(v -> v * v).average().orElseThrow();
                double divisor = acts.get(scale).get(row, pos, 0);
                double tolerance = 20 * g.unitRoundoff();
                assertThat(divisor * divisor / (square + spec.epsilon()))
                        .as("%s at position %d", scale, pos)
                        .isCloseTo(1, offset(tolerance));
                double[] restored =
                        Arrays.stream(acts.get(normalized).vectorDoubles(row, pos))
                                .map(v -> v * divisor)
                                .toArray();
                double largest = Arrays.stream(x).map(Math::abs).max().orElseThrow();
                assertNear(restored, c, tolerance * largest, "%s at position %d", normalized, pos);
            }
        }
    }
}
