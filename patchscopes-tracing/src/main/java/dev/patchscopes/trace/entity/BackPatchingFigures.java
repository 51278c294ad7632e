package dev.patchscopes.trace.entity;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.report.BarChart;
import dev.patchscopes.report.BarSeries;
import dev.patchscopes.report.Heatmap;
import dev.patchscopes.report.Measured;
import dev.patchscopes.report.Page;
import dev.patchscopes.report.Prose;
import dev.patchscopes.report.Table;
import java.util.List;
import java.util.stream.IntStream;

/** Pictures of back-patching. */
final class BackPatchingFigures {
    private static final String RIGHT = "share right";

    private BackPatchingFigures() {}

    static Heatmap heatmap(BackPatchingReport report) {
        Heatmap map =
                PairFigures.heatmap(
                        "Back-patching: questions answered by each pair of layers",
                        RIGHT,
                        report.patched(),
                        report.random());
        return map.withCaption(
                "%d questions, without a patch %s. %s"
                        .formatted(report.questions().size(), report.plain(), map.caption())
                        .strip());
    }

    static BarChart bars(BackPatchingReport report) {
        PairRates patched = report.patched();
        PairRates random = report.random();
        ImmutableList.Builder<String> names = ImmutableList.builder();
        ImmutableList.Builder<Measured> rates = ImmutableList.builder();
        ImmutableList.Builder<Measured> controls = ImmutableList.builder();
        names.add("any pair");
        rates.add(Measured.of(patched.oracle()));
        controls.add(Measured.of(random.oracle()));
        if (patched.hasHeldOut()) {
            names.add("held-out pair");
            rates.add(Measured.of(patched.heldOut().test()));
            controls.add(Measured.of(random.heldOut().test()));
        }
        names.add("without a patch");
        rates.add(Measured.of(Double.NaN));
        controls.add(Measured.of(report.plain()));
        return BarChart.of(
                        "Back-patching beside its controls",
                        RIGHT,
                        names.build(),
                        List.of(
                                BarSeries.of("patched", rates.build()),
                                BarSeries.of("random vectors, or no patch", controls.build())
                                        .asBaseline()))
                .between(0, 1)
                .withCaption(
                        "Any pair counts a question if one of the pairs answers it, and is to be compared with the same of random vectors only. Random vectors have a held-out pair of their own.%s"
                                .formatted(
                                        patched.hasHeldOut()
                                                ? " Held-out pair less the same pair of random vectors: %s; less no patch: %s."
                                                        .formatted(
                                                                report.overRandom(),
                                                                report.overPlain())
                                                : ""));
    }

    static Page page(BackPatchingReport report) {
        return Page.of(
                "Back-patching in " + report.provenance().model().name(),
                heatmap(report),
                bars(report),
                questions(report),
                new Prose("How it was measured", report.provenance() + "."));
    }

    private static Table questions(BackPatchingReport report) {
        PairRates patched = report.patched();
        PairRates random = report.random();
        return Table.of(
                        "Questions",
                        "question",
                        "without a patch",
                        "right",
                        "pairs that answer it",
                        "pairs of random vectors that do")
                .withRows(
                        IntStream.range(0, report.questions().size())
                                .mapToObj(
                                        i -> {
                                            BackPatchedQuestion q = report.questions().get(i);
                                            return List.<Object>of(
                                                    q.question().prompt(),
                                                    q.plain().text(),
                                                    q.question().isAnsweredBy(q.plain().text())
                                                            ? "yes"
                                                            : "no",
                                                    hits(patched, i),
                                                    hits(random, i));
                                        })
                                .toList());
    }

    private static long hits(PairRates rates, int question) {
        return IntStream.range(0, rates.pairs().size())
                .filter(pair -> rates.table().hit(question, pair))
                .count();
    }
}
