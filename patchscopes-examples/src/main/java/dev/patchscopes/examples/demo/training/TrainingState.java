package dev.patchscopes.examples.demo.training;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.gson.Gson;
import dev.patchscopes.checkpoint.SafetensorsFile;
import dev.patchscopes.checkpoint.SafetensorsWriter;
import dev.patchscopes.checkpoint.StoredType;
import dev.patchscopes.model.TrainableModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Checkpoints of a training under way: weights, the optimiser's means, step and seed in one
 * directory, which appears under its name only when it is complete. The last two are kept.
 */
final class TrainingState {
    private static final String PREFIX = "step-";
    private static final int KEPT = 2;
    private static final String WEIGHTS = "model.safetensors";
    private static final String WEIGHTS_DIGEST = "weights";
    private static final String OPTIMISER = "optimiser.safetensors";
    private static final String STATE = "state";

    private final Path root;

    /**
     * @param root holds the checkpoints; made when the first is saved
     */
    TrainingState(Path root) {
        this.root = root;
    }

    /**
     * What a checkpoint says beside its tensors.
     *
     * @param step steps done
     * @param steps steps in all, as planned
     * @param seed seed of weights and data
     * @param recipe what else the training depends on
     */
    record Header(long step, long steps, long seed, String recipe) {}

    /** The newest complete checkpoint. */
    Optional<Path> latest() throws IOException {
        List<Path> all = all();
        return all.isEmpty() ? Optional.empty() : Optional.of(all.get(all.size() - 1));
    }

    private List<Path> all() throws IOException {
        if (!Files.isDirectory(root)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(root)) {
            return entries.filter(p -> p.getFileName().toString().startsWith(PREFIX))
                    .sorted()
                    .toList();
        }
    }

    static Header header(Path checkpoint) {
        try (SafetensorsFile file = optimiser(checkpoint)) {
            return new Gson().fromJson(file.metadata().get(STATE), Header.class);
        }
    }

    /** The file that also says which weights it goes with. */
    private static SafetensorsFile optimiser(Path checkpoint) {
        SafetensorsFile file = SafetensorsFile.open(checkpoint.resolve(OPTIMISER));
        try {
            checkArgument(
                    file.verify() && digest(checkpoint).equals(file.metadata().get(WEIGHTS_DIGEST)),
                    "%s does not belong to the weights beside it: delete %s, and the training goes on from the checkpoint before",
                    file.path(),
                    checkpoint);
            return file;
        } catch (RuntimeException e) {
            file.close();
            throw e;
        }
    }

    /** What a file of weights is recognised by. */
    private static String digest(Path checkpoint) {
        try (SafetensorsFile weights = SafetensorsFile.open(checkpoint.resolve(WEIGHTS))) {
            return weights.metadata().getOrDefault("patchscopes.sha256", "none");
        }
    }

    /** Copies a checkpoint's means into the optimiser. */
    static void restore(Path checkpoint, AdamW optimiser) {
        try (SafetensorsFile file = optimiser(checkpoint)) {
            file.tensor("first").read(0, optimiser.first(), 0, optimiser.first().length);
            file.tensor("second").read(0, optimiser.second(), 0, optimiser.second().length);
        }
    }

    void save(TrainableModel model, AdamW optimiser, Header header) throws IOException {
        Files.createDirectories(root);
        Path unfinished = root.resolve("unfinished");
        delete(unfinished);
        model.save(unfinished, StoredType.F32);
        new SafetensorsWriter()
                .add("first", optimiser.first(), optimiser.first().length)
                .add("second", optimiser.second(), optimiser.second().length)
                .metadata(STATE, new Gson().toJson(header))
                .metadata(WEIGHTS_DIGEST, digest(unfinished))
                .write(unfinished.resolve(OPTIMISER));
        Path done = root.resolve("%s%08d".formatted(PREFIX, header.step()));
        delete(done);
        Files.move(unfinished, done, StandardCopyOption.ATOMIC_MOVE);
        List<Path> all = all();
        for (Path old : all.subList(0, Math.max(0, all.size() - KEPT))) {
            delete(old);
        }
    }

    /** The name goes first: what is half deleted must not look like a checkpoint. */
    private void delete(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        Path doomed = root.resolve("deleted");
        if (!directory.equals(doomed)) {
            delete(doomed);
            Files.move(directory, doomed, StandardCopyOption.ATOMIC_MOVE);
        }
        try (Stream<Path> files = Files.walk(doomed)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
