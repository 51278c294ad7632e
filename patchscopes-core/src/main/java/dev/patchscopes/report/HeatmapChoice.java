package dev.patchscopes.report;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSortedSet;
import com.google.common.primitives.ImmutableDoubleArray;
import java.util.List;
import java.util.stream.IntStream;

/** Parts of a heat map. */
final class HeatmapChoice {

    private HeatmapChoice() {}

    static Heatmap showing(Heatmap heatmap, String name) {
        List<String> names = heatmap.measures().stream().map(Measure::name).toList();
        int first = names.indexOf(name);
        checkArgument(
                first >= 0,
                "\"%s\" has no measure \"%s\": it has %s",
                heatmap.title(),
                name,
                names);
        List<Integer> order =
                IntStream.concat(
                                IntStream.of(first),
                                IntStream.range(0, names.size()).filter(m -> m != first))
                        .boxed()
                        .toList();
        return new Heatmap(
                heatmap.title(),
                heatmap.caption(),
                heatmap.rows(),
                heatmap.columns(),
                order.stream()
                        .map(heatmap.measures()::get)
                        .collect(ImmutableList.toImmutableList()),
                heatmap.cells().stream()
                        .map(row -> row.stream().map(cell -> reordered(cell, order)).toList())
                        .map(ImmutableList::copyOf)
                        .collect(ImmutableList.toImmutableList()));
    }

    private static HeatCell reordered(HeatCell cell, List<Integer> order) {
        return cell.values().isEmpty()
                ? cell
                : new HeatCell(
                        cell.text(),
                        ImmutableDoubleArray.copyOf(order.stream().map(cell::value).toList()),
                        cell.marked(),
                        cell.note(),
                        cell.ranking());
    }

    static Heatmap thinned(Heatmap heatmap, int every) {
        checkArgument(every >= 1, "every %s-th row: the number is at least 1", every);
        AxisLabels rows = heatmap.rows();
        List<Integer> kept =
                IntStream.range(0, rows.size())
                        .filter(row -> row % every == 0 || row == rows.size() - 1)
                        .boxed()
                        .toList();
        return new Heatmap(
                heatmap.title(),
                heatmap.caption(),
                new AxisLabels(
                        rows.title(),
                        kept.stream()
                                .map(rows.labels()::get)
                                .collect(ImmutableList.toImmutableList()),
                        IntStream.range(0, kept.size())
                                .filter(row -> rows.marked().contains(kept.get(row)))
                                .boxed()
                                .collect(
                                        ImmutableSortedSet.toImmutableSortedSet(
                                                Integer::compareTo))),
                heatmap.columns(),
                heatmap.measures(),
                kept.stream().map(heatmap.cells()::get).collect(ImmutableList.toImmutableList()));
    }
}
