package dev.patchscopes.trace.causal;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import dev.patchscopes.internal.Fixed;
import dev.patchscopes.report.AxisLabels;
import dev.patchscopes.report.Block;
import dev.patchscopes.report.HeatCell;
import dev.patchscopes.report.Heatmap;
import dev.patchscopes.report.LineChart;
import dev.patchscopes.report.Measure;
import dev.patchscopes.report.Measured;
import dev.patchscopes.report.Page;
import dev.patchscopes.report.Prose;
import dev.patchscopes.report.Series;
import dev.patchscopes.report.Table;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Pictures of averages over facts. */
final class AverageFigures {
    private static final ImmutableSet<TokenClass> OF_SUBJECT =
            ImmutableSet.of(
                    TokenClass.FIRST_SUBJECT, TokenClass.MIDDLE_SUBJECT, TokenClass.LAST_SUBJECT);

    private AverageFigures() {}

    private static List<TokenClass> classes(TraceAverage average, TraceKind kind) {
        return Arrays.stream(TokenClass.values())
                .filter(tokenClass -> !average.effects(kind, tokenClass).isEmpty())
                .toList();
    }

    static Heatmap heatmap(TraceAverage average, TraceKind kind) {
        List<TokenClass> classes = classes(average, kind);
        List<ImmutableList<ClassEffect>> effects =
                classes.stream().map(c -> average.effects(kind, c)).toList();
        return Heatmap.of(
                        "Average indirect effect of restoring %s".formatted(what(average, kind)),
                        AxisLabels.of("tokens", classes.stream().map(TokenClass::label).toList())
                                .withMarked(
                                        IntStream.range(0, classes.size())
                                                .filter(i -> OF_SUBJECT.contains(classes.get(i)))
                                                .boxed()
                                                .toList()),
                        TraceFigures.rows(kind, kind.rows(average.provenance().layers())),
                        List.of(effect(average)),
                        (row, column) -> cell(average, effects.get(row).get(column)))
                .withCaption(
                        "%s Marked tokens are the subject's, which are corrupted. Marked cells bring back most in facts about half of the subjects, and more than nothing in the others (95%% interval above 0): pointing at them shows how much."
                                .formatted(facts(average)));
    }

    private static Measure effect(TraceAverage average) {
        return Measure.difference("indirect effect", average.provenance().metric().unit());
    }

    private static HeatCell cell(TraceAverage average, ClassEffect effect) {
        double mean = effect.effect().mean();
        String note = "%s of %d facts".formatted(effect.effect(), effect.effect().count());
        HeatCell cell = HeatCell.of(Fixed.of(mean, 3), mean);
        return average.heldOutPeak(effect.kind(), effect.tokenClass())
                .filter(peak -> peak.row() == effect.row())
                .map(
                        peak ->
                                cell.withMark(peak.isAboveZero())
                                        .withNote(
                                                "%s; chosen on half of the subjects (%s there), held out %s"
                                                        .formatted(note, peak.dev(), peak.test())))
                .orElseGet(() -> cell.withNote(note));
    }

    /** A line for each class of tokens. */
    static LineChart curves(TraceAverage average, TraceKind kind) {
        return chart(
                average,
                "Average indirect effect of restoring %s".formatted(what(average, kind)),
                kind.isResidual() ? "layer" : "block in the middle of the window",
                classes(average, kind).stream()
                        .map(c -> line(c.label(), average.effects(kind, c)))
                        .toList());
    }

    /** The stream whole and with parts of later blocks severed, at one class of tokens. */
    static LineChart severed(TraceAverage average, TokenClass tokenClass) {
        checkArgument(
                isSevered(average),
                "only %s were traced: add severed kinds and RESIDUAL by kinds(...)",
                average.kinds());
        List<TraceKind> kinds = average.kinds().stream().filter(TraceKind::isResidual).toList();
        return chart(
                average,
                "Average indirect effect at the %s, parts of later blocks severed"
                        .formatted(tokenClass.label()),
                "layer",
                kinds.stream()
                        .map(
                                kind -> {
                                    Series line =
                                            line(kind.label(), average.effects(kind, tokenClass));
                                    return kind.isSevered() ? line : line.asBaseline();
                                })
                        .toList());
    }

    static boolean isSevered(TraceAverage average) {
        return average.kinds().contains(TraceKind.RESIDUAL)
                && average.kinds().stream().anyMatch(TraceKind::isSevered);
    }

    private static Series line(String name, List<ClassEffect> effects) {
        return Series.of(
                name,
                effects.stream().map(ClassEffect::row).toList(),
                row -> Measured.of(effects.get(row).effect()));
    }

    private static LineChart chart(
            TraceAverage average, String title, String xTitle, List<Series> lines) {
        return LineChart.of(title, xTitle, effect(average).label(), lines)
                .withCaption(facts(average) + " Bands are 95% intervals over subjects.");
    }

    private static String what(TraceAverage average, TraceKind kind) {
        return kind.isResidual()
                ? TraceFigures.thing(kind)
                : "%s of %d blocks"
                        .formatted(TraceFigures.thing(kind), average.provenance().window());
    }

    private static String facts(TraceAverage average) {
        return "Mean over %d facts (%d more are not answered): clean %s, corrupted %s, total effect %s."
                .formatted(
                        average.facts().size(),
                        average.skipped(),
                        average.clean(),
                        average.corrupted(),
                        average.totalEffect());
    }

    static Page page(TraceAverage average) {
        ImmutableList.Builder<Block> blocks = ImmutableList.builder();
        average.kinds().forEach(kind -> blocks.add(heatmap(average, kind), curves(average, kind)));
        if (isSevered(average)) {
            blocks.add(severed(average, TokenClass.LAST_SUBJECT));
        }
        if (!average.heldOut().isEmpty()) {
            blocks.add(peaks(average));
        }
        blocks.add(new Prose("How it was measured", average.provenance() + "."));
        return Page.of(
                "Causal traces of %d facts in %s"
                        .formatted(average.facts().size(), average.provenance().model().name()),
                blocks.build());
    }

    /** Where restoring brings back most, chosen on one half of the subjects. */
    private static Table peaks(TraceAverage average) {
        return Table.of(
                        "Peaks, chosen on half of the subjects and measured on the others",
                        "restored",
                        "tokens",
                        "layer or block",
                        "held out",
                        "low",
                        "high",
                        "above 0",
                        "facts",
                        "where chosen")
                .withRows(average.heldOut().stream().map(AverageFigures::peak).toList());
    }

    private static List<Object> peak(HeldOutPeak peak) {
        return Stream.<Object>of(
                        peak.kind().label(),
                        peak.tokenClass().label(),
                        peak.row(),
                        peak.test().mean(),
                        peak.test().low(),
                        peak.test().high(),
                        aboveZero(peak),
                        peak.test().count(),
                        peak.dev().mean())
                .toList();
    }

    private static String aboveZero(HeldOutPeak peak) {
        return Double.isNaN(peak.test().low()) ? "" : peak.isAboveZero() ? "yes" : "no";
    }
}
