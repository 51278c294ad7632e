package dev.patchscopes.lens.future;

import com.google.common.primitives.ImmutableDoubleArray;
import dev.patchscopes.model.TokenProbability;
import dev.patchscopes.report.AxisLabels;
import dev.patchscopes.report.HeatCell;
import dev.patchscopes.report.Heatmap;
import dev.patchscopes.report.Measure;
import dev.patchscopes.text.Quoting;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Readings as heat maps. */
final class FutureFigures {
    private FutureFigures() {}

    static Heatmap heatmap(FutureReading reading) {
        int most =
                reading.cells().stream()
                        .flatMap(List::stream)
                        .mapToInt(cell -> cell.tokens().size())
                        .max()
                        .orElse(0);
        List<Measure> measures = new ArrayList<>();
        measures.add(Measure.probability().named("mean probability"));
        for (int ahead = 0; ahead < most; ahead++) {
            measures.add(Measure.probability().named("probability at N = " + ahead));
        }
        return Heatmap.of(
                        "Later tokens of %s, read by %s"
                                .formatted(shown(reading.prompt()), reading.lens()),
                        AxisLabels.of("layer", reading.layers().asList()),
                        AxisLabels.tokens(
                                reading.positions().stream()
                                        .mapToObj(reading.prompt()::token)
                                        .toList()),
                        measures,
                        (row, column) -> cell(reading.cells().get(row).get(column), most))
                .withCaption(
                        "The tokens that each state of the model %s expects, from the next one on (N = 0)."
                                .formatted(reading.model().name()));
    }

    private static HeatCell cell(FutureCell cell, int most) {
        if (cell.tokens().isEmpty()) {
            return HeatCell.empty();
        }
        ImmutableDoubleArray.Builder values = ImmutableDoubleArray.builder();
        values.add(cell.meanProbability());
        for (int ahead = 0; ahead < most; ahead++) {
            values.add(
                    ahead < cell.tokens().size()
                            ? cell.tokens().get(ahead).probability()
                            : Double.NaN);
        }
        return HeatCell.of(cell.text(), values.build().toArray()).withNote(note(cell));
    }

    private static String note(FutureCell cell) {
        return IntStream.range(0, cell.tokens().size())
                .mapToObj(ahead -> note(ahead, cell.tokens().get(ahead)))
                .collect(Collectors.joining("; "));
    }

    private static String note(int ahead, TokenProbability token) {
        return String.format(
                Locale.ROOT,
                "N = %d: %s %.3f",
                ahead,
                Quoting.quote(token.piece()),
                token.probability());
    }

    private static String shown(TokenizedPrompt prompt) {
        return prompt.text().isEmpty() ? prompt.toString() : Quoting.quoteShort(prompt.text());
    }
}
