package dev.patchscopes.lens.feature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.TargetPrompt;
import dev.patchscopes.model.HookedModel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PaperSamplesTest {

    private static final String HEADER =
            "\tsample_id\tprompt_target\tposition_target\ttarget_baseline\tobject\tsubject"
                    + "\tgenerations_baseline\tgenerations_baseline_str\tis_correct_baseline"
                    + "\tprompt_source\tposition_source\tsource_cropped_toks\n";

    @TempDir Path directory;

    /** A row; fields are quoted as the tables quote them. */
    private static String row(
            String subject, String object, String sentence, int position, String tokens) {
        return String.join(
                        "\t",
                        "0",
                        "7",
                        "The sound of x",
                        "-1",
                        "The sound of " + subject,
                        object,
                        subject,
                        "\"[' a\n', ' b']\"",
                        " a  b",
                        "True",
                        quoted(sentence),
                        Integer.toString(position),
                        quoted(tokens))
                + "\n";
    }

    private static String quoted(String field) {
        return field.matches("(?s).*[\"\n\t].*")
                ? "\"" + field.replace("\"", "\"\"") + "\""
                : field;
    }

    private PaperSamples read(String... rows) throws IOException {
        return PaperSamples.read(file(rows));
    }

    private Path file(String... rows) throws IOException {
        return Files.writeString(
                directory.resolve("animal_sound.tsv"), HEADER + String.join("", rows));
    }

    @Test
    void readsSentencesWithTheirSpacesAndQuotes() throws IOException {
        PaperSamples read =
                read(
                        row(
                                "cow",
                                "moo",
                                " said \"the cow\" to",
                                3,
                                "[' said', ' \"', 'the', ' cow']"),
                        row("sheep dog", "woof", "A sheep dog barks", 2, "['A', ' sheep', ' dog']"),
                        row("cow", "moo", "", 0, "['cow']"),
                        row("cow", "moo", " a cow\nand", 1, "[' a', ' cow']"),
                        row("cow", "moo", " cowar", 1, "[' a', ' cow']").replace("cowar", "coward"),
                        row("pig", "oink", " a piglet", 1, "[' big', 'horse']"),
                        row("horse", "neigh", " a hors", 1, "[' a', 'horse']"));

        assertThat(read.name()).isEqualTo("animal_sound");
        assertThat(read.target()).isEqualTo(TargetPrompt.featureExtraction("The sound of"));
        assertThat(read.dropped()).isEqualTo(new DroppedRows(1, 1, 1));
        assertThat(read.dropped().total()).isEqualTo(3);
        assertThat(read.samples()).hasSize(4);
        FeatureSample cow = read.samples().get(0);
        assertThat(cow.sentence()).isEqualTo(" said \"the cow\" to");
        assertThat(cow.mention().start()).isEqualTo(11);
        assertThat(cow.fact().object()).isEqualTo("moo");
        assertThat(read.samples().get(1).mention().of(read.samples().get(1).sentence()))
                .isEqualTo("sheep dog");
        assertThat(read)
                .hasToString(
                        "PaperSamples[animal_sound, \"The sound of x\", 4 samples, 3 rows dropped]");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    cow | a cow met a cow and a cow | 1 | ['a', ' cow'] | 2
                    cow | a cow met a cow and a cow | 4 | ['a', ' cow', ' met', ' a', ' cow'] | 12
                    cow | a cow met a cow and a cow | 7 | ['a', ' cow', ' met', ' a', ' cow', ' and', ' a', ' cow'] | 22
                    cow | cow ... cow and cow | 2 | ['cow', '...', ' cow'] | 8
                    cow | \u201ccow\u201d, cow and cow | 5 | ['\ufffd', '\ufffd', 'cow', '\ufffd', '\ufffd,', ' cow'] | 7
                    \u00e2ne | l'\u00e2ne et l'\u00e2ne gris | 6 | ['l', "'", '\\xe2ne', ' et', ' l', "'", '\\u00e2ne'] | 11
                    \u00e2ne | l'\u00e2ne et l'\u00e2ne gris | 8 | ['l', "'", '\ufffd', '\ufffdne', ' et', ' l', "'", '\ufffd', '\ufffdne'] | 11
                    """)
    void findsTheMentionThatIsMeant(
            String subject, String sentence, int position, String tokens, int start)
            throws IOException {
        FeatureSample sample = read(row(subject, "o", sentence, position, tokens)).samples().get(0);

        assertThat(sample.mention().start()).isEqualTo(start);
    }

    /** What another tokenizer reads there is the subject's last token. */
    @Test
    void givesPositionsForAnyTokenizer() throws IOException {
        FeatureSample sample =
                read(row(
                                "Mongolia",
                                "o",
                                " from Mongolia to Mongolia, and",
                                4,
                                "[' from', ' Mongolia', ' to', ' Mong', 'olia']"))
                        .samples()
                        .get(0);
        try (HookedModel model = HookedModel.demoSmall()) {
            var prompt = model.tokenize(sample.sentence());
            var token = prompt.token(sample.position(prompt)).span().orElseThrow();

            assertThat(sample.mention().start()).isEqualTo(18);
            assertThat(token.end()).isEqualTo(26);
        }
    }

    @Test
    void saysWhatIsWrong() throws IOException {
        String good = row("cow", "moo", " a cow", 1, "[' a', ' cow']");
        assertError(file(), ": the table has no rows");
        assertError(
                file(good, good.replace("sound of x", "noise of x")),
                ", line 4, column prompt_target: \"The noise of x\" differs from the rows before it,"
                        + " which have \"The sound of x\"");
        assertError(
                file(good.replace("sound of x", "sound of y")),
                ", line 2, column prompt_target: \"The sound of y\" has no placeholder x that stands"
                        + " by itself once");
        assertError(
                file(good.replace("\t-1\t", "\t3\t")),
                ", line 2, column position_target: \"3\" is not -1, the last token, where x stands");
        assertError(
                file(good.replace("\t1\t", "\t2\t")),
                ", line 2, column position_source: \"2\" is not the last of the 2 tokens in"
                        + " source_cropped_toks");
        assertError(
                file(good.replace("' cow']", "' cow'")),
                ", line 2, column source_cropped_toks: \"[' a', ' cow'\" is no list of texts as"
                        + " Python prints it: more expected at character 13");
        assertError(
                file(good.replace("\tmoo\t", "\t \t")), ", line 2, column object: \" \" is empty");
        assertError(
                file(good.replace("\tTrue", "")), ", line 2: the row has 12 fields, the header 13");
        assertError(
                Files.writeString(directory.resolve("a.tsv"), HEADER.replace("subject", "topic")),
                ": the table lacks columns [subject]; its first line is ");
        assertError(
                Files.writeString(directory.resolve("open.tsv"), HEADER + "\"never closed"),
                ": the table is damaged: ");
        assertError(
                Files.write(
                        directory.resolve("latin.tsv"),
                        (HEADER + good.replace("moo", "m\u00fch"))
                                .getBytes(StandardCharsets.ISO_8859_1)),
                ": the table is not UTF-8");
    }

    private static void assertError(Path file, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PaperSamples.read(file))
                .withMessageStartingWith(file + message);
    }

    @Test
    void readsListsAsPythonPrintsThem() {
        assertThat(PythonStrings.parse("[]")).isEqualTo(ImmutableList.of());
        assertThat(
                        PythonStrings.parse(
                                "[' a', \"it's\", '\"', '\\'', '\\\\n', '\\n\\t\\r', '\\x0b',"
                                        + " '\\u2019', '\\U0001f600', 'é']"))
                .containsExactly(
                        " a",
                        "it's",
                        "\"",
                        "'",
                        "\\n",
                        "\n\t\r",
                        "\u000b",
                        "\u2019",
                        "\ud83d\ude00",
                        "é");
        for (String bad :
                new String[] {
                    "",
                    "[",
                    "['a'",
                    "['a' 'b']",
                    "['a',]",
                    "[a]",
                    "['a'] x",
                    "['\\q']",
                    "['\\x4']",
                    "['\\x4g']",
                    "['\\Uffffffff']",
                    "['a\\"
                }) {
            assertThatIllegalArgumentException()
                    .as(bad)
                    .isThrownBy(() -> PythonStrings.parse(bad))
                    .withMessageStartingWith("is no list of texts as Python prints it: ");
        }
    }
}
