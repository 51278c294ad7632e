package dev.patchscopes.trace.causal;

import com.google.common.collect.ArrayListMultimap;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ListMultimap;
import dev.patchscopes.trace.internal.NormalInterval;
import java.util.List;
import java.util.Set;

/** Collects indirect effects of many traces by kind, layer and class of tokens. */
final class ClassAverages {

    private record Key(TraceKind kind, TokenClass tokenClass, int row) {}

    private final ListMultimap<Key, Double> values = ArrayListMultimap.create();

    /** Adds a number for every kind, row and class that the trace has: the mean of its tokens. */
    void add(CausalTrace trace) {
        for (TokenClass tokenClass : TokenClass.values()) {
            int[] tokens = AverageRun.tokens(trace, tokenClass).toArray();
            if (tokens.length == 0) {
                continue;
            }
            for (TraceGrid grid : trace.grids()) {
                for (int row = 0; row < grid.rows(); row++) {
                    double sum = 0;
                    for (int token : tokens) {
                        sum += grid.value(row, token) - trace.corrupted();
                    }
                    values.put(new Key(grid.kind(), tokenClass, row), sum / tokens.length);
                }
            }
        }
    }

    ImmutableList<ClassEffect> effects(Set<TraceKind> kinds, int blocks) {
        ImmutableList.Builder<ClassEffect> all = ImmutableList.builder();
        for (TraceKind kind : kinds) {
            for (TokenClass tokenClass : TokenClass.values()) {
                for (int row = 0; row < kind.rows(blocks); row++) {
                    List<Double> each = values.get(new Key(kind, tokenClass, row));
                    if (!each.isEmpty()) {
                        all.add(new ClassEffect(kind, tokenClass, row, NormalInterval.of(each)));
                    }
                }
            }
        }
        return all.build();
    }
}
