package dev.patchscopes.trace.hops;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.measure.ByScoring;
import dev.patchscopes.measure.Difference;
import dev.patchscopes.measure.HeldOutCell;
import dev.patchscopes.measure.Rate;
import dev.patchscopes.measure.Scoring;
import dev.patchscopes.report.AxisLabels;
import dev.patchscopes.report.BarChart;
import dev.patchscopes.report.BarSeries;
import dev.patchscopes.report.Block;
import dev.patchscopes.report.HeatCell;
import dev.patchscopes.report.Heatmap;
import dev.patchscopes.report.LineChart;
import dev.patchscopes.report.Measure;
import dev.patchscopes.report.Measured;
import dev.patchscopes.report.Page;
import dev.patchscopes.report.Prose;
import dev.patchscopes.report.RateFigures;
import dev.patchscopes.report.Table;
import dev.patchscopes.text.Quoting;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Pictures of multi-hop runs. */
final class HopFigures {
    private static final String RIGHT = "share right";

    private HopFigures() {}

    // ---- rates ----------------------------------------------------------------------------------

    static Heatmap heatmap(MultiHopReport report, Scoring scoring) {
        return withCounts(
                RateFigures.heatmap(
                        "Two-hop questions answered, %s".formatted(form(report)),
                        report.patched(),
                        scoring),
                report,
                scoring);
    }

    static Heatmap randomHeatmap(MultiHopReport report, Scoring scoring) {
        return withCounts(
                RateFigures.heatmap(
                        "The same with random vectors", report.randomControl(), scoring),
                report,
                scoring);
    }

    private static Heatmap withCounts(Heatmap map, MultiHopReport report, Scoring scoring) {
        return map.withCaption(
                "%s Questions: %s.".formatted(map.caption(), report.counts().get(scoring)));
    }

    static LineChart curves(MultiHopReport report, Scoring scoring) {
        return LineChart.of(
                        "Two-hop questions that any target layer answers, %s"
                                .formatted(form(report)),
                        "source layer l",
                        RIGHT,
                        List.of(
                                RateFigures.oracle("patched", report.patched(), scoring),
                                RateFigures.oracle(
                                                "random vectors", report.randomControl(), scoring)
                                        .asBaseline()))
                .between(0, 1)
                .withCaption(
                        "Both grow with the number of target layers (%d), whatever is patched. %s scoring, %d questions."
                                .formatted(
                                        report.provenance().targetLayers().length(),
                                        name(scoring),
                                        report.counted(scoring).size()));
    }

    static BarChart bars(MultiHopReport report, Scoring scoring) {
        List<String> names = new ArrayList<>();
        List<Measured> patched = new ArrayList<>();
        List<Measured> random = new ArrayList<>();
        if (report.patched().hasHeldOutCell()) {
            names.add("held-out cell");
            patched.add(Measured.of(report.patched().heldOutCell().get(scoring).test()));
            random.add(Measured.of(report.randomControl().heldOutCell().get(scoring).test()));
        }
        names.add("any cell");
        patched.add(at(report.patched().oracle(), scoring));
        random.add(at(report.randomControl().oracle(), scoring));
        for (LayerOrder order : LayerOrder.values()) {
            if (!report.within(order).pairs().isEmpty()) {
                names.add("any cell, " + order);
                patched.add(at(report.within(order).oracle(), scoring));
                random.add(at(report.randomWithin(order).oracle(), scoring));
            }
        }
        return BarChart.of(
                        "Two-hop questions answered beside the controls, %s"
                                .formatted(form(report)),
                        RIGHT,
                        names,
                        List.of(
                                BarSeries.of("patched", patched),
                                BarSeries.of("random vectors", random).asBaseline(),
                                BarSeries.of(
                                                "target unpatched",
                                                Collections.nCopies(
                                                        names.size(),
                                                        at(report.unpatched(), scoring)))
                                        .asBaseline()))
                .between(0, 1)
                .withCaption(
                        "%s scoring, %d questions; asked directly %s, step by step %s. Any cell counts a question if one of the cells answers it, and is to be compared with the same of random vectors only. Held-out cells are chosen on half of the subjects, of random vectors on their own, and measured on the others."
                                .formatted(
                                        name(scoring),
                                        report.counted(scoring).size(),
                                        report.direct().get(scoring),
                                        report.stepByStep().get(scoring)));
    }

    private static Measured at(ByScoring<Rate> rate, Scoring scoring) {
        return Measured.of(rate.get(scoring));
    }

    static Optional<BarChart> differences(MultiHopReport report, Scoring scoring) {
        if (!report.patched().hasHeldOutCell()) {
            return Optional.empty();
        }
        List<String> names = new ArrayList<>();
        List<Measured> less = new ArrayList<>();
        add(names, less, "random vectors", report::overRandom, scoring);
        add(names, less, "target unpatched", report::overUnpatched, scoring);
        if (!report.provenance().onlyFailing()) { // else the direct answers are wrong by choice
            add(names, less, "direct question", report::overDirect, scoring);
        }
        add(names, less, "step by step", report::overStepByStep, scoring);
        HeldOutCell cell = report.heldOutCell().get(scoring);
        return Optional.of(
                BarChart.of(
                                "The held-out cell less each control",
                                "difference of shares right",
                                names,
                                List.of(BarSeries.of("patched less control", less)))
                        .between(-1, 1)
                        .withCaption(
                                "Layers %d -> %d, on subjects that had no part in choosing them; 95%% bootstrap intervals over subjects."
                                        .formatted(cell.sourceLayer(), cell.targetLayer())));
    }

