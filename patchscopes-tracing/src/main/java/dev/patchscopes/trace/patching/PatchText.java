package dev.patchscopes.trace.patching;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.internal.Fixed;
import java.util.Locale;
import java.util.OptionalDouble;

/** Maps of patched cells as text and as comma-separated values. */
final class PatchText {
    private static final int TOP = 5;

    private PatchText() {}

    static String csv(PatchedCells cells) {
        StringBuilder out =
                new StringBuilder(
                        "site,grain,block,head,position,source_position,metric,effect,normalised\n");
        for (PatchGrid grid : cells.grids()) {
            PatchTarget target = grid.target();
            for (int i = 0; i < grid.size(); i++) {
                int[] index = grid.index(i).stream().mapToInt(Integer::intValue).toArray();
                OptionalDouble normalised = cells.normalised(target, index);
                out.append(target.site().name().toLowerCase(Locale.ROOT))
                        .append(',')
                        .append(target.grain().name().toLowerCase(Locale.ROOT))
                        .append(',')
                        .append(index[0])
                        .append(',')
                        .append(at(target, index, "head"))
                        .append(at(target, index, "kv_head"))
                        .append(',')
                        .append(at(target, index, "pos"))
                        .append(at(target, index, "dest"))
                        .append(',')
                        .append(at(target, index, "src"))
                        .append(',')
                        .append(grid.mean(index))
                        .append(',')
                        .append(cells.effect(target, index))
                        .append(',')
                        .append(normalised.isPresent() ? normalised.getAsDouble() : "")
                        .append('\n');
            }
        }
        return out.toString();
    }

    private static String at(PatchTarget target, int[] index, String axis) {
        int place = target.axes().indexOf(axis);
        return place < 0 ? "" : Integer.toString(index[place]);
    }

    /** Prompts, base metrics and the largest cells of each grid. */
    static String summary(String method, PatchedCells cells) {
        StringBuilder out =
                new StringBuilder(
                        "%s, %s, %d pairs: clean %s, corrupted %s%s%n"
                                .formatted(
                                        method,
                                        cells.provenance(),
                                        cells.pairs().size(),
                                        Fixed.text(cells.cleanMetric(), 3),
                                        Fixed.text(cells.corruptedMetric(), 3),
                                        cells.isNormalised() ? "" : " (too close to normalise)"));
        PairReading first = cells.pairs().get(0);
        out.append("  clean     ").append(line(first.clean())).append('\n');
        out.append("  corrupted ").append(line(first.corrupted())).append('\n');
        for (PatchGrid grid : cells.grids()) {
            out.append("  ").append(grid).append('\n');
            for (PatchCell cell : cells.top(grid.target(), TOP)) {
                out.append("    ").append(cell).append('\n');
            }
        }
        return out.toString();
    }

    private static String line(ImmutableList<String> tokens) {
        return String.join("|", tokens);
    }
}
