package dev.patchscopes.trace.entity;

import dev.patchscopes.measure.Estimate;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * Mean scores of entities, with the 95 % intervals of {@link Estimate#of(List)}: 1.96 standard
 * errors of the mean to either side, and no numbers of a single entity, which shows no spread.
 *
 * @param precision mean {@link Rouge#precision()}
 * @param recall mean {@link Rouge#recall()}
 * @param f1 mean {@link Rouge#f1()}
 */
public record RougeMeans(Estimate precision, Estimate recall, Estimate f1) {

    /**
     * Takes means.
     *
     * @param scores a score an entity, at least one
     * @return their means
     */
    static RougeMeans of(List<Rouge> scores) {
        return new RougeMeans(
                mean(scores, Rouge::precision),
                mean(scores, Rouge::recall),
                mean(scores, Rouge::f1));
    }

    private static Estimate mean(List<Rouge> scores, ToDoubleFunction<Rouge> value) {
        return Estimate.of(scores.stream().mapToDouble(value).boxed().toList());
    }

    /** {@return the mean F1 with its interval} */
    @Override
    public String toString() {
        return f1.toString();
    }
}
