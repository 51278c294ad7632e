package dev.patchscopes.report;

import com.google.common.collect.ImmutableList;
import java.util.List;

/**
 * Bars of one colour of a {@link BarChart}.
 *
 * @param name what they are
 * @param values one a category, in its order
 * @param baseline whether they are there to compare with, such as a control: drawn paler
 */
public record BarSeries(String name, ImmutableList<Measured> values, boolean baseline) {

    /**
     * Bars of one colour.
     *
     * @param name what they are
     * @param values one a category, in its order
     * @return the bars
     */
    public static BarSeries of(String name, List<Measured> values) {
        return new BarSeries(name, ImmutableList.copyOf(values), false);
    }

    /** {@return the same bars as something to compare with} */
    public BarSeries asBaseline() {
        return new BarSeries(name, values, true);
    }
}
