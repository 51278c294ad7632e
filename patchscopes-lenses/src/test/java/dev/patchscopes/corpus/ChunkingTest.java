package dev.patchscopes.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.text.Tokenizer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Chunks lose nothing and add nothing but what they say. */
class ChunkingTest {

    private static final int BOS = 1;
    private static final int EOS = 2;

    /** Puts BOS before a text. */
    private static Tokenizer adding;

    /** The same, but has its BOS for nothing, as GPT-2 has. */
    private static Tokenizer plain;

    /** Knows neither BOS nor EOS. */
    private static Tokenizer nameless;

    @BeforeAll
    static void load(@TempDir Path folder) throws IOException {
        adding = tokenizer(folder.resolve("adding"), true, "{}");
        plain =
                tokenizer(
                        folder.resolve("plain"),
                        true,
                        "{\"tokenizer_class\": \"LlamaTokenizer\", \"add_bos_token\": false,"
                                + " \"bos_token\": \"<s>\", \"eos_token\": \"</s>\"}");
        nameless = tokenizer(folder.resolve("nameless"), false, "{}");
    }

    private static Tokenizer tokenizer(Path folder, boolean config, String settings)
            throws IOException {
        Files.createDirectories(folder);
        copy("tokenizer.json", folder);
        if (config) {
            copy("config.json", folder);
        }
        Files.writeString(folder.resolve("tokenizer_config.json"), settings);
        return Tokenizer.load(folder);
    }

    private static void copy(String name, Path folder) throws IOException {
        try (InputStream in =
                Tokenizer.class.getResourceAsStream("/dev/patchscopes/model/demo/" + name)) {
            Files.copy(in, folder.resolve(name));
        }
    }

    @AfterAll
    static void close() {
        adding.close();
        plain.close();
        nameless.close();
    }

    private static List<TextChunk> chunks(
            List<String> texts, Tokenizer tokenizer, Chunking chunking) {
        try (CorpusStream<TextChunk> chunks = TextCorpus.of(texts).chunks(tokenizer, chunking)) {
            return chunks.stream().toList();
        }
    }

    private static ImmutableIntArray bare(String text) {
        return plain.tokenize(text, false).ids();
    }

    /** Words, and characters of up to four bytes, which become several tokens. */
    private static List<String> randomTexts(Random random, int count) {
        List<String> parts =
                List.of(" the", " Paris", "\n", "ü", " 東京", "\uD83D\uDE00", "  ", "x1");
        return IntStream.range(0, count)
                .mapToObj(
                        i ->
                                "T"
                                        + random.ints(random.nextInt(60), 0, parts.size())
                                                .mapToObj(parts::get)
                                                .collect(Collectors.joining()))
                .toList();
    }

    private static Random seeded(String name) {
        long seed = System.nanoTime();
        System.out.println(name + ": seed " + seed);
        return new Random(seed);
    }

    @Test
    void chunksOfADocumentPutTogetherAreTheDocument() {
        Random random = seeded("chunksOfADocumentPutTogetherAreTheDocument");
        for (int round = 0; round < 30; round++) {
            List<String> texts = randomTexts(random, 5);
            Tokenizer tokenizer = random.nextBoolean() ? adding : plain;
            int bos = tokenizer == adding ? 1 : 0;
            int length = 2 + random.nextInt(20);
            List<TextChunk> chunks =
                    chunks(texts, tokenizer, Chunking.ofLength(length).keepingRestsOf(1));
            for (int d = 0; d < texts.size(); d++) {
                StringBuilder text = new StringBuilder();
                List<Integer> ids = new ArrayList<>();
                for (TextChunk chunk : chunks) {
                    if (chunk.document() == d) {
                        assertThat(chunk.offset()).isEqualTo(ids.size());
                        text.append(chunk.text());
                        ids.addAll(chunk.ids().asList().subList(bos, chunk.ids().length()));
                    }
                }
                assertThat(text).hasToString(texts.get(d));
                assertThat(ids).isEqualTo(bare(texts.get(d)).asList());
            }
        }
    }

    @Test
    void chunksHaveOneLengthAndDoNotCrossDocuments() {
        Random random = seeded("chunksHaveOneLengthAndDoNotCrossDocuments");
        List<String> texts = randomTexts(random, 40);
        for (int minLength : new int[] {12, 5, 1}) {
            List<TextChunk> chunks =
                    chunks(texts, adding, Chunking.ofLength(12).keepingRestsOf(minLength));
            assertThat(chunks).allMatch(c -> c.ids().get(0) == BOS);
            for (int d = 0; d < texts.size(); d++) {
                int document = d;
                List<Integer> lengths =
                        chunks.stream()
                                .filter(c -> c.document() == document)
                                .map(c -> c.ids().length())
                                .toList();
                int tokens = bare(texts.get(d)).length();
                List<Integer> expected = new ArrayList<>();
                for (int left = tokens; left > 0; left -= 11) {
                    int chunk = Math.min(left, 11) + 1;
                    if (chunk >= minLength) {
                        expected.add(chunk);
                    }
                }
                assertThat(lengths).isEqualTo(expected);
            }
        }
    }

