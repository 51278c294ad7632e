package dev.patchscopes.lens.tuned;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableDoubleArray;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.corpus.Chunking;
import dev.patchscopes.corpus.TextCorpus;
import dev.patchscopes.lens.internal.Penalties;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Progress;
import java.util.List;
import java.util.Optional;

/**
 * A tuned lens in closed form: of each layer the ridge regression of the last layer's states, less
 * the layer's own, on the layer's, so that a large penalty leaves the identity and the mean shift.
 *
 * <p>The moments of all layers are summed in float64 while the model reads the texts once. Then,
 * layer by layer, of a list of penalties each layer gets the one whose lens has the least KL(model
 * || lens) on held-out tokens, not the least squared error.
 *
 * <p>Memory: 16 d_model^2 bytes a layer of native memory for the moments, each layer's given back
 * when its map is chosen; of one layer at a time 8 d_model^2 bytes of the heap for each penalty and
 * 4 of native memory, and 28 of the heap and 40 of native memory for what one map is worked out
 * from; 4 d_model^2 bytes of native memory for each map chosen (twice these fours for a model in
 * float64); and up to 2 GiB of held-out states. For 32 layers of width 4096 and eight penalties
 * that is a peak of 11 GB of native memory and 1.5 GB of the heap. Where the states of all layers
 * are more than those 2 GiB, the model reads the held-out texts again for the next layers.
 *
 * <p>Immutable; each method returns a new one.
 *
 * <pre>{@code
 * try (TunedLens lens = TunedLens.ridge(model).on(texts).tokens(100_000).fit()) {
 *     System.out.println(lens.origin());
 * }
 * }</pre>
 */
public final class RidgeFit {
    private static final int CHUNK = 128;
    private static final int HELD_OUT_PARTS = 10;
    private static final ImmutableDoubleArray PENALTIES =
            ImmutableDoubleArray.of(1e-6, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10, 100);

    private final HookedModel model;
    private final Optional<TokenChunks.Source> source;
    private final Optional<TokenChunks.Source> heldOut;
    private final Chunking chunking;
    private final ImmutableDoubleArray penalties;
    private final long tokens;
    private final long seed;
    private final Progress progress;

    private RidgeFit(
            HookedModel model,
            Optional<TokenChunks.Source> source,
            Optional<TokenChunks.Source> heldOut,
            Chunking chunking,
            ImmutableDoubleArray penalties,
            long tokens,
            long seed,
            Progress progress) {
        this.model = model;
        this.source = source;
        this.heldOut = heldOut;
        this.chunking = chunking;
        this.penalties = penalties;
        this.tokens = tokens;
        this.seed = seed;
        this.progress = progress;
    }

    static RidgeFit of(HookedModel model) {
        return new RidgeFit(
                model,
                Optional.empty(),
                Optional.empty(),
                Chunking.joined(Math.min(CHUNK, model.contextLength())),
                PENALTIES,
                Long.MAX_VALUE,
                0,
                Progress.none());
    }

    private RidgeFit with(
            Optional<TokenChunks.Source> texts, Optional<TokenChunks.Source> measured) {
        return new RidgeFit(model, texts, measured, chunking, penalties, tokens, seed, progress);
    }

    /**
     * Chooses the texts to fit on. Unless {@link #heldOut} is chosen too, a tenth of them is held
     * out.
     *
     * @param texts a corpus
     * @return the fit
     */
    public RidgeFit on(TextCorpus texts) {
        return with(Optional.of(new TokenChunks.Texts(texts)), heldOut);
    }

    /**
     * Chooses the texts to fit on.
     *
     * @param texts documents
     * @return the fit
     */
    public RidgeFit on(Iterable<String> texts) {
        return on(TextCorpus.of(texts));
    }

    /**
     * Chooses the tokens to fit on.
     *
     * @param chunks token ids, all of one length
     * @return the fit
     * @throws IllegalArgumentException if there are none, or their lengths differ
     */
    public RidgeFit onTokens(List<ImmutableIntArray> chunks) {
        return with(Optional.of(new TokenChunks.Tokens(ImmutableList.copyOf(chunks))), heldOut);
    }

    /**
     * Chooses the texts that penalties are chosen on.
     *
     * @param texts a corpus, none of whose texts should be fitted on
     * @return the fit
     */
    public RidgeFit heldOut(TextCorpus texts) {
        return with(source, Optional.of(new TokenChunks.Texts(texts)));
    }

