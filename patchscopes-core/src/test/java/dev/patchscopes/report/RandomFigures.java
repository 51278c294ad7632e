package dev.patchscopes.report;

import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.stream.IntStream;

/** Figures of any numbers and texts. */
final class RandomFigures {

    private static final ImmutableList<String> PIECES =
            ImmutableList.of(
                    " the",
                    "a",
                    "<script>alert(1)</script>",
                    "&amp;",
                    "]]>",
                    "\"'",
                    "法国的首都",
                    "😀",
                    "👩‍👩‍👧",
                    "\n",
                    "\t",
                    "\0",
                    "\u001b[31m",
                    "\ud800",
                    "\uffff",
                    "\u202e",
                    "مرحبا",
                    "e\u0301",
                    "<!--",
                    "-->",
                    "url(http://x)",
                    "style=\"fill:red\"",
                    "   ",
                    "Wm",
                    "unbelievably",
                    "<![CDATA[",
                    "%s",
                    "\u00a0",
                    "\u2028");
    private static final double[] ODD = {
        Double.NaN,
        Double.POSITIVE_INFINITY,
        Double.NEGATIVE_INFINITY,
        Double.MAX_VALUE,
        -Double.MAX_VALUE,
        Double.MIN_VALUE,
        0,
        -0.,
        1e300,
        1e-12
    };

    private final Random random;

    RandomFigures(Random random) {
        this.random = random;
    }

    String text() {
        StringBuilder text = new StringBuilder();
        int pieces = random.nextInt(random.nextInt(8) == 0 ? 40 : 4);
        for (int i = 0; i < pieces; i++) {
            text.append(PIECES.get(random.nextInt(PIECES.size())));
        }
        return text.toString();
    }

    List<String> texts(int count) {
        return IntStream.range(0, count).mapToObj(i -> text()).toList();
    }

    double number() {
        if (random.nextInt(20) == 0) {
            return ODD[random.nextInt(ODD.length)];
        }
        return random.nextGaussian() * Math.pow(10, random.nextInt(5) - 2);
    }

    private Measured measured() {
        double value = number();
        if (random.nextBoolean()) {
            return Measured.of(value);
        }
        double one = number();
        double other = random.nextInt(3) == 0 ? Double.NaN : number();
        return Double.isNaN(one) || Double.isNaN(other)
                ? Measured.of(value)
                : new Measured(value, Math.min(one, other), Math.max(one, other));
    }

    private int count(int most) {
        return random.nextInt(5) == 0 ? random.nextInt(2) : random.nextInt(most);
    }

    private AxisLabels axis(int size) {
        return AxisLabels.of(text(), random.nextBoolean() ? texts(size) : numbers(size))
                .withMarked(
                        IntStream.range(0, size)
                                .filter(i -> random.nextInt(6) == 0)
                                .boxed()
                                .toList());
    }

    private static List<Integer> numbers(int size) {
        return IntStream.range(0, size).boxed().toList();
    }

    private Measure measure() {
        return switch (random.nextInt(5)) {
            case 0 -> Measure.probability();
            case 1 -> Measure.rank();
            case 2 -> Measure.difference(text(), text());
            case 3 -> Measure.of(text(), text());
            default -> Measure.entropy();
        };
    }

    Heatmap heatmap() {
        boolean texts = random.nextBoolean();
        return Heatmap.of(
                        text(),
                        axis(count(20)),
                        axis(count(random.nextInt(4) == 0 ? 120 : 14)),
                        List.of(measure(), measure()),
                        (row, column) -> cell(texts))
                .withCaption(text());
    }

    private HeatCell cell(boolean text) {
        HeatCell cell = HeatCell.of(text ? text() : "", number(), number());
        return (random.nextInt(10) == 0 ? HeatCell.empty() : cell)
                .withMark(random.nextInt(8) == 0)
                .withNote(random.nextInt(8) == 0 ? text() : "");
    }

    LineChart lineChart() {
        int points = count(20);
        boolean whole = random.nextBoolean();
        LineChart chart =
                LineChart.of(
                                text(),
                                text(),
                                text(),
                                IntStream.range(0, count(11))
                                        .mapToObj(i -> series(points, whole))
                                        .toList())
                        .withCaption(text());
        if (random.nextInt(3) > 0) {
            return chart;
        }
        double low = end();
        return chart.between(low, low + Math.abs(end()) + Math.ulp(low) + Double.MIN_NORMAL);
    }

    private Series series(int points, boolean whole) {
        return new Series(
                text(),
                IntStream.range(0, points)
                        .mapToObj(i -> new Series.Point(whole ? i : number(), measured()))
                        .collect(ImmutableList.toImmutableList()),
                random.nextInt(4) == 0);
    }

    /** An end of an axis. */
    private double end() {
        double end = number();
        return Double.isFinite(end) && Math.abs(end) < 1e300 ? end : 0;
    }

    BarChart barChart() {
        int categories = count(12);
        BarChart chart =
                BarChart.of(
                                text(),
                                text(),
                                texts(categories),
                                IntStream.range(0, count(5))
                                        .mapToObj(i -> bars(categories))
                                        .toList())
                        .withCaption(text());
        return switch (random.nextInt(4)) {
            case 0 -> {
                double low = end();
                yield chart.between(low, low + Math.abs(end()) + Math.ulp(low) + Double.MIN_NORMAL);
            }
            case 1 ->
                    new BarChart(
                            chart.title(),
                            chart.caption(),
                            chart.valueTitle(),
                            chart.categories(),
                            chart.series(),
                            OptionalDouble.of(end()),
                            OptionalDouble.empty());
            default -> chart;
        };
    }

    private BarSeries bars(int categories) {
        return new BarSeries(
                text(),
                IntStream.range(0, categories)
                        .mapToObj(i -> measured())
                        .collect(ImmutableList.toImmutableList()),
                random.nextInt(4) == 0);
    }

    Figure any() {
        return switch (random.nextInt(3)) {
            case 0 -> heatmap();
            case 1 -> lineChart();
            default -> barChart();
        };
    }
}