    @Test
    void joinedChunksAreOneSequenceWithEndsOfTextBeforeDocuments() {
        Random random = seeded("joinedChunksAreOneSequenceWithEndsOfTextBeforeDocuments");
        for (int length : new int[] {1, 7, 64}) {
            List<String> texts = randomTexts(random, 20);
            List<Integer> sequence = new ArrayList<>();
            for (String text : texts) {
                sequence.add(EOS);
                sequence.addAll(bare(text).asList());
            }
            List<TextChunk> chunks = chunks(texts, adding, Chunking.joined(length));
            List<Integer> got = new ArrayList<>();
            chunks.forEach(c -> got.addAll(c.ids().asList()));
            assertThat(chunks).allMatch(c -> c.ids().length() == length);
            assertThat(got).isEqualTo(sequence.subList(0, sequence.size() / length * length));
            String text = chunks.stream().map(TextChunk::text).collect(Collectors.joining());
            assertThat(String.join("", texts)).startsWith(text);
            assertThat(chunks.get(0).document() + chunks.get(0).offset()).isZero();
        }
    }

    @Test
    void aChunkOfAWholeDocumentIsThePromptTheTokenizerMakes() {
        List<String> texts = List.of("The capital of France is Paris.", "東京", "T");
        for (Tokenizer tokenizer : List.of(adding, plain)) {
            List<TextChunk> chunks = chunks(texts, tokenizer, Chunking.documents());
            for (int i = 0; i < texts.size(); i++) {
                assertThat(chunks.get(i).ids()).isEqualTo(tokenizer.tokenize(texts.get(i)).ids());
                assertThat(chunks.get(i).text()).isEqualTo(texts.get(i));
            }
            TextChunk cut = chunks(texts, tokenizer, Chunking.documents(3)).get(0);
            assertThat(cut.ids()).isEqualTo(tokenizer.tokenize(texts.get(0)).ids().subArray(0, 3));
            assertThat(texts.get(0)).startsWith(cut.text());
            assertThat(cut.text()).isNotEqualTo(texts.get(0));
        }
    }

    @Test
    void theBeginningOfTextIsByTheTokenizersRuleUnlessChosen() {
        List<String> texts = List.of("The capital of France");
        int bare = bare(texts.get(0)).length();
        for (Tokenizer tokenizer : List.of(adding, plain)) {
            ImmutableIntArray always =
                    chunks(texts, tokenizer, Chunking.documents().withBos(Bos.ALWAYS)).get(0).ids();
            assertThat(always.get(0)).isEqualTo(BOS);
            assertThat(always.length()).isEqualTo(bare + 1);
            ImmutableIntArray never =
                    chunks(texts, tokenizer, Chunking.ofLength(2).withBos(Bos.NEVER)).get(0).ids();
            assertThat(never).isEqualTo(bare(texts.get(0)).subArray(0, 2));
        }
    }

    @Test
    void missingTokensAreNamed() {
        List<String> texts = List.of("a");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> chunks(texts, nameless, Chunking.documents().withBos(Bos.ALWAYS)))
                .withMessageContaining("nameless");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> chunks(texts, nameless, Chunking.joined(4)))
                .withMessageContaining("nameless");
        assertThatIllegalArgumentException().isThrownBy(() -> Chunking.ofLength(1));
        assertThatIllegalArgumentException().isThrownBy(() -> Chunking.documents(1));
        assertThatIllegalArgumentException().isThrownBy(() -> Chunking.joined(0));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Chunking.ofLength(5).keepingRestsOf(6));
    }

    @Test
    void chunksAreCutAsTheyAreAskedFor() {
        WatchedSource source =
                WatchedSource.of("one", Packing.utf8(Texts.json("The capital").repeat(50_000)));
        TextCorpus corpus = WatchedSource.corpus(source).jsonl();
        try (CorpusStream<TextChunk> chunks = corpus.chunks(plain, Chunking.joined(16))) {
            assertThat(source.read()).isZero();
            chunks.next();
            assertThat(source.read()).isBetween(1L, 10_000L);
        }
        assertThat(source.closed()).isEqualTo(1);
    }
}
