package dev.patchscopes.lens;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.internal.Csv;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.StateReading;
import dev.patchscopes.model.TokenScore;
import dev.patchscopes.report.Table;
import dev.patchscopes.report.TableCell;
import dev.patchscopes.text.Token;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Readings as text and CSV. */
final class LensTable {
    private LensTable() {}

    /** A line a point, a column a position, the most probable token in each cell. */
    static String text(LensReading reading) {
        return new Table(
                        "%s in %s".formatted(LensFigures.title(reading), reading.model().name()),
                        columns(reading),
                        ImmutableList.of())
                .withRows(
                        IntStream.range(0, reading.points().size())
                                .mapToObj(row -> row(reading, row))
                                .toList())
                .toString()
                .stripTrailing();
    }

    private static ImmutableList<String> columns(LensReading reading) {
        return Stream.concat(
                        Stream.of("layer"),
                        reading.positions().stream()
                                .mapToObj(position -> reading.prompt().token(position).piece()))
                .collect(ImmutableList.toImmutableList());
    }

    private static List<Object> row(LensReading reading, int row) {
        String label = label(reading, row);
        return Stream.<Object>concat(
                        Stream.of(new TableCell(label, label, true)),
                        reading.cells().get(row).stream().map(cell -> cell.prediction().piece()))
                .toList();
    }

    /** The layer; of the middle of a block, so called. */
    static String label(LensReading reading, int row) {
        HookPoint point = reading.points().get(row);
        int layer = LensStates.layer(point);
        return point.equals(HookPoint.residual(layer)) ? Integer.toString(layer) : layer + " mid";
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
