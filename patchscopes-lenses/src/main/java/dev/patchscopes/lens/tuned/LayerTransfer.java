package dev.patchscopes.lens.tuned;

import static com.google.common.base.Preconditions.checkArgument;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableDoubleArray;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.internal.Fixed;
import dev.patchscopes.internal.Steps;
import dev.patchscopes.internal.TokensDigest;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Progress;
import dev.patchscopes.model.StateReadings;
import dev.patchscopes.model.TensorActivations;
import dev.patchscopes.report.Heatmap;
import dev.patchscopes.report.Page;
import dev.patchscopes.report.Viewable;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * How well the translator of one layer reads the states of another (Belrose et al., 2023, section
 * 3.3): where it does, the layers speak alike.
 *
 * <pre>{@code
 * LayerTransfer transfer = LayerTransfer.of(lens, heldOut);
 * double penalty = transfer.divergence(2, 5);          // translator of layer 2 on layer 5, in nats
 * Files.writeString(Path.of("transfer.csv"), transfer.toCsv());
 * }</pre>
 *
 * @param library version of the library
 * @param lens how the lens came about
 * @param model the model
 * @param textsHash start of a SHA-256 digest of the prompts' tokens
 * @param positions tokens read, over which the divergence is a mean
 * @param predictions tokens that another follows, over which the surprisal is a mean
 * @param surprisals mean -log p of the next token, in nats, [translator][states' layer]
 * @param divergences mean KL(own || transferred), in nats, [translator][states' layer]
 */
public record LayerTransfer(
        LibraryVersion library,
        String lens,
        ModelIdentity model,
        String textsHash,
        long positions,
        long predictions,
        ImmutableList<ImmutableDoubleArray> surprisals,
        ImmutableList<ImmutableDoubleArray> divergences)
        implements Viewable {

    /**
     * Checks that both are square and of one size.
     *
     * @param library version of the library
     * @param lens how the lens came about
     * @param model the model
     * @param textsHash digest of the prompts' tokens
     * @param positions tokens read
     * @param predictions tokens that another follows
     * @param surprisals mean surprisals
     * @param divergences mean divergences
     */
    public LayerTransfer {
        int size = surprisals.size();
        checkArgument(
                divergences.size() == size
                        && surprisals.stream().allMatch(row -> row.length() == size)
                        && divergences.stream().allMatch(row -> row.length() == size),
                "the matrices are not both %s x %s",
                size,
                size);
    }

    /**
     * Measures a lens: L x L translations of each prompt's states.
     *
     * @param lens the lens
     * @param prompts what to read, all positions of each; text it was not trained on
     * @return the means
     * @throws IllegalArgumentException if there is no prompt
     */
    public static LayerTransfer of(TunedLens lens, List<TokenizedPrompt> prompts) {
        return of(lens, prompts, Progress.none());
    }

    /**
     * Measures a lens, listened to; a part is a prompt.
     *
     * @param lens the lens
     * @param prompts what to read, all positions of each; text it was not trained on
     * @param listener told behind each prompt, asked there and between layers
     * @return the means
     * @throws IllegalArgumentException if there is no prompt
     * @throws java.util.concurrent.CancellationException if the listener or an interrupt of this
     *     thread stopped it
     */
    public static LayerTransfer of(
            TunedLens lens, List<TokenizedPrompt> prompts, Progress listener) {
        checkArgument(!prompts.isEmpty(), "no prompt is given");
        Steps steps = new Steps(listener, "the measuring of transfers", prompts.size());
        return steps.during(
                () -> {
                    TokensDigest digest = new TokensDigest();
                    HookedModel model = lens.model();
                    int layers = model.layers();
                    double[][] surprisals = new double[layers][layers];
                    double[][] divergences = new double[layers][layers];
                    long positions = 0;
                    long predictions = 0;
                    for (TokenizedPrompt prompt : prompts) {
                        try (TensorActivations acts =
                                model.run(prompt).capture(HookPoint.residuals(layers)).tensors()) {
                            for (int from = 0; from < layers; from++) {
                                steps.check();
                                add(
                                        lens,
                                        acts.get(HookPoint.residual(from)),
                                        prompt,
                                        from,
                                        surprisals,
                                        divergences);
                            }
                        }
                        positions += prompt.length();
                        predictions += prompt.length() - 1;
                        digest.add(prompt.ids());
                        steps.done();
                    }
                    return new LayerTransfer(
                            LibraryVersion.current(),
                            lens.origin().toString(),
                            ModelIdentity.of(model),
                            digest.finish(),
                            positions,
                            predictions,
                            means(surprisals, predictions),
                            means(divergences, positions));
                });
    }

    private static void add(
            TunedLens lens,
            NDArray h,
            TokenizedPrompt prompt,
            int layer,
            double[][] surprisals,
            double[][] divergences) {
        try (NDManager scope = h.getManager().newSubManager()) {
            List<NDArray> states = new ArrayList<>(); // [translator][row, d_model]
            for (int by = 0; by < divergences.length; by++) {
                NDArray y = lens.translate(by, h);
                y.attach(scope);
                states.add(y);
            }
            StateReadings readings =
                    lens.model().readout().top(1).read(states, states.get(layer), next(prompt));
            for (int by = 0; by < divergences.length; by++) {
                for (int row = 0; row < readings.rows(); row++) {
                    divergences[by][layer] += readings.divergence(by, row);
                    if (readings.next(row).isPresent()) {
                        surprisals[by][layer] -= readings.logProbabilityOfNext(by, row);
                    }
                }
            }
        }
    }

    /** The token that follows each; -1 after the last. */
    static ImmutableIntArray next(TokenizedPrompt prompt) {
        ImmutableIntArray ids = prompt.ids();
        return ImmutableIntArray.copyOf(
                IntStream.range(0, ids.length())
                        .map(p -> p + 1 < ids.length() ? ids.get(p + 1) : -1));
    }

    private static ImmutableList<ImmutableDoubleArray> means(double[][] sums, long count) {
        ImmutableList.Builder<ImmutableDoubleArray> out = ImmutableList.builder();
        for (double[] row : sums) {
            ImmutableDoubleArray.Builder mean = ImmutableDoubleArray.builder(row.length);
            for (double sum : row) {
                mean.add(sum / count);
            }
            out.add(mean.build());
        }
        return out.build();
    }

    /** {@return L, the number of translators and of layers read} */
    public int layers() {
        return divergences.size();
    }

    /**
     * Reads a number.
     *
     * @param translator 0..L-1, whose translator
     * @param layer 0..L-1, whose states
     * @return mean surprisal of the next token, in nats
     */
    public double surprisal(int translator, int layer) {
        return surprisals.get(translator).get(layer);
    }

    /**
     * Reads a number.
     *
     * @param translator 0..L-1, whose translator
     * @param layer 0..L-1, whose states
     * @return mean KL(own || transferred), in nats; 0 for the layer's own
     */
    public double divergence(int translator, int layer) {
        return divergences.get(translator).get(layer);
    }

    /**
     * Shows the divergences, translators downwards and the layers read across. Other measures are
     * the transfer penalty (how much more surprised by the next token the translator is than the
     * layer's own) and the surprisal itself.
     *
     * @return the heat map
     */
    public Heatmap heatmap() {
        return TunedFigures.heatmap(this);
    }

    /** {@return a page with the heat map} */
    @Override
    public Page page() {
        return heatmap().page();
    }

    /** {@return a line a pair, with a header} */
    public String toCsv() {
        StringBuilder out = new StringBuilder("translator,layer,surprisal,divergence\n");
        for (int by = 0; by < layers(); by++) {
            for (int layer = 0; layer < layers(); layer++) {
                out.append(by)
                        .append(',')
                        .append(layer)
                        .append(',')
                        .append(surprisal(by, layer))
                        .append(',')
                        .append(divergence(by, layer))
                        .append('\n');
            }
        }
        return out.toString();
    }

    /** {@return the record as JSON, for {@link #fromJson}} */
    public String toJson() {
        return LayerTransferJson.write(this);
    }

    /**
     * Reads what {@link #toJson} wrote.
     *
     * @param json the text
     * @return an equal record
     * @throws IllegalArgumentException if the text is not such JSON
     */
    public static LayerTransfer fromJson(String json) {
        return LayerTransferJson.read(json);
    }

    /** {@return the divergences as a table, translators by the layers read} */
    @Override
    public String toString() {
        StringBuilder out =
                new StringBuilder(
                        "KL(own||transferred) of %s over %d tokens, nats%ntranslator | layer read%n          "
                                .formatted(model.name(), positions));
        for (int layer = 0; layer < layers(); layer++) {
            out.append(String.format(Locale.ROOT, " %7d", layer));
        }
        for (int by = 0; by < layers(); by++) {
            out.append(String.format(Locale.ROOT, "%n%10d", by));
            divergences.get(by).forEach(kl -> out.append(" %7s".formatted(Fixed.text(kl, 3))));
        }
        return out.toString();
    }
}
