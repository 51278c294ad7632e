package dev.patchscopes.model.internal;

import dev.patchscopes.checkpoint.Checkpoint;
import dev.patchscopes.checkpoint.StoredTensor;
import dev.patchscopes.model.ComputeType;
import dev.patchscopes.model.ModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a checkpoint's weights will take in memory, compared with what there is before anything is
 * allocated.
 */
final class MemoryEstimate {
    private static final Path MEMORY = Path.of("/proc/meminfo");

    private MemoryEstimate() {}

    /** Bytes of all stored tensors in the compute type. */
    static long weightBytes(Checkpoint checkpoint, ComputeType type) {
        long elements = 0;
        for (String name : checkpoint.tensorNames()) {
            StoredTensor tensor = checkpoint.tensor(name);
            elements = Math.addExact(elements, tensor.elements());
        }
        return Math.multiplyExact(elements, type.bytes());
    }

    /**
     * Refuses weights that main memory cannot hold.
     *
     * @throws ModelException if there is too little; nothing is refused where the system does not
     *     say how much there is
     */
    static void checkFits(Checkpoint checkpoint, ComputeType type, OptionalLong available) {
        long needed = weightBytes(checkpoint, type);
        if (available.isPresent() && needed > available.getAsLong()) {
            throw new ModelException(
                    "the weights of %s take %s in %s, and %s of memory are free: choose a smaller compute type, a GPU, or a smaller model"
                            .formatted(
                                    checkpoint.directory(),
                                    gibibytes(needed),
                                    type,
                                    gibibytes(available.getAsLong())));
        }
    }

    /** Bytes that can be allocated without swapping, where the system says so. */
    static OptionalLong available() {
        try {
            if (Files.isReadable(MEMORY)) {
                Optional<String> line =
                        Files.readAllLines(MEMORY).stream()
                                .filter(l -> l.startsWith("MemAvailable:"))
                                .findFirst();
                if (line.isPresent()) {
                    String digits = line.get().replaceAll("\\D", "");
                    return OptionalLong.of(Long.parseLong(digits) * 1024);
                }
            }
        } catch (IOException e) {
            return OptionalLong.empty(); // then nothing is known, and nothing is refused
        }
        return OptionalLong.empty();
    }

    private static String gibibytes(long bytes) {
        return String.format(Locale.ROOT, "%.1f GiB", bytes / (double) (1L << 30));
    }
}
