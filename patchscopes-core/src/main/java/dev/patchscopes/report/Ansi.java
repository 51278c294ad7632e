package dev.patchscopes.report;

import com.google.common.collect.ImmutableList;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * Colours of a terminal, by the escape sequences that nearly all know ("Select Graphic Rendition",
 * ECMA-48); without colours, texts as they are.
 */
record Ansi(Terminal.Colors colors) {

    private static final String ESCAPE = "\u001b[";
    private static final String RESET = ESCAPE + "0m";

    /** Index of the first of the table's colours that are the same in every terminal. */
    private static final int FIRST = 16;

    private static final int[] STEPS = {0, 95, 135, 175, 215, 255};

    /** Colours 16 to 255: a cube of six steps each of red, green and blue, then 24 greys. */
    private static final ImmutableList<Rgb> TABLE =
            IntStream.range(FIRST, 256)
                    .mapToObj(Ansi::indexed)
                    .collect(ImmutableList.toImmutableList());

    private static Rgb indexed(int index) {
        int i = index - FIRST;
        if (i < 216) {
            return new Rgb(STEPS[i / 36], STEPS[i / 6 % 6], STEPS[i % 6]);
        }
        int grey = 8 + 10 * (i - 216);
        return new Rgb(grey, grey, grey);
    }

    /** A title. */
    String bold(String text) {
        return colored("1", text);
    }

    /** A text in a colour, on the terminal's own ground. */
    String in(Rgb color, String text) {
        return colored("38;" + code(color), text);
    }

    /** A text on a colour, in the ink that is read best on it. */
    String on(Rgb ground, String text) {
        Rgb shown = colors == Terminal.Colors.INDEXED ? TABLE.get(nearest(ground)) : ground;
        return colored("48;" + code(shown) + ";38;" + code(Palette.inkOn(shown)), text);
    }

    private String colored(String parameters, String text) {
        return colors == Terminal.Colors.NONE || text.isEmpty()
                ? text
                : ESCAPE + parameters + "m" + text + RESET;
    }

    private String code(Rgb color) {
        return colors == Terminal.Colors.INDEXED
                ? "5;" + (FIRST + nearest(color))
                : "2;%s;%s;%s".formatted(color.red(), color.green(), color.blue());
    }

    private static int nearest(Rgb color) {
        return IntStream.range(0, TABLE.size())
                .boxed()
                .min(Comparator.comparingDouble(i -> TABLE.get(i).distance(color)))
                .orElseThrow();
    }
}
