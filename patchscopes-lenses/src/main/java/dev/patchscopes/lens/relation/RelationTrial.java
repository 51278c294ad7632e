package dev.patchscopes.lens.relation;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.facts.Relation;
import java.util.Locale;

/**
 * One trial of an evaluation: its examples, and what its validation half chose.
 *
 * @param seed the seed that shuffled the samples
 * @param examples pairs the relation was fitted on
 * @param validation samples of the validation half
 * @param validationKnown those among them that the model answers with the examples as context
 * @param test samples of the test half
 * @param testKnown those among them that the model answers
 * @param layer layer chosen for predictions
 * @param beta factor chosen for predictions
 * @param editLayer layer chosen for edits; -1 without a choice, see {@link #hasEdits}
 * @param editRank rank chosen for edits; 0 without a choice
 */
public record RelationTrial(
        long seed,
        ImmutableList<Relation.Sample> examples,
        int validation,
        int validationKnown,
        int test,
        int testKnown,
        int layer,
        double beta,
        int editLayer,
        int editRank) {

    static final int NO_LAYER = -1;

    /**
     * Whether a layer and a rank of edits were chosen.
     *
     * @return false if no known subject of the validation half has another with another object to
     *     be edited to: the report then has no edits of this trial
     */
    public boolean hasEdits() {
        return editRank > 0;
    }

    /** {@return what was chosen, and on how many samples} */
    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "seed %d: layer %d, beta %.2f; %s (known: %d of %d chosen on, %d of %d tested)",
                seed,
                layer,
                beta,
                hasEdits()
                        ? "edits at layer %d of rank %d".formatted(editLayer, editRank)
                        : "no edits",
                validationKnown,
                validation,
                testKnown,
                test);
    }
}
