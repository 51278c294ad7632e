package dev.patchscopes.trace.causal;

import com.google.common.collect.ArrayListMultimap;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ListMultimap;
import dev.patchscopes.measure.Estimate;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/** Collects indirect effects of many traces by kind, layer and class of tokens. */
final class ClassAverages {

    private record Key(TraceKind kind, TokenClass tokenClass, int row) {}

    /** A trace's number, and which subject it is about, counted as they come. */
    private record Value(int subject, double effect) {}

    private final ListMultimap<Key, Value> values = ArrayListMultimap.create();
    private final Map<String, Integer> subjects = new HashMap<>();

    /** Adds a number for every kind, row and class that the trace has: the mean of its tokens. */
    void add(CausalTrace trace, String about) {
        int subject = subjects.computeIfAbsent(about, s -> subjects.size());
        for (TokenClass tokenClass : TokenClass.values()) {
            int[] tokens = tokens(trace, tokenClass);
            if (tokens.length == 0) {
                continue;
            }
            for (TraceGrid grid : trace.grids()) {
                for (int row = 0; row < grid.rows(); row++) {
                    double sum = 0;
                    for (int token : tokens) {
                        sum += grid.value(row, token) - trace.corrupted();
                    }
                    values.put(
                            new Key(grid.kind(), tokenClass, row),
                            new Value(subject, sum / tokens.length));
                }
            }
        }
    }

    private static int[] tokens(CausalTrace trace, TokenClass tokenClass) {
        return IntStream.range(0, trace.tokens().size())
                .filter(t -> trace.tokenClass(t).filter(c -> c == tokenClass).isPresent())
                .toArray();
    }

    /** Averages over all subjects. */
    ImmutableList<ClassEffect> effects(Set<TraceKind> kinds, int blocks) {
        ImmutableList.Builder<ClassEffect> all = ImmutableList.builder();
        for (TraceKind kind : kinds) {
            for (TokenClass tokenClass : TokenClass.values()) {
                for (int row = 0; row < kind.rows(blocks); row++) {
                    effect(new Key(kind, tokenClass, row), s -> true).ifPresent(all::add);
                }
            }
        }
        return all.build();
    }

    /** Rows chosen on subjects 0, 2, ... and tried on 1, 3, ... where both have such tokens. */
    ImmutableList<HeldOutPeak> heldOut(Set<TraceKind> kinds, int blocks) {
        ImmutableList.Builder<HeldOutPeak> all = ImmutableList.builder();
        for (TraceKind kind : kinds) {
            for (TokenClass tokenClass : TokenClass.values()) {
                IntStream.range(0, kind.rows(blocks))
                        .mapToObj(row -> effect(new Key(kind, tokenClass, row), s -> s % 2 == 0))
                        .flatMap(Optional::stream)
                        .max(Comparator.comparingDouble(e -> e.effect().mean()))
                        .flatMap(this::tried)
                        .ifPresent(all::add);
            }
        }
        return all.build();
    }

    private Optional<HeldOutPeak> tried(ClassEffect dev) {
        Key key = new Key(dev.kind(), dev.tokenClass(), dev.row());
        return effect(key, s -> s % 2 == 1)
                .map(
                        test ->
                                new HeldOutPeak(
                                        dev.kind(),
                                        dev.tokenClass(),
                                        dev.row(),
                                        dev.effect(),
                                        test.effect()));
    }

    private Optional<ClassEffect> effect(Key key, IntPredicate which) {
        List<Value> each = values.get(key).stream().filter(v -> which.test(v.subject())).toList();
        return each.isEmpty()
                ? Optional.empty()
                : Optional.of(
                        new ClassEffect(
                                key.kind(),
                                key.tokenClass(),
                                key.row(),
                                Estimate.of(
                                        each.stream().map(Value::effect).toList(),
                                        each.stream().map(Value::subject).toList())));
    }
}
