package dev.patchscopes.text;

import com.google.common.primitives.ImmutableIntArray;

/** The tokens that overlap a range of characters. */
record SpanPositions(int fromChar, int toChar) implements Positions {

    @Override
    public ImmutableIntArray resolve(TokenizedPrompt prompt) {
        String what = "Span " + fromChar + ".." + toChar;
        Resolving.requireText(what, prompt);
        int length = prompt.text().length();
        if (fromChar < 0 || toChar > length || fromChar >= toChar) {
            throw new PositionException(
                    "%s %s %s, which has %d characters. Tokens: %s."
                            .formatted(
                                    what,
                                    fromChar >= toChar ? "holds no character of" : "is not inside",
                                    Resolving.name(prompt),
                                    length,
                                    Quoting.list(prompt.tokens())));
        }
        return Resolving.overlapping(what, new CharSpan(fromChar, toChar), prompt);
    }

    @Override
    public String toString() {
        return "span(" + fromChar + ", " + toChar + ")";
    }
}
