package dev.patchscopes.report;

import com.google.common.collect.ImmutableList;
import java.util.List;

/** Names beside what they name: a column to the right of the data, where it covers none. */
final class SvgLegend {

    private static final SvgFont FONT = SvgFont.sans(11);
    private static final double SAMPLE = 34;
    private static final double MOST_TEXT = 170;
    private static final double GAP = 5;
    private static final int MOST_LINES = 3;

    private final ImmutableList<ImmutableList<String>> names;

    SvgLegend(List<String> names) {
        this.names =
                names.stream()
                        .map(name -> FONT.wrap(VisibleText.of(name), MOST_TEXT, MOST_LINES))
                        .collect(ImmutableList.toImmutableList());
    }

    /** Draws what stands before a name. */
    @FunctionalInterface
    interface Sample {

        /**
         * Draws it.
         *
         * @param entry index of the name
         * @param x where it starts
         * @param y its middle
         */
        SvgElement draw(int entry, double x, double y);
    }

    /** How long a sample is. */
    static double sampleWidth() {
        return SAMPLE - 10;
    }

    boolean isEmpty() {
        return names.stream().allMatch(List::isEmpty);
    }

    double width() {
        return isEmpty()
                ? 0
                : SAMPLE
                        + names.stream()
                                .flatMap(List::stream)
                                .mapToDouble(FONT::width)
                                .max()
                                .orElse(0);
    }

    double height() {
        return isEmpty()
                ? 0
                : names.stream()
                                .mapToDouble(lines -> GAP + lines.size() * FONT.lineHeight())
                                .sum()
                        - GAP;
    }

    void draw(double x, double top, SvgSheet sheet, Sample sample) {
        if (isEmpty()) {
            return;
        }
        double y = top;
        for (int entry = 0; entry < names.size(); entry++) {
            sheet.add(sample.draw(entry, x, y + FONT.lineHeight() / 2));
            for (String line : names.get(entry)) {
                sheet.add(
                        FONT.starting(
                                line,
                                x + SAMPLE,
                                y + FONT.lineHeight() / 2,
                                sheet.colors().ink()));
                y += FONT.lineHeight();
            }
            y += GAP;
        }
    }
}
