package dev.patchscopes.trace.cross;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.patchscopes.Patchscope;
import dev.patchscopes.TargetPrompt;
import dev.patchscopes.model.DemoModel;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.trace.LayerPair;
import dev.patchscopes.trace.TraceModels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models that cut texts into other tokens, of other vocabularies, families and widths. */
class CrossTokenizerTest {

    private static final List<String> TEXTS =
            IntStream.range(0, 60)
                    .mapToObj(
                            i ->
                                    "The capital of %s is %s number %d."
                                            .formatted(
                                                    i % 3 == 0 ? "France" : "Japan",
                                                    i % 2 == 0 ? "Paris" : "cat",
                                                    i))
                    .toList();

    @Test
    void textsAreReadThroughBothTokenizers(@TempDir Path directory) throws IOException {
        try (HookedModel letters = TraceModels.withTokenizer("gpt2", directory);
                HookedModel words = HookedModel.demoSmall()) {
            CrossModelMap map =
                    CrossModelMap.between(letters, words)
                            .pairs(new LayerPair(1, 2))
                            .texts(TEXTS)
                            .heldOut(0.5)
                            .patched(10)
                            .fit();
            AlignedPrompts text = AlignedPrompts.of(letters, words, TEXTS.get(0));
            assertThat(text.source().length()).isGreaterThan(text.target().length());
            assertThat(map.report().setup().unaligned()).isZero();
            assertThat(map.report().setup().texts()).isEqualTo(TEXTS.size());
            CrossModelScores.Agreement mapped = map.scores().orElseThrow().at(1, 2).mapped();
            assertThat(mapped.withSource().outcomes()).isEqualTo(10);
            // of the target's tokens not all are one of the source's
            assertThat(mapped.surprisalOfPatchedPrediction().count()).isBetween(0L, 10L);
            String said =
                    Patchscope.on(letters)
                            .sourcePrompt("cat")
                            .sourceLayer(1)
                            .mapping(map.mapping(1, 2))
                            .targetModel(words)
                            .targetPrompt(TargetPrompt.entityDescription())
                            .targetLayer(2)
                            .maxNewTokens(3)
                            .build()
                            .run()
                            .text();
            assertThat(said).isNotBlank();
            CrossModelMap streamed =
                    CrossModelMap.between(letters, words)
                            .pairs(new LayerPair(1, 2))
                            .texts(Stream.concat(TEXTS.stream(), Stream.empty()))
                            .heldOut(0.5)
                            .patched(0)
                            .fit();
            assertThat(streamed.at(1, 2)).isEqualTo(map.at(1, 2));
        }
    }

    @Test
    void namesStandInPlaceOfThePlaceholder(@TempDir Path directory) throws IOException {
        try (HookedModel letters = TraceModels.withTokenizer("gpt2", directory);
                HookedModel words = HookedModel.demoSmall()) {
            String name = "the river Rhine";
            TargetPrompt prompt = TargetPrompt.of("Tell me of x, and why.", "x");
            for (boolean swapped : new boolean[] {false, true}) {
                HookedModel source = swapped ? words : letters;
                HookedModel target = swapped ? letters : words;
                AlignedPrompts placed = AlignedPrompts.inPlace(source, target, name, prompt);
                assertThat(placed.size()).isEqualTo(1);
                int from = placed.sourcePositions().get(0);
                int to = placed.targetPositions().get(0);
                assertThat(placed.source().text()).isEqualTo(name);
                assertThat(placed.source().token(from).span().orElseThrow().end())
                        .isEqualTo(name.length());
                assertThat(placed.target().text()).isEqualTo("Tell me of " + name + ", and why.");
                assertThat(placed.target().token(to).span().orElseThrow().end())
                        .isEqualTo("Tell me of ".length() + name.length());
                assertThat(placed.target().length()).isEqualTo(to + 1);
                assertThat(placed.source().length()).isEqualTo(from + 1);
            }
            assertThatThrownBy(() -> AlignedPrompts.inPlace(letters, words, " ", prompt))
                    .hasMessageContaining("is blank");
            assertThatThrownBy(
                            () ->
                                    AlignedPrompts.inPlace(
                                            letters, words, name, TargetPrompt.of("Tell me.")))
                    .hasMessageContaining("has no placeholder")
                    .hasMessageContaining("TargetPrompt.of(text, \"x\")");
        }
    }

    @Test
    void tokensAreComparedByWhatTheyRead(@TempDir Path directory) throws IOException {
        try (HookedModel letters = TraceModels.withTokenizer("gpt2", directory);
                HookedModel words = HookedModel.demoSmall();
                HookedModel same = DemoModel.SMALL.load()) {
            Vocabularies toLetters = Vocabularies.of(letters, words);
            int cat = words.tokenizer().id(" cat").orElseThrow();
            int own = letters.tokenizer().id(" cat").orElseThrow();
            assertThat(own).isNotEqualTo(cat);
            assertThat(toLetters.inSource(cat)).hasValue(own);
            int japan = words.tokenizer().id(" Japan").orElseThrow();
            assertThat(toLetters.inSource(japan)).isEmpty();
            Vocabularies alike = Vocabularies.of(same, words);
            assertThat(alike.inSource(japan)).hasValue(japan);
        }
    }
}
