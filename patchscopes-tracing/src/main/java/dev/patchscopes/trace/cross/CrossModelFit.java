package dev.patchscopes.trace.cross;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Iterables;
import dev.patchscopes.Layers;
import dev.patchscopes.model.Execution;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Progress;
import dev.patchscopes.trace.LayerPair;
import java.util.Arrays;
import java.util.Collection;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Fits a {@link CrossModelMap}: from aligned states of two models, all pairs of layers in one pass
 * over the texts, each of which runs once through each model.
 *
 * <p>Of the states, a share of the texts is held out. Half of the held-out texts serve to choose
 * the penalty, if there is a choice, and the others measure the map, so that no measured state had
 * a part in it. What a text is for follows from the seed and its tokens, so that equal texts go
 * together.
 *
 * <p>Sums are kept in float64 in native memory while the fit runs: 8 d (d + d*) bytes for each pair
 * of layers of models of widths d and d*, once for the states fitted to, once for those measured
 * on, and once more for those penalties are chosen on, if there is a choice. For models 5,120 wide
 * that is up to 1.3 GB a pair: fit a few pairs at a time there, and let {@link #memoryBudget} see
 * to it. Beside the sums stand the states of about a thousand tokens at all layers fitted, and
 * copies of one pair's sums while its map is solved for; the maps take 8 d* (d + 1) bytes of the
 * heap each. Immutable; each method returns a new fit.
 *
 * <pre>{@code
 * CrossModelMap map = CrossModelMap.between(small, large)
 *     .layers(Layers.all(), Layers.at(2, 4))
 *     .texts(texts)
 *     .fit();
 * }</pre>
 */
public final class CrossModelFit {
    private final HookedModel source;
    private final HookedModel target;
    private final Settings settings;

    /** A fit's choices; only {@link #with} changes one, and only on a copy nobody else has. */
    static final class Settings {
        ImmutableList<LayerPair> pairs = ImmutableList.of();
        MapKind kind = MapKind.affine();
        Optional<Iterable<AlignedPrompts>> prompts = Optional.empty();
        Optional<Iterable<AlignedPrompts>> heldOut = Optional.empty();
        long known = 0; // prompts in all, as far as that is known
        double heldOutShare = 0.1;
        int positions = Integer.MAX_VALUE;
        int skipped = 1;
        int patched = 100;
        long seed = 0;
        Execution execution = Execution.EXACT;
        OptionalLong budget = OptionalLong.empty();
        Progress progress = Progress.none();

        private Settings copy() {
            Settings copy = new Settings();
            copy.pairs = pairs;
            copy.kind = kind;
            copy.prompts = prompts;
            copy.heldOut = heldOut;
            copy.known = known;
            copy.heldOutShare = heldOutShare;
            copy.positions = positions;
            copy.skipped = skipped;
            copy.patched = patched;
            copy.seed = seed;
            copy.execution = execution;
            copy.budget = budget;
            copy.progress = progress;
            return copy;
        }
    }

    private CrossModelFit(HookedModel source, HookedModel target, Settings settings) {
        this.source = source;
        this.target = target;
        this.settings = settings;
    }

    static CrossModelFit between(HookedModel source, HookedModel target) {
        return new CrossModelFit(source, target, new Settings()).sameDepth();
    }

    private CrossModelFit with(Consumer<Settings> change) {
        Settings copy = settings.copy();
        change.accept(copy);
        return new CrossModelFit(source, target, copy);
    }

    /**
     * Chooses every pair of a source layer and a target layer.
     *
     * @param sourceLayers l
     * @param targetLayers l*
     * @return the fit
     * @throws dev.patchscopes.model.OutOfRangeException if a model does not have one of the layers
     */
    public CrossModelFit layers(Layers sourceLayers, Layers targetLayers) {
        ImmutableList.Builder<LayerPair> pairs = ImmutableList.builder();
        for (int l : sourceLayers.resolve(source).asList()) {
            targetLayers.resolve(target).forEach(to -> pairs.add(new LayerPair(l, to)));
        }
        return with(s -> s.pairs = pairs.build());
    }

    /**
     * Chooses pairs of layers one by one.
     *
     * @param some at least one, each once
     * @return the fit
     * @throws dev.patchscopes.model.OutOfRangeException if a model does not have one of the layers
     * @throws IllegalArgumentException if there is none, or one twice
     */
    public CrossModelFit pairs(LayerPair... some) {
        checkArgument(some.length > 0, "pairs() names no pair of layers");
        for (LayerPair pair : some) {
            Layers.at(pair.source()).resolve(source);
            Layers.at(pair.target()).resolve(target);
        }
        checkArgument(
                Arrays.stream(some).distinct().count() == some.length,
                "a pair of layers is named twice among %s",
                Arrays.toString(some));
        return with(s -> s.pairs = ImmutableList.copyOf(some));
    }

    /**
     * Chooses, for every source layer l, the target layer at the same relative depth, L* l / L
     * rounded: what is fitted unless chosen.
     *
     * @return the fit
     */
    public CrossModelFit sameDepth() {
        return with(
                s ->
                        s.pairs =
                                IntStream.rangeClosed(0, source.layers())
                                        .mapToObj(l -> new LayerPair(l, atDepthOf(l)))
                                        .collect(ImmutableList.toImmutableList()));
    }

    private int atDepthOf(int layer) {
        return Math.round((float) target.layers() * layer / source.layers());
    }

    /**
     * Chooses the sort of map; {@link MapKind#affine()} unless chosen.
     *
     * @param what the kind
     * @return the fit
     * @throws IllegalArgumentException if it cannot map states of one width to the other
     */
    public CrossModelFit kind(MapKind what) {
        MapChoice.check(what, source.width(), target.width());
        return with(s -> s.kind = what);
    }

    /**
     * Chooses the texts, which both models read through their own tokenizers, aligned by
     * characters.
     *
     * @param texts gone through once a fit
     * @return the fit
     */
    public CrossModelFit texts(Iterable<String> texts) {
        return prompts(aligned(texts)).with(s -> s.known = size(texts));
    }

    /**
     * Chooses the texts; such a fit can be made once, as the stream can be read once.
     *
     * @param texts read while the fit runs; the caller closes it if it needs to be
     * @return the fit
     */
    @SuppressWarnings("StreamToIterable") // a fit goes through its texts once
    public CrossModelFit texts(Stream<String> texts) {
        Iterable<String> once = texts::iterator;
        return texts(once);
    }

    /**
     * Chooses prompts that are aligned already, such as token ids of models without a tokenizer.
     *
     * @param prompts gone through once a fit
     * @return the fit
     */
    public CrossModelFit prompts(Iterable<AlignedPrompts> prompts) {
        return with(
                s -> {
                    s.prompts = Optional.of(prompts);
                    s.known = size(prompts);
                });
    }

    /**
     * Chooses the share of texts held out, a tenth unless chosen. Which ones follows from the seed
     * and the text, so that equal texts go together.
     *
     * @param share above 0, below 1
     * @return the fit
     * @throws IllegalArgumentException if it is another
     */
    public CrossModelFit heldOut(double share) {
        checkArgument(share > 0 && share < 1, "a share of %s is not between 0 and 1", share);
        return with(
                s -> {
                    s.heldOutShare = share;
                    s.heldOut = Optional.empty();
                });
    }

    /**
     * Chooses the held-out texts; all the others are fitted to.
     *
     * @param texts those that are fitted to as well are left out and counted in {@link
     *     CrossModelReport.Setup#repeated()}
     * @return the fit
     */
    public CrossModelFit heldOut(Iterable<String> texts) {
        return heldOutPrompts(aligned(texts));
    }

    /**
     * Chooses held-out prompts that are aligned already.
     *
     * @param prompts those that are fitted to as well are left out and counted in {@link
     *     CrossModelReport.Setup#repeated()}
     * @return the fit
     */
    public CrossModelFit heldOutPrompts(Iterable<AlignedPrompts> prompts) {
        return with(s -> s.heldOut = Optional.of(prompts));
    }

    /**
     * Chooses how many aligned positions of each text are drawn; all of them unless chosen. Texts
     * are not read further than the last one drawn.
     *
     * @param perText at least 1; 1 is what the paper takes
     * @return the fit
     * @throws IllegalArgumentException if it is less
     */
    public CrossModelFit positions(int perText) {
        checkArgument(perText >= 1, "%s positions a text give no states: take 1 or more", perText);
        return with(s -> s.positions = perText);
    }

    /**
     * Chooses how many tokens at the start of each text are left out; 1 unless chosen, as the first
     * token's states are unlike all others and would dominate the fit.
     *
     * @param tokens not negative
     * @return the fit
     * @throws IllegalArgumentException if it is negative
     */
    public CrossModelFit skipFirst(int tokens) {
        checkArgument(tokens >= 0, "%s tokens are fewer than none", tokens);
        return with(s -> s.skipped = tokens);
    }

    /**
     * Chooses on how many held-out texts the map is tried as the f of a Patchscope, see {@link
     * CrossModelEvaluation}; 100 unless chosen.
     *
     * @param texts 0 for none
     * @return the fit
     * @throws IllegalArgumentException if it is negative
     */
    public CrossModelFit patched(int texts) {
        checkArgument(texts >= 0, "%s texts are fewer than none", texts);
        return with(s -> s.patched = texts);
    }

    /**
     * Chooses the seed of what is held out and of positions; 0 unless chosen.
     *
     * @param number the seed
     * @return the fit
     */
    public CrossModelFit seed(long number) {
        return with(s -> s.seed = number);
    }

    /**
     * Chooses how the cells of the Patchscopes of {@link #patched} are computed; {@link
     * Execution#EXACT} unless chosen. Fitting itself runs each text as it is.
     *
     * @param how the execution
     * @return the fit
     */
    public CrossModelFit execution(Execution how) {
        return with(s -> s.execution = how);
    }

    /**
     * Limits the memory that the sums of all pairs of layers may take, as stated above, and then
     * that of the Patchscopes of {@link #patched}, see {@link CrossModelEvaluation#memoryBudget};
     * no limit unless chosen. A fit whose sums would take more is refused before it begins.
     *
     * @param bytes at least 1
     * @return the fit
     * @throws IllegalArgumentException if it is less
     */
    public CrossModelFit memoryBudget(long bytes) {
        checkArgument(bytes >= 1, "a memory budget of %s bytes is none", bytes);
        return with(s -> s.budget = OptionalLong.of(bytes));
    }

    /**
     * Listens to the fit, and can stop it; a part is a text, and where it is not known how many
     * there are, the total is those read so far.
     *
     * @param listener told after each batch, asked before each
     * @return the fit
     */
    public CrossModelFit progress(Progress listener) {
        return with(s -> s.progress = listener);
    }

    /**
     * Fits.
     *
     * @return the maps, with what held-out texts say of them
     * @throws IllegalArgumentException if there are no texts, or too few: none to fit to, or none
     *     held out; or if the sums would take more than the {@link #memoryBudget}
     * @throws dev.patchscopes.linear.SingularMatrixException if states are so alike that a penalty
     *     is too small
     * @throws java.util.concurrent.CancellationException if the listener or an interrupt of this
     *     thread stopped it
     * @throws dev.patchscopes.model.ModelClosedException if a model is closed
     */
    public CrossModelMap fit() {
        checkArgument(
                settings.prompts.isPresent(), "choose texts to fit to: texts(...) or prompts(...)");
        return new FitRun(source, target, settings).fit();
    }

    private Iterable<AlignedPrompts> aligned(Iterable<String> texts) {
        return Iterables.transform(texts, text -> AlignedPrompts.of(source, target, text));
    }

    private static long size(Iterable<?> some) {
        return some instanceof Collection<?> all ? all.size() : 0;
    }

    /** {@return the models, the kind and how many pairs of layers} */
    @Override
    public String toString() {
        return "CrossModelFit[%s -> %s, %s, %d pairs of layers]"
                .formatted(source.name(), target.name(), settings.kind, settings.pairs.size());
    }
}
