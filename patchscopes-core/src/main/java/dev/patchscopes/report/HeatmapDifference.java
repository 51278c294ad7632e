package dev.patchscopes.report;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSortedSet;
import java.util.List;
import java.util.stream.IntStream;

/** One heat map less another. */
final class HeatmapDifference {

    private static final String ARROW = " → ";

    private final Heatmap left;
    private final Heatmap right;

    private HeatmapDifference(Heatmap left, Heatmap right) {
        this.left = left;
        this.right = right;
    }

    static Heatmap of(Heatmap left, Heatmap right) {
        checkArgument(
                left.rows().labels().equals(right.rows().labels()),
                "rows %s of \"%s\" are not rows %s of \"%s\"",
                left.rows().labels(),
                left.title(),
                right.rows().labels(),
                right.title());
        checkArgument(
                left.columns().size() == right.columns().size(),
                "\"%s\" has %s columns and \"%s\" %s: only as many can be compared",
                left.title(),
                left.columns().size(),
                right.title(),
                right.columns().size());
        checkArgument(
                names(left).equals(names(right)),
                "measures %s of \"%s\" are not measures %s of \"%s\"",
                names(left),
                left.title(),
                names(right),
                right.title());
        return new HeatmapDifference(left, right).heatmap();
    }

    private static List<String> names(Heatmap heatmap) {
        return heatmap.measures().stream().map(Measure::name).toList();
    }

    private Heatmap heatmap() {
        return Heatmap.of(
                        "%s less %s".formatted(left.title(), right.title()),
                        left.rows(),
                        columns(),
                        left.measures().stream().map(HeatmapDifference::measure).toList(),
                        this::cell)
                .withCaption(left.caption());
    }

    private AxisLabels columns() {
        AxisLabels mine = left.columns();
        return new AxisLabels(
                mine.title(),
                IntStream.range(0, mine.size())
                        .mapToObj(i -> both(mine.labels().get(i), right.columns().labels().get(i)))
                        .collect(ImmutableList.toImmutableList()),
                ImmutableSortedSet.copyOf(mine.marked()));
    }

    /** Spaces at an end of either can be seen, as they can no more once something follows. */
    private static String both(String mine, String others) {
        return mine.equals(others) ? mine : VisibleText.of(others) + ARROW + VisibleText.of(mine);
    }

    private static Measure measure(Measure measure) {
        return measure.spacing() == Spacing.LOGARITHMIC
                ? Measure.difference("log10 ratio of " + measure.name(), "")
                : Measure.difference("difference of " + measure.name(), measure.unit());
    }

    private HeatCell cell(int row, int column) {
        HeatCell mine = left.at(row, column);
        HeatCell others = right.at(row, column);
        if (mine.values().isEmpty() || others.values().isEmpty()) {
            return HeatCell.empty();
        }
        double[] values = new double[left.measures().size()];
        for (int m = 0; m < values.length; m++) {
            values[m] =
                    left.measures().get(m).spacing() == Spacing.LOGARITHMIC
                            ? Math.log10(mine.value(m) / others.value(m))
                            : mine.value(m) - others.value(m);
        }
        return HeatCell.of(both(mine.text(), others.text()), values)
                .withMark(mine.marked())
                .withNote(both(mine.note(), others.note()).strip())
                .withRanking(mine.ranking());
    }
}
