package dev.patchscopes.measure;

import java.util.function.Function;

/**
 * Something measured under both ways of {@linkplain Scoring scoring}.
 *
 * <pre>{@code
 * report.oracle().paper().share();
 * }</pre>
 *
 * @param <T> what was measured
 * @param strict under {@link Scoring#STRICT}
 * @param paper under {@link Scoring#PAPER}
 */
public record ByScoring<T>(T strict, T paper) {

    /**
     * Measures under both.
     *
     * @param measured measures under one
     * @param <T> what is measured
     * @return both
     */
    public static <T> ByScoring<T> of(Function<Scoring, T> measured) {
        return new ByScoring<>(measured.apply(Scoring.STRICT), measured.apply(Scoring.PAPER));
    }

    /**
     * Returns one of the two.
     *
     * @param scoring which
     * @return what was measured under it
     */
    public T get(Scoring scoring) {
        return scoring == Scoring.STRICT ? strict : paper;
    }

    /** {@return both} */
    @Override
    public String toString() {
        return "strict %s; paper %s".formatted(strict, paper);
    }
}
