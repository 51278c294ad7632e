package dev.patchscopes.trace.knockout;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Intervention;
import dev.patchscopes.text.Positions;
import dev.patchscopes.trace.internal.BlockWindow;
import java.util.stream.IntStream;

/** Edges that are cut together under a name, in one prompt. */
record EdgeGroup(String name, ImmutableList<KnockoutEdges> edges) {

    static EdgeGroup of(String name, KnockoutEdges edges) {
        return new EdgeGroup(name, ImmutableList.of(edges));
    }

    /** Cuts the group's edges in a window of blocks; nothing where none of them exists there. */
    ImmutableList<Intervention> cuts(
            HookedModel model, KnockoutProvenance settings, BlockWindow window) {
        return edges.stream()
                .filter(
                        e ->
                                IntStream.range(window.from(), window.to())
                                        .anyMatch(b -> e.anyIn(model.attentionWindow(b))))
                .map(e -> cut(e, settings, window))
                .collect(ImmutableList.toImmutableList());
    }

    private static Intervention cut(
            KnockoutEdges edges, KnockoutProvenance settings, BlockWindow window) {
        return settings.cut(at(edges.queries()), at(edges.keys()), window);
    }

    private static Positions at(ImmutableList<Integer> positions) {
        return Positions.at(positions.stream().mapToInt(p -> p).toArray());
    }
}
