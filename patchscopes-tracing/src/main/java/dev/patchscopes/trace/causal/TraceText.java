package dev.patchscopes.trace.causal;

import dev.patchscopes.internal.Csv;
import dev.patchscopes.internal.Fixed;
import dev.patchscopes.text.Quoting;
import java.util.Locale;
import java.util.stream.Collectors;

/** Traces as text. */
final class TraceText {
    private static final int BEST = 3;

    private TraceText() {}

    static String summary(CausalTrace trace) {
        StringBuilder out =
                new StringBuilder(
                        String.format(
                                Locale.ROOT,
                                "%s -> %s: clean %s, corrupted %s, total effect %s%n  %s%n",
                                trace.tokens().stream()
                                        .map(TraceToken::toString)
                                        .collect(Collectors.joining(" ")),
                                Quoting.quote(trace.provenance().answerText()),
                                Fixed.text(trace.clean(), 3),
                                Fixed.text(trace.corrupted(), 3),
                                Fixed.text(trace.totalEffect(), 3),
                                trace.provenance()));
        for (TraceGrid grid : trace.grids()) {
            out.append("  ").append(grid.kind().label());
            if (!grid.kind().isResidual()) {
                out.append(" in windows of ").append(grid.window());
            }
            out.append(": ")
                    .append(
                            trace.best(grid.kind(), BEST).stream()
                                    .map(cell -> best(trace, cell))
                                    .collect(Collectors.joining(", ")))
                    .append(System.lineSeparator());
        }
        return out.toString();
    }

    private static String best(CausalTrace trace, TraceCell cell) {
        return String.format(
                Locale.ROOT,
                "%s at %s %d of token %d %s",
                Fixed.signed(cell.indirectEffect(), 3),
                cell.kind().isResidual() ? "layer" : "block",
                cell.row(),
                cell.token(),
                trace.tokens().get(cell.token()));
    }

    static String table(CausalTrace trace, TraceGrid grid) {
        StringBuilder out =
                new StringBuilder(
                        String.format(
                                Locale.ROOT,
                                "%s by %s: clean %s, corrupted %s%n%-18s",
                                grid.kind().label(),
                                grid.kind().isResidual()
                                        ? "layer"
                                        : "block, in windows of " + grid.window(),
                                Fixed.text(trace.clean(), 3),
                                Fixed.text(trace.corrupted(), 3),
                                ""));
        for (int row = 0; row < grid.rows(); row++) {
            out.append(String.format(Locale.ROOT, "%7d", row));
        }
        out.append(System.lineSeparator());
        for (int token = 0; token < grid.tokens(); token++) {
            out.append(String.format("%2d %-15s", token, trace.tokens().get(token)));
            for (int row = 0; row < grid.rows(); row++) {
                out.append("%7s".formatted(Fixed.text(grid.value(row, token), 3)));
            }
            out.append(System.lineSeparator());
        }
        return out.toString();
    }

    static String csv(CausalTrace trace) {
        StringBuilder out =
                new StringBuilder("kind,window,row,token,text,class,value,indirect_effect\n");
        for (TraceGrid grid : trace.grids()) {
            for (int row = 0; row < grid.rows(); row++) {
                for (int token = 0; token < grid.tokens(); token++) {
                    out.append(
                            String.format(
                                    Locale.ROOT,
                                    "%s,%d,%d,%d,%s,%s,%.6g,%.6g\n",
                                    grid.kind().name().toLowerCase(Locale.ROOT),
                                    grid.window(),
                                    row,
                                    token,
                                    Csv.quoted(trace.tokens().get(token).text()),
                                    trace.tokenClass(token)
                                            .map(c -> c.name().toLowerCase(Locale.ROOT))
                                            .orElse(""),
                                    grid.value(row, token),
                                    trace.indirectEffect(grid.kind(), row, token)));
                }
            }
        }
        return out.toString();
    }
}
