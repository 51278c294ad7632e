package dev.patchscopes.trace.knockout;

import static dev.patchscopes.trace.knockout.KnockoutFigures.BLOCK;
import static dev.patchscopes.trace.knockout.KnockoutFigures.BUT_FIRST;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.report.Block;
import dev.patchscopes.report.LineChart;
import dev.patchscopes.report.Measured;
import dev.patchscopes.report.Page;
import dev.patchscopes.report.Prose;
import dev.patchscopes.report.Series;
import dev.patchscopes.report.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Pictures of knockouts averaged over facts. */
final class KnockoutAverageFigures {

    private KnockoutAverageFigures() {}

    static LineChart curves(KnockoutAverage average, List<String> groups) {
        List<String> cut = groups.stream().filter(g -> hasFacts(average, g)).toList();
        return LineChart.of(
                        "Attention of the last token cut off, mean over %d facts"
                                .formatted(average.facts().size()),
                        BLOCK,
                        KnockoutFigures.change(average.provenance()),
                        cut.stream()
                                .map(
                                        group ->
                                                KnockoutFigures.line(
                                                        average.provenance(),
                                                        group,
                                                        c -> Measured.of(average.change(group, c))))
                                .toList())
                .withCaption(
                        caption(average)
                                + KnockoutFigures.without(
                                        groups.stream().filter(g -> !cut.contains(g)).toList()));
    }

    private static boolean hasFacts(KnockoutAverage average, String group) {
        return average.change(group, 0).count() > 0;
    }

    static LineChart overRandom(KnockoutAverage average) {
        Series line =
                Series.of(
                        "random tokens' change less the subject's",
                        KnockoutFigures.blocks(average.provenance()),
                        centre -> Measured.of(average.subjectOverRandom(centre)));
        return LineChart.of(
                        "Subject beside as many random tokens, fact by fact",
                        BLOCK,
                        "difference of " + KnockoutFigures.change(average.provenance()),
                        List.of(line))
                .withCaption(
                        "Positive where cutting the subject hurts more. Left out: %d facts with a smaller control, and those whose subject includes the first token (%d). %s"
                                .formatted(
                                        average.withSmallerControl(),
                                        average.withFirstInSubject(),
                                        caption(average)));
    }

    private static String caption(KnockoutAverage average) {
        return "%s Bands are 95%% intervals over subjects; %d facts are left out that are not answered, %d without a subject to cut. The control cuts as many random tokens as the subject has."
                .formatted(
                        KnockoutFigures.cut(average.provenance()),
                        average.unknown(),
                        average.withoutSubject());
    }

    static Page page(KnockoutAverage average) {
        ImmutableList.Builder<Block> blocks = ImmutableList.builder();
        blocks.add(average.curves());
        blocks.add(overRandom(average));
        List<String> butFirst = new ArrayList<>(BUT_FIRST);
        butFirst.add(AttentionKnockout.RANDOM);
        butFirst.retainAll(average.groups());
        if (butFirst.stream().anyMatch(BUT_FIRST::contains)) {
            blocks.add(average.curves(butFirst.toArray(String[]::new)));
        }
        List<HeldOutBlock> strongest =
                average.groups().stream()
                        .map(average::strongest)
                        .flatMap(Optional::stream)
                        .toList();
        if (!strongest.isEmpty()) {
            blocks.add(table(strongest));
        }
        blocks.add(new Prose("How it was measured", average.provenance() + "."));
        return Page.of(
                "Attention knockout of %d facts in %s"
                        .formatted(average.facts().size(), average.provenance().model().name()),
                blocks.build());
    }

    private static Table table(List<HeldOutBlock> strongest) {
        return Table.of(
                        "Where cutting hurts most, chosen on half of the subjects and measured on the others",
                        "cut off",
                        "block",
                        "held out",
                        "low",
                        "high",
                        "facts",
                        "where chosen",
                        "random there")
                .withRows(
                        strongest.stream()
                                .map(
                                        s ->
                                                List.<Object>of(
                                                        s.group(),
                                                        s.centre(),
                                                        s.test().mean(),
                                                        s.test().low(),
                                                        s.test().high(),
                                                        s.test().count(),
                                                        s.dev().mean(),
                                                        s.random().mean()))
                                .toList());
    }
}
