package dev.patchscopes.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which files decide what, and what is said when they are missing or damaged. */
class TokenizerLoadingTest {

    @TempDir private Path directory;

    @BeforeEach
    void start() throws IOException {
        copy("metaspace");
    }

    private void copy(String fixture) throws IOException {
        Files.writeString(
                directory.resolve("tokenizer.json"),
                Files.readString(Fixtures.directory(fixture).resolve("tokenizer.json")));
    }

    private void write(String file, String text) throws IOException {
        Files.writeString(directory.resolve(file), text);
    }

    private ImmutableIntArray idsOf(String text) {
        try (Tokenizer tokenizer = Tokenizer.load(directory)) {
            return tokenizer.tokenize(text).ids();
        }
    }

    @Test
    void thePostProcessorDecidesByDefault() throws IOException {
        assertThat(idsOf("The")).isEqualTo(ImmutableIntArray.of(1, 320));
        write("tokenizer_config.json", "{\"bos_token\": \"<s>\", \"add_bos_token\": false}");
        assertThat(idsOf("The")).isEqualTo(ImmutableIntArray.of(1, 320));
        copy("byte-level");
        write(
                "tokenizer_config.json",
                "{\"tokenizer_class\": \"GPT2Tokenizer\", \"bos_token\": \"<|endoftext|>\","
                        + " \"add_bos_token\": true}");
        assertThat(idsOf("The")).isEqualTo(ImmutableIntArray.of(257));
    }

    @Test
    void llamaTokenizersGoByTheirSwitches() throws IOException {
        write(
                "tokenizer_config.json",
                "{\"tokenizer_class\": \"LlamaTokenizer\", \"bos_token\": \"<s>\","
                        + " \"add_bos_token\": false}");
        assertThat(idsOf("The")).isEqualTo(ImmutableIntArray.of(320));
        write(
                "tokenizer_config.json",
                "{\"tokenizer_class\": \"LlamaTokenizerFast\", \"add_eos_token\": true}");
        assertThat(idsOf("The")).isEqualTo(ImmutableIntArray.of(1, 320, 2));
    }

    @Test
    void llamaTokenizersAddWhatTheirFileDoesNot() throws IOException {
        // A byte-level file without a template under the Llama class, as some checkpoints ship it.
        copy("byte-level");
        write(
                "tokenizer_config.json",
                "{\"tokenizer_class\": \"LlamaTokenizerFast\","
                        + " \"bos_token\": {\"content\": \"<|endoftext|>\"}}");
        try (Tokenizer tokenizer = Tokenizer.load(directory)) {
            TokenizedPrompt prompt = tokenizer.tokenize("The in");
            assertThat(prompt.ids()).isEqualTo(ImmutableIntArray.of(281, 257, 269));
            assertThat(Fixtures.spans(prompt)).containsExactly("-", "0..3", "3..6");
        }
    }

    @Test
    void namedSpecialTokensAreSpecialEvenIfTheFileForgotThem() throws IOException {
        write("tokenizer_config.json", "{\"eos_token\": \"ow\", \"pad_token\": null}");
        try (Tokenizer tokenizer = Tokenizer.load(directory)) {
            int ow = tokenizer.id("ow").getAsInt();
            ImmutableIntArray ids = tokenizer.tokenize("xowx", false).ids();
            assertThat(ids.contains(ow)).isTrue();
            assertThat(tokenizer.decode(ids)).isEqualTo("x x");
            assertThat(tokenizer.eos()).isEqualTo(ImmutableIntArray.of(ow));
            assertThat(tokenizer.pad()).isEmpty();
        }
    }

    @Test
    void specialIdsComeFromTheConfigurationFiles() throws IOException {
        try (Tokenizer tokenizer = Fixtures.load("metaspace")) {
            assertThat(tokenizer.bos()).hasValue(1);
            assertThat(tokenizer.eos()).isEqualTo(ImmutableIntArray.of(2, 0));
            assertThat(tokenizer.pad()).isEmpty();
            assertThat(tokenizer).hasToString("Tokenizer[metaspace, 337 tokens]");
        }
        try (Tokenizer tokenizer = Fixtures.load("byte-level")) {
            assertThat(tokenizer.bos()).hasValue(281);
            assertThat(tokenizer.eos()).isEqualTo(ImmutableIntArray.of(281));
        }
        try (Tokenizer tokenizer = Fixtures.load("word-level")) {
            assertThat(tokenizer.bos()).isEmpty();
            assertThat(tokenizer.eos()).isEqualTo(ImmutableIntArray.of(7));
            assertThat(tokenizer.pad()).hasValue(1);
        }
        write("special_tokens_map.json", "{\"bos_token\": \"</s>\"}");
        write("config.json", "{\"bos_token_id\": 0, \"text_config\": {\"eos_token_id\": 2}}");
        try (Tokenizer tokenizer = Tokenizer.load(directory)) {
            assertThat(tokenizer.bos()).hasValue(2);
            assertThat(tokenizer.eos()).isEqualTo(ImmutableIntArray.of(2));
        }
    }

