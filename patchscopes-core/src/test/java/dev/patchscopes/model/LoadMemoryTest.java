package dev.patchscopes.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import ai.djl.Device;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The peak of memory while a model is loaded: no more than the model, one tensor and a little, in
 * whatever format the checkpoint is stored. Each load is a process of its own, and what the process
 * takes to load a tiny model is taken off.
 */
class LoadMemoryTest {

    /** Some 120 MB in float32. */
    private static final RandomGpt2 MODEL = new RandomGpt2(2, 1024, 4096, 64);

    private static final Map<ComputeType, Long> BASELINES = new EnumMap<>(ComputeType.class);

    @TempDir private Path directory;

    /** Loads the directory given, and prints the peak of resident memory in KiB. */
    static final class Loader {
        private Loader() {}

        public static void main(String[] arguments) throws IOException {
            try (HookedModel model =
                    HookedModel.loader(Path.of(arguments[0]))
                            .device(Device.cpu())
                            .computeType(ComputeType.valueOf(arguments[1]))
                            .load()) {
                System.out.println(model.summary().weightBytes());
                System.out.println(ForkedJvm.memoryKib("VmHWM"));
            }
        }
    }

    private record Load(long weightBytes, long peakKib) {}

    private static Load load(Path checkpoint, ComputeType type) throws Exception {
        List<String> lines = ForkedJvm.run(Loader.class, checkpoint.toString(), type.name());
        return new Load(Long.parseLong(lines.get(0)), Long.parseLong(lines.get(1)));
    }

    /**
     * What the process takes to load a tiny model in the same format: the virtual machine, libtorch
     * and as much of its code as loading touches.
     */
    private static long baselineKib(ComputeType type) throws Exception {
        if (!BASELINES.containsKey(type)) {
            BASELINES.put(type, load(TestModels.directory("gpt2"), type).peakKib());
        }
        return BASELINES.get(type);
    }

    @ParameterizedTest
    @CsvSource({
        "F32, FLOAT32",
        "F16, FLOAT32",
        "BF16, FLOAT32",
        "F16, FLOAT16",
        "BF16, FLOAT16",
        "F32, FLOAT64"
    })
    void peakIsTheModelAndOneTensor(String stored, ComputeType type) throws Exception {
        assumeThat(ForkedJvm.canMeasure()).isTrue();
        MODEL.write(directory, stored);
        Load load = load(directory, type);
        long largest = (long) MODEL.vocabulary() * MODEL.width() * type.bytes();
        assertThat(load.weightBytes()).isGreaterThan(50L << 20);
        assertThat(1024 * (load.peakKib() - baselineKib(type)))
                .as("bytes beyond the process's own, for %d of weights", load.weightBytes())
                .isLessThan((long) (1.15 * load.weightBytes()) + largest)
                .isGreaterThan((long) (0.9 * load.weightBytes()));
    }
}
