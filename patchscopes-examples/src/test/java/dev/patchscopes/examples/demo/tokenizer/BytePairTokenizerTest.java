package dev.patchscopes.examples.demo.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.TargetPrompt;
import dev.patchscopes.examples.demo.corpus.Corpus;
import dev.patchscopes.examples.demo.corpus.Document;
import dev.patchscopes.examples.demo.corpus.KnowledgeBase;
import dev.patchscopes.text.TokenizedPrompt;
import dev.patchscopes.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BytePairTokenizerTest {

    private static final int SIZE = 2048;

    private Corpus corpus;
    private BytePairTokenizer tokenizer;

    @TempDir private Path directory;

    @BeforeAll
    void learn() {
        Corpus first = Corpus.about(KnowledgeBase.load(1), 1);
        tokenizer = learned(first);
        corpus = first.withPieces(tokenizer.pieces());
    }

    private static BytePairTokenizer learned(Corpus corpus) {
        return TokenizerBuilder.ofSize(SIZE)
                .keeping(" x")
                .learn(corpus.documents(0).limit(5_000).map(Document::text));
    }

    @Test
    void hasTheSizeAskedForAndTokensThatAreNeeded() {
        assertThat(tokenizer.size()).isEqualTo(SIZE);
        for (String needed : List.of(" x", " ->", "?", "\n", " is", " country", " Japan")) {
            assertThat(tokenizer.pieces().contains(needed)).as(needed).isTrue();
        }
        assertThat(tokenizer.pieces()).doesNotHaveDuplicates();
    }

    @Test
    void isTheSameForTheSameTexts() {
        assertThat(learned(corpus.withPieces(List.of())).toJson()).isEqualTo(tokenizer.toJson());
    }

    @Test
    void givesBackEveryDocument() {
        assertThat(corpus.documents(0).limit(3_000).map(Document::text))
                .allSatisfy(
                        text ->
                                assertThat(tokenizer.decode(tokenizer.encode(text)))
                                        .isEqualTo(text));
    }

    @Test
    void givesBackAnyText() {
        assertThat(strangeTexts())
                .allSatisfy(
                        text ->
                                assertThat(tokenizer.decode(tokenizer.encode(text)))
                                        .isEqualTo(text));
        assertThat(tokenizer.decode(tokenizer.encode("a\uD800b"))).isEqualTo("a\uFFFDb");
        assertThat(tokenizer.encode("").isEmpty()).isTrue();
    }

    @Test
    void everyPieceIsATokenByItself() {
        assertThat(tokenizer.pieces())
                .allSatisfy(
                        piece -> assertThat(tokenizer.encode(piece).length()).as(piece).isOne());
    }

    @Test
    void theLibraryReadsTheFileTheSameWay() throws IOException {
        tokenizer.write(directory.resolve("tokenizer.json"));
        Files.writeString(
                directory.resolve("config.json"),
                "{\"bos_token_id\": 1, \"eos_token_id\": 2, \"pad_token_id\": 0}");
        try (Tokenizer library = Tokenizer.load(directory)) {
            assertThat(library.vocabularySize()).isEqualTo(SIZE);
            assertThat(library.bos()).hasValue(BytePairTokenizer.BOS);
            assertThat(library.eos()).isEqualTo(ImmutableIntArray.of(BytePairTokenizer.EOS));
            assertThat(library.pad()).hasValue(BytePairTokenizer.PAD);
            assertThat(library.tokenize("Japan").ids().get(0)).isEqualTo(BytePairTokenizer.BOS);
            Stream.concat(
                            corpus.documents(0).limit(1_500).map(Document::text),
                            strangeTexts().stream())
                    .forEach(
                            text -> {
                                ImmutableIntArray ids = library.tokenize(text, false).ids();
                                assertThat(ids).as(text).isEqualTo(tokenizer.encode(text));
                                assertThat(library.decode(ids, false)).isEqualTo(text);
                            });
            for (TargetPrompt prompt :
                    List.of(TargetPrompt.entityDescription(), TargetPrompt.tokenIdentity())) {
                TokenizedPrompt tokens = library.tokenize(prompt.text());
                assertThat(prompt.resolve(tokens)).isEqualTo(tokens.length() - 1);
            }
        }
    }

    @Test
    void namesWhatCannotBe() {
        assertThatThrownBy(() -> TokenizerBuilder.ofSize(200))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("259");
        assertThatThrownBy(() -> TokenizerBuilder.ofSize(300).keeping("two words"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("two words");
    }

    private static List<String> strangeTexts() {
        Random random = new Random(5);
        List<String> scripts =
                List.of(
                        "aé ñ\t",
                        "\u0416ж 12",
                        "漢字かな",
                        "\uD83D\uDE00\uD83C\uDF0D ",
                        "शक्ति",
                        "عربى",
                        "\r\n  \n",
                        "½²٣");
        return Stream.concat(
                        Stream.of(
                                "Ġ",
                                "I'll don't",
                                "  two  spaces  ",
                                "\u00A0nbsp\u3000wide",
                                "1135"),
                        Stream.generate(
                                        () ->
                                                random.ints(12, 0, scripts.size())
                                                        .mapToObj(scripts::get)
                                                        .collect(Collectors.joining()))
                                .limit(100))
                .toList();
    }
}
