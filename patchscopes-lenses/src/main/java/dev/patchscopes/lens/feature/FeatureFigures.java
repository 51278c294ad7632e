package dev.patchscopes.lens.feature;

import static com.google.common.base.Preconditions.checkElementIndex;

import dev.patchscopes.facts.Relation;
import dev.patchscopes.measure.ByScoring;
import dev.patchscopes.measure.CellRates;
import dev.patchscopes.measure.Difference;
import dev.patchscopes.measure.HeldOutCell;
import dev.patchscopes.measure.Rate;
import dev.patchscopes.measure.Scoring;
import dev.patchscopes.report.AxisLabels;
import dev.patchscopes.report.Block;
import dev.patchscopes.report.HeatCell;
import dev.patchscopes.report.Heatmap;
import dev.patchscopes.report.LineChart;
import dev.patchscopes.report.Measure;
import dev.patchscopes.report.Measured;
import dev.patchscopes.report.Page;
import dev.patchscopes.report.Prose;
import dev.patchscopes.report.RateFigures;
import dev.patchscopes.report.Series;
import dev.patchscopes.report.Table;
import dev.patchscopes.text.Quoting;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Feature extractions as pictures. */
final class FeatureFigures {
    private FeatureFigures() {}

    static Heatmap heatmap(FeatureExtractionReport report, Scoring scoring) {
        return RateFigures.heatmap(
                "Share of right answers, patched: %s".formatted(report.provenance().relation()),
                report.patched(),
                scoring);
    }

    static Heatmap control(FeatureExtractionReport report, Scoring scoring) {
        CellRates rates = report.randomControl();
        return RateFigures.heatmap(
                "Share of right answers, random vectors: %s"
                        .formatted(report.provenance().relation()),
                rates,
                scoring);
    }

    static LineChart curve(FeatureExtractionReport report, Scoring scoring) {
        List<Integer> layers = report.patched().sourceLayers().asList();
        return LineChart.of(
                        "Share answered by any target layer: %s"
                                .formatted(report.provenance().relation()),
                        "source layer l",
                        "share of samples",
                        List.of(
                                RateFigures.oracle("patched", report.patched(), scoring),
                                RateFigures.oracle(
                                                "random vectors", report.randomControl(), scoring)
                                        .asBaseline(),
                                Series.level(
                                        "placeholder, unpatched",
                                        layers,
                                        Measured.of(report.placeholder().get(scoring)))))
                .withCaption(
                        "Samples that at least one of %d target layers answers, %s scoring: what random vectors reach is chance. 95 %% intervals over subjects."
                                .formatted(report.patched().targetLayers().length(), name(scoring)))
                .between(0, 1);
    }

    static Heatmap answers(FeatureExtractionReport report, int sample, Scoring scoring) {
        checkElementIndex(sample, report.samples().size(), "sample");
        SampleReading reading = report.samples().get(sample);
        Relation.Sample fact = reading.sample().fact();
        List<Integer> from = report.provenance().sourceLayers().asList();
        List<Integer> to = report.provenance().targetLayers().asList();
        return Heatmap.of(
                        "%s in %s"
                                .formatted(
                                        fact.subject(),
                                        Quoting.quoteShort(reading.sample().sentence())),
                        AxisLabels.of("source layer l", from),
                        AxisLabels.of("target layer l*", to),
                        List.of(
                                Measure.of("names the object", "").between(0, 1),
                                Measure.of("so with a random vector", "").between(0, 1)),
                        (row, column) -> answer(reading, row * to.size() + column, fact, scoring))
                .withCaption(
                        "What %s goes on with, the subject's representation in place of %s. Marked: it names %s (%s scoring). Asked directly: %s"
                                .formatted(
                                        Quoting.quoteShort(report.provenance().target().text()),
                                        "the placeholder",
                                        fact.object(),
                                        name(scoring),
                                        Quoting.quoteShort(reading.direct())));
    }

