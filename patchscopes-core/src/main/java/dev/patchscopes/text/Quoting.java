package dev.patchscopes.text;

import java.util.List;
import java.util.stream.Collectors;

/** How texts and tokens are shown in messages and {@code toString}. */
public final class Quoting {

    /** Longer token lists are cut in the middle so that a message stays readable. */
    private static final int MAX_TOKENS = 60;

    private static final int MAX_CHARACTERS = 200;

    private static final int LONGEST_MESSAGE = 2000;
    private static final char UNPRINTABLE = '\ufffd';

    private Quoting() {}

    /**
     * Puts a text in double quotes, on one line.
     *
     * @param text any text
     * @return the text with quotes, backslashes and control characters escaped as in Java
     */
    public static String quote(String text) {
        StringBuilder out = new StringBuilder(text.length() + 2).append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> {
                    if (Character.isISOControl(c)) {
                        out.append(String.format("\\u%04x", (int) c));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        return out.append('"').toString();
    }

    /**
     * Puts a text in double quotes like {@link #quote(String)}, with the middle of a long one left
     * out.
     *
     * @param text any text
     * @return at most some two hundred characters of it, quoted
     */
    public static String quoteShort(String text) {
        if (text.length() <= MAX_CHARACTERS) {
            return quote(text);
        }
        int head = MAX_CHARACTERS / 2;
        int tail = text.length() - MAX_CHARACTERS / 2;
        // Never cut between the two halves of a surrogate pair.
        head -= Character.isHighSurrogate(text.charAt(head - 1)) ? 1 : 0;
        tail += Character.isLowSurrogate(text.charAt(tail)) ? 1 : 0;
        return quote(text.substring(0, head) + " … " + text.substring(tail));
    }

    /**
     * Makes a message safe to show that repeats what a file says: it must not move a terminal's
     * cursor or fill a log.
     *
     * @param message any text
     * @return at most some two thousand characters of it, with U+FFFD for control characters
     */
    public static String printable(String message) {
        StringBuilder text = new StringBuilder();
        message.codePoints()
                .limit(LONGEST_MESSAGE)
                .map(c -> Character.isISOControl(c) ? UNPRINTABLE : c)
                .forEach(text::appendCodePoint);
        return message.length() <= LONGEST_MESSAGE ? text.toString() : text + "...";
    }

    /**
     * Lists tokens with their indices, as messages do.
     *
     * @param tokens tokens in order
     * @return {@code 0 "The" 1 " E" 2 "iff"}, with the middle of a long list left out
     */
    public static String list(List<Token> tokens) {
        if (tokens.size() <= MAX_TOKENS) {
            return tokens.stream().map(Token::toString).collect(Collectors.joining(" "));
        }
        int half = MAX_TOKENS / 2;
        return list(tokens.subList(0, half))
                + " … "
                + list(tokens.subList(tokens.size() - half, tokens.size()));
    }

    /** {@code "The"·" E"·"iff"}, with the middle of a long list left out. */
    static String join(List<Token> tokens) {
        if (tokens.size() <= MAX_TOKENS) {
            return tokens.stream().map(t -> quote(t.piece())).collect(Collectors.joining("·"));
        }
        int half = MAX_TOKENS / 2;
        return join(tokens.subList(0, half))
                + "·…·"
                + join(tokens.subList(tokens.size() - half, tokens.size()))
                + " ("
                + tokens.size()
                + " tokens)";
    }
}
