package dev.patchscopes.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class TableTest {

    private static final Table TABLE =
            Table.of("Next tokens", "rank", "token", "probability")
                    .withRow(1, " Paris", .9931234)
                    .withRow(20, "a,\"b\"\n", Double.NaN);

    private final long seed = Long.getLong("seed", System.nanoTime());

    private static List<String> lines(Table table, int columns) {
        return table.toText(Terminal.plain(columns)).lines().toList();
    }

    @Test
    void numbersAreRoundedForPeopleAndWholeForPrograms() {
        assertThat(TableCell.of(.1 + .2))
                .isEqualTo(new TableCell("0.300", "0.30000000000000004", true));
        assertThat(TableCell.of(.1f)).isEqualTo(new TableCell("0.100", "0.1", true));
        assertThat(TableCell.of(1_234_567)).isEqualTo(new TableCell("1234567", "1234567", true));
        assertThat(TableCell.of(Double.NaN)).isEqualTo(new TableCell("", "", true));
        assertThat(TableCell.of(Float.NaN)).isEqualTo(new TableCell("", "", true));
        assertThat(TableCell.of("1")).isEqualTo(new TableCell("1", "1", false));
        TableCell cell = new TableCell("a", "b", true);
        assertThat(TableCell.of(cell)).isSameAs(cell);
    }

    @Test
    void aRowHasAValueAColumn() {
        assertThat(TABLE.rows()).hasSize(2);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TABLE.withRow(1, 2))
                .withMessageContaining(
                        "of table \"Next tokens\" has 2 cells for 3 columns [rank, token, probability]");
    }

    @Test
    void commaSeparatedValuesAreExact() {
        assertThat(TABLE.toCsv())
                .isEqualTo(
                        """
                        rank,token,probability
                        1," Paris",0.9931234
                        20,"a,""b""
                        ",
                        """);
    }

    @Test
    void textsThatLookLikeFormulasAreQuotedAndStayWhatTheyAre() {
        Table table =
                Table.of("", "=a", "b,c", "d").withRow("=1+1", "-1", -1).withRow("@x", "+", 2);
        assertThat(table.toCsv())
                .isEqualTo("\"=a\",\"b,c\",d\n\"=1+1\",\"-1\",-1\n\"@x\",\"+\",2\n");
    }

    @Test
    void whateverIsWrittenIsReadAgain() {
        System.out.println("-Dseed=" + seed);
        RandomTexts texts = new RandomTexts(new Random(seed));
        for (int i = 0; i < 3_000; i++) {
            List<String> header = List.of(texts.next(), texts.next());
            List<String> row = List.of(texts.next(), texts.next());
            Table table = Table.of("", header.get(0), header.get(1)).withRows(List.of(row));
            assertThat(readCsv(table.toCsv())).containsExactly(header, row);
        }
    }

    /** A reader as RFC 4180 has it. */
    private static List<List<String>> readCsv(String csv) {
        List<List<String>> records = new ArrayList<>();
        List<String> record = new ArrayList<>();
        StringBuilder field = new StringBuilder();
        boolean quoted = false;
        for (int i = 0; i < csv.length(); i++) {
            char c = csv.charAt(i);
            if (quoted && c == '"' && i + 1 < csv.length() && csv.charAt(i + 1) == '"') {
                field.append(csv.charAt(++i));
            } else if (c == '"') {
                quoted = !quoted;
            } else if (!quoted && (c == ',' || c == '\n')) {
                record.add(field.toString());
                field.setLength(0);
                if (c == '\n') {
                    records.add(record);
                    record = new ArrayList<>();
                }
            } else {
                field.append(c);
            }
        }
        return records;
    }

    @Test
    void linesUpInATerminal() {
        assertThat(lines(TABLE, 100))
                .containsExactly(
                        "Next tokens",
                        "rank  token    probability",
                        "────  ───────  ───────────",
                        "   1  ·Paris         0.993",
                        "  20  a,\"b\"\\n");
    }

    @Test
    void theWidestTextIsCutFirst() {
        Table table =
                Table.of("", "short", "long", "number")
                        .withRow("abcdefghi", "the quick brown fox jumps over", 123_456_789);
        assertThat(lines(table, 40))
                .containsExactly(
                        "short      long                   number",
                        "─────────  ──────────────────  ─────────",
                        "abcdefghi  the quick brown f…  123456789");
    }

    @Test
    void columnsThatDoNotFitFollowWithTheFirst() {
        Table table =
                Table.of("", "name", "a", "b", "c").withRow("x", 1_234_567, 2_345_678, 3_456_789);
        assertThat(lines(table, 24))
                .containsExactly(
                        "name        a        b",
                        "────  ───────  ───────",
                        "x     1234567  2345678",
                        "",
                        "name        c",
                        "────  ───────",
                        "x     3456789");
    }

    @Test
    void whatRowsAreIsNotCutThoughTheyAreNumbers() {
        Table table =
                Table.of("", "layer", "first", "second").withRow(1, "abcdefghij", "klmnopqrst");
        assertThat(lines(table, 26))
                .containsExactly(
                        "layer  first     second",
                        "─────  ────────  ─────────",
                        "    1  abcdefg…  klmnopqr…");
    }

    @Test
    void linesFitAndHoldNothingThatSteers() {
        System.out.println("-Dseed=" + seed);
        Random random = new Random(seed);
        RandomTexts texts = new RandomTexts(random);
        for (int i = 0; i < 1_000; i++) {
            List<Object> row = new ArrayList<>();
            List<String> columns = new ArrayList<>();
            for (int column = random.nextInt(8); column >= 0; column--) {
                columns.add(texts.next());
                row.add(random.nextBoolean() ? texts.next() : random.nextGaussian());
            }
            Table table =
                    Table.of(texts.next(), columns.toArray(String[]::new)).withRows(List.of(row));
            TerminalChecks.assertFits(table::toText, 20 + random.nextInt(80));
            String all = table.toText(Terminal.plain(20));
            row.stream()
                    .filter(Double.class::isInstance)
                    .map(number -> Numbers.show((double) number))
                    .forEach(number -> assertThat(all).contains(number));
        }
    }

    @Test
    void markdownTablesPutNumbersToTheRight() {
        assertThat(TABLE.toMarkdown())
                .isEqualTo(
                        """
                        **Next tokens**

                        | rank | token | probability |
                        | ---: | --- | ---: |
                        | 1 | ·Paris | 0.993 |
                        | 20 | a,"b"\\\\n |  |
                        """);
    }

    @Test
    void aTableWithoutRowsHasAHeader() {
        Table empty = Table.of("", "a", "b");
        assertThat(lines(empty, 80)).containsExactly("a  b", "─  ─");
        assertThat(empty.toCsv()).isEqualTo("a,b\n");
        assertThat(empty.toMarkdown()).isEqualTo("| a | b |\n| --- | --- |\n");
        assertThat(Table.of("only a title").toString().lines().collect(Collectors.joining()))
                .isEqualTo("only a title");
    }
}
