package dev.patchscopes.model.golden;

import dev.patchscopes.model.Activations;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.Site;
import dev.patchscopes.text.TokenBatch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** One pass over the prompts: logits, residuals, attention, and what the projections put out. */
class GoldenForwardTest {

    @EachGolden
    void logits(GoldenModel g) {
        for (String prompts : List.of("main", "long")) {
            double[] logits = g.logits(g.batch(prompts + ".input_ids"));
            g.check(Kind.LOGITS, Quantity.LOGITS, logits, prompts + ".logits");
            g.check(Kind.LOGITS_F64, Quantity.LOGITS_F64, logits, prompts + ".logits_f64");
        }
    }

    @EachGolden
    void theLastTokensLogits(GoldenModel g) {
        for (String prompts : List.of("main", "long")) {
            TokenBatch batch = g.batch(prompts + ".input_ids");
            Activations acts = g.model().run(batch).execute();
            for (int row = 0; row < batch.rows(); row++) {
                double[] all = g.golden().row(prompts + ".logits_f64", row);
                int from = all.length - g.model().vocabularySize();
                g.check(
                        Kind.LOGITS_F64,
                        Quantity.LOGITS_F64,
                        acts.next(row).logits(),
                        Arrays.copyOfRange(all, from, all.length),
                        prompts + ".logits_f64, last position");
            }
        }
    }

    @EachGolden
    void residuals(GoldenModel g) {
        int layers = g.model().layers();
        for (String prompts : List.of("main", "long")) {
            List<HookPoint> points = new ArrayList<>();
            for (int k = 0; k <= layers; k++) {
                points.add(HookPoint.residual(k));
            }
            Activations acts = g.capture(g.batch(prompts + ".input_ids"), points);
            for (int k = 0; k <= layers; k++) {
                double[] residual = GoldenModel.all(acts.get(points.get(k)));
                g.check(Kind.RESIDUAL, Quantity.ACTIVATION, residual, prompts + ".resid." + k);
                if (k < layers) {
                    g.check(Kind.RESIDUAL, Quantity.ACTIVATION, residual, prompts + ".hidden." + k);
                }
            }
        }
    }

    /** The reference's last hidden state is what the unembedding matrix is applied to. */
    @EachGolden
    void lastHiddenState(GoldenModel g) {
        LastHiddenState end = LastHiddenState.of(g);
        for (String prompts : List.of("main", "long")) {
            double[] hidden = end.compute(g.batch(prompts + ".input_ids"));
            String reference = prompts + ".hidden." + g.model().layers();
            g.check(Kind.RESIDUAL, Quantity.ACTIVATION, hidden, reference);
        }
    }

    @EachGolden
    void attentionPatterns(GoldenModel g) {
        for (String prompts : List.of("main", "long")) {
            List<HookPoint> points = HookPoint.blocks(Site.PATTERN, 0, g.model().layers());
            Activations acts = g.capture(g.batch(prompts + ".input_ids"), points);
            for (HookPoint point : points) {
                double[] pattern = GoldenModel.all(acts.get(point));
                g.check(
                        Kind.PATTERN,
                        Quantity.PATTERN,
                        pattern,
                        prompts + ".attn." + point.block());
            }
        }
    }

    @EachGolden
    void projectionsOfAttentionAndMlp(GoldenModel g) {
        TokenBatch batch = g.batch("main.input_ids");
        List<HookPoint> points = new ArrayList<>();
        for (Site site : List.of(Site.ATTN_PROJ, Site.MLP_PROJ, Site.ATTN_OUT, Site.MLP_OUT)) {
            points.addAll(HookPoint.blocks(site, 0, g.model().layers()));
        }
        Activations acts = g.capture(batch, points);
        for (int b = 0; b < g.model().layers(); b++) {
            projection(g, acts, Site.ATTN_PROJ, b, "main.attn_out." + b);
            projection(g, acts, Site.MLP_PROJ, b, "main.mlp_out." + b);
            if (addsProjectionsToStream(g)) {
                projection(g, acts, Site.ATTN_OUT, b, "main.attn_out." + b);
                projection(g, acts, Site.MLP_OUT, b, "main.mlp_out." + b);
            }
        }
    }

    private static void projection(
            GoldenModel g, Activations acts, Site site, int block, String reference) {
        double[] values = GoldenModel.all(acts.get(HookPoint.of(site, block)));
        g.check(Kind.PROJECTION, Quantity.ACTIVATION, values, reference);
    }

    private static boolean addsProjectionsToStream(GoldenModel g) {
        var layout = g.architecture().spec().layout();
        return !layout.outputNorms() && !layout.streamNorms() && !layout.residualFromNormed();
    }
}
