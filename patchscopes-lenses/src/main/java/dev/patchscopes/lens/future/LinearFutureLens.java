package dev.patchscopes.lens.future;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableTable;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.Patchscope;
import dev.patchscopes.linear.AffineMap;
import dev.patchscopes.linear.Matrix;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.OutOfRangeException;
import dev.patchscopes.model.TokenProbability;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.Token;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.List;

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
    private final HookedModel model;
    private final ImmutableTable<Integer, Integer, AffineMap> maps; // layer, N
    private final String name;

    private LinearFutureLens(
            HookedModel model, ImmutableTable<Integer, Integer, AffineMap> maps, String name) {
        this.model = model;
        this.maps = maps;
        this.name = name;
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
        checkArgument(!maps.isEmpty(), "there are no maps; give at least that of a layer to N = 0");
        int ahead = maps.columnKeySet().size();
        maps.cellSet()
                .forEach(
                        cell -> {
                            int n = cell.getColumnKey();
                            checkArgument(n >= 0 && n < ahead, "N = %s leaves a gap from 0 on", n);
                            checkArgument(
                                    cell.getValue().inputWidth() == model.width()
                                            && cell.getValue().outputWidth() == model.width(),
                                    "the %s is for layer %s of %s, whose d_model is %s",
                                    cell.getValue(),
                                    cell.getRowKey(),
                                    model.name(),
                                    model.width());
                        });
        checkArgument(
                maps.size() == maps.rowKeySet().size() * ahead,
                "%s maps for %s layers and N = 0..%s: one is missing",
                maps.size(),
                maps.rowKeySet().size(),
                ahead - 1);
        return new LinearFutureLens(model, maps, "linear");
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
        AffineMap map = maps.get(layer, ahead);
        if (map == null) {
            throw new OutOfRangeException(
                    "there is no map from layer %d for N = %d: layers are %s, N is 0..%d"
                            .formatted(layer, ahead, maps.rowKeySet(), ahead()));
        }
        return map;
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
        return new LinearFutureLens(model, maps, PromptFutureLens.checkName(other));
    }

    @Override
    public int ahead() {
        return maps.columnKeySet().size() - 1;
    }

    @Override
    public ImmutableIntArray layers() {
        return ImmutableIntArray.copyOf(
                maps.rowKeySet().stream().mapToInt(Integer::intValue).sorted());
    }

    @Override
    public ImmutableList<FuturePredictions> predict(List<FutureStates> states, int top) {
        return states.stream()
                .map(some -> predict(some, top))
                .collect(ImmutableList.toImmutableList());
    }

    private FuturePredictions predict(FutureStates states, int top) {
        checkArgument(
                maps.containsRow(states.layer()),
                "layer %s has no map; layers are %s",
                states.layer(),
                maps.rowKeySet());
        ImmutableList.Builder<ImmutableList<ImmutableList<TokenProbability>>> out =
                ImmutableList.builder();
        for (int ahead = 0; ahead <= ahead(); ahead++) {
            Matrix last = map(states.layer(), ahead).applyToRows(states.states()); // [row, d_model]
            out.add(LastStates.top(model, last, top));
        }
        return new FuturePredictions(out.build());
    }

    @Override
    public ImmutableList<ImmutableList<FutureCell>> cells(List<FutureStates> states) {
        return Independent.cells(predict(states, 1));
    }

    @Override
    public Patchscope asPatchscope(TokenizedPrompt prompt, int layer, int position, int ahead) {
        return Patchscope.on(model)
                .sourcePrompt(prompt)
                .sourcePosition(Positions.at(position))
                .sourceLayer(layer)
                .mapping(map(layer, ahead).toMapping())
                .targetPrompt(upTo(prompt, position))
                .targetPosition(Positions.last())
                .targetLayer(model.layers())
                .maxNewTokens(1)
                .build();
    }

    /** The prompt cut after a position: what follows cannot change what is read there. */
    private TokenizedPrompt upTo(TokenizedPrompt prompt, int position) {
        if (position < 0 || position >= prompt.length()) {
            throw new OutOfRangeException(
                    "position %d is not in 0..%d, the tokens of %s"
                            .formatted(position, prompt.length() - 1, prompt));
        }
        List<Token> tokens = prompt.tokens().subList(0, position + 1);
        int end =
                tokens.stream()
                        .flatMap(token -> token.span().stream())
                        .mapToInt(span -> span.end())
                        .max()
                        .orElse(0);
        return TokenizedPrompt.of(prompt.text().substring(0, end), tokens);
    }

    /** {@return the layers and N there are maps for} */
    @Override
    public String toString() {
        return "LinearFutureLens[%s, layers %s, N up to %d]"
                .formatted(model.name(), layers(), ahead());
    }
}
