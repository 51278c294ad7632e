package dev.patchscopes.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import dev.patchscopes.text.Tokenizer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Text in, text out: a random model whose vocabulary is a byte-level tokenizer's. */
class TextGenerationTest {

    private static final String PROMPT = "The Tower is";

    @TempDir static Path directory;
    private static HookedModel model;

    @BeforeAll
    static void load() {
        TextModel.writeTo(directory);
        model = TextModel.exact(directory);
    }

    @AfterAll
    static void close() {
        model.close();
    }

    @Test
    void textIsTheDecodedContinuation() {
        Generation generation =
                model.generation(PROMPT).maxNewTokens(8).ignoringEndOfText().run().first();
        Tokenizer tokenizer = model.tokenizer();
        assertThat(generation.prompt()).isEqualTo(tokenizer.tokenize(PROMPT));
        assertThat(generation.text())
                .isNotEmpty()
                .isEqualTo(
                        tokenizer.decodeContinuation(generation.prompt().ids(), generation.ids()));
        assertThat(model.generate(PROMPT, 8).text()).isEqualTo(model.generate(PROMPT, 8).text());
        assertThat(generation.tokens().get(0).piece())
                .isEqualTo(tokenizer.label(generation.ids().get(0)));
        assertThat(model.topTokens(PROMPT, 3).get(0).id()).isEqualTo(generation.ids().get(0));
    }

    @Test
    void aStopStringCutsTheTextBeforeIt() {
        Sampling sampling = Sampling.temperature(1, 9);
        GenerationRequest request =
                model.generation(PROMPT).maxNewTokens(24).ignoringEndOfText().sampling(sampling);
        String whole = request.run().text();
        int at = 8;
        String stop = whole.substring(at, at + 3); // spans tokens
        int first = whole.indexOf(stop);
        Generation stopped = request.stopAt("absent from it all", stop).run().first();
        assertThat(stopped.reason()).isEqualTo(Generation.StopReason.STOP_STRING);
        assertThat(stopped.text()).isEqualTo(whole.substring(0, first));
        assertThat(stopped.ids().length()).isLessThan(24);
        assertThat(stopped.tokens()).hasSize(stopped.ids().length());
        // the earliest of several wins
        String later = whole.substring(first + 1, first + 4);
        assertThat(request.stopAt(later, stop).run().text()).isEqualTo(whole.substring(0, first));
        assertThat(request.stopAt("absent from it all").run().text()).isEqualTo(whole);
    }

    @Test
    void rowsStopByThemselves() {
        GenerationRequest request =
                model.generation(List.of(PROMPT, "Paris in the"))
                        .maxNewTokens(16)
                        .ignoringEndOfText()
                        .sampling(Sampling.temperature(1, 4));
        List<String> whole = request.run().all().stream().map(Generation::text).toList();
        String stop = whole.get(0).substring(3, 6);
        assertThat(whole.get(1)).doesNotContain(stop);
        List<Generation> stopped = request.stopAt(stop).run().all();
        assertThat(stopped.get(0).text())
                .isEqualTo(whole.get(0).substring(0, whole.get(0).indexOf(stop)));
        assertThat(stopped.get(1).text()).isEqualTo(whole.get(1));
        assertThat(stopped.get(1).reason()).isEqualTo(Generation.StopReason.LENGTH);
    }

    @Test
    void anEmptyStopStringIsRefused() {
        GenerationRequest request = model.generation(PROMPT);
        assertThatThrownBy(() -> request.stopAt("x", ""))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("empty stop string");
    }

    @Test
    void resultsNameTokensAfterTheModelIsClosed() {
        Activations acts;
        Generation generation;
        String piece;
        try (HookedModel own = HookedModel.load(directory)) {
            acts = own.run(PROMPT).execute();
            generation = own.generate(PROMPT, 3);
            piece = own.tokenizer().label(acts.next().argMax());
        }
        assertThat(acts.topTokens(1).get(0).piece()).isEqualTo(piece);
        assertThat(acts.toString()).contains(acts.topTokens(1).get(0).toString());
        assertThat(generation.toString()).isEqualTo(generation.text());
    }

    @Test
    void requestsLoadersAndResultsAreShownInALine() {
        assertThat(HookedModel.loader(directory))
                .hasToString(
                        "ModelLoader[%s, float32 on the first GPU, else the CPU]"
                                .formatted(directory));
        ModelLoader loader =
                HookedModel.loader(directory)
                        .name("tiny")
                        .device(Device.cpu())
                        .computeType(ComputeType.FLOAT64);
        assertThat(loader)
                .hasToString("ModelLoader[%s, float64 on cpu(), named tiny]".formatted(directory));
        try (HookedModel own = loader.load()) {
            GenerationRequest request = own.generation(PROMPT).maxNewTokens(1);
            String prompt = own.tokenize(PROMPT).toString();
            assertThat(request)
                    .hasToString(
                            "GenerationRequest[tiny, %s, at most 1 new token, greedy]"
                                    .formatted(prompt));
            assertThat(request.maxNewTokens(3).stopAt("x").stopAt("\n", "!").ignoringEndOfText())
                    .hasToString(
                            "GenerationRequest[tiny, %s, at most 3 new tokens, greedy, stop at [\"\\n\", \"!\"], past the end of the text]"
                                    .formatted(prompt));
            assertThat(
                            own.generation(List.of(PROMPT, PROMPT))
                                    .maxNewTokens(2)
                                    .run()
                                    .toString()
                                    .lines())
                    .hasSize(2)
                    .allMatch(line -> line.startsWith(prompt + " -> \""));
        }
    }

    @Test
    void textOfAClosedModelSaysThatItIsClosed() {
        HookedModel own = HookedModel.loader(directory).name("tiny").load();
        Tokenizer tokenizer = own.tokenizer();
        own.close();
        List<Runnable> uses =
                Arrays.asList(
                        () -> own.tokenizer(),
                        () -> own.tokenize(PROMPT),
                        () -> own.run(PROMPT),
                        () -> own.generate(PROMPT, 2),
                        () -> own.topTokens(PROMPT, 2),
                        () -> own.run(List.of(PROMPT)));
        for (Runnable use : uses) {
            assertThatThrownBy(use::run)
                    .isInstanceOf(ModelClosedException.class)
                    .hasMessageContaining("tiny is closed");
        }
        assertThatThrownBy(() -> tokenizer.tokenize(PROMPT))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("closed");
    }
}
