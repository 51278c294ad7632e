package dev.patchscopes.report;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableDoubleArray;
import java.util.List;

/**
 * A cell of a {@link Heatmap}.
 *
 * @param text what stands in it, such as a token, as it is; may be empty, or long: it is then cut
 *     to its place, and shown whole when the cell is pointed at
 * @param values a number for each {@link Measure} of the heat map, in its order; not a number where
 *     there is none
 * @param marked whether it stands out
 * @param note what else to say when it is pointed at; empty for nothing
 * @param ranking what it chose from, best first; may be empty
 */
public record HeatCell(
        String text,
        ImmutableDoubleArray values,
        boolean marked,
        String note,
        ImmutableList<RankedItem> ranking) {

    /**
     * A cell.
     *
     * @param text what stands in it
     * @param values a number for each measure
     * @return the cell, neither marked nor with more to say
     */
    public static HeatCell of(String text, double... values) {
        return new HeatCell(
                text, ImmutableDoubleArray.copyOf(values), false, "", ImmutableList.of());
    }

    /**
     * A cell where nothing was measured.
     *
     * @return the cell: no text and no numbers, whatever the heat map's measures
     */
    public static HeatCell empty() {
        return of("");
    }

    /**
     * Marks it.
     *
     * @param marked whether it stands out
     * @return a copy
     */
    public HeatCell withMark(boolean marked) {
        return new HeatCell(text, values, marked, note, ranking);
    }

    /**
     * Says more when it is pointed at.
     *
     * @param note what to say, as plain text
     * @return a copy
     */
    public HeatCell withNote(String note) {
        return new HeatCell(text, values, marked, note, ranking);
    }

    /**
     * Shows what it chose from when it is pointed at.
     *
     * @param ranking best first
     * @return a copy
     */
    public HeatCell withRanking(List<RankedItem> ranking) {
        return new HeatCell(text, values, marked, note, ImmutableList.copyOf(ranking));
    }

    /**
     * Returns a number.
     *
     * @param measure index of the measure
     * @return the number; not a number if there is none
     */
    public double value(int measure) {
        return measure < values.length() ? values.get(measure) : Double.NaN;
    }
}
