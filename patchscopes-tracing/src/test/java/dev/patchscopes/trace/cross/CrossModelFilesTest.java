package dev.patchscopes.trace.cross;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.patchscopes.Layers;
import dev.patchscopes.linear.Matrix;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.trace.LayerPair;
import dev.patchscopes.trace.TraceModels;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Saved maps come back as they were, or not at all. */
class CrossModelFilesTest {
    private static HookedModel source; // 32 wide
    private static HookedModel target; // 48 wide
    private static CrossModelMap map;
    @TempDir Path directory;

    @BeforeAll
    static void fit() {
        source = TraceModels.exact("llama_yarn");
        target = TraceModels.exact("gpt2");
        map =
                CrossModelMap.between(source, target)
                        .layers(Layers.at(1, 3), Layers.at(2))
                        .prompts(CrossModelMapTest.same(40, 5))
                        .heldOut(0.3)
                        .patched(3)
                        .fit();
    }

    @AfterAll
    static void close() {
        source.close();
        target.close();
    }

    @BeforeEach
    void save() {
        map.save(directory);
    }

    @Test
    void mapsComeBackToTheLastBit() {
        CrossModelMap read = CrossModelMap.load(directory, source, target);
        assertThat(read.pairs()).isEqualTo(map.pairs());
        for (LayerPair pair : map.pairs()) {
            assertThat(read.at(pair.source(), pair.target()))
                    .isEqualTo(map.at(pair.source(), pair.target()));
            assertThat(read.mapping(pair.source(), pair.target()).name())
                    .isEqualTo(map.mapping(pair.source(), pair.target()).name());
        }
        assertThat(read.digest()).isEqualTo(map.digest());
        assertThat(read.report()).isEqualTo(map.report());
        assertThat(read.scores()).isEqualTo(map.scores());
        assertThat(read.warnings()).isEmpty();
    }

    static List<MapKind> kinds() {
        return List.of(
                MapKind.rotation(),
                MapKind.scaledRotation(),
                MapKind.identity(),
                MapKind.lowRank(5));
    }

    /**
     * Between a model and itself, at l = l*, the map that is known is the identity, and maps of all
     * its directions explain all; those of fewer do not.
     */
    @ParameterizedTest
    @MethodSource("kinds")
    void everyKindIsFittedAndComesBack(MapKind kind, @TempDir Path own) {
        CrossModelMap fitted =
                CrossModelMap.between(target, target)
                        .layers(Layers.at(2), Layers.at(1, 2))
                        .kind(kind)
                        .prompts(CrossModelMapTest.same(100, 6))
                        .heldOut(0.3)
                        .patched(3)
                        .fit();
        CrossModelReport.PairReport same = fitted.report().at(2, 2);
        if (kind instanceof MapKind.LowRank) {
            assertThat(same.penalty()).isPositive();
            assertThat(same.heldOutVariance()).isBetween(0.1, 0.9);
            double[] singular = fitted.at(2, 2).matrix().svd().singularValues();
            assertThat(singular[4]).isGreaterThan(0.1);
            assertThat(singular[5]).isLessThan(1e-9);
        } else {
            assertThat(same.penalty()).isZero();
            assertThat(same.heldOutVariance()).isCloseTo(1, within(1e-9));
            Matrix identity = Matrix.identity(48);
            assertThat(fitted.at(2, 2).matrix().minus(identity).norm()).isLessThan(1e-6);
            assertThat(fitted.scores().orElseThrow().at(2, 2).mapped().withTarget().share())
                    .isEqualTo(1);
            assertThat(fitted.report().at(2, 1).heldOutVariance()).isLessThan(1 - 1e-6);
        }
        fitted.save(own);
        CrossModelMap read = CrossModelMap.load(own, target, target);
        for (LayerPair pair : fitted.pairs()) {
            assertThat(read.at(pair.source(), pair.target()))
                    .isEqualTo(fitted.at(pair.source(), pair.target()));
        }
        assertThat(read.report()).isEqualTo(fitted.report());
        assertThat(read.report().setup().kind()).isEqualTo(kind.toString());
        assertThat(read.scores()).isEqualTo(fitted.scores());
        assertThat(read.warnings()).isEmpty();
    }

    @Test
    void otherModelsAreRefusedOrWarnedOf() {
        assertThatThrownBy(() -> CrossModelMap.load(directory, target, target))
                .hasMessageContaining("source model whose states are 32 wide");
        assertThatThrownBy(() -> CrossModelMap.load(directory, source, source))
                .hasMessageContaining("target model whose states are 48 wide");
        try (HookedModel other = TraceModels.exact("llama")) {
            CrossModelMap read = CrossModelMap.load(directory, source, other);
            assertThat(read.warnings())
                    .singleElement()
                    .asString()
                    .contains("cross-model.json", "llama", "has other weights");
        }
    }

    @Test
    void damagedFilesAreRefused() throws IOException {
        Path numbers = directory.resolve("cross-model.safetensors");
        byte[] whole = Files.readAllBytes(numbers);
        byte[] flipped = whole.clone();
        flipped[whole.length - 5] ^= 1;
        Files.write(numbers, flipped);
        assertRefused("damaged or replaced");
        Files.write(numbers, Arrays.copyOf(whole, whole.length - 8));
        assertRefused("is damaged");
        Files.write(numbers, whole);
        Path json = directory.resolve("cross-model.json");
        String text = Files.readString(json);
        Files.writeString(json, text.replace("cross-model map 1", "cross-model map 9"));
        assertRefused("expected \"patchscopes cross-model map 1\"");
        Files.writeString(json, text.replace("\"sourceLayer\": 3", "\"sourceLayer\": 2"));
        assertRefused("is damaged or does not belong to");
        Files.writeString(json, text.replace("\"digest\"", "\"digits\""));
        assertRefused("\"digest\" is missing");
        Files.writeString(json, text.substring(0, text.length() / 2));
        assertRefused("cross-model.json");
        Files.delete(json);
        assertThatThrownBy(() -> CrossModelMap.load(directory, source, target))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("cross-model.json");
    }

    private void assertRefused(String message) {
        assertThatThrownBy(() -> CrossModelMap.load(directory, source, target))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }
}
