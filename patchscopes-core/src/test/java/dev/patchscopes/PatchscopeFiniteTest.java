package dev.patchscopes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.patchscopes.checkpoint.Checkpoint;
import dev.patchscopes.checkpoint.SafetensorsWriter;
import dev.patchscopes.checkpoint.StoredTensor;
import dev.patchscopes.model.ComputeType;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.NonFiniteException;
import dev.patchscopes.model.Site;
import dev.patchscopes.text.TokenizedPrompt;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A patchscope whose runs leave the finite numbers. */
class PatchscopeFiniteTest {
    private static final TokenizedPrompt SOURCE = TokenizedPrompt.ofIds(17, 5, 93, 41, 66, 12);
    private static final TokenizedPrompt TARGET = TokenizedPrompt.ofIds(8, 77, 30, 101, 52);

    /** A mapping whose values are finite in float64, and infinite in the model's float32. */
    private static final Mapping HUGE =
            Mapping.of("huge", h -> Arrays.stream(h).map(x -> 1e39).toArray());

    private static PatchscopeBuilder scope(HookedModel from, HookedModel to) {
        return Patchscope.on(from)
                .sourcePrompt(SOURCE)
                .sourceLayer(1)
                .mapping(HUGE)
                .targetModel(to)
                .targetPrompt(TARGET)
                .targetLayer(2)
                .maxNewTokens(2);
    }

    @Test
    void checkFiniteNamesThePlaceThePatchWasWritten() {
        try (HookedModel model = SmallModels.load("llama");
                HookedModel exact = SmallModels.load("llama", ComputeType.FLOAT64)) {
            for (HookedModel source : List.of(model, exact)) {
                Patchscope checked = scope(source, model).checkFinite().build();
                for (NonFiniteException thrown :
                        List.of(
                                assertThrows(NonFiniteException.class, checked::run),
                                assertThrows(
                                        NonFiniteException.class,
                                        () -> checked.sweep(Layers.at(1), Layers.at(2))))) {
                    assertThat(thrown.found().point()).isEqualTo(HookPoint.residual(2));
                    assertThat(thrown.found().position()).isEqualTo(TARGET.length() - 1);
                    assertThat(thrown.found().value()).isEqualTo(Double.POSITIVE_INFINITY);
                    assertThat(thrown.found().intervention()).isPresent();
                }
            }
        }
    }

    @Test
    void theSourceRunIsCheckedToo(@TempDir Path directory) throws IOException {
        Path golden = SmallModels.directory("llama");
        SafetensorsWriter writer = new SafetensorsWriter();
        try (Checkpoint checkpoint = Checkpoint.open(golden)) {
            for (String name : checkpoint.tensorNames()) {
                StoredTensor tensor = checkpoint.tensor(name);
                float[] values = tensor.toFloats();
                if (name.endsWith("layers.0.mlp.down_proj.weight")) {
                    values[0] = Float.NaN;
                }
                writer.add(name, values, tensor.shape().toArray());
            }
        }
        writer.write(directory.resolve("model.safetensors"));
        Files.copy(golden.resolve("config.json"), directory.resolve("config.json"));
        try (HookedModel damaged = HookedModel.load(directory);
                HookedModel model = SmallModels.load("llama")) {
            Mapping zeros = Mapping.of("zeros", h -> new double[h.length]); // hides it
            Patchscope scope = scope(damaged, model).mapping(zeros).checkFinite().build();
            for (NonFiniteException thrown :
                    List.of(
                            assertThrows(NonFiniteException.class, scope::run),
                            assertThrows(
                                    NonFiniteException.class,
                                    () -> scope.sweep(Layers.at(1), Layers.at(2))))) {
                assertThat(thrown.found().point()).isEqualTo(HookPoint.of(Site.MLP_PROJ, 0));
                assertThat(thrown.found().intervention()).isEmpty();
            }
            assertThat(scope(damaged, model).mapping(zeros).build().run().next()).isNotNull();
        }
    }

    @Test
    void withoutTheCheckTheAnswerIsStillAnError() {
        try (HookedModel model = SmallModels.load("llama")) {
            Patchscope scope = scope(model, model).build();
            assertThatThrownBy(scope::run).hasMessageContaining("checkFinite()");
            assertThatThrownBy(() -> scope.sweep(Layers.at(1), Layers.at(2)))
                    .hasMessageContaining("checkFinite()");
        }
    }
}
