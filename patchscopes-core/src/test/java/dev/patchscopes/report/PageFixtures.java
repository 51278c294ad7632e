package dev.patchscopes.report;

import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** Pages to look at. */
final class PageFixtures {

    /** What a model's token may hold to break a page. */
    static final List<String> HOSTILE =
            List.of(
                    "</script><script>window.hacked=1</script>",
                    "<!--",
                    "<!--<script>",
                    "-->",
                    "]]>",
                    "*/]]>",
                    "</style><img src=x onerror=window.hacked=1>",
                    "\"onmouseover=window.hacked=1 x=\"",
                    "'><b>",
                    "&lt;&amp;",
                    "\u2028\u2029",
                    "\0",
                    "\ud800",
                    "\udc00x",
                    "\ufffe\uffff",
                    "\u202egnal",
                    "\t\r\n",
                    "javascript:window.hacked=1",
                    "${1}`%s%n",
                    "\\u003c",
                    "\ud83d\ude42",
                    "   ");

    private PageFixtures() {}

    /** Three layers by four tokens, whose cells have texts and two measures. */
    static Heatmap lens() {
        double[][] probabilities = {{.1, .2, .3, .4}, {.25, .5, .75, .9}, {.125, .0001234, 1, 0}};
        return Heatmap.of(
                        "A lens",
                        AxisLabels.of("layer", List.of(0, 1, 2)),
                        AxisLabels.of("token", List.of("The", " cap", "ital", " of"))
                                .withMarked(List.of(1)),
                        List.of(Measure.probability(), Measure.rank()),
                        (row, column) ->
                                row == 0 && column == 3
                                        ? HeatCell.empty()
                                        : HeatCell.of(
                                                        " r%sc%s".formatted(row, column),
                                                        probabilities[row][column],
                                                        1 + 100 * row + column)
                                                .withMark(row == 2)
                                                .withNote(row == 1 ? "a note of " + column : "")
                                                .withRanking(
                                                        List.of(
                                                                new RankedItem(" Paris", .75),
                                                                new RankedItem("a\tb", .0001))))
                .withCaption("What to know.");
    }

    /** Numbers without texts, of two measures. */
    static Heatmap numbers(int rows, int columns, Random random) {
        return Heatmap.of(
                "Numbers",
                AxisLabels.of("from", IntStream.range(0, rows).boxed().toList()),
                AxisLabels.of("to", IntStream.range(0, columns).boxed().toList()),
                List.of(Measure.probability(), Measure.difference("difference", "nats")),
                (row, column) -> HeatCell.of("", random.nextDouble(), number(random)));
    }

    /** Of every size, whole or not, and at times none. */
    static double number(Random random) {
        double size = Math.pow(10, random.nextInt(16) - 8) * random.nextDouble();
        return switch (random.nextInt(8)) {
            case 0 -> Math.rint(size);
            case 1 -> (random.nextInt(10000) + .5) / 1000; // half-way between what can be shown
            case 2 -> -size;
            case 3 -> random.nextInt(10) == 0 ? Double.NaN : size;
            default -> size;
        };
    }

    /** Hostile texts wherever a page has texts. */
    static Page hostile(List<String> texts) {
        AxisLabels axis = AxisLabels.of(texts.get(0), texts);
        String all = String.join(" ", texts);
        Heatmap heatmap =
                Heatmap.of(
                                all,
                                axis,
                                axis,
                                List.of(Measure.of(all, texts.get(0)), Measure.of("other", all)),
                                (row, column) ->
                                        HeatCell.of(texts.get(column), row, column)
                                                .withNote(texts.get(row))
                                                .withRanking(
                                                        List.of(
                                                                new RankedItem(
                                                                        texts.get(row), .5))))
                        .withCaption(all);
        return Page.of(
                all,
                heatmap,
                new Table(
                        all,
                        axis.labels(),
                        ImmutableList.of(
                                texts.stream()
                                        .map(TableCell::of)
                                        .collect(ImmutableList.toImmutableList()))),
                new Prose(all, all),
                LineChart.of(all, all, all, List.of(Series.of(all, List.of(1., 2.))))
                        .withCaption(all),
                BarChart.of(
                                all,
                                all,
                                List.of(all),
                                List.of(BarSeries.of(all, List.of(Measured.of(1)))))
                        .withCaption(all));
    }
}