    private static void add(
            List<String> names,
            List<Measured> values,
            String name,
            Supplier<ByScoring<Difference>> difference,
            Scoring scoring) {
        Difference d = difference.get().get(scoring);
        names.add(name);
        values.add(new Measured(d.value(), d.low(), d.high()));
    }

    // ---- answers --------------------------------------------------------------------------------

    static Heatmap answers(MultiHopReport report, HopReading reading) {
        MultiHopProvenance plan = report.provenance();
        int width = plan.targetLayers().length();
        return Heatmap.of(
                        "Answers to %s"
                                .formatted(Quoting.quoteShort(reading.question().question())),
                        AxisLabels.of("source layer l", plan.sourceLayers().asList()),
                        AxisLabels.of("target layer l*", plan.targetLayers().asList()),
                        List.of(
                                Measure.of("right, strict scoring", "").between(0, 1),
                                Measure.of("right, the paper's scoring", "").between(0, 1)),
                        (row, column) -> answer(reading, row * width + column))
                .withCaption(
                        "Bridge %s, answer %s. Without a patch: %s."
                                .formatted(
                                        Quoting.quote(reading.question().bridge()),
                                        Quoting.quote(reading.question().second().object()),
                                        Quoting.quoteShort(reading.unpatched())));
    }

    private static HeatCell answer(HopReading reading, int cell) {
        if (reading.patched().isEmpty()) {
            return HeatCell.empty();
        }
        String text = reading.patched().get(cell);
        return HeatCell.of(
                        text,
                        right(reading, text, Scoring.STRICT),
                        right(reading, text, Scoring.PAPER))
                .withMark(reading.isAnswer(text, Scoring.STRICT))
                .withNote("random vector: " + Quoting.quote(reading.random().get(cell)));
    }

    private static double right(HopReading reading, String text, Scoring scoring) {
        return reading.isAnswer(text, scoring) ? 1 : 0;
    }

    static Table readings(MultiHopReport report) {
        return Table.of(
                        "Questions",
                        "question",
                        "bridge",
                        "answer",
                        "first hop",
                        "second hop",
                        "direct",
                        "unpatched",
                        "cells right",
                        "random cells right")
                .withRows(report.questions().stream().map(HopFigures::line).toList());
    }

    private static List<Object> line(HopReading reading) {
        return List.of(
                reading.question().question(),
                reading.question().bridge(),
                reading.question().second().object(),
                reading.firstHop(),
                reading.secondHop(),
                reading.direct(),
                reading.unpatched(),
                right(reading, reading.patched()),
                right(reading, reading.random()));
    }

    private static long right(HopReading reading, List<String> answers) {
        return answers.stream().filter(text -> reading.isAnswer(text, Scoring.STRICT)).count();
    }

    static Page page(HopReading reading) {
        HopQuestion question = reading.question();
        Table table =
                Table.of("What the model says", "asked", "prompt", "answer", "right")
                        .withRow(
                                "first hop",
                                question.firstPrompt(),
                                reading.firstHop(),
                                yes(Scoring.STRICT.finds(reading.firstHop(), question.first())))
                        .withRow(
                                "second hop",
                                question.secondPrompt(),
                                reading.secondHop(),
                                yes(Scoring.STRICT.finds(reading.secondHop(), question.second())))
                        .withRow(
                                "the question",
                                question.question(),
                                reading.direct(),
                                yes(reading.isAnswer(reading.direct(), Scoring.STRICT)))
                        .withRow(
                                "step by step",
                                MultiHop.STEP_BY_STEP + question.question(),
                                reading.stepByStep(),
                                yes(reading.isAnswer(reading.stepByStep(), Scoring.STRICT)));
        return Page.of(
                "Two-hop question: " + Quoting.quoteShort(question.question()),
                table,
                Prose.of(
                        "Patched, %d of %d pairs of layers answer it; with random vectors %d."
                                .formatted(
                                        right(reading, reading.patched()),
                                        reading.patched().size(),
                                        right(reading, reading.random()))));
    }

    private static String yes(boolean right) {
        return right ? "yes" : "no";
    }

    // ---- pages ----------------------------------------------------------------------------------

    static Page page(MultiHopReport report) {
        ImmutableList.Builder<Block> blocks = ImmutableList.builder();
        blocks.add(heatmap(report, Scoring.STRICT), bars(report, Scoring.STRICT));
        differences(report, Scoring.STRICT).ifPresent(blocks::add);
        blocks.add(
                curves(report, Scoring.STRICT),
                randomHeatmap(report, Scoring.STRICT),
                Prose.heading("The paper's scoring"),
                heatmap(report, Scoring.PAPER),
                bars(report, Scoring.PAPER),
                readings(report),
                new Prose("How it was measured", report.provenance() + "."));
        return Page.of(
                "Two-hop questions in " + report.provenance().model().name(), blocks.build());
    }

    private static String form(MultiHopReport report) {
        return switch (report.provenance().form()) {
            case TWO_PROMPTS -> "two prompts";
            case ONE_PROMPT -> "one prompt";
            case BACK_PATCHING -> "back-patching";
        };
    }

    private static String name(Scoring scoring) {
        return scoring == Scoring.PAPER ? "The paper's" : "Strict";
    }
}
