package dev.patchscopes.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.primitives.ImmutableDoubleArray;
import com.google.common.primitives.ImmutableIntArray;
import com.google.gson.JsonObject;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The file alone: what is in it, and what damages it. */
class SweepJournalTest extends JournalFixture {
    /** Another seed may be given: -Dseed=42. */
    private final long seed = Long.getLong("seed", System.nanoTime());

    @Test
    void givesBackWhatWasAddedInTheOrderInWhichItWasFinished() {
        Path file = small();
        assertThat(finished(file).keySet()).containsExactly(2, 0, 1);
        for (int cell = 0; cell < 3; cell++) {
            CellResults.assertEqual(finished(file).get(cell), result(cell + 3));
        }
        try (SweepJournal journal = open(file)) {
            assertThat(journal).hasToString("SweepJournal[%s, 3 cells finished]".formatted(file));
            journal.append(3, result(9));
        }
        assertThat(finished(file).keySet()).containsExactly(2, 0, 1, 3);
    }

    @Test
    void isTextWithTheSweepInItsFirstLine() throws IOException {
        List<String> lines = Files.readAllLines(small());
        assertThat(lines.get(0))
                .matches(
                        "\\{\"crc\":\"[0-9a-f]{8}\",\"journal\":\"patchscopes sweep\",\"format\":1,\"fingerprint\":\"f00d\",\"cells\":4,\"model\":\"gpt2\",\"library\":\"0.1.0\"}");
        assertThat(lines.get(3))
                .matches(
                        "\\{\"crc\":\"[0-9a-f]{8}\",\"cell\":1,\"top\":\\{\"ids\":\\[4],\"probabilities\":\\[2.0]},\"probabilities\":\\[0.25],\"logits\":\\[]}");
        assertThat(directory.toFile().list((d, name) -> name.endsWith(".tmp"))).isEmpty();
    }

    @Test
    void everyResultComesBackToTheBit() {
        Random random = new Random(seed);
        for (int round = 0; round < 100; round++) {
            double[] logits = new double[random.nextInt(9)];
            Arrays.setAll(logits, i -> anyNumber(random));
            int[] ids = random.ints(random.nextInt(4), 0, 128).toArray();
            Generation generation =
                    new Generation(
                            PROMPT,
                            anyText(random),
                            ImmutableIntArray.copyOf(ids),
                            tokens(ids),
                            List.of(Generation.StopReason.values()).get(random.nextInt(3)));
            CellResult result =
                    new CellResult(
                            tokens(random.ints(3, 0, 128).toArray()),
                            ImmutableDoubleArray.copyOf(logits),
                            ImmutableDoubleArray.of(anyNumber(random), -0.0, Double.MIN_VALUE),
                            random.nextBoolean()
                                    ? Optional.of(
                                            TokenDistribution.ofLogits(logits, Optional.empty()))
                                    : Optional.empty(),
                            ImmutableDoubleArray.copyOf(
                                    random.doubles(random.nextInt(3)).toArray()),
                            random.nextBoolean() ? Optional.of(generation) : Optional.empty());
            byte[] line = JournalLine.write(JSON.write(round, result));
            assertThat(line[line.length - 1]).isEqualTo((byte) '\n');
            JsonObject read = JournalLine.read(Arrays.copyOf(line, line.length - 1)).orElseThrow();
            assertThat(JSON.cell(read)).as("seed %d", seed).isEqualTo(round);
            CellResults.assertEqual(JSON.result(read), result);
        }
    }

    @Test
    void aLineIsJsonToAnyReader() throws IOException {
        CellResult masked =
                new CellResult(
                        tokens(),
                        ImmutableDoubleArray.of(),
                        ImmutableDoubleArray.of(Double.NEGATIVE_INFINITY, -0.0),
                        Optional.empty(),
                        ImmutableDoubleArray.of(),
                        Optional.empty());
        String line = new String(JournalLine.write(JSON.write(0, masked)), StandardCharsets.UTF_8);
        try (JsonReader reader = new JsonReader(new StringReader(line))) {
            reader.setStrictness(Strictness.STRICT);
            reader.skipValue();
            assertThat(reader.peek()).isEqualTo(JsonToken.END_DOCUMENT);
        }
        assertThat(line).endsWith("\"logits\":[\"-Infinity\",-0.0]}\n");
    }

