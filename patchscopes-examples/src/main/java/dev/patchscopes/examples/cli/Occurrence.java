package dev.patchscopes.examples.cli;

import dev.patchscopes.text.Positions;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One of several occurrences of a text, written {@code Wales#2}.
 *
 * @param text the text
 * @param number which, from 1
 */
record Occurrence(String text, int number) {

    private static final Pattern WRITTEN = Pattern.compile("(.+)#([1-9]\\d{0,5})", Pattern.DOTALL);

    /** Reads one; empty if the text stands for itself. */
    static Optional<Occurrence> of(String written) {
        Matcher matcher = WRITTEN.matcher(written);
        return matcher.matches()
                ? Optional.of(
                        new Occurrence(matcher.group(1), Integer.parseInt(matcher.group(2))))
                : Optional.empty();
    }

    /** All its tokens. */
    Positions positions() {
        return Positions.of(text).occurrence(number - 1);
    }

    /** Its last token. */
    Positions lastToken() {
        return Positions.lastTokenOf(text).occurrence(number - 1);
    }
}
