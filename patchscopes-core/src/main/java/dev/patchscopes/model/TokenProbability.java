package dev.patchscopes.model;

import dev.patchscopes.text.Quoting;
import java.util.Locale;

/**
 * A token and how probable a distribution makes it.
 *
 * @param id token id
 * @param piece readable text, leading space kept
 * @param probability softmax probability
 */
public record TokenProbability(int id, String piece, double probability) {

    /** {@return for example {@code " Paris" 0.391}} */
    @Override
    public String toString() {
        return Quoting.quote(piece) + String.format(Locale.ROOT, " %.3f", probability);
    }
}