    private static double anyNumber(Random random) {
        double any = Double.longBitsToDouble(random.nextLong());
        return Double.isNaN(any) || random.nextInt(9) == 0 ? Double.NEGATIVE_INFINITY : any;
    }

    /** Line breaks, quotes, and surrogates without their partner too. */
    private static String anyText(Random random) {
        StringBuilder text = new StringBuilder("\n\"\\\u2028\ud83d\ude00");
        random.ints(20, 0, 0x10000).forEach(c -> text.append((char) c));
        return text.toString();
    }

    // ---- damage ---------------------------------------------------------------------------------

    @Test
    void aTornEndIsCutOffWhereverItIsTorn() throws IOException {
        byte[] whole = Files.readAllBytes(small());
        int header = HEADER.line().length;
        for (int length = 0; length < whole.length; length++) {
            for (int zeros : new int[] {0, whole.length - length}) {
                // some file systems fill what was not written yet with zeros
                byte[] torn = Arrays.copyOf(Arrays.copyOf(whole, length), length + zeros);
                Path file = Files.write(file(), torn);
                if (length < header) {
                    assertThatThrownBy(() -> open(file))
                            .as("%d bytes", length)
                            .isInstanceOf(SweepJournalException.class)
                            .hasMessageContaining(file.toString())
                            .hasMessageContaining("delete the file");
                    assertThat(file).hasBinaryContent(torn);
                } else {
                    int kept = lastLine(whole, length);
                    Map<Integer, CellResult> finished = finished(file);
                    assertThat(file).hasBinaryContent(Arrays.copyOf(whole, kept));
                    finished.forEach((cell, r) -> CellResults.assertEqual(r, result(cell + 3)));
                    assertThat(finished).hasSize(lines(whole, kept) - 1);
                    try (SweepJournal journal = open(file)) {
                        journal.append(3, result(9));
                    }
                    assertThat(finished(file)).hasSize(lines(whole, kept)).containsKey(3);
                }
                Files.delete(file);
            }
        }
    }

    /** Where the last line that is whole within a length ends. */
    private static int lastLine(byte[] bytes, int length) {
        int end = length;
        while (bytes[end - 1] != '\n') {
            end--;
        }
        return end;
    }

    private static int lines(byte[] bytes, int length) {
        return (int) new String(bytes, 0, length, StandardCharsets.UTF_8).lines().count();
    }

    @Test
    void aFlippedBitIsRefusedUnlessItCanOnlyBeTheEnd() throws IOException {
        byte[] whole = Files.readAllBytes(small());
        int last = lastLine(whole, whole.length - 1);
        Random random = new Random(seed);
        for (int at = 0; at < whole.length; at++) {
            byte[] flipped = whole.clone();
            flipped[at] ^= (byte) (1 << random.nextInt(8));
            Path file = Files.write(file(), flipped);
            String what = "seed %d, byte %d".formatted(seed, at);
            // Without the break before it the last line has two; a new break makes two of it.
            if (at < last - 1 || (at < whole.length - 1 && flipped[at] == '\n')) {
                assertThatThrownBy(() -> open(file))
                        .as(what)
                        .isInstanceOf(SweepJournalException.class)
                        .hasMessageContaining(file.toString())
                        .hasMessageContaining("damaged")
                        .hasMessageContaining("choose another path");
                assertThat(file).as(what).hasBinaryContent(flipped);
            } else {
                Map<Integer, CellResult> finished = finished(file);
                assertThat(finished).as(what).hasSize(at < last ? 1 : 2);
                finished.forEach((cell, r) -> CellResults.assertEqual(r, result(cell + 3)));
            }
            Files.delete(file);
        }
    }

    @Test
    void damageIsDescribed() throws IOException {
        Path file = small();
        List<String> lines = new ArrayList<>(Files.readAllLines(file));
        int start = lines.get(0).length() + lines.get(1).length() + 2;
        lines.set(2, lines.get(2).replace("cell", "call"));
        Files.write(file, lines);
        assertThatThrownBy(() -> open(file))
                .hasMessage(
                        "line 3 of %s, which begins at byte %d, is damaged: its text does not fit its check sum, and more follows. The file is left as it is: cut it before that line to go on from there, delete it, or choose another path"
                                .formatted(file, start));
    }

