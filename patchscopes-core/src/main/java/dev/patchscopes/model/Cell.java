package dev.patchscopes.model;

import com.google.common.collect.ImmutableList;

/**
 * One cell of a sweep: a base run with changes of its own.
 *
 * @param base index of the base run
 * @param interventions the cell's own changes, in order
 * @param patches vectors taken from other base runs, written after the interventions
 */
public record Cell(
        int base, ImmutableList<Intervention> interventions, ImmutableList<Patch> patches) {

    /**
     * A cell of one base run.
     *
     * @param base index of the base run
     * @param interventions the cell's own changes, in order
     * @return the cell
     */
    public static Cell of(int base, Intervention... interventions) {
        return new Cell(base, ImmutableList.copyOf(interventions), ImmutableList.of());
    }

    /**
     * The cell with vectors from other base runs, written after what it changes already.
     *
     * @param more patches, in order
     * @return the cell
     */
    public Cell patched(Patch... more) {
        return new Cell(
                base,
                interventions,
                ImmutableList.<Patch>builder().addAll(patches).add(more).build());
    }
}