    private static HeatCell answer(
            SampleReading reading, int cell, Relation.Sample fact, Scoring scoring) {
        if (reading.patched().isEmpty()) {
            return HeatCell.empty(); // it does not count, and was not patched
        }
        String patched = reading.patched().get(cell);
        String random = reading.random().get(cell);
        boolean right = scoring.finds(patched, fact);
        return HeatCell.of(patched, right ? 1 : 0, scoring.finds(random, fact) ? 1 : 0)
                .withMark(right)
                .withNote("random vector: " + Quoting.quote(random));
    }

    static Page page(FeatureExtractionReport report) {
        List<Block> blocks = new ArrayList<>();
        blocks.add(heatmap(report, Scoring.STRICT));
        blocks.add(control(report, Scoring.STRICT));
        blocks.add(curve(report, Scoring.STRICT));
        blocks.add(rates(report));
        blocks.add(heatmap(report, Scoring.PAPER));
        blocks.add(control(report, Scoring.PAPER));
        blocks.add(curve(report, Scoring.PAPER));
        blocks.add(
                Prose.of(
                        "%s. %d samples, of which %d count under the strict scoring and %d under the paper's; seed %d. The placeholder itself goes on: %s"
                                .formatted(
                                        report.provenance(),
                                        report.samples().size(),
                                        report.counted(Scoring.STRICT).size(),
                                        report.counted(Scoring.PAPER).size(),
                                        report.provenance().seed(),
                                        Quoting.quoteShort(report.placeholderAnswer()))));
        return Page.of(
                "Feature extraction of %s in %s"
                        .formatted(
                                report.provenance().relation(), report.provenance().model().name()),
                blocks);
    }

    private static Table rates(FeatureExtractionReport report) {
        List<List<?>> rows = new ArrayList<>();
        add(rows, "direct question", report.direct());
        add(rows, "placeholder, unpatched", report.placeholder());
        add(rows, "any cell, patched", report.oracle());
        add(rows, "any cell, random vectors", report.randomControl().oracle());
        if (report.patched().hasHeldOutCell()) {
            addChosen(rows, "held-out cell, patched", report.heldOutCell());
            addChosen(rows, "held-out cell, random vectors", report.randomControl().heldOutCell());
            addDifference(rows, "same cell, less random vectors", report.overRandom());
            addDifference(rows, "same cell, less placeholder", report.overPlaceholder());
        }
        return Table.of(
                        "Shares of samples answered",
                        "what",
                        "scoring",
                        "share",
                        "low",
                        "high",
                        "right",
                        "samples",
                        "subjects")
                .withRows(rows);
    }

    private static void add(List<List<?>> rows, String what, ByScoring<Rate> rates) {
        for (Scoring scoring : Scoring.values()) {
            add(rows, what, scoring, rates.get(scoring));
        }
    }

    private static void addChosen(List<List<?>> rows, String what, ByScoring<HeldOutCell> cells) {
        for (Scoring scoring : Scoring.values()) {
            HeldOutCell cell = cells.get(scoring);
            add(
                    rows,
                    "%s (%d to %d)".formatted(what, cell.sourceLayer(), cell.targetLayer()),
                    scoring,
                    cell.test());
        }
    }

    private static void add(List<List<?>> rows, String what, Scoring scoring, Rate rate) {
        List<Object> row = new ArrayList<>(List.of(what, name(scoring)));
        row.addAll(RateFigures.row(rate));
        rows.add(row);
    }

    private static void addDifference(
            List<List<?>> rows, String what, ByScoring<Difference> differences) {
        for (Scoring scoring : Scoring.values()) {
            Difference d = differences.get(scoring);
            rows.add(List.of(what, name(scoring), d.value(), d.low(), d.high(), "", "", ""));
        }
    }

    private static String name(Scoring scoring) {
        return scoring == Scoring.PAPER ? "the paper's" : scoring.name().toLowerCase(Locale.ROOT);
    }
}
