package dev.patchscopes.trace.entity;

import dev.patchscopes.report.BarChart;
import dev.patchscopes.report.Heatmap;
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
        return PairFigures.bars(
                        "Back-patching beside its controls",
                        RIGHT,
                        "pair",
                        patched,
                        report.random(),
                        List.of(new PairFigures.Control("without a patch", report.plain())))
                .withCaption(
                        "Any pair counts a question if one of the pairs answers it, and is to be compared with the same of random vectors only.%s"
                                .formatted(
                                        patched.hasHeldOut()
                                                ? " The held-out pair is chosen on half of the subjects, of random vectors another, and measured on the others. It less the same pair of random vectors: %s; less no patch: %s."
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
