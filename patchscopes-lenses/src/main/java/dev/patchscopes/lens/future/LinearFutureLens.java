package dev.patchscopes.lens.future;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableTable;
import com.google.common.collect.Table;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.Patchscope;
import dev.patchscopes.lens.LogitLens;
import dev.patchscopes.linear.AffineMap;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.OutOfRangeException;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.List;
import java.util.Optional;

/**
 * Affine maps from the state h_l at position t to the state h_L at t + N, which the model's final
 * norm and unembedding read (Pal et al., 2023, section 3.2).
 *
 * <p>As a Patchscope: f is the map, the target prompt is the source prompt up to t, i* = i and l* =
 * L. A map sees the state alone: no prediction depends on the tokens between t and t + N, and those
 * of a cell do not depend on each other.
 *
 * <pre>{@code
 * LinearFutureLens lens = FutureLens.linear(model).on(TextCorpus.open(Path.of("texts"))).fit();
 * System.out.println(lens.read("The capital of France is"));
 * AffineMap twoAhead = lens.map(5, 1);
 * }</pre>
 */
public final class LinearFutureLens implements FutureLens {
    private static final String NAME = "linear";

    private final HookedModel model;
    private final FutureMaps<AffineMap> maps;
    private final String name;
    private final Optional<FutureOrigin> origin;

    private LinearFutureLens(
            HookedModel model,
            FutureMaps<AffineMap> maps,
            String name,
            Optional<FutureOrigin> origin) {
        this.model = model;
        this.maps = maps;
        this.name = name;
        this.origin = origin;
    }

    static LinearFutureLens fitted(
            HookedModel model,
            ImmutableTable<Integer, Integer, AffineMap> maps,
            FutureOrigin origin) {
        return new LinearFutureLens(model, new FutureMaps<>(maps), NAME, Optional.of(origin));
    }

    /**
     * Makes a lens of maps fitted elsewhere.
     *
     * @param model the model
     * @param maps by layer, then by N: from {@code [d_model]} to {@code [d_model]}; every layer has
     *     the same N, from 0 on
     * @return the lens
     * @throws IllegalArgumentException if an N is missing or a width is another
     */
    public static LinearFutureLens of(
            HookedModel model, ImmutableTable<Integer, Integer, AffineMap> maps) {
        for (Table.Cell<Integer, Integer, AffineMap> cell : maps.cellSet()) {
            checkArgument(
                    cell.getValue().inputWidth() == model.width()
                            && cell.getValue().outputWidth() == model.width(),
                    "the %s is for layer %s of %s, whose d_model is %s",
                    cell.getValue(),
                    cell.getRowKey(),
                    model.name(),
                    model.width());
        }
        return new LinearFutureLens(model, new FutureMaps<>(maps), NAME, Optional.empty());
    }

    /**
     * Returns a map.
     *
     * @param layer one of {@link #layers()}
     * @param ahead N
     * @return from h_l at t to h_L at t + N
     * @throws OutOfRangeException if there is none
     */
    public AffineMap map(int layer, int ahead) {
        return maps.get(layer, ahead);
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
    public LinearFutureLens named(String other) {
        return new LinearFutureLens(model, maps, PromptFutureLens.checkName(other), origin);
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
        return maps.predict(states, (map, h) -> LastStates.top(model, map.applyToRows(h), top));
    }

    @Override
    public ImmutableList<ImmutableList<FutureCell>> cells(List<FutureStates> states) {
        return Independent.cells(predict(states, 1));
    }

    @Override
    public Patchscope asPatchscope(TokenizedPrompt prompt, int layer, int position, int ahead) {
        return LogitLens.of(model)
                .asPatchscope(prompt, layer, position)
                .withMapping(map(layer, ahead).toMapping());
    }

    /** {@return the layers and N there are maps for, and how they were fitted} */
    @Override
    public String toString() {
        return "LinearFutureLens[%s, layers %s, N up to %d%s]"
                .formatted(model.name(), layers(), ahead(), origin.map(o -> ", " + o).orElse(""));
    }
}
