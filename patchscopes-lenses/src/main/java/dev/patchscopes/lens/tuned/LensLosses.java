package dev.patchscopes.lens.tuned;

import static com.google.common.base.Preconditions.checkArgument;

import ai.djl.ndarray.NDArray;
import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableDoubleArray;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.lens.Lens;
import dev.patchscopes.lens.LensStates;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.StateReadings;
import dev.patchscopes.model.TensorActivations;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.List;
import java.util.Locale;

/**
 * How well a lens reads each layer, 0..L, over prompts: mean KL(model || lens), mean surprisal of
 * the tokens that follow, and mean entropy, in nats.
 *
 * <pre>{@code
 * LensLosses logit = LensLosses.of(LogitLens.of(model), heldOut);
 * LensLosses tuned = LensLosses.of(lens, heldOut);
 * double saved = 1 - tuned.divergence().get(3) / logit.divergence().get(3);
 * }</pre>
 *
 * @param lens name of the lens
 * @param model the model
 * @param positions tokens read, over which divergence and entropy are means
 * @param predictions tokens that another follows, over which surprisal is a mean
 * @param divergence mean KL(model || lens) of each layer
 * @param surprisal mean -log p of the next token of each layer, the cross entropy; not a number
 *     where none follows
 * @param entropy mean entropy of each layer
 */
public record LensLosses(
        String lens,
        ModelIdentity model,
        long positions,
        long predictions,
        ImmutableDoubleArray divergence,
        ImmutableDoubleArray surprisal,
        ImmutableDoubleArray entropy) {

    /**
     * Measures a lens.
     *
     * @param lens the lens
     * @param prompts what to read, all positions of each
     * @return the means
     * @throws IllegalArgumentException if there is no prompt
     */
    public static LensLosses of(Lens lens, List<TokenizedPrompt> prompts) {
        checkArgument(!prompts.isEmpty(), "no prompt is given");
        HookedModel model = lens.model();
        Sums sums = new Sums(model.layers() + 1);
        for (TokenizedPrompt prompt : prompts) {
            sums.add(lens, prompt);
        }
        return new LensLosses(
                lens.name(),
                ModelIdentity.of(model),
                sums.positions,
                sums.predictions,
                mean(sums.divergence, sums.positions),
                mean(sums.surprisal, sums.predictions),
                mean(sums.entropy, sums.positions));
    }

    private static ImmutableDoubleArray mean(double[] sums, long count) {
        ImmutableDoubleArray.Builder out = ImmutableDoubleArray.builder(sums.length);
        for (double sum : sums) {
            out.add(sum / count);
        }
        return out.build();
    }

    private static final class Sums {
        private final double[] divergence;
        private final double[] surprisal;
        private final double[] entropy;
        private long positions;
        private long predictions;

        Sums(int layers) {
            divergence = new double[layers];
            surprisal = new double[layers];
            entropy = new double[layers];
        }

        void add(Lens lens, TokenizedPrompt prompt) {
            HookedModel model = lens.model();
            ImmutableList<HookPoint> points = HookPoint.residuals(model.layers());
            try (TensorActivations acts = model.run(prompt).capture(points).tensors()) {
                ImmutableList<NDArray> states =
                        points.stream().map(acts::get).collect(ImmutableList.toImmutableList());
                List<NDArray> last =
                        lens.lastStates(
                                new LensStates(
                                        prompt, points, Positions.all().resolve(prompt), states));
                add(
                        model.readout()
                                .top(1)
                                .read(
                                        last,
                                        states.get(model.layers()),
                                        LayerTransfer.next(prompt)));
            }
        }

        private void add(StateReadings readings) {
            for (int row = 0; row < readings.rows(); row++) {
                boolean predicts = readings.next(row).isPresent();
                for (int layer = 0; layer < readings.states(); layer++) {
                    divergence[layer] += readings.divergence(layer, row);
                    entropy[layer] += readings.entropy(layer, row);
                    surprisal[layer] -= predicts ? readings.logProbabilityOfNext(layer, row) : 0;
                }
                predictions += predicts ? 1 : 0;
            }
            positions += readings.rows();
        }
    }

    /** {@return a line a layer, with a header} */
    public String toCsv() {
        StringBuilder out = new StringBuilder("layer,divergence,surprisal,entropy\n");
        for (int layer = 0; layer < divergence.length(); layer++) {
            out.append(layer)
                    .append(',')
                    .append(divergence.get(layer))
                    .append(',')
                    .append(surprisal.get(layer))
                    .append(',')
                    .append(entropy.get(layer))
                    .append('\n');
        }
        return out.toString();
    }

    /** {@return a table} */
    @Override
    public String toString() {
        StringBuilder out =
                new StringBuilder(
                        "%s of %s over %d tokens, nats%nlayer  KL(model||lens)  surprisal  entropy"
                                .formatted(lens, model.name(), positions));
        for (int layer = 0; layer < divergence.length(); layer++) {
            out.append(
                    String.format(
                            Locale.ROOT,
                            "%n%5d  %15.4f  %9.4f  %7.4f",
                            layer,
                            divergence.get(layer),
                            surprisal.get(layer),
                            entropy.get(layer)));
        }
        return out.toString();
    }
}
