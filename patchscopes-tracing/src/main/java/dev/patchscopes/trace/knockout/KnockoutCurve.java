package dev.patchscopes.trace.knockout;

import com.google.common.collect.ImmutableList;

/**
 * The answer's metric with a group of edges cut, for a window around each block.
 *
 * @param name the group's
 * @param edges what is cut together
 * @param values metric by centre of the window, {@code [L]}; the base value where the group has no
 *     edge
 */
public record KnockoutCurve(
        String name, ImmutableList<KnockoutEdges> edges, ImmutableList<Double> values) {

    /** {@return whether there was an edge to cut} */
    public boolean hasEdges() {
        return edges.stream().anyMatch(e -> !e.isEmpty());
    }

    /** Number of keys, of a group that is stated at once. */
    int keys() {
        return edges.stream().mapToInt(e -> e.keys().size()).sum();
    }
}
