package dev.patchscopes.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.text.TokenizedPrompt;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The peak of memory while all layers and positions of a long prompt are read with a large
 * vocabulary: pieces of the logits, never all of them. The width is small, as it changes the size
 * of the states alone, a hundredth of that of the logits at most.
 */
class ReadoutMemoryTest {
    private static final int TOKENS = 256;
    private static final RandomGpt2 MODEL = new RandomGpt2(24, 64, 50304, TOKENS);

    @TempDir private Path directory;

    /** Reads the prompt, and prints by how much resident memory rose above the loaded model's. */
    static final class Reader {
        private Reader() {}

        public static void main(String[] arguments) throws IOException {
            try (HookedModel model =
                    HookedModel.loader(Path.of(arguments[0])).device(Device.cpu()).load()) {
                TokenizedPrompt prompt = TestModels.prompt(1, TOKENS);
                model.run(prompt).execute();
                long before = ForkedJvm.memoryKib("VmRSS");
                try (TensorActivations acts =
                        model.run(prompt).capture(HookPoint.residuals(model.layers())).tensors()) {
                    List<NDArray> states =
                            acts.points().stream()
                                    .map(acts::get)
                                    .map(h -> h.reshape(TOKENS, model.width()))
                                    .toList();
                    int[] next = prompt.ids().toArray();
                    StateReadings read =
                            model.readout()
                                    .top(5)
                                    .read(
                                            states,
                                            states.get(model.layers()),
                                            ImmutableIntArray.copyOf(next));
                    System.out.println(read.entropy(model.layers(), TOKENS - 1));
                }
                System.out.println(ForkedJvm.memoryKib("VmHWM") - before);
            }
        }
    }

    @Test
    void logitsOfAllStatesAreNeverThereTogether() throws Exception {
        assumeThat(ForkedJvm.canMeasure()).isTrue();
        MODEL.write(directory, "F32");
        List<String> lines = ForkedJvm.run(Reader.class, directory.toString());
        assertThat(Double.parseDouble(lines.get(0))).isPositive();
        long all = (MODEL.layers() + 1L) * TOKENS * MODEL.vocabulary() * Float.BYTES;
        assertThat(all).isGreaterThan(1L << 30);
        assertThat(1024 * Long.parseLong(lines.get(1)))
                .as("bytes above the loaded model; all logits are %s", all)
                .isLessThan(512L << 20);
    }
}
