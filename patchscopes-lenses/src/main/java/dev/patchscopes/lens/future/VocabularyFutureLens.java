package dev.patchscopes.lens.future;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableTable;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.Patchscope;
import dev.patchscopes.PatchscopeException;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.OutOfRangeException;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.List;
import java.util.Optional;

/**
 * Affine maps of low rank from the state h_l at position t to the logits of the token at t + 1 + N
 * (Pal et al., 2023, section 3.2), which the model's final norm has no part in.
 *
 * <p>In the words of Patchscopes it is, like a linear probe, the one whose target M* is a
 * classifier: f maps h_l to logits, and there is no target prompt. No run of the model computes
 * that, so that {@link #asPatchscope} refuses; {@link #map} gives f. A map sees the state alone: no
 * prediction depends on the tokens between t and t + N, and those of a cell do not depend on each
 * other.
 *
 * <p>A map of rank r holds {@code r (d_embed + d_model)} numbers of 8 bytes and reads by the
 * model's own W_U: 0.8 MB for GPT-2 small at rank 64, where a matrix to all logits would take 309
 * MB.
 *
 * <pre>{@code
 * VocabularyFutureLens lens = FutureLens.linearToVocabulary(model)
 *     .rank(64)
 *     .on(TextCorpus.open(Path.of("texts")))
 *     .fit();
 * System.out.println(lens.read("The capital of France is"));
 * }</pre>
 */
public final class VocabularyFutureLens implements FutureLens {
    private static final String NAME = "linear to vocabulary";

    private final HookedModel model;
    private final FutureMaps<VocabularyMap> maps;
    private final String name;
    private final Optional<FutureOrigin> origin;

    private VocabularyFutureLens(
            HookedModel model,
            FutureMaps<VocabularyMap> maps,
            String name,
            Optional<FutureOrigin> origin) {
        this.model = model;
        this.maps = maps;
        this.name = name;
        this.origin = origin;
    }

    /** A lens of maps, every layer with the same N, from 0 on. */
    static VocabularyFutureLens of(
            HookedModel model, ImmutableTable<Integer, Integer, VocabularyMap> maps) {
        return new VocabularyFutureLens(model, new FutureMaps<>(maps), NAME, Optional.empty());
    }

    static VocabularyFutureLens fitted(
            HookedModel model,
            ImmutableTable<Integer, Integer, VocabularyMap> maps,
            FutureOrigin origin) {
        return new VocabularyFutureLens(model, new FutureMaps<>(maps), NAME, Optional.of(origin));
    }

    /**
     * Returns a map.
     *
     * @param layer one of {@link #layers()}
     * @param ahead N
     * @return from h_l at t to what stands before the unembedding at t + N
     * @throws OutOfRangeException if there is none
     */
    public VocabularyMap map(int layer, int ahead) {
        return maps.get(layer, ahead);
    }

    /** {@return the rank of the maps} */
    public int rank() {
        return maps.get(maps.layers().get(0), 0).rank();
    }

    /** {@return how the maps were fitted; empty for maps that were fitted elsewhere} */
    public Optional<FutureOrigin> origin() {
        return origin;
    }

    @Override
    public HookedModel model() {
        return model;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public VocabularyFutureLens named(String other) {
        return new VocabularyFutureLens(model, maps, PromptFutureLens.checkName(other), origin);
    }

    @Override
    public int ahead() {
        return maps.ahead();
    }

    @Override
    public ImmutableIntArray layers() {
        return maps.layers();
    }

    @Override
    public ImmutableList<FuturePredictions> predict(List<FutureStates> states, int top) {
        return maps.predict(
                states, (map, h) -> LastStates.topOfNormalized(model, map.applyToRows(h), top));
    }

    @Override
    public ImmutableList<ImmutableList<FutureCell>> cells(List<FutureStates> states) {
        return Independent.cells(predict(states, 1));
    }

    /**
     * Refuses.
     *
     * @throws PatchscopeException always: a Patchscope ends with a run of a model, whose final norm
     *     these maps leave out
     */
    @Override
    public Patchscope asPatchscope(TokenizedPrompt prompt, int layer, int position, int ahead) {
        throw new PatchscopeException(
                "%s of %s maps a state to logits, and a Patchscope ends with the model's final norm and unembedding: map(%d, %d) gives the map, and FutureLens.linear(model) a lens that is a Patchscope"
                        .formatted(name, model.name(), layer, ahead));
    }

    /** {@return the rank, the layers and N there are maps for, and how they were fitted} */
    @Override
    public String toString() {
        return "VocabularyFutureLens[%s, rank %d, layers %s, N up to %d%s]"
                .formatted(
                        model.name(),
                        rank(),
                        layers(),
                        ahead(),
                        origin.map(o -> ", " + o).orElse(""));
    }
}
