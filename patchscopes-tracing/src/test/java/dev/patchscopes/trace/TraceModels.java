package dev.patchscopes.trace;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import dev.patchscopes.model.ComputeType;
import dev.patchscopes.model.DemoModel;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.text.TokenizedPrompt;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/** Models for tests: small random checkpoints of every family, and the bundled ones. */
public final class TraceModels {

    /** Ids from here on are ordinary tokens in every checkpoint; 2 ends a text. */
    private static final int FIRST_ORDINARY = 3;

    /** The smallest vocabulary among the checkpoints. */
    private static final int VOCABULARY = 128;

    private TraceModels() {}

    /** Names of the random checkpoints, one or more a family; use as a {@code @MethodSource}. */
    public static List<String> families() {
        try (Stream<Path> all = Files.list(golden(""))) {
            return all.filter(dir -> Files.exists(dir.resolve("model.safetensors")))
                    .map(dir -> dir.getFileName().toString())
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A random checkpoint in float64 on the CPU, so that identities hold to the last digits. */
    public static HookedModel exact(String name) {
        return HookedModel.loader(golden(name))
                .device(Device.cpu())
                .computeType(ComputeType.FLOAT64)
                .load();
    }

    /** A random checkpoint with a small tokenizer: characters, and words such as {@code " cat"}. */
    public static HookedModel withTokenizer(String name, Path directory) throws IOException {
        for (String file : List.of("config.json", "model.safetensors")) {
            Files.copy(golden(name).resolve(file), directory.resolve(file));
        }
        try (InputStream tokenizer =
                TraceModels.class.getResourceAsStream(
                        "/dev/patchscopes/small-tokenizer/tokenizer.json")) {
            Files.copy(tokenizer, directory.resolve("tokenizer.json"));
        }
        return HookedModel.loader(directory).name(name).load();
    }

    /** A bundled model in float64 on the CPU. */
    public static HookedModel exact(DemoModel model) {
        return model.load(loader -> loader.device(Device.cpu()).computeType(ComputeType.FLOAT64));
    }

    /** A random prompt that every checkpoint can read. */
    public static TokenizedPrompt prompt(int seed, int length) {
        return TokenizedPrompt.ofIds(
                new Random(seed).ints(length, FIRST_ORDINARY, VOCABULARY).toArray());
    }

    /** Native arrays alive in this process, whoever owns them: the same before and after a call. */
    public static int nativeArrays() {
        try (NDManager probe = NDManager.newBaseManager("PyTorch")) {
            return probe.getParentManager().getManagedArrays().size();
        }
    }

    private static Path golden(String name) {
        try {
            return Path.of(TraceModels.class.getResource("/golden").toURI()).resolve(name);
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