    /**
     * Chooses the tokens that penalties are chosen on.
     *
     * @param chunks token ids, all of one length
     * @return the fit
     * @throws IllegalArgumentException if there are none, or their lengths differ
     */
    public RidgeFit heldOutTokens(List<ImmutableIntArray> chunks) {
        return with(source, Optional.of(new TokenChunks.Tokens(ImmutableList.copyOf(chunks))));
    }

    /**
     * Chooses how texts are cut; across documents into chunks of 128 tokens unless chosen.
     *
     * @param how {@link Chunking#joined} or {@link Chunking#ofLength}: chunks of one length
     * @return the fit
     * @throws IllegalArgumentException if it gives chunks of several lengths
     */
    public RidgeFit chunking(Chunking how) {
        TokenChunks.length(how);
        return new RidgeFit(model, source, heldOut, how, penalties, tokens, seed, progress);
    }

    /**
     * Chooses how many tokens are fitted on, and a tenth as many measured on; as many as there are
     * unless chosen. Both are rounded up to whole chunks, and less where the texts have fewer.
     *
     * @param n at least 1
     * @return the fit
     * @throws IllegalArgumentException if it is less
     */
    public RidgeFit tokens(long n) {
        checkArgument(n >= 1, "%s tokens: take 1 or more", n);
        return new RidgeFit(model, source, heldOut, chunking, penalties, n, seed, progress);
    }

    /**
     * Chooses the penalties tried; eight powers of ten from 1e-6 to 100 unless chosen.
     *
     * @param fractions of the mean of the diagonal of the states' centred Gram matrix, see {@link
     *     dev.patchscopes.linear.Moments#relativePenalty}; above 0
     * @return the fit
     * @throws IllegalArgumentException if there are none, or one is no finite number above 0
     */
    public RidgeFit penalties(double... fractions) {
        return new RidgeFit(
                model, source, heldOut, chunking, Penalties.of(fractions), tokens, seed, progress);
    }

    /**
     * Chooses the seed of which texts are held out; 0 unless chosen. It matters to texts given by
     * {@link #on} alone: of chunks given by {@link #onTokens} every tenth is held out, and what
     * {@link #heldOut} gives is not drawn.
     *
     * @param s any
     * @return the fit
     */
    public RidgeFit seed(long s) {
        return new RidgeFit(model, source, heldOut, chunking, penalties, tokens, s, progress);
    }

    /**
     * Listens to the fit, and can stop it; a part is a pass of the model or a layer's map chosen.
     *
     * @param listener told after each part, asked before each
     * @return the fit
     */
    public RidgeFit progress(Progress listener) {
        return new RidgeFit(model, source, heldOut, chunking, penalties, tokens, seed, listener);
    }

    /**
     * Fits.
     *
     * @return the lens, whose {@link TunedLens#origin()} has each layer's penalty; the caller
     *     closes it
     * @throws IllegalArgumentException if no texts were chosen, or they are too few for a chunk
     * @throws dev.patchscopes.linear.SingularMatrixException if states are so alike that a penalty
     *     is too small
     * @throws java.util.concurrent.CancellationException if the listener or an interrupt of this
     *     thread stopped it
     * @throws dev.patchscopes.model.ModelClosedException if the model is closed
     */
    public TunedLens fit() {
        checkArgument(source.isPresent(), "choose texts to fit on: on(...) or onTokens(...)");
        TokenChunks.Source fitted = source.get();
        TokenChunks.Source measured;
        if (heldOut.isPresent()) {
            measured = heldOut.get();
        } else {
            TokenChunks.Halves halves = fitted.split(HELD_OUT_PARTS, seed);
            fitted = halves.fit();
            measured = halves.heldOut();
        }
        return new RidgeRun(
                        model,
                        read(fitted, tokens, "fit on"),
                        read(measured, Math.max(1, tokens / HELD_OUT_PARTS), "choose penalties on"),
                        penalties,
                        seed,
                        progress,
                        RidgeRun.HELD_OUT_BYTES)
                .fit();
    }

    private TokenChunks read(TokenChunks.Source texts, long most, String purpose) {
        int length =
                texts instanceof TokenChunks.Tokens given
                        ? given.chunks().get(0).length()
                        : TokenChunks.length(chunking);
        TokenChunks chunks = texts.read(model, chunking, (most - 1) / length + 1);
        checkArgument(
                chunks.count() > 0,
                "the texts to %s give no chunk of %s tokens: give more, or shorter chunks",
                purpose,
                length);
        return chunks;
    }

    /** {@return the model and the penalties} */
    @Override
    public String toString() {
        return "residual ridge fit of a lens of %s, penalties %s"
                .formatted(model.name(), penalties);
    }
}
