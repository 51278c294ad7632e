package dev.patchscopes.text;

import com.google.common.primitives.ImmutableIntArray;
import java.util.stream.IntStream;

/** A run of tokens, or all of them. */
record RangePositions(int from, int toExclusive) implements Positions {

    static final RangePositions ALL = new RangePositions(0, Integer.MAX_VALUE);

    @Override
    public ImmutableIntArray resolve(TokenizedPrompt prompt) {
        int to = this.equals(ALL) ? prompt.length() : toExclusive;
        if (from < 0 || to > prompt.length() || from >= to) {
            throw new PositionException(
                    "Range %d..%d (end excluded) %s of %s, which has positions 0..%d. Tokens: %s."
                            .formatted(
                                    from,
                                    to,
                                    from >= to ? "holds no position" : "is not inside",
                                    Resolving.name(prompt),
                                    prompt.length() - 1,
                                    Quoting.list(prompt.tokens())));
        }
        return ImmutableIntArray.copyOf(IntStream.range(from, to));
    }

    @Override
    public String toString() {
        return this.equals(ALL) ? "all" : "range(" + from + ", " + toExclusive + ")";
    }
}