    @Test
    void wholeLinesThatMakeNoSenseAreRefused() throws IOException {
        for (JsonObject line :
                List.of(
                        JSON.write(4, result(5)),
                        JSON.write(-1, result(5)),
                        JSON.write(2, result(5)),
                        without("cell"),
                        without("top"),
                        without("logits"))) {
            Path file = small();
            Files.write(file, JournalLine.write(line), StandardOpenOption.APPEND);
            byte[] before = Files.readAllBytes(file);
            assertThatThrownBy(() -> open(file))
                    .as(line.toString())
                    .isInstanceOf(SweepJournalException.class)
                    .hasMessageContaining("line 5 of " + file);
            assertThat(file).hasBinaryContent(before);
        }
        Path file = small();
        Files.write(file, JournalLine.write(JSON.write(4, result(5))), StandardOpenOption.APPEND);
        assertThatThrownBy(() -> open(file)).hasMessageContaining("cell 4 is not in 0..3");
    }

    private JsonObject without(String field) {
        JsonObject line = JSON.write(3, result(5));
        line.remove(field);
        return line;
    }

    // ---- other files ----------------------------------------------------------------------------

    @Test
    void anotherSweepsFileIsRefused() throws IOException {
        Path file = small();
        byte[] before = Files.readAllBytes(file);
        assertThatThrownBy(
                        () ->
                                SweepJournal.open(
                                        file, new JournalHeader("beef", 4, "tiny", "0.2.0"), JSON))
                .isInstanceOf(SweepJournalException.class)
                .hasMessage(
                        "%s holds another sweep (fingerprint f00d, on gpt2) than this one (fingerprint beef, on tiny); they differ in the model, base runs, cells, reading or generation: delete the file, or choose another path"
                                .formatted(file));
        assertThatThrownBy(
                        () ->
                                SweepJournal.open(
                                        file, new JournalHeader("f00d", 5, "tiny", "0.2.0"), JSON))
                .isInstanceOf(SweepJournalException.class)
                .hasMessage(
                        "%s holds a sweep of 4 cells on gpt2, this one has 5 cells on tiny: delete the file, or choose another path"
                                .formatted(file));
        assertThat(file).hasBinaryContent(before);
        assertThat(SweepJournal.open(file, new JournalHeader("f00d", 4, "x", "9"), JSON))
                .as("its name and the library's version are no part of a sweep")
                .satisfies(SweepJournal::close);
    }

    @Test
    void anotherFormatIsRefused() throws IOException {
        JsonObject header =
                JournalLine.read(Arrays.copyOf(HEADER.line(), HEADER.line().length - 1))
                        .orElseThrow();
        header.remove("crc");
        header.addProperty("format", 2);
        Path file = Files.write(file(), JournalLine.write(header));
        assertThatThrownBy(() -> open(file))
                .isInstanceOf(SweepJournalException.class)
                .hasMessageContaining("of format 2, begun by version 0.1.0")
                .hasMessageContaining("reads format 1: delete the file");
    }

    @Test
    void whatIsNoJournalIsRefused() throws IOException {
        JsonObject other = new JsonObject();
        other.addProperty("list", "of shopping");
        for (byte[] content :
                List.of(
                        new byte[0],
                        new byte[1 << 17],
                        "\n".getBytes(StandardCharsets.UTF_8),
                        "milk\neggs\n".getBytes(StandardCharsets.UTF_8),
                        JournalLine.write(other))) {
            Path file = Files.write(file(), content);
            assertThatThrownBy(() -> open(file))
                    .isInstanceOf(SweepJournalException.class)
                    .hasMessageContaining(file + " is no journal of a sweep")
                    .hasMessageContaining("choose another path");
            assertThat(file).hasBinaryContent(content);
        }
        assertThatThrownBy(() -> open(directory))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("cannot open the journal " + directory);
        Path nowhere = directory.resolve("no").resolve("journal");
        assertThatThrownBy(() -> open(nowhere))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("cannot open the journal " + nowhere);
    }
}
