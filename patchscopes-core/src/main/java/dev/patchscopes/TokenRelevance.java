package dev.patchscopes;

import dev.patchscopes.internal.Fixed;
import dev.patchscopes.text.Quoting;

/**
 * How much a patch had to do with a token it made the model generate.
 *
 * <p>For the t-th generated token y_t after the target prompt T the relevance is
 *
 * <pre>{@code p_patched(y_t | T, y_1 .. y_(t-1)) - p_unpatched(y_t | T, y_1 .. y_(t-1))}</pre>
 *
 * where both runs read the same text so far, and only the first is patched. It is near 0 for what
 * the model would have said anyway (the format of the examples, the rest of a word), and near 1 for
 * what only the patch explains. The probabilities are the model's own, whatever the sampling.
 *
 * @param id token id
 * @param piece readable text, leading space kept
 * @param patched probability in the patched run
 * @param unpatched probability in the unpatched run
 */
public record TokenRelevance(int id, String piece, double patched, double unpatched) {

    /** {@return the difference of the two probabilities, in -1..1} */
    public double relevance() {
        return patched - unpatched;
    }

    /** {@return for example {@code " American" +0.412}} */
    @Override
    public String toString() {
        return Quoting.quote(piece) + " " + Fixed.signed(relevance(), 3);
    }
}
