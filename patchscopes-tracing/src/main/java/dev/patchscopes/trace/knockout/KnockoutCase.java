package dev.patchscopes.trace.knockout;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.internal.Fixed;
import dev.patchscopes.text.Quoting;
import java.util.List;

/**
 * A prompt, and its answer's metric with each group of edges cut.
 *
 * @param text the prompt's text; empty for a prompt of ids
 * @param ids token ids {@code [pos]}
 * @param pieces the same tokens, readable {@code [pos]}
 * @param subject positions of the subject; empty if none was given
 * @param answer token ids of the answer
 * @param answerText the answer, readable
 * @param base the metric of the clean run
 * @param curves one a group
 */
public record KnockoutCase(
        String text,
        ImmutableList<Integer> ids,
        ImmutableList<String> pieces,
        ImmutableList<Integer> subject,
        ImmutableList<Integer> answer,
        String answerText,
        double base,
        ImmutableList<KnockoutCurve> curves) {

    /**
     * Finds a group.
     *
     * @param name its name
     * @return its curve
     * @throws IllegalArgumentException if there is none of this name
     */
    public KnockoutCurve curve(String name) {
        return find(curves, name);
    }

    static KnockoutCurve find(List<KnockoutCurve> curves, String name) {
        return curves.stream()
                .filter(curve -> curve.name().equals(name))
                .findFirst()
                .orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        "no group is named %s: there are %s"
                                                .formatted(
                                                        Quoting.quote(name),
                                                        curves.stream()
                                                                .map(KnockoutCurve::name)
                                                                .map(Quoting::quote)
                                                                .toList())));
    }

    /** {@return prompt and answer} */
    @Override
    public String toString() {
        return "%s ... %s, %s"
                .formatted(
                        text.isEmpty() ? String.join("·", pieces) : Quoting.quoteShort(text),
                        Quoting.quote(answerText),
                        Fixed.text(base, 4));
    }
}
