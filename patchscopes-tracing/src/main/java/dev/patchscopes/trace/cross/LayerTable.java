package dev.patchscopes.trace.cross;

import com.google.common.collect.TreeBasedTable;
import dev.patchscopes.internal.Fixed;
import java.util.Locale;

/** Numbers by source layer and target layer, as text. */
final class LayerTable {
    private final TreeBasedTable<Integer, Integer, Double> values = TreeBasedTable.create();

    void put(int sourceLayer, int targetLayer, double value) {
        values.put(sourceLayer, targetLayer, value);
    }

    /** Rows l, columns l*; a point where there is no number. */
    @Override
    public String toString() {
        StringBuilder out = new StringBuilder("l \\ l*");
        values.columnKeySet().stream()
                .sorted()
                .forEach(to -> out.append(String.format(Locale.ROOT, "%7d", to)));
        out.append('\n');
        for (int from : values.rowKeySet()) {
            out.append(String.format(Locale.ROOT, "%6d", from));
            values.columnKeySet().stream()
                    .sorted()
                    .forEach(
                            to ->
                                    out.append(
                                            values.contains(from, to)
                                                    ? "%7s"
                                                            .formatted(
                                                                    Fixed.text(
                                                                            values.get(from, to),
                                                                            2))
                                                    : "      ."));
            out.append('\n');
        }
        return out.toString();
    }
}
