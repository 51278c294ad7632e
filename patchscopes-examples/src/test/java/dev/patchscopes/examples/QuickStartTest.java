package dev.patchscopes.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.patchscopes.LibraryVersion;
import dev.patchscopes.model.HookedModel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QuickStartTest {

    @TempDir private static Path model;

    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
    private final ByteArrayOutputStream complaints = new ByteArrayOutputStream();

    @BeforeAll
    static void writeModel() throws IOException {
        Path resources = Path.of("../patchscopes-core/src/test/resources");
        Path golden = resources.resolve("golden/llama_gqa_llama3");
        for (String file : List.of("config.json", "model.safetensors")) {
            Files.copy(golden.resolve(file), model.resolve(file));
        }
        Files.copy(
                resources.resolve("dev/patchscopes/small-tokenizer/tokenizer.json"),
                model.resolve("tokenizer.json"));
    }

    @Test
    @Tag("trained")
    void withoutArgumentsItShowsPatchscopesAtWork() {
        assertThat(run()).as(() -> complaints.toString(StandardCharsets.UTF_8)).isZero();
        assertThat(text())
                .containsPattern("[01]\\.\\d{3}  \" Paris\"")
                .containsPattern("\n {5}10  \" Paris\" +[01]\\.\\d{3} +\" Paris\" +[01]\\.\\d{3}\n")
                .containsPattern("\n  layer +\\d+  x: Polish chemist")
                .contains(
                        "Asked directly, the model is wrong",
                        "    Toyota\n",
                        "x was founded is\n    Japan",
                        "x was founded is\n    the United Kingdom")
                .doesNotContain("for 0 of 121");
        assertFitsTheTerminal();
    }

    @Test
    @Tag("trained")
    void withoutAModelItTakesTheOneThatComesWithTheLibrary() {
        assertThat(run("--prompt", "The currency of Japan is the", "--tokens", "4")).isZero();
        assertThat(text()).contains("demo", "The currency of Japan is the yen");
    }

    @Test
    void helpSaysHowToUseItAndHowToGetAModel() {
        assertThat(run("--help")).isZero();
        assertThat(text())
                .startsWith("Patchscopes for the JVM " + LibraryVersion.current())
                .contains("--model MODEL", "--prompt TEXT", "--tokens N", "--model gpt2");
        assertFitsTheTerminal();
    }

    @Test
    void itShowsTokensLayersAndAContinuation() {
        assertThat(run("--model", model.toString(), "--prompt", "cat of Wales", "--tokens", "60"))
                .isZero();

        String continuation;
        try (HookedModel loaded = HookedModel.load(model)) {
            assertThat(text())
                    .contains(loaded.summary().toString())
                    .contains(
                            "%.3f  \"%s\""
                                    .formatted(
                                            loaded.topTokens("cat of Wales", 1)
                                                    .get(0)
                                                    .probability(),
                                            loaded.topTokens("cat of Wales", 1).get(0).piece()));
            continuation = loaded.generate("cat of Wales", 60).text();
            for (int layer = 0; layer <= loaded.layers(); layer++) {
                assertThat(text()).containsPattern("\n {6}" + layer + "  \".+\" +0\\.\\d{3} ");
            }
        }
        String shown = text().substring(text().lastIndexOf("---\n") + 4);
        assertThat(shown.replaceAll("\\s", ""))
                .isEqualTo(("cat of Wales" + continuation).replaceAll("\\s", ""));
        assertFitsTheTerminal();
    }

    @Test
    void mistakesAreSaidInALine(@TempDir Path other) throws IOException {
        assertThat(run("--model", "./nowhere", "--prompt", "x")).isEqualTo(1);
        assertThat(run("--modle", "x")).isEqualTo(1);
        assertThat(run("--model")).isEqualTo(1);
        assertThat(run("--tokens", "3")).isEqualTo(1);
        assertThat(run("--model", "x", "--prompt", "x", "--tokens", "many")).isEqualTo(1);
        assertThat(run("--model", model.toString(), "--prompt")).isEqualTo(1);

        assertThat(run("--model", model.toString(), "--prompt", "cat", "--tokens", "512"))
                .isEqualTo(1);
        Path broken = Files.createDirectory(other.resolve("broken"));
        for (String file : List.of("config.json", "model.safetensors")) {
            Files.copy(model.resolve(file), broken.resolve(file));
        }
        Files.writeString(broken.resolve("tokenizer.json"), "{");
        assertThat(run("--model", broken.toString(), "--prompt", "cat")).isEqualTo(1);

        assertThat(text()).isEmpty();
        assertThat(complaints.toString(StandardCharsets.UTF_8).lines())
                .hasSize(8)
                .allMatch(line -> line.startsWith("error: "))
                .anyMatch(line -> line.contains("\"--modle\" is no option"))
                .anyMatch(line -> line.contains("--tokens asks for 512 more"))
                .anyMatch(line -> line.contains("tokenizer.json"))
                .anyMatch(line -> line.contains("--model needs a value"))
                .anyMatch(line -> line.contains("--prompt is missing"))
                .anyMatch(line -> line.contains("--tokens \"many\" is not a number"))
                // This tokenizer adds no token of its own, so an empty prompt has none.
                .anyMatch(line -> line.contains("has no tokens"));
    }

    @Test
    void longLinesAreBrokenAtSpacesWhereThereAreAny() {
        assertThat(Lines.wrap("aa bb cc\n\ndddddddddd", 8))
                .isEqualTo("  aa bb\n  cc\n  \n  dddddd\n  dddd\n");
        assertThat(Lines.fit("abcdef", 6)).isEqualTo("abcdef");
        assertThat(Lines.fit("abcdefg", 6)).isEqualTo("abcde…");
    }

    private int run(String... args) {
        PrintStream out = new PrintStream(printed, true, StandardCharsets.UTF_8);
        PrintStream err = new PrintStream(complaints, true, StandardCharsets.UTF_8);
        return new QuickStart(out, err).run(List.of(args));
    }

    private String text() {
        return printed.toString(StandardCharsets.UTF_8);
    }

    private void assertFitsTheTerminal() {
        assertThat(text().lines()).allMatch(line -> line.length() <= 80);
    }
}
