package dev.patchscopes.model;

import com.google.common.collect.ImmutableList;

/**
 * One cell of a sweep: a base run with changes of its own.
 *
 * @param base index of the base run
 * @param interventions the cell's own changes, in order
 */
public record Cell(int base, ImmutableList<Intervention> interventions) {

    /**
     * A cell of one base run.
     *
     * @param base index of the base run
     * @param interventions the cell's own changes, in order
     * @return the cell
     */
    public static Cell of(int base, Intervention... interventions) {
        return new Cell(base, ImmutableList.copyOf(interventions));
    }
}
