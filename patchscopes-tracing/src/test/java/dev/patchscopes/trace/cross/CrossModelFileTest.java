package dev.patchscopes.trace.cross;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.patchscopes.Layers;
import dev.patchscopes.checkpoint.CheckpointNotFoundException;
import dev.patchscopes.checkpoint.SafetensorsFile;
import dev.patchscopes.checkpoint.SafetensorsWriter;
import dev.patchscopes.linear.Matrix;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.trace.LayerPair;
import dev.patchscopes.trace.TraceModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Saved maps come back as they were, or not at all. */
class CrossModelFileTest {
    private static HookedModel source; // 32 wide
    private static HookedModel target; // 48 wide
    private static CrossModelMap map;
    @TempDir Path directory;
    private Path file;

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
        file = directory.resolve("maps.safetensors");
        map.save(file);
    }

    @Test
    void mapsComeBackToTheLastBit() {
        CrossModelMap read = CrossModelMap.load(file, source, target);
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
        Path saved = own.resolve("own.safetensors");
        fitted.save(saved);
        CrossModelMap read = CrossModelMap.load(saved, target, target);
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
        assertThatThrownBy(() -> CrossModelMap.load(file, target, target))
                .hasMessageContaining("source model whose states are 32 wide");
        assertThatThrownBy(() -> CrossModelMap.load(file, source, source))
                .hasMessageContaining("target model whose states are 48 wide");
        try (HookedModel other = TraceModels.exact("llama")) {
            CrossModelMap read = CrossModelMap.load(file, source, other);
            assertThat(read.warnings())
                    .singleElement()
                    .asString()
                    .contains("maps.safetensors", "llama", "has other weights");
        }
    }

    @Test
    void whatIsNoMapIsRefused() throws IOException {
        rewrite("format", "patchscopes cross-model map 9");
        assertRefused("expected \"patchscopes cross-model map 1\"");
        map.save(file);
        String text = metadata("description").replace("\"sha256\"", "\"seal\"");
        rewrite("description", text.replace("\"digest\"", "\"digits\""));
        assertRefused("\"digest\" is missing");
        rewrite("description", text.replaceAll("\"digest\": \"..", "\"digest\": \"zz"));
        assertRefused("are not those of its digest");
        Files.writeString(file, text);
        assertRefused("CrossModelMap.save");
        Files.delete(file);
        assertThatThrownBy(() -> CrossModelMap.load(file, source, target))
                .isInstanceOf(CheckpointNotFoundException.class)
                .hasMessageContaining("maps.safetensors");
    }

    private String metadata(String key) {
        try (SafetensorsFile in = SafetensorsFile.open(file)) {
            return in.metadata().get(key);
        }
    }

    /** The same numbers with other metadata, and a digest that fits. */
    private void rewrite(String key, String value) {
        SafetensorsWriter out = new SafetensorsWriter();
        try (SafetensorsFile in = SafetensorsFile.open(file)) {
            in.metadata().entrySet().stream()
                    .filter(entry -> !entry.getKey().equals("patchscopes.sha256"))
                    .forEach(entry -> out.metadata(entry.getKey(), entry.getValue()));
            in.tensors()
                    .forEach(
                            (name, tensor) ->
                                    out.add(name, tensor.toDoubles(), tensor.shape().toArray()));
        }
        out.metadata(key, value).write(file);
    }

    private void assertRefused(String message) {
        assertThatThrownBy(() -> CrossModelMap.load(file, source, target))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }
}
