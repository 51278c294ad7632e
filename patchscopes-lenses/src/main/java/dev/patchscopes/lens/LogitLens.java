package dev.patchscopes.lens;

import ai.djl.ndarray.NDArray;
import dev.patchscopes.Patchscope;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.OutOfRangeException;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.List;

/**
 * The logit lens (nostalgebraist, 2020): every state is read as if it were the last layer's.
 *
 * <p>The final norm takes its statistics from each state itself, and layers run from 0, the
 * embedding, to L, whose reading is the model's own output. As a Patchscope: target and source are
 * the same prompt and position, f is the identity, and l* = L.
 *
 * <p>{@link #throughLastBlocks} gives the extended lens, whose decoder starts with the model's last
 * blocks. All positions of a layer go through those blocks together, where the Patchscope patches
 * one: both agree at position 0, which sees no other, and at layer L - n, where the other positions
 * hold what they hold anyway.
 *
 * <p>What a reader {@linkplain LensReader#intervene changes} in those last blocks is not changed in
 * the decoder, which runs them as they are.
 *
 * <p>States between attention and MLP ({@code resid_mid}) are read through {@link
 * LensReader#points}; a Patchscope reads whole layers only.
 *
 * <pre>{@code
 * LensReading reading = LogitLens.of(model).read("The capital of France is");
 * LensReading extended = LogitLens.of(model).throughLastBlocks(1).read("The capital of France is");
 * }</pre>
 */
public final class LogitLens implements Lens {
    private final HookedModel model;
    private final int blocks;

    private LogitLens(HookedModel model, int blocks) {
        this.model = model;
        this.blocks = blocks;
    }

    /**
     * Makes the lens of a model.
     *
     * @param model the model
     * @return the lens
     */
    public static LogitLens of(HookedModel model) {
        return new LogitLens(model, 0);
    }

    /**
     * Lets the decoder start with the model's last blocks.
     *
     * @param n how many; 0 for none
     * @return the lens
     * @throws dev.patchscopes.model.OutOfRangeException if the model has fewer blocks
     */
    public LogitLens throughLastBlocks(int n) {
        if (n < 0 || n > model.layers()) {
            throw new OutOfRangeException(
                    "%d last blocks are not in 0..%d (%s has %d blocks)"
                            .formatted(n, model.layers(), model.name(), model.layers()));
        }
        return new LogitLens(model, n);
    }

    @Override
    public HookedModel model() {
        return model;
    }

    @Override
    public String name() {
        return switch (blocks) {
            case 0 -> "logit lens";
            case 1 -> "logit lens through the last block";
            default -> "logit lens through the last %d blocks".formatted(blocks);
        };
    }

    @Override
    public boolean readsWholePrompts() {
        return blocks > 0;
    }

    /** Layers after L - n are not carried through blocks they have passed already. */
    @Override
    public List<NDArray> lastStates(LensStates states) {
        if (blocks == 0) {
            return states.tensors();
        }
        int from = model.layers() - blocks;
        return Cells.each(
                states,
                (point, tensor) ->
                        LensStates.layer(point) > from
                                ? tensor
                                : model.readout()
                                        .throughLastBlocks(blocks, states.prompt(), List.of(tensor))
                                        .get(0));
    }

    @Override
    public Patchscope asPatchscope(TokenizedPrompt prompt, int layer, int position) {
        int target = layer > model.layers() - blocks ? model.layers() : model.layers() - blocks;
        return Cells.sameCell(model, prompt, layer, position).targetLayer(target).build();
    }

    /** {@return the name and the model} */
    @Override
    public String toString() {
        return "%s of %s".formatted(name(), model.name());
    }
}
