package dev.patchscopes.model;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The first place of a run, in the order of computation, whose values are not all finite.
 *
 * <p>Padding is never looked at, nor are attention scores that a mask hides. Where an intervention
 * changes a point, what counts is what the model goes on with.
 *
 * <pre>{@code
 * model.run("The Eiffel Tower is in").findNonFinite().ifPresent(System.out::println);
 * }</pre>
 *
 * @param point where
 * @param prompt the first prompt of the batch that shows it
 * @param positions that prompt's positions that show it, ascending, generated tokens included; of
 *     queries, for pairwise sites
 * @param coordinates of the first value that is not finite: an index for each of the {@linkplain
 *     Site#axes() site's axes} but the batch
 * @param value that value: NaN, positive or negative infinity
 * @param count how many values at the point are not finite, in all prompts
 * @param input what the point was computed from and how large that was; empty at the embeddings
 * @param intervention the change that brought it in; empty if the model computed it itself
 */
public record NonFinite(
        HookPoint point,
        int prompt,
        ImmutableIntArray positions,
        ImmutableIntArray coordinates,
        double value,
        long count,
        Optional<Input> input,
        Optional<Intervention> intervention) {

    /**
     * The largest of what a point was computed from: finite, so that an infinity made from 6e4 in
     * float16 is an overflow.
     *
     * @param point where
     * @param largest largest magnitude there, in all prompts
     */
    public record Input(HookPoint point, double largest) {}

    /** {@return the position of the first value that is not finite} */
    public int position() {
        return coordinates.get(point.site().positionAxis() - 1);
    }

    /** {@return where, what, how many, what it was computed from, and what brought it in} */
    @Override
    public String toString() {
        ImmutableList<Axis> axes = point.site().axes();
        List<String> at = new ArrayList<>();
        for (int i = 0; i < coordinates.length(); i++) {
            at.add(axes.get(i + 1).toString().toLowerCase(Locale.ROOT) + " " + coordinates.get(i));
        }
        return "%s is %s at %s of prompt %d%s%s%s"
                .formatted(
                        point,
                        shown(value),
                        String.join(", ", at),
                        prompt,
                        count == 1
                                ? ""
                                : ", with %d such values in all, at positions %s of the prompt"
                                        .formatted(count, positions),
                        input.map(
                                        i ->
                                                "; it was computed from %s, finite up to %.3g"
                                                        .formatted(i.point(), i.largest()))
                                .orElse(""),
                        intervention
                                .map(i -> "; the intervention \"%s\" put it there".formatted(i))
                                .orElse(""));
    }

    /** {@code NaN}, {@code +infinity} or {@code -infinity}. */
    static String shown(double value) {
        return Double.isNaN(value) ? "NaN" : value > 0 ? "+infinity" : "-infinity";
    }
}
