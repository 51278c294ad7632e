package dev.patchscopes.model;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import dev.patchscopes.text.TokenBatch;
import dev.patchscopes.text.TokenizedPrompt;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;

/** The small random checkpoints under {@code golden/}, and prompts for them. */
final class TestModels {

    /** Ids from here on are ordinary tokens; 2 ends a text. */
    private static final int FIRST_ORDINARY = 3;

    /** The smallest vocabulary among the checkpoints. */
    private static final int VOCABULARY = 128;

    private TestModels() {}

    static Path directory(String name) {
        try {
            return Path.of(TestModels.class.getResource("/golden/" + name).toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /** In float64 on the CPU, so that identities hold to the last few digits. */
    static HookedModel exact(String name) {
        return load(name, ComputeType.FLOAT64);
    }

    static HookedModel load(String name, ComputeType type) {
        return HookedModel.loader(directory(name)).device(Device.cpu()).computeType(type).load();
    }

    static TokenizedPrompt prompt(int seed, int length) {
        return TokenizedPrompt.ofIds(
                new Random(seed).ints(length, FIRST_ORDINARY, VOCABULARY).toArray());
    }

    /** Prompts of these lengths, padded on the left. */
    static TokenBatch batch(int seed, int... lengths) {
        return TokenBatch.of(
                Arrays.stream(lengths).mapToObj(length -> prompt(seed + length, length)).toList());
    }

    static float[] vector(int seed, int length) {
        Random random = new Random(seed);
        float[] values = new float[length];
        for (int i = 0; i < length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    /** Native arrays alive in this process, whoever owns them. */
    static int nativeArrays() {
        try (NDManager probe = NDManager.newBaseManager("PyTorch")) {
            return probe.getParentManager().getManagedArrays().size();
        }
    }
}
