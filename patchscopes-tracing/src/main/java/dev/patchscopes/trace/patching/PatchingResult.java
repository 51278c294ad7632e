package dev.patchscopes.trace.patching;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.internal.RecordJson;

/**
 * What {@link ActivationPatching} measured: the answer of runs that are patched in one place each.
 *
 * @param provenance all that determined the values but the prompts
 * @param pairs the pairs, with what the model makes of them unpatched
 * @param grids a grid a target, in the order asked for
 */
public record PatchingResult(
        PatchingProvenance provenance,
        ImmutableList<PairReading> pairs,
        ImmutableList<PatchGrid> grids)
        implements PatchedCells {

    /**
     * Reads what {@link #toJson()} wrote.
     *
     * @param json the text
     * @return an equal result
     * @throws IllegalArgumentException if it is something else
     */
    public static PatchingResult fromJson(String json) {
        return RecordJson.read(json, PatchingResult.class, "patching result");
    }

    @Override
    public String toJson() {
        return RecordJson.write(this);
    }

    /** {@return prompts, metrics and the cells with the largest effects} */
    @Override
    public String toString() {
        return PatchText.summary("Activation patching", this);
    }
}
