package dev.patchscopes.trace.causal;

import java.util.Locale;
import java.util.Optional;

/**
 * Where a token stands in a prompt about a subject: the rows of the paper's averages (Meng et al.,
 * 2022, figure 2).
 *
 * <p>A token has one class, the last of these that fits it where several do: the prompt's last
 * token is {@link #LAST} even if it is the subject's, and a subject of one token has a last token
 * only. Tokens before the subject have none; nothing is corrupted there.
 */
public enum TokenClass {
    /** The subject's first token, if it has others. */
    FIRST_SUBJECT,
    /** Its tokens in between. */
    MIDDLE_SUBJECT,
    /** Its last token. */
    LAST_SUBJECT,
    /** The token after it. */
    FIRST_SUBSEQUENT,
    /** The tokens after that. */
    FURTHER,
    /** The prompt's last token, after which the answer is read. */
    LAST;

    /**
     * Classes a token.
     *
     * @param token its index
     * @param from first token of the subject
     * @param to token after its last one
     * @param length tokens of the prompt
     * @return its class; empty before the subject
     */
    public static Optional<TokenClass> of(int token, int from, int to, int length) {
        if (token < from) {
            return Optional.empty();
        }
        if (token == length - 1) {
            return Optional.of(LAST);
        }
        if (token >= to) {
            return Optional.of(token == to ? FIRST_SUBSEQUENT : FURTHER);
        }
        if (token == to - 1) {
            return Optional.of(LAST_SUBJECT);
        }
        return Optional.of(token == from ? FIRST_SUBJECT : MIDDLE_SUBJECT);
    }

    /** {@return the name as tables show it, such as {@code last subject}} */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
