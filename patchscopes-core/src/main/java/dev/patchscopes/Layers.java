package dev.patchscopes;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.primitives.ImmutableIntArray;
import com.google.common.primitives.Ints;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.OutOfRangeException;
import java.util.Arrays;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * A selection of layers, resolved against a model when it is used; and how other tools number them.
 *
 * <p>Layer k = 0..L is the residual stream after k blocks, always before the final norm: 0 is what
 * enters the first block, L the last block's output. This is the number l of Ghandeharioun et al.,
 * "Patchscopes" (2024), which counts 1..L and leaves 0 out. Others count differently:
 *
 * <table>
 *   <caption>The index k of other tools, as a layer here</caption>
 *   <tr><th>tool</th><th>k means</th><th>layer to read</th><th>layer to write</th></tr>
 *   <tr><td>the paper's text</td><td>output of block k, k = 1..L</td><td>k</td><td>k</td></tr>
 *   <tr><td>the paper's code (and its figures)</td><td>block k from 0; but its last source layer is
 *       taken after the final norm</td><td>k + 1, none for k = L - 1</td><td>k + 1</td></tr>
 *   <tr><td>TransformerLens, {@code blocks.k.hook_resid_post}</td><td>output of block k from 0</td>
 *       <td>k + 1</td><td>k + 1</td></tr>
 *   <tr><td>TransformerLens, {@code blocks.k.hook_resid_pre}</td><td>input of block k from 0</td>
 *       <td>k</td><td>k</td></tr>
 *   <tr><td>obvs, nnterp, Racing Thoughts</td><td>output of block k from 0</td><td>k + 1</td>
 *       <td>k + 1</td></tr>
 *   <tr><td>HuggingFace {@code hidden_states[k]}</td><td>residual stream, but after the final norm
 *       for k = L</td><td>k, none for k = L</td><td>-</td></tr>
 *   <tr><td>SelfIE</td><td>read {@code hidden_states[k]}, write before block k</td>
 *       <td>k, none for k = L</td><td>k</td></tr>
 * </table>
 *
 * <pre>{@code
 * Layers.all().resolve(model);          // [0, 1, ..., 12] for GPT-2 small
 * Layers.range(4, 8).resolve(model);    // [4, 5, 6, 7, 8]
 * Layers.everyNth(5).resolve(model);    // [0, 5, 10]
 * Layers.fromBlockOutput(9);            // 10
 * }</pre>
 *
 * <p>Immutable; two selections are equal if they were described alike.
 */
public final class Layers {

    private final String description;
    private final ImmutableIntArray listed; // empty for a stride
    private final int first;
    private final OptionalInt last; // the model's last layer if absent
    private final int step;

    private Layers(
            String description, ImmutableIntArray listed, int first, OptionalInt last, int step) {
        this.description = description;
        this.listed = listed;
        this.first = first;
        this.last = last;
        this.step = step;
    }

    /**
     * Selects every layer, the embedding and the last block's output included.
     *
     * @return 0, 1, ..., L
     */
    public static Layers all() {
        return stride("all", 0, OptionalInt.empty(), 1);
    }

    /**
     * Selects single layers.
     *
     * @param layers layers in ascending order, at least one
     * @return the selection
     * @throws IllegalArgumentException if there is none, one is negative, or they do not ascend
     */
    public static Layers at(int... layers) {
        checkArgument(layers.length > 0, "Layers.at() selects no layer; name at least one");
        checkNotNegative(layers[0]);
        checkArgument(
                IntStream.range(1, layers.length).allMatch(i -> layers[i - 1] < layers[i]),
                "layers %s do not ascend; name each once, in ascending order",
                Arrays.toString(layers));
        ImmutableIntArray listed = ImmutableIntArray.copyOf(layers);
        return new Layers("at " + Ints.join(", ", layers), listed, 0, OptionalInt.empty(), 1);
    }

