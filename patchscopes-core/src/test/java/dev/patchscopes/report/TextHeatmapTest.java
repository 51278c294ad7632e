package dev.patchscopes.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.patchscopes.report.Terminal.Colors;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TextHeatmapTest {

    private static final Pattern CELL = Pattern.compile("\u001b\\[48;5;(\\d+);38;5;(\\d+)m");

    private static AxisLabels axis(String title, int size) {
        return AxisLabels.of(title, IntStream.range(0, size).boxed().toList());
    }

    private static Heatmap numbers(int rows, int columns) {
        return Heatmap.of(
                "Numbers",
                axis("layer", rows),
                axis("token", columns),
                List.of(Measure.probability()),
                (row, column) -> HeatCell.of("", (row + column) / (double) (rows + columns)));
    }

    private static List<String> lines(Heatmap heatmap, Terminal terminal) {
        return heatmap.toText(terminal).lines().toList();
    }

    @Test
    void cellsShowTheirTextAndHowStrongItIs() {
        Heatmap heatmap =
                Heatmap.of(
                                "Reading",
                                axis("layer", 2).withMarked(List.of(1)),
                                AxisLabels.of("token", List.of(" a", "bc")).withMarked(List.of(0)),
                                List.of(Measure.probability(), Measure.rank()),
                                (row, column) ->
                                        row == 0 && column == 0
                                                ? HeatCell.empty()
                                                : HeatCell.of(
                                                                column == 0
                                                                        ? " Constantinople"
                                                                        : "\n",
                                                                column,
                                                                1)
                                                        .withMark(row == 1 && column == 1))
                        .withCaption("Read it.");
        assertThat(lines(heatmap, Terminal.plain(80)))
                .containsExactly(
                        "Reading",
                        "       token",
                        "layer  *·a         bc",
                        "    0              \\n       █",
                        "   *1  ·Constan…▁ [\\n       █]",
                        "probability: ▁ 0 to █ 1",
                        "[ ] marked cell; * marked row or column; also measured: rank",
                        "Read it.");
    }

    @Test
    void cellsWithoutATextShowTheNumber() {
        assertThat(lines(numbers(2, 2), Terminal.plain(80)))
                .containsExactly(
                        "Numbers",
                        "       token",
                        "layer      0      1",
                        "    0      0  0.250",
                        "    1  0.250  0.500",
                        "probability: 0 to 1");
    }

    @Test
    void columnsThatDoNotFitFollowBeneath() {
        List<String> lines = lines(numbers(1, 24), Terminal.plain(60));
        assertThat(lines)
                .containsSubsequence(
                        "       token: columns 0 to 6 of 24",
                        "layer      0      1      2      3      4      5      6",
                        "",
                        "       token: columns 7 to 13 of 24",
                        "       token: columns 14 to 20 of 24",
                        "       token: columns 21 to 23 of 24",
                        "layer     21     22     23");
        assertThat(lines(numbers(1, 24), Terminal.plain(200)))
                .contains("       token")
                .noneMatch(line -> line.contains("columns"));
    }

    @Test
    void aLastColumnAloneIsNamed() {
        assertThat(lines(numbers(1, 8), Terminal.plain(60)))
                .contains("       token: column 7 of 8");
    }

    @Test
    void cellsAreNarrowerIfAllFitThen() {
        Heatmap heatmap =
                Heatmap.of(
                        "Texts",
                        axis("", 1),
                        axis("", 5),
                        List.of(Measure.probability()),
                        (row, column) -> HeatCell.of("abcdefghijkl", .5));
        // a mark, the text, a sign and a mark a cell, after the row's label and a space
        assertThat(lines(heatmap, Terminal.plain(2 + 5 * 12)).get(2)).contains(" abcdefgh…▅ ");
        assertThat(lines(heatmap, Terminal.plain(2 + 5 * 9)).get(2)).contains(" abcde…▅ ");
        assertThat(heatmap.toText(Terminal.plain(1 + 5 * 9)))
                .contains("abcdefgh…")
                .contains("columns 0 to 2 of 5");
    }

    @Test
    void ofADifferenceTheSideIsSeen() {
        Heatmap heatmap =
                Heatmap.of(
                        "Difference",
                        axis("", 1),
                        axis("", 5),
                        List.of(Measure.difference("d", "")),
                        (row, column) -> HeatCell.of("x", column - 2));
        assertThat(lines(heatmap, Terminal.plain(80)).get(2)).isEqualTo("0  x▼  x▽  x·  x△  x▲");
        assertThat(heatmap.toText(Terminal.plain(80))).contains("d: ▼ -2 to ▲ 2");
    }

    @Test
    void ofARankLessIsStronger() {
        Heatmap heatmap =
                Heatmap.of(
                        "Ranks",
                        axis("", 1),
                        axis("", 3),
                        List.of(Measure.rank()),
                        (row, column) -> HeatCell.of("x", Math.pow(100, column)));
        assertThat(lines(heatmap, Terminal.plain(80)).get(2)).isEqualTo("0  x█  x▅  x▁");
        assertThat(heatmap.toText(Terminal.plain(80))).contains("rank: █ 1 to ▁ 10000");
    }

    @Test
    void groundsTellNumbersWhereThereAreColours() {
        Heatmap heatmap = numbers(2, 2).showing("probability");
        String text = heatmap.toText(new Terminal(80, Colors.TRUE));
        Rgb half = Palette.of(Theme.LIGHT).color(ColorScale.SEQUENTIAL, .5);
        assertThat(text)
                .contains(
                        "\u001b[48;2;255;255;255;38;2;0;0;0m     0 \u001b[0m",
                        "\u001b[48;2;%d;%d;%d;38;2;"
                                .formatted(half.red(), half.green(), half.blue()))
                .contains("\u001b[1mNumbers\u001b[0m");
        assertThat(TerminalChecks.plain(text)).contains("    1  0.250  0.500 ");
    }

    /** The digits of some languages are not 0 to 9. */
    @Test
    void coloursAreWrittenAlikeInEveryLocale() {
        Locale before = Locale.getDefault();
        try {
            Locale.setDefault(Locale.forLanguageTag("ar-EG"));
            assertThat(numbers(2, 2).toText(new Terminal(80, Colors.TRUE)))
                    .contains("\u001b[48;2;255;255;255;38;2;0;0;0m");
        } finally {
            Locale.setDefault(before);
        }
    }

    @Test
    void whereThereAreColoursNoSignsAreNeeded() {
        Heatmap heatmap =
                Heatmap.of(
                        "Texts",
                        axis("layer", 1),
                        axis("token", 1),
                        List.of(Measure.probability()),
                        (row, column) -> HeatCell.of("x", 1).withMark(true));
        assertThat(TerminalChecks.plain(heatmap.toText(new Terminal(80, Colors.TRUE))))
                .contains("    0 [x]")
                .contains("[ ] marked cell");
    }

    @Test
    void textsAreReadOnTheColoursOfATableToo() {
        Matcher cell = CELL.matcher(numbers(12, 12).toText(new Terminal(160, Colors.INDEXED)));
        int cells = 0;
        for (; cell.find(); cells++) {
            Rgb ground = indexed(Integer.parseInt(cell.group(1)));
            Rgb ink = indexed(Integer.parseInt(cell.group(2)));
            assertThat(ground.contrast(ink)).isGreaterThanOrEqualTo(4.5);
        }
        assertThat(cells).isGreaterThanOrEqualTo(144);
    }

    @ParameterizedTest
    @EnumSource(Theme.class)
    void lightnessOfATablesColoursFollowsTheNumbers(Theme theme) {
        Palette palette = Palette.of(theme);
        double away = theme == Theme.LIGHT ? -1 : 1;
        double before = palette.ground().lab()[0];
        for (int i = 0; i <= 40; i++) {
            Rgb color = palette.color(ColorScale.SEQUENTIAL, i / 40.0);
            Matcher cell = CELL.matcher(new Ansi(Colors.INDEXED).on(color, "x"));
            assertThat(cell.find()).isTrue();
            double lightness = indexed(Integer.parseInt(cell.group(1))).lab()[0];
            // near the ground a grey of the table may be a little on its other side
            assertThat((lightness - before) * away).isGreaterThan(i == 0 ? -.03 : -1e-9);
            before = lightness;
        }
        // the table's steps are coarse
        assertThat(Math.abs(before - palette.full().lab()[0])).isLessThan(.1);
    }

    /** Colours of the table, as xterm documents them. */
    private static Rgb indexed(int index) {
        if (index >= 232) {
            int grey = 8 + 10 * (index - 232);
            return new Rgb(grey, grey, grey);
        }
        int cube = index - 16;
        return new Rgb(step(cube / 36), step(cube / 6 % 6), step(cube % 6));
    }

    private static int step(int i) {
        return i == 0 ? 0 : 55 + 40 * i;
    }

    @Test
    void whereNothingIsThereNothingIsShown() {
        Heatmap none =
                Heatmap.of(
                        "None",
                        axis("layer", 2),
                        axis("token", 2),
                        List.of(Measure.probability()),
                        (row, column) -> HeatCell.empty());
        assertThat(none.toText(Terminal.plain(80))).contains("probability: no numbers");
        TerminalChecks.assertFits(none::toText, 20);
        TerminalChecks.assertFits(numbers(0, 3)::toText, 20);
        TerminalChecks.assertFits(numbers(3, 0)::toText, 20);
    }

    @Test
    void linesFitAndHoldNothingThatSteersWhateverAModelWrites() {
        long seed = Long.getLong("seed", System.nanoTime());
        System.out.println("-Dseed=" + seed);
        Random random = new Random(seed);
        for (int i = 0; i < 300; i++) {
            Heatmap heatmap = random(random);
            TerminalChecks.assertFits(heatmap::toText, 20 + random.nextInt(100));
        }
    }

    private static Heatmap random(Random random) {
        RandomTexts texts = new RandomTexts(random);
        return Heatmap.of(
                        texts.next(),
                        axis(random, texts),
                        axis(random, texts),
                        List.of(
                                new Measure[] {
                                            Measure.probability(),
                                            Measure.rank(),
                                            Measure.difference(texts.next(), texts.next())
                                        }
                                        [random.nextInt(3)]),
                        (row, column) ->
                                random.nextInt(5) == 0
                                        ? HeatCell.empty()
                                        : HeatCell.of(
                                                        texts.next(),
                                                        random.nextInt(5) == 0
                                                                ? Double.POSITIVE_INFINITY
                                                                : random.nextGaussian() * 1e4)
                                                .withMark(random.nextBoolean()))
                .withCaption(texts.next() + "\n\n" + texts.next());
    }

    private static AxisLabels axis(Random random, RandomTexts texts) {
        int size = random.nextInt(12);
        return AxisLabels.of(
                        texts.next(), IntStream.range(0, size).mapToObj(i -> texts.next()).toList())
                .withMarked(size > 0 ? List.of(random.nextInt(size)) : List.of());
    }
}
