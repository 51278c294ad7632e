package dev.patchscopes.lens.future;

import dev.patchscopes.internal.Csv;
import dev.patchscopes.model.TokenProbability;
import java.util.Locale;

/** Readings as text and CSV. */
final class FutureTable {
    private static final int CELL = 24;

    private FutureTable() {}

    /** A line a layer, a column a position; the tokens of a cell and their mean probability. */
    static String text(FutureReading reading) {
        StringBuilder out = new StringBuilder();
        out.append(reading.lens()).append(" of ").append(reading.model().name());
        out.append(", mean probabilities beside the tokens\n");
        out.append(String.format(Locale.ROOT, "%-5s", "layer"));
        for (int position : reading.positions().asList()) {
            out.append(' ').append(padded(reading.prompt().token(position).piece(), CELL + 4));
        }
        for (int row = 0; row < reading.layers().length(); row++) {
            out.append(String.format(Locale.ROOT, "\n%5d", reading.layers().get(row)));
            for (FutureCell cell : reading.cells().get(row)) {
                out.append(' ').append(padded(cell.text(), CELL));
                out.append(String.format(Locale.ROOT, "%4.2f", cell.meanProbability()));
            }
        }
        return out.toString();
    }

    private static String padded(String text, int width) {
        String shown = text.replace("\n", "\\n").replace("\t", "\\t");
        int length = shown.codePointCount(0, shown.length());
        return length < width
                ? shown + " ".repeat(width - length)
                : shown.substring(0, shown.offsetByCodePoints(0, width - 2)) + "… ";
    }

    static String csv(FutureReading reading) {
        StringBuilder out =
                new StringBuilder("lens,layer,position,token,ahead,predicted,probability\n");
        for (int row = 0; row < reading.layers().length(); row++) {
            for (int column = 0; column < reading.positions().length(); column++) {
                int position = reading.positions().get(column);
                FutureCell cell = reading.cells().get(row).get(column);
                for (int ahead = 0; ahead < cell.tokens().size(); ahead++) {
                    TokenProbability token = cell.tokens().get(ahead);
                    out.append(Csv.quoted(reading.lens())).append(',');
                    out.append(reading.layers().get(row)).append(',').append(position).append(',');
                    out.append(Csv.quoted(reading.prompt().token(position).piece())).append(',');
                    out.append(ahead).append(',').append(Csv.quoted(token.piece()));
                    out.append(String.format(Locale.ROOT, ",%.6g\n", token.probability()));
                }
            }
        }
        return out.toString();
    }
}
