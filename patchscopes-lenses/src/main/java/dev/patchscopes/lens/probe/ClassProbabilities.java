package dev.patchscopes.lens.probe;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableDoubleArray;
import dev.patchscopes.report.BarChart;
import dev.patchscopes.report.Page;
import dev.patchscopes.report.Viewable;
import java.util.Comparator;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What a probe says of a state.
 *
 * @param labels the classes
 * @param probabilities of each [class]; they add up to 1
 */
public record ClassProbabilities(ImmutableList<String> labels, ImmutableDoubleArray probabilities)
        implements Viewable {

    private static final int SHOWN = 3;

    /**
     * Checks that every label has a probability.
     *
     * @param labels the classes
     * @param probabilities of each [class]
     * @throws IllegalArgumentException if there are more of one than of the other, or none
     */
    public ClassProbabilities {
        checkArgument(
                labels.size() == probabilities.length() && !labels.isEmpty(),
                "there are %s labels and %s probabilities",
                labels.size(),
                probabilities.length());
    }

    /** {@return the most probable label; the first of equals} */
    public String top() {
        return labels.get(ranked().get(0));
    }

    /**
     * Returns the probability of a label.
     *
     * @param label one of the classes
     * @return 0 to 1
     * @throws IllegalArgumentException if the probe does not know the label
     */
    public double of(String label) {
        int index = labels.indexOf(label);
        checkArgument(index >= 0, "\"%s\" is none of the labels %s", label, labels);
        return probabilities.get(index);
    }

    /** {@return a bar a label, in their order} */
    public BarChart chart() {
        return ProbeFigures.chart(this);
    }

    /** {@return a page with the chart} */
    @Override
    public Page page() {
        return chart().page();
    }

    private ImmutableList<Integer> ranked() {
        return IntStream.range(0, labels.size())
                .boxed()
                .sorted(Comparator.comparingDouble(k -> -probabilities.get(k)))
                .collect(ImmutableList.toImmutableList());
    }

    /** {@return the most probable labels, such as {@code Europe 0.93, Asia 0.05, Africa 0.01}} */
    @Override
    public String toString() {
        return ranked().stream()
                .limit(SHOWN)
                .map(
                        k ->
                                String.format(
                                        Locale.ROOT,
                                        "%s %.2f",
                                        labels.get(k),
                                        probabilities.get(k)))
                .collect(Collectors.joining(", "));
    }
}
