package dev.patchscopes.text;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.primitives.ImmutableIntArray;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.stream.Collectors;

/** The tokens that overlap an occurrence of a text. */
record TextPositions(String text, Part part, OptionalInt chosen) implements Positions.OfText {

    /** No choice made: the text must occur exactly once. */
    static final OptionalInt ONLY = OptionalInt.empty();

    /** Which of the overlapping tokens are meant. */
    enum Part {
        ALL("of"),
        FIRST("firstTokenOf"),
        LAST("lastTokenOf");

        private final String factory;

        Part(String factory) {
            this.factory = factory;
        }
    }

    TextPositions {
        Objects.requireNonNull(part, "part");
        Objects.requireNonNull(chosen, "chosen");
        checkArgument(!text.isEmpty(), "Positions.%s needs a text, not \"\"", part.factory);
    }

    @Override
    public OfText occurrence(int n) {
        return new TextPositions(text, part, OptionalInt.of(n));
    }

    @Override
    public ImmutableIntArray resolve(TokenizedPrompt prompt) {
        String what = "Text " + Quoting.quoteShort(text);
        Resolving.requireText(what, prompt);
        int start = startOfChosen(what, prompt);
        CharSpan span = new CharSpan(start, start + text.length());
        ImmutableIntArray tokens = Resolving.overlapping(what, span, prompt);
        return switch (part) {
            case ALL -> tokens;
            case FIRST -> ImmutableIntArray.of(tokens.get(0));
            case LAST -> ImmutableIntArray.of(tokens.get(tokens.length() - 1));
        };
    }

    private int startOfChosen(String what, TokenizedPrompt prompt) {
        List<Integer> starts = occurrences(prompt.text());
        int count = starts.size();
        if (count == 0) {
            throw failure(what + " does not occur in " + Resolving.name(prompt) + ".", prompt);
        }
        if (chosen.isEmpty()) {
            if (count == 1) {
                return starts.get(0);
            }
            String at = starts.stream().map(String::valueOf).collect(Collectors.joining(", "));
            throw failure(
                    ("%s occurs %d times in %s, at characters %s. Choose one with"
                                    + " occurrence(0..%d), firstOccurrence() or lastOccurrence().")
                            .formatted(what, count, Resolving.name(prompt), at, count - 1),
                    prompt);
        }
        int n = chosen.getAsInt();
        if (n < -count || n >= count) {
            throw failure(
                    ("%s occurs %d %s in %s, so there is no occurrence %d (allowed: 0..%d,"
                                    + " or -%d..-1 from the end).")
                            .formatted(
                                    what,
                                    count,
                                    count == 1 ? "time" : "times",
                                    Resolving.name(prompt),
                                    n,
                                    count - 1,
                                    count),
                    prompt);
        }
        return starts.get(n < 0 ? n + count : n);
    }

    private List<Integer> occurrences(String in) {
        List<Integer> starts = new ArrayList<>();
        for (int at = in.indexOf(text); at >= 0; at = in.indexOf(text, at + 1)) {
            starts.add(at);
        }
        return starts;
    }

    private static PositionException failure(String message, TokenizedPrompt prompt) {
        return new PositionException(message + " Tokens: " + Quoting.list(prompt.tokens()) + ".");
    }

    @Override
    public String toString() {
        String base = part.factory + "(" + Quoting.quote(text) + ")";
        return chosen.isPresent() ? base + ".occurrence(" + chosen.getAsInt() + ")" : base;
    }
}
