package dev.patchscopes.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.report.Terminal.Colors;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Charts as values, as tables and in a terminal. */
class ChartsTest {

    private static final Measured NONE = Measured.of(Double.NaN);

    private static final LineChart LINES =
            LineChart.of(
                            "Precision",
                            "layer",
                            "precision at 1",
                            List.of(
                                    Series.of("logit | lens", List.of(0.0, .5, 1.0)),
                                    Series.level(
                                            "control", List.of(0, 2), new Measured(.25, .2, .3))))
                    .withCaption("Of 40 prompts.");

    private static final BarChart BARS =
            BarChart.of(
                            "Answers",
                            "share",
                            List.of("paris", "rome"),
                            List.of(
                                    BarSeries.of(
                                            "patched",
                                            List.of(new Measured(.5, .25, .75), Measured.of(1))),
                                    BarSeries.of("plain", List.of(Measured.of(.25), NONE))
                                            .asBaseline()))
                    .withCaption("Of 40 prompts.");

    private static List<String> lines(Figure figure, int columns) {
        return figure.toText(Terminal.plain(columns)).lines().toList();
    }

    @Test
    void aSeriesOfBarsHasANumberACategory() {
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () ->
                                BarChart.of(
                                        "Answers",
                                        "share",
                                        List.of("a", "b"),
                                        List.of(BarSeries.of("s", List.of(Measured.of(1))))))
                .withMessage("s of \"Answers\" has 1 numbers for 2 categories");
    }

    @Test
    void everyPointIsARow() {
        assertThat(LINES.toCsv())
                .isEqualTo(
                        """
                        line,layer,precision at 1,low,high
                        "logit | lens",0,0.0,,
                        "logit | lens",1,0.5,,
                        "logit | lens",2,1.0,,
                        "control",0,0.25,0.2,0.3
                        "control",2,0.25,0.2,0.3
                        """);
        assertThat(LINES.toTable().title()).isEqualTo("Precision");
        Series between = new Series("s", Series.of("s", List.of(1.0)).points(), false);
        Series.Point half = new Series.Point(.5, Measured.of(1));
        assertThat(
                        LineChart.of(
                                        "",
                                        "x",
                                        "y",
                                        List.of(
                                                between,
                                                new Series("t", ImmutableList.of(half), false)))
                                .toCsv())
                .endsWith("\"t\",0.5,1.0,,\n");
    }

    @Test
    void everyBarIsARow() {
        assertThat(BARS.toCsv())
                .isEqualTo(
                        """
                        category,series,share,low,high
                        "paris","patched",0.5,0.25,0.75
                        "paris","plain",0.25,,
                        "rome","patched",1.0,,
                        "rome","plain",,,
                        """);
    }

    @Test
    void markdownHasAColumnALine() {
        assertThat(LINES.toMarkdown())
                .isEqualTo(
                        """
                        **Precision**

                        | layer | logit \\| lens | control |
                        | --- | ---: | ---: |
                        | 0 | 0 | 0.250 \\[0.200, 0.300\\] |
                        | 1 | 0.500 |  |
                        | 2 | 1 | 0.250 \\[0.200, 0.300\\] |

                        In the cells: precision at 1.

                        Of 40 prompts.
                        """);
        assertThat(BARS.toMarkdown())
                .isEqualTo(
                        """
                        **Answers**

                        |  | patched | plain |
                        | --- | ---: | ---: |
                        | paris | 0.500 \\[0.250, 0.750\\] | 0.250 |
                        | rome | 1 |  |

                        In the cells: share.

                        Of 40 prompts.
                        """);
    }

    @Test
    void barsAreAsLongAsTheirNumbers() {
        assertThat(lines(BARS, 14 + 1 + 20 + 20))
                .containsExactly(
                        "Answers",
                        "share, bars from 0 to 1",
                        "paris patched ██████████           0.500 [0.250, 0.750]",
                        "      plain   ░░░░░                0.250",
                        "rome  patched ████████████████████ 1",
                        "      plain                        no number",
                        "Of 40 prompts.");
    }

    @Test
    void barsStartAtZeroOrAtTheEndOfTheAxis() {
        BarChart chart =
                BarChart.of(
                        "",
                        "effect",
                        List.of("a", "b", "c"),
                        List.of(
                                BarSeries.of(
                                        "s",
                                        List.of(
                                                Measured.of(-1),
                                                Measured.of(3),
                                                Measured.of(.3)))));
        assertThat(lines(chart, 2 + 40 + 1 + 5))
                .containsExactly(
                        "effect, bars from -1 to 3",
                        "a ██████████                               -1",
                        "b           ██████████████████████████████ 3",
                        "c           ███                            0.300");
        assertThat(lines(chart.between(1, 5), 2 + 40 + 1 + 5))
                .containsExactly(
                        "effect, bars from 1 to 5",
                        "a                                          -1",
                        "b ████████████████████                     3",
                        "c                                          0.300");
    }

    @Test
    void eighthsOfACharacterAreSeen() {
        BarChart chart =
                BarChart.of(
                                "",
                                "e",
                                IntStream.range(0, 8).mapToObj(i -> "").toList(),
                                List.of(
                                        BarSeries.of(
                                                "s",
                                                IntStream.range(0, 8)
                                                        .mapToObj(i -> Measured.of((8 + i) / 8.0))
                                                        .toList())))
                        .between(0, 17);
        assertThat(
                        lines(chart, 24).stream()
                                .skip(1)
                                .map(line -> line.substring(0, line.indexOf(' ', 1)).strip()))
                .containsExactly("█", "█▏", "█▎", "█▍", "█▌", "█▋", "█▊", "█▉");
    }

    @Test
    void whereThereIsNoRoomForBarsTheNumbersStay() {
        String text = BARS.toText(Terminal.plain(24));
        assertThat(text).contains("0.500 [0.250, 0.750]").doesNotContain("█");
    }

    @Test
    void pointsAreWhereTheirNumbersAre() {
        LineChart chart =
                LineChart.of("", "x", "y", List.of(Series.of("up", List.of(0.0, 1.0, 2.0))))
                        .between(0, 2);
        assertThat(lines(chart, 24))
                .containsExactly(
                        "y",
                        "2┤                    ·A",
                        " │                 ···",
                        " │              ···",
                        " │            ··",
                        "1┤        ···A",
                        " │     ···",
                        " │  ···",
                        "0┤A·",
                        " └┬──────────┬─────────┬",
                        "  0          1         2",
                        "            x",
                        "A up");
    }

    @Test
    void linesBreakWhereNumbersAreMissingAndShowIntervals() {
        LineChart chart =
                LineChart.of(
                                "",
                                "x",
                                "y",
                                List.of(
                                        Series.of("gap", List.of(1.0, Double.NaN, 1.0)),
                                        Series.level(
                                                "level", List.of(0, 1, 2), new Measured(0, -1, 0))))
                        .between(-1, 1);
        List<String> lines = lines(chart, 24);
        assertThat(lines.get(1)).isEqualTo(" 1┤A" + " ".repeat(19) + "A");
        assertThat(lines.get(5)).isEqualTo(" 0┤B---------B---------B");
        assertThat(lines.get(8)).isEqualTo("-1┤:         :         :");
        assertThat(lines).contains("A gap   B level", ": interval");
    }

    @Test
    void pointsOfSeveralLinesAtOnePlaceAreMarkedSo() {
        LineChart chart =
                LineChart.of(
                        "",
                        "x",
                        "y",
                        List.of(
                                Series.of("a", List.of(0.0, 1.0)),
                                Series.of("b", List.of(0.0, 0.0))));
        List<String> lines = lines(chart, 24);
        assertThat(lines.get(1)).endsWith("A");
        assertThat(lines.get(8)).contains("┤*").endsWith("B");
        assertThat(lines).contains("A a   B b   * several");
    }

    @Test
    void aLevelLineLiesInTheMiddleAndNoLineIsSaid() {
        LineChart level = LineChart.of("", "x", "y", List.of(Series.of("a", List.of(5.0, 5.0))));
        assertThat(lines(level, 24)).anyMatch(line -> line.matches("5┤A·+A"));
        LineChart none = LineChart.of("", "x", "y", List.of());
        assertThat(lines(none, 24)).containsExactly("y: no numbers");
    }

    @Test
    void linesFitAndHoldNothingThatSteersWhateverTheirNamesAre() {
        long seed = Long.getLong("seed", System.nanoTime());
        System.out.println("-Dseed=" + seed);
        Random random = new Random(seed);
        RandomTexts texts = new RandomTexts(random);
        for (int i = 0; i < 300; i++) {
            int size = random.nextInt(9);
            List<String> categories = IntStream.range(0, size).mapToObj(c -> texts.next()).toList();
            List<List<Measured>> values =
                    IntStream.range(0, 1 + random.nextInt(3))
                            .mapToObj(s -> categories.stream().map(c -> random(random)).toList())
                            .toList();
            BarChart bars =
                    BarChart.of(
                                    texts.next(),
                                    texts.next(),
                                    categories,
                                    values.stream()
                                            .map(v -> BarSeries.of(texts.next(), v))
                                            .toList())
                            .withCaption(texts.next());
            List<Integer> xs = IntStream.range(0, size).map(x -> x * x).boxed().toList();
            LineChart lines =
                    LineChart.of(
                                    texts.next(),
                                    texts.next(),
                                    texts.next(),
                                    values.stream()
                                            .map(
                                                    v ->
                                                            Series.of(
                                                                    texts.next(),
                                                                    xs,
                                                                    x -> v.get(xs.indexOf(x))))
                                            .toList())
                            .withCaption(texts.next());
            int columns = 20 + random.nextInt(100);
            TerminalChecks.assertFits(bars::toText, columns);
            TerminalChecks.assertFits(lines::toText, columns);
            TerminalChecks.assertFits(bars.between(-1, 1)::toText, columns);
            TerminalChecks.assertFits(lines.between(-1, 1)::toText, columns);
        }
    }

    private static Measured random(Random random) {
        double value = random.nextGaussian() * Math.pow(10, random.nextInt(-9, 9));
        return switch (random.nextInt(5)) {
            case 0 -> NONE;
            case 1 -> Measured.of(Double.NEGATIVE_INFINITY);
            case 2 -> new Measured(value, value - 1, value + random.nextDouble());
            default -> Measured.of(value);
        };
    }

    @Test
    void colorsAreThoseOfTheSeries() {
        Rgb second = Palette.of(Theme.LIGHT).line(1);
        String color =
                "\u001b[38;2;%d;%d;%dm".formatted(second.red(), second.green(), second.blue());
        assertThat(LINES.toText(new Terminal(80, Colors.TRUE))).contains(color + "B control");
        assertThat(BARS.toText(new Terminal(80, Colors.TRUE))).contains(color + "░");
    }

    @Test
    void endsOfAnAxisAreNumbersThatAscend() {
        LineChart lines = LineChart.of("lines", "x", "y", List.of());
        BarChart bars = BarChart.of("bars", "y", List.of(), List.of());

        assertThatThrownBy(() -> lines.between(1, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the axis of \"lines\" goes from 1.0 to 1.0: the ends have to ascend");
        assertThatThrownBy(() -> bars.between(0, Double.NaN))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the axis of \"bars\" ends at NaN");
    }
}
