package dev.patchscopes.trace.knockout;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import java.util.List;
import java.util.OptionalInt;

/**
 * Attention edges from each of some queries to each of some keys. Pairs whose key comes after the
 * query do not exist, and queries and keys that are left with no pair are not listed.
 *
 * @param queries positions that attend, ascending
 * @param keys positions attended to, ascending
 */
public record KnockoutEdges(ImmutableList<Integer> queries, ImmutableList<Integer> keys) {

    /** The edges there are between two sets of positions. */
    static KnockoutEdges between(List<Integer> queries, List<Integer> keys) {
        int lastQuery = queries.stream().mapToInt(q -> q).max().orElse(-1);
        int firstKey = keys.stream().mapToInt(k -> k).min().orElse(Integer.MAX_VALUE);
        return new KnockoutEdges(
                queries.stream()
                        .filter(q -> q >= firstKey)
                        .sorted()
                        .collect(ImmutableList.toImmutableList()),
                keys.stream()
                        .filter(k -> k <= lastQuery)
                        .sorted()
                        .collect(ImmutableList.toImmutableList()));
    }

    static KnockoutEdges between(ImmutableIntArray queries, ImmutableIntArray keys) {
        return between(queries.asList(), keys.asList());
    }

    /** {@return whether there is no edge} */
    public boolean isEmpty() {
        return queries.isEmpty() || keys.isEmpty();
    }

    /**
     * Whether an edge exists in a block.
     *
     * @param window how many positions a query sees, itself included; empty for all before it
     */
    boolean anyIn(OptionalInt window) {
        int reach = window.orElse(Integer.MAX_VALUE);
        return queries.stream().anyMatch(q -> keys.stream().anyMatch(k -> k <= q && q - k < reach));
    }

    /** {@return for example {@code [11] <- [3, 4]}} */
    @Override
    public String toString() {
        return queries + " <- " + keys;
    }
}