    @Test
    void readsVocabularyAndMergesWhereThatIsAllThereIs() throws IOException {
        Files.delete(directory.resolve("tokenizer.json"));
        write(
                "vocab.json",
                "{\"<pad>\": 0, \"</s>\": 1, \"h\": 2, \"i\": 3, \"Ġ\": 4, \"#\": 5,"
                        + " \"hi\": 6, \"Ġhi\": 7, \"##\": 8}");
        write("merges.txt", "#version: 0.2\nh i\nĠ hi\n# #\n");
        write("config.json", "{\"model_type\": \"opt\", \"eos_token_id\": 1}");
        assertThat(idsOf("hi hi##")).isEqualTo(ImmutableIntArray.of(6, 7, 8));
        write(
                "tokenizer_config.json",
                "{\"tokenizer_class\": \"GPT2Tokenizer\", \"add_bos_token\": true,"
                        + " \"bos_token\": {\"content\": \"</s>\"}, \"pad_token\": \"<pad>\"}");
        try (Tokenizer tokenizer = Tokenizer.load(directory)) {
            TokenizedPrompt prompt = tokenizer.tokenize("hi hi");
            assertThat(prompt).hasToString("\"</s>\"·\"hi\"·\" hi\"");
            assertThat(tokenizer.decode(prompt.ids())).isEqualTo("hi hi");
            assertThat(tokenizer.pad()).hasValue(0);
            assertThat(Fixtures.spans(prompt)).containsExactly("-", "0..2", "2..5");
        }
    }

    @Test
    void aFileCanBeNamedItself() throws IOException {
        Files.move(directory.resolve("tokenizer.json"), directory.resolve("other.json"));
        try (Tokenizer tokenizer = Tokenizer.load(directory.resolve("other.json"))) {
            assertThat(tokenizer.tokenize("The").length()).isEqualTo(2);
        }
    }

    @Test
    void holesInTheVocabularyHaveNames() throws IOException {
        write(
                "tokenizer.json",
                "{\"added_tokens\": [], \"pre_tokenizer\": {\"type\": \"Whitespace\"}, \"model\":"
                        + " {\"type\": \"WordLevel\", \"unk_token\": \"a\", \"vocab\": {\"a\": 0,"
                        + " \"b\": 3}}}");
        try (Tokenizer tokenizer = Tokenizer.load(directory)) {
            assertThat(tokenizer.vocabularySize()).isEqualTo(4);
            assertThat(tokenizer.piece(2)).isEqualTo("#2");
            assertThat(tokenizer.id("#2")).isEmpty();
            assertThat(tokenizer.decode(ImmutableIntArray.of(0, 2, 3))).isEqualTo("a b");
        }
    }

    @Test
    void aMissingTokenizerSaysWhatToDo() throws IOException {
        Files.delete(directory.resolve("tokenizer.json"));
        write("tokenizer.model", "x");
        assertThatThrownBy(() -> Tokenizer.load(directory))
                .isInstanceOf(TokenizerNotFoundException.class)
                .hasMessage(
                        directory
                                + " has no tokenizer.json (there is a tokenizer.model, which is"
                                + " another format). Download tokenizer.json next to the weights,"
                                + " or make it in Python:"
                                + " transformers.AutoTokenizer.from_pretrained(\""
                                + directory
                                + "\").save_pretrained(\""
                                + directory
                                + "\").");
        Path nowhere = directory.resolve("nowhere");
        assertThatThrownBy(() -> Tokenizer.load(nowhere))
                .isInstanceOf(TokenizerNotFoundException.class)
                .hasMessage(nowhere + " is neither a model directory nor a tokenizer.json file.");
    }

    @Test
    void damagedFilesAreNamed() throws IOException {
        String good = Files.readString(directory.resolve("tokenizer.json"));
        assertDamaged("tokenizer.json", good.substring(0, good.length() / 2));
        assertDamaged("tokenizer.json", "[1, 2]");
        assertDamaged("tokenizer.json", "{\"model\": {\"vocab\": {}}}");
        assertDamaged("tokenizer.json", "{\"model\": {\"vocab\": {\"a\": 2147483647}}}");
        assertDamaged("tokenizer.json", "{\"model\": {\"vocab\": {\"a\": -1}}}");
        assertDamaged(
                "tokenizer.json", "{\"added_tokens\": [3], \"model\": {\"vocab\": {\"a\": 1}}}");
        assertDamaged("tokenizer.json", "{\"normalizer\": " + "[".repeat(100_000));
        Files.write(directory.resolve("tokenizer.json"), new byte[] {'{', (byte) 0xFF, '}'});
        assertThatThrownBy(() -> Tokenizer.load(directory))
                .isInstanceOf(TokenizerFormatException.class)
                .hasMessageContaining("is not UTF-8");
        write("tokenizer.json", good);
        assertDamaged("tokenizer_config.json", "{\"bos_token\": ");
        assertDamaged("tokenizer_config.json", "7");
        assertDamaged("tokenizer_config.json", "{\"bos_token\": " + "[".repeat(100_000));
    }

