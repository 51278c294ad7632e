package dev.patchscopes.report;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSortedSet;
import dev.patchscopes.text.Token;
import java.util.Collection;
import java.util.List;

/**
 * The rows or the columns of a {@link Heatmap}.
 *
 * @param title what they are, such as {@code layer}
 * @param labels one each; tokens as they are, unquoted: whoever draws them makes spaces visible
 * @param marked indices of those that stand out, such as the subject's tokens
 */
public record AxisLabels(
        String title, ImmutableList<String> labels, ImmutableSortedSet<Integer> marked) {

    /**
     * Checks the marks.
     *
     * @param title what they are
     * @param labels one each
     * @param marked indices of those that stand out
     * @throws IllegalArgumentException if a mark is no index of a label
     */
    public AxisLabels {
        for (int index : marked) {
            checkArgument(
                    index >= 0 && index < labels.size(),
                    "mark %s of axis %s is not in 0..%s",
                    index,
                    title,
                    labels.size() - 1);
        }
    }

    /**
     * An axis without marks.
     *
     * @param title what they are
     * @param labels one each; numbers as they print
     * @return the axis
     */
    public static AxisLabels of(String title, List<?> labels) {
        return new AxisLabels(
                title,
                labels.stream().map(Object::toString).collect(ImmutableList.toImmutableList()),
                ImmutableSortedSet.of());
    }

    /**
     * The tokens of a prompt.
     *
     * @param tokens tokens in order
     * @return the axis, titled "token"
     */
    public static AxisLabels tokens(List<Token> tokens) {
        return of("token", tokens.stream().map(Token::piece).toList());
    }

    /**
     * Marks some.
     *
     * @param indices which, from 0
     * @return a copy that has these marks and no others
     * @throws IllegalArgumentException if one is no index of a label
     */
    public AxisLabels withMarked(Collection<Integer> indices) {
        return new AxisLabels(title, labels, ImmutableSortedSet.copyOf(indices));
    }

    /** {@return how many} */
    public int size() {
        return labels.size();
    }
}
