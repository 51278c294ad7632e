package dev.patchscopes.examples.demo.corpus;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.TargetPrompt;

/**
 * Says things twice: words, names, numbers, letters, characters of many scripts, and pieces of
 * words.
 */
final class RepetitionWriter implements DocumentWriter {

    private static final String PLACEHOLDER = "?";

    /** First and last character of scripts that are drawn from evenly. */
    private static final ImmutableList<Integer> SCRIPT_BEGINS =
            ImmutableList.of(
                    0xA1, 0x100, 0x391, 0x410, 0x5D0, 0x627, 0x905, 0x3041, 0x4E00, 0xAC00, 0x2190,
                    0x1F300);

    private static final int SCRIPT_LENGTH = 64;

    private final ImmutableList<String> words;
    private final ImmutableList<String> names;
    private final ImmutableList<String> pieces;
    private final String examples;

    /**
     * @param pieces texts that are a token by themselves; empty before there is a tokenizer
     */
    RepetitionWriter(
            ImmutableList<String> words,
            ImmutableList<String> names,
            ImmutableList<String> pieces) {
        this.words = words;
        this.names = names;
        this.pieces = pieces;
        String prompt = TargetPrompt.tokenIdentity().text();
        this.examples = prompt.substring(0, prompt.length() - PLACEHOLDER.length());
    }

    @Override
    public String write(Draw draw) {
        if (draw.percent(25)) {
            return examples + lines(draw, new Form(" -> ", "\n"), draw.between(2, 8));
        }
        return lines(draw, Form.of(draw), draw.between(3, 12));
    }

    /** Lines that another text follows: they end in their separator. */
    String beginning(Draw draw) {
        Form form = Form.of(draw);
        return draw.percent(40)
                ? examples
                : lines(draw, form, draw.between(2, 4)) + form.separator();
    }

    private String lines(Draw draw, Form form, int count) {
        return String.join(form.separator(), draw.times(count, () -> form.twice(item(draw))))
                .strip();
    }

    private String item(Draw draw) {
        int kind = draw.between(1, 100);
        if (kind <= 40) {
            return draw.of(pieces.isEmpty() ? words : pieces);
        }
        if (kind <= 70) {
            return draw.of(words);
        }
        if (kind <= 80) {
            return draw.of(names);
        }
        if (kind <= 90) {
            return String.valueOf(draw.between(0, draw.among(9, 99, 999, 9999)));
        }
        if (kind <= 96) {
            return String.join("", draw.times(draw.between(1, 5), () -> letter(draw)));
        }
        return String.join("", draw.times(draw.between(1, 2), () -> character(draw)));
    }

    private static String letter(Draw draw) {
        return String.valueOf((char) ('a' + draw.between(0, 25)));
    }

    private static String character(Draw draw) {
        return Character.toString(draw.of(SCRIPT_BEGINS) + draw.between(0, SCRIPT_LENGTH - 1));
    }

    /**
     * How an item and its repetition are set apart.
     *
     * @param relation stands between them
     * @param separator follows the repetition
     */
    private record Form(String relation, String separator) {

        static Form of(Draw draw) {
            String relation =
                    draw.percent(50)
                            ? " -> "
                            : draw.among("->", " = ", "=", ": ", " : ", " is ", " => ", " ");
            String separator = draw.percent(60) ? "\n" : draw.among("; ", ", ", " | ", ";");
            return new Form(relation, separator);
        }

        /** A piece keeps the space before it unless there is one already. */
        String twice(String item) {
            String first = separator.endsWith(" ") ? item.stripLeading() : item;
            String second = relation.endsWith(" ") ? item.stripLeading() : item;
            return first + relation + second;
        }
    }
}