    @Test
    void filesTheNativeTokenizerRefusesAreNamed() throws IOException {
        write(
                "tokenizer.json",
                "{\"version\": \"1.0\", \"model\": {\"type\": \"Sorcery\","
                        + " \"vocab\": {\"a\": 0}}}");
        assertThatThrownBy(() -> Tokenizer.load(directory))
                .isInstanceOf(TokenizerFormatException.class)
                .hasMessageContaining(directory.toString());
    }

    @Test
    void whatIsSkippedAtFirstMustBeJsonToo() throws IOException {
        write("tokenizer_config.json", "{\"tokenizer_class\": \"LlamaTokenizer\"}");
        assertDamaged(
                "tokenizer.json", "{\"model\": {\"vocab\": {\"a\": 0}, \"merges\": [\"a\tb\"]}}");
        assertDamaged("tokenizer.json", "{\"model\": {\"vocab\": {\"a\": 0}}, \"decoder\": NaN}");
        assertDamaged("tokenizer.json", "{\"model\": {\"vocab\": {\"a\": 0}}} {}");
        assertDamaged(
                "tokenizer.json",
                "{\"decoder\": {}, \"model\": {\"vocab\": {\"a\": 0}}, \"decoder\": null}");
    }

    @Test
    void aHighIdIsNotBelieved() throws IOException {
        assertDamaged("tokenizer.json", "{\"model\": {\"vocab\": {\"a\": 16000000}}}");
        assertDamaged(
                "tokenizer.json",
                "{\"model\": {\"vocab\": {\"a\": 0}}, \"added_tokens\": [{\"id\": 1048609,"
                        + " \"content\": \"b\"}]}");
    }

    @Test
    void idsOfOtherFilesAreWholeNumbers() throws IOException {
        for (String id : new String[] {"1.5", "1e3", "99999999999", "[1, 0.5]"}) {
            write("generation_config.json", "{\"eos_token_id\": " + id + "}");
            assertThatThrownBy(() -> Tokenizer.load(directory))
                    .isInstanceOf(TokenizerFormatException.class)
                    .hasMessageContaining("eos_token_id");
        }
        write("generation_config.json", "{\"eos_token_id\": [-1, 2, null]}");
        try (Tokenizer tokenizer = Tokenizer.load(directory)) {
            assertThat(tokenizer.eos()).isEqualTo(ImmutableIntArray.of(2));
        }
    }

    @Test
    void aTextWithoutTokensForItsPiecesIsAnErrorThatSaysSo() throws IOException {
        write(
                "tokenizer.json",
                "{\"version\": \"1.0\", \"model\": {\"type\": \"WordLevel\", \"unk_token\":"
                        + " \"none\", \"vocab\": {\"a\": 0}}}");
        try (Tokenizer tokenizer = Tokenizer.load(directory)) {
            assertThat(tokenizer.tokenize("a").ids()).isEqualTo(ImmutableIntArray.of(0));
            assertThatThrownBy(() -> tokenizer.tokenize("b"))
                    .isInstanceOf(TokenizerFormatException.class)
                    .hasMessageContaining("cannot read the text \"b\"");
        }
    }

    @Test
    void messagesShowNoControlCharactersOfTheFile() throws IOException {
        write("tokenizer.json", "{\"\\u001b[2J\": 1, \"\\u001b[2J\": 2}");
        assertThatThrownBy(() -> Tokenizer.load(directory))
                .isInstanceOf(TokenizerFormatException.class)
                .hasMessageMatching("\\P{Cntrl}+");
        assertThat(new TokenizerFormatException("\u001b\n" + "x".repeat(5000)))
                .hasMessageStartingWith("\ufffd\ufffdx")
                .hasMessageEndingWith("x...")
                .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(2100));
    }

    private void assertDamaged(String file, String text) throws IOException {
        write(file, text);
        assertThatThrownBy(() -> Tokenizer.load(directory))
                .isInstanceOf(TokenizerFormatException.class)
                .hasMessageContaining(directory.resolve(file).toString());
    }
}
