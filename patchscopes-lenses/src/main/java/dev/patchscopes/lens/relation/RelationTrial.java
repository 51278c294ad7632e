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
 * @param editLayer layer chosen for edits
 * @param editRank rank chosen for edits
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

    /** {@return what was chosen, and on how many samples} */
    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "seed %d: layer %d, beta %.2f; edits at layer %d of rank %d (known: %d of %d chosen"
                        + " on, %d of %d tested)",
                seed,
                layer,
                beta,
                editLayer,
                editRank,
                validationKnown,
                validation,
                testKnown,
                test);
    }
}
