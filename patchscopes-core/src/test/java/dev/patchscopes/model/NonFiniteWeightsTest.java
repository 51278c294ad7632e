package dev.patchscopes.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.common.primitives.ImmutableLongArray;
import dev.patchscopes.checkpoint.Checkpoint;
import dev.patchscopes.checkpoint.SafetensorsWriter;
import dev.patchscopes.checkpoint.StoredTensor;
import dev.patchscopes.text.TokenizedPrompt;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Weights that are not finite, or not in the number format chosen, are found where they are stored.
 */
class NonFiniteWeightsTest {
    private static final TokenizedPrompt PROMPT = TestModels.prompt(3, 6);

    @TempDir Path directory;

    @Test
    void anOverflowShowsHowLargeItsInputWas() {
        String tensor = "transformer.h.1.mlp.c_proj.weight";
        CheckpointCopy copy = CheckpointCopy.of("gpt2", directory);
        float[] values = copy.values(tensor);
        for (int i = 0; i < values.length; i++) {
            values[i] *= 6e4f / 0.2f;
        }
        float largest = 0;
        for (float value : values) {
            largest = Math.max(largest, Math.abs(value));
        }
        assertThat(largest).as("finite in float32, not in float16").isGreaterThan(65520);
        ModelLoader loader = HookedModel.loader(copy.write()).computeType(ComputeType.FLOAT16);

        NonFiniteWeight weight = loader.nonFiniteWeights().get(0);
        assertThat(weight.tensor()).isEqualTo(tensor);
        assertThat(weight.overflows()).isTrue();
        assertThat(weight)
                .asString()
                .contains("finite in the file", "infinite as float16: load as float32")
                .contains("model.safetensors");
        assertThat(loader.computeType(ComputeType.FLOAT32).nonFiniteWeights()).isEmpty();
        assertThatThrownBy(() -> loader.checkFinite().load())
                .isInstanceOf(NonFiniteWeightsException.class)
                .hasMessageContaining(tensor);
        try (HookedModel model = loader.load()) {
            NonFinite found = model.run(PROMPT).findNonFinite().orElseThrow();
            assertThat(found.point()).isEqualTo(HookPoint.of(Site.MLP_PROJ, 1));
            NonFinite.Input input = found.input().orElseThrow();
            assertThat(input.point()).isEqualTo(HookPoint.mlpPost(1));
            double[] post =
                    model.run(PROMPT)
                            .capture(input.point())
                            .execute()
                            .get(input.point())
                            .doubles(0);
            assertThat(input.largest())
                    .isEqualTo(
                            Arrays.stream(post).map(Math::abs).max().orElseThrow(), within(1e-2));
            assertThatThrownBy(() -> model.run(PROMPT).checkFinite().execute())
                    .isInstanceOf(NonFiniteException.class)
                    .hasMessageContaining("blocks.1.mlp.hook_out is")
                    .hasMessageContaining("computed from blocks.1.mlp.hook_post, finite up to")
                    .hasMessageContaining("ComputeType.FLOAT32");
        }
    }

    @Test
    void theLargestFloat16IsFiniteAndWhatRoundsBeyondItIsNot() {
        String tensor = "transformer.h.0.ln_1.bias";
        CheckpointCopy copy = CheckpointCopy.of("gpt2", directory);
        copy.values(tensor)[2] = 65519; // rounds to 65504
        copy.values(tensor)[5] = -65520;
        NonFiniteWeight weight =
                HookedModel.loader(copy.write())
                        .computeType(ComputeType.FLOAT16)
                        .nonFiniteWeights()
                        .get(0);
        assertThat(weight.index()).isEqualTo(ImmutableLongArray.of(5));
        assertThat(weight.count()).isEqualTo(1);
        assertThat(weight.value()).isEqualTo(-65520);
        assertThat(weight.elements()).isEqualTo(copy.values(tensor).length);
        try (HookedModel model =
                HookedModel.loader(directory).computeType(ComputeType.FLOAT16).load()) {
            NonFinite found = model.run(PROMPT).findNonFinite().orElseThrow();
            assertThat(found.point()).isEqualTo(HookPoint.v(0));
        }
    }

    @Test
    void severalDamagedTensorsAreAllListed() {
        CheckpointCopy copy = CheckpointCopy.of("llama", directory);
        copy.values("model.norm.weight")[0] = Float.NaN;
        float[] up = copy.values("model.layers.0.mlp.up_proj.weight");
        up[7] = Float.NEGATIVE_INFINITY;
        up[8] = Float.NaN;
        ModelLoader loader = HookedModel.loader(copy.write());
        assertThat(loader.nonFiniteWeights())
                .extracting(NonFiniteWeight::tensor)
                .containsExactlyInAnyOrder(
                        "model.norm.weight", "model.layers.0.mlp.up_proj.weight");
        assertThat(loader.nonFiniteWeights())
                .extracting(NonFiniteWeight::count)
                .containsExactlyInAnyOrder(1L, 2L);
        NonFiniteWeightsException thrown =
                assertThrows(NonFiniteWeightsException.class, () -> loader.checkFinite().load());
        assertThat(thrown.weights()).isEqualTo(loader.nonFiniteWeights());
        assertThat(thrown).hasMessageContaining("1 more tensors");
    }

    @Test
    void whatPrecisionCannotHoldIsFoundInLargeTensorsToo() {
        CheckpointCopy.of("gpt2", directory).writeConfig();
        SafetensorsWriter writer = new SafetensorsWriter();
        try (Checkpoint checkpoint = Checkpoint.open(TestModels.directory("gpt2"))) {
            for (String name : checkpoint.tensorNames()) {
                StoredTensor tensor = checkpoint.tensor(name);
                double[] values = tensor.toDoubles();
                if (name.equals("transformer.wte.weight")) {
                    // a larger table than is looked through at a time
                    values = Arrays.copyOf(values, 70_000);
                    values[values.length - 1] = 1e39;
                    writer.add(name, values, 1000, 70);
                } else {
                    writer.add(name, values, tensor.shape().toArray());
                }
            }
        }
        writer.write(directory.resolve("model.safetensors"));
        ModelLoader loader = HookedModel.loader(directory);
        NonFiniteWeight weight = loader.nonFiniteWeights().get(0);
        assertThat(weight.index()).isEqualTo(ImmutableLongArray.of(999, 69));
        assertThat(weight.value()).isEqualTo(1e39);
        assertThat(weight).asString().contains("infinite as float32: load as float64");
        assertThat(loader.computeType(ComputeType.FLOAT64).nonFiniteWeights()).isEmpty();
    }
}
