package dev.patchscopes.report;

import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** Texts as bad as a model may write them. */
final class RandomTexts {

    /**
     * What steers terminals, joins, reorders, takes no place or two, or means something to a
     * format.
     */
    private static final List<String> NASTY =
            List.of(
                    "\u001b[31m",
                    "\u001b]0;title\u0007",
                    "\u009b2J",
                    "\r",
                    "\n",
                    "\r\n",
                    "\t",
                    "\0",
                    "\u202e",
                    "\u2066",
                    "\u200b",
                    "\u200d",
                    "\ufeff",
                    "\u2028",
                    "\ud800",
                    "\udc00",
                    "\u0301",
                    "\ufe0f",
                    "👩\u200d🚀",
                    "東京",
                    "한",
                    "|",
                    "\\",
                    "`",
                    "``",
                    "*",
                    "_",
                    "<b>",
                    "</td>",
                    "&amp;",
                    "[x](y)",
                    "$1$",
                    "~~",
                    "#",
                    "- ",
                    "+ ",
                    "1. ",
                    "=",
                    "@",
                    "\"",
                    ",",
                    "  ",
                    " ",
                    "https://a.b",
                    "www.a.b",
                    "|---|",
                    "\u00a0",
                    "\u3164",
                    "🇫🇷",
                    "\uE000");

    private final Random random;

    RandomTexts(Random random) {
        this.random = random;
    }

    /** A text of up to six parts: any code point, something nasty, or a word. */
    String next() {
        StringBuilder text = new StringBuilder();
        IntStream.range(0, random.nextInt(7)).forEach(i -> text.append(part()));
        return text.toString();
    }

    private String part() {
        return switch (random.nextInt(3)) {
            case 0 -> new String(Character.toChars(random.nextInt(Character.MAX_CODE_POINT + 1)));
            case 1 -> NASTY.get(random.nextInt(NASTY.size()));
            default -> "word".substring(random.nextInt(4));
        };
    }
}
