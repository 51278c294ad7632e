package dev.patchscopes.lens;

import dev.patchscopes.internal.Csv;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.StateReading;
import dev.patchscopes.model.TokenScore;
import dev.patchscopes.text.Token;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Readings as text and CSV. */
final class LensTable {
    private static final int CELL = 9;

    private LensTable() {}

    /** A line a point, a column a position, the most probable token in each cell. */
    static String text(LensReading reading) {
        StringBuilder out = new StringBuilder();
        out.append(reading.lens()).append(" of ").append(reading.model().name()).append('\n');
        out.append(String.format(Locale.ROOT, "%-8s", "layer"));
        for (int position : reading.positions().asList()) {
            out.append(' ').append(cell(reading.prompt().token(position).piece()));
        }
        for (int row = 0; row < reading.points().size(); row++) {
            out.append('\n').append(String.format(Locale.ROOT, "%-8s", label(reading, row)));
            for (StateReading cell : reading.cells().get(row)) {
                out.append(' ').append(cell(cell.prediction().piece()));
            }
        }
        return out.toString();
    }

    /** The layer; of the middle of a block, so called. */
    static String label(LensReading reading, int row) {
        HookPoint point = reading.points().get(row);
        int layer = LensStates.layer(point);
        return point.equals(HookPoint.residual(layer)) ? Integer.toString(layer) : layer + " mid";
    }

    private static String cell(String piece) {
        String shown = piece.replace("\n", "\\n").replace("\t", "\\t");
        String cut =
                shown.codePointCount(0, shown.length()) <= CELL
                        ? shown
                        : shown.substring(0, shown.offsetByCodePoints(0, CELL - 1)) + "…";
        return cut + " ".repeat(Math.max(0, CELL - cut.codePointCount(0, cut.length())));
    }

    static String csv(LensReading reading) {
        StringBuilder out =
                new StringBuilder(
                        "lens,point,layer,position,token,top_token,top_probability,entropy,kl_final,surprisal_under_final,final_token,final_probability,final_rank,next_token,next_probability,next_rank");
        for (int i = 1; i <= asked(reading); i++) {
            out.append(",asked_%1$d_token,asked_%1$d_probability,asked_%1$d_rank".formatted(i));
        }
        out.append('\n');
        for (int row = 0; row < reading.points().size(); row++) {
            HookPoint point = reading.points().get(row);
            for (int column = 0; column < reading.positions().length(); column++) {
                int position = reading.positions().get(column);
                Token token = reading.prompt().token(position);
                StateReading cell = reading.cells().get(row).get(column);
                out.append(Csv.quoted(reading.lens()))
                        .append(',')
                        .append(point.name())
                        .append(',')
                        .append(LensStates.layer(point))
                        .append(',')
                        .append(position)
                        .append(',')
                        .append(Csv.quoted(token.piece()))
                        .append(',')
                        .append(Csv.quoted(cell.prediction().piece()))
                        .append(number(cell.prediction().probability()))
                        .append(number(cell.entropy()))
                        .append(number(cell.divergence()))
                        .append(number(cell.surprisalUnderFinal()))
                        .append(score(Optional.of(cell.finalPrediction())))
                        .append(score(cell.next()));
                cell.tokens().forEach(asked -> out.append(score(Optional.of(asked))));
                out.append('\n');
            }
        }
        return out.toString();
    }

    /** How many tokens were asked for, of every cell the same. */
    private static int asked(LensReading reading) {
        return reading.cells().stream()
                .flatMap(List::stream)
                .mapToInt(cell -> cell.tokens().size())
                .max()
                .orElse(0);
    }

    private static String score(Optional<TokenScore> score) {
        return score.map(
                        s -> "," + Csv.quoted(s.piece()) + number(s.probability()) + "," + s.rank())
                .orElse(",,,");
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, ",%.6g", value);
    }
}
