package dev.patchscopes.examples.demo;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Iterables;
import com.google.common.primitives.ImmutableDoubleArray;
import dev.patchscopes.LayerGrid;
import dev.patchscopes.Layers;
import dev.patchscopes.Patchscope;
import dev.patchscopes.TargetPrompt;
import dev.patchscopes.model.Activations;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.TokenDistribution;
import dev.patchscopes.text.TokenBatch;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * How well each layer of a prompt's last token tells what the model predicts there, read with the
 * token identity prompt at l* = l (Ghandeharioun et al., "Patchscopes", 2024, section 4.1) and with
 * the logit lens.
 *
 * @param identity share of prompts whose prediction the token identity prompt names, by layer 0..L
 * @param lens the same of the logit lens
 * @param divergence mean KL divergence of the logit lens from the model's distribution, in nats, by
 *     layer
 */
record LayerReadings(
        ImmutableDoubleArray identity, ImmutableDoubleArray lens, ImmutableDoubleArray divergence) {
    private static final int AT_ONCE = 64;

    /** Reads the last token of each prompt at each layer. */
    static LayerReadings of(HookedModel model, List<TokenizedPrompt> prompts) {
        int layers = model.layers() + 1;
        double[] lens = new double[layers];
        double[] divergence = new double[layers];
        double[] identity = new double[layers];
        List<HookPoint> points = IntStream.range(0, layers).mapToObj(HookPoint::residual).toList();
        for (List<TokenizedPrompt> some : Iterables.partition(prompts, AT_ONCE)) {
            Activations read = model.run(TokenBatch.of(some)).capture(points).logits().execute();
            List<LayerGrid> grids = identity(model, some);
            for (int row = 0; row < some.size(); row++) {
                TokenDistribution own = read.next(row);
                int last = some.get(row).length() - 1;
                for (int layer = 0; layer < layers; layer++) {
                    TokenDistribution early =
                            model.unembed(read.get(points.get(layer)).vectorDoubles(row, last));
                    int named = grids.get(row).at(layer, layer).top().get(0).id();
                    lens[layer] += early.argMax() == own.argMax() ? 1 : 0;
                    divergence[layer] += divergence(own, early);
                    identity[layer] += named == own.argMax() ? 1 : 0;
                }
            }
        }
        return new LayerReadings(
                mean(identity, prompts), mean(lens, prompts), mean(divergence, prompts));
    }

    private static ImmutableList<LayerGrid> identity(
            HookedModel model, List<TokenizedPrompt> prompts) {
        return Patchscope.on(model)
                .sourcePrompt(prompts.get(0))
                .sourceLayer(0)
                .targetPrompt(TargetPrompt.tokenIdentity())
                .targetLayer(0)
                .maxNewTokens(0)
                .build()
                .sweep()
                .sourcePrompts(prompts)
                .sameLayers(Layers.all())
                .reading(1)
                .run();
    }

    private static double divergence(TokenDistribution from, TokenDistribution to) {
        double sum = 0;
        for (int id = 0; id < from.size(); id++) {
            sum += from.probability(id) * (from.logProbability(id) - to.logProbability(id));
        }
        return sum;
    }

    private static ImmutableDoubleArray mean(double[] sums, List<TokenizedPrompt> prompts) {
        return ImmutableDoubleArray.copyOf(Arrays.stream(sums).map(sum -> sum / prompts.size()));
    }

    /** Spearman's rank correlation between layer and divergence. */
    double rankCorrelation() {
        int n = divergence.length();
        double squares = 0;
        for (int layer = 0; layer < n; layer++) {
            double own = divergence.get(layer);
            double below = (double) divergence.stream().filter(d -> d < own).count();
            squares += Math.pow(layer - below, 2);
        }
        return 1 - 6 * squares / (n * (n * (double) n - 1));
    }
}