    /**
     * Selects a range of layers, both ends included.
     *
     * @param first first layer
     * @param last last layer, not before the first
     * @return first, first + 1, ..., last
     * @throws IllegalArgumentException if the range is empty or begins below 0
     */
    public static Layers range(int first, int last) {
        checkNotNegative(first);
        checkArgument(
                first <= last,
                "layers %s..%s are none; the first comes before the last",
                first,
                last);
        return stride(first + ".." + last, first, OptionalInt.of(last), 1);
    }

    /**
     * Selects every n-th layer from the embedding on.
     *
     * @param n distance, at least 1
     * @return 0, n, 2n, ... up to L at most
     * @throws IllegalArgumentException if n is below 1
     */
    public static Layers everyNth(int n) {
        checkArgument(n >= 1, "every %s-th layer: the distance is at least 1", n);
        return stride(n == 1 ? "all" : "every " + n, 0, OptionalInt.empty(), n);
    }

    private static Layers stride(String description, int first, OptionalInt last, int step) {
        return new Layers(description, ImmutableIntArray.of(), first, last, step);
    }

    private static void checkNotNegative(int layer) {
        checkArgument(layer >= 0, "layer %s is negative; layers count from 0", layer);
    }

    /**
     * Finds the layers of a model.
     *
     * @param model the model
     * @return layers in ascending order, at least one
     * @throws OutOfRangeException if the model does not have one of them
     */
    public ImmutableIntArray resolve(HookedModel model) {
        if (!listed.isEmpty()) {
            listed.forEach(layer -> check(model, layer));
            return listed;
        }
        last.ifPresent(layer -> check(model, layer));
        return ImmutableIntArray.copyOf(
                IntStream.rangeClosed(first, last.orElse(model.layers()))
                        .filter(layer -> (layer - first) % step == 0));
    }

    /** Checks that a model has a layer. */
    static void check(HookedModel model, int layer) {
        if (layer < 0 || layer > model.layers()) {
            throw new OutOfRangeException(
                    "layer %d is not in 0..%d (%s has %d blocks)"
                            .formatted(layer, model.layers(), model.name(), model.layers()));
        }
    }

    /**
     * Translates the index of tools that number block outputs from 0, such as {@code
     * blocks.5.hook_resid_post} of TransformerLens, obvs, nnterp and the paper's own code.
     *
     * @param block block index from 0
     * @return the layer, block + 1
     * @throws IllegalArgumentException if the index is negative
     */
    public static int fromBlockOutput(int block) {
        checkArgument(block >= 0, "block %s is negative; blocks count from 0", block);
        return block + 1;
    }

    /**
     * Translates the index of tools that number block inputs from 0, such as {@code
     * blocks.5.hook_resid_pre} of TransformerLens and the layers SelfIE writes to.
     *
     * @param block block index from 0
     * @return the layer, the same number
     * @throws IllegalArgumentException if the index is negative
     */
    public static int fromBlockInput(int block) {
        checkArgument(block >= 0, "block %s is negative; blocks count from 0", block);
        return block;
    }

    /**
     * Translates an index of HuggingFace's {@code hidden_states}. Its last entry is refused: it was
     * taken after the final norm, so it is no layer of the residual stream, and writing it into one
     * would norm it twice.
     *
     * @param index index into {@code hidden_states}, 0 for the embedding
     * @param layers number of blocks L; {@code hidden_states} has L + 1 entries
     * @return the layer, the same number
     * @throws OutOfRangeException if the index is not in 0..L-1
     */
    public static int fromHuggingFaceHiddenState(int index, int layers) {
        if (index == layers) {
            throw new OutOfRangeException(
                    "hidden_states[%d] of %d blocks comes after the final norm and is no layer of the residual stream: capture HookPoint.residual(%d), the last block's output, instead"
                            .formatted(index, layers, layers));
        }
        if (index < 0 || index > layers) {
            throw new OutOfRangeException(
                    "hidden_states[%d] is not in 0..%d (%d blocks)"
                            .formatted(index, layers - 1, layers));
        }
        return index;
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof Layers other && description.equals(other.description);
    }

    @Override
    public int hashCode() {
        return Objects.hash(description);
    }

    /** {@return for example {@code layers 4..8}} */
    @Override
    public String toString() {
        return "layers " + description;
    }
}
