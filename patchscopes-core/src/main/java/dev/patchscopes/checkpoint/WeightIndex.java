package dev.patchscopes.checkpoint;

import com.google.common.collect.ImmutableMap;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;

/**
 * The table of a checkpoint split over several files: which file holds which tensor.
 *
 * <p>A file name must be just that. Separators, {@code ..} and drive letters would lead out of the
 * directory; a symbolic link of an innocent name may, because that is how hub caches are laid out
 * and whoever made the link could write to the directory anyway.
 */
final class WeightIndex {

    private static final int LARGEST_FILE = 100_000_000;

    private WeightIndex() {}

    /** File names by tensor name, in the order of the index. */
    static ImmutableMap<String, String> read(Path path) {
        Object map = StrictJson.readFile(path, LARGEST_FILE).get("weight_map");
        if (!(map instanceof Map<?, ?> entries)) {
            throw new CorruptCheckpointException(
                    path, "'weight_map' must be an object that gives every tensor's file");
        }
        ImmutableMap.Builder<String, String> files = ImmutableMap.builder();
        entries.forEach(
                (tensor, file) -> files.put((String) tensor, checkName(path, tensor, file)));
        return files.buildOrThrow();
    }

    private static String checkName(Path path, Object tensor, Object file) {
        if (!(file instanceof String name)
                || name.isEmpty()
                || name.equals(".")
                || name.equals("..")
                || name.chars().anyMatch(c -> c == '/' || c == '\\' || c == ':' || c < ' ')
                || !isPath(name)) {
            throw new CorruptCheckpointException(
                    path,
                    "tensor '"
                            + tensor
                            + "' is said to be in '"
                            + file
                            + "'; only the plain name of a file beside the index is allowed");
        }
        return name;
    }

    /** What a file may be named differs from system to system, and by its character set. */
    private static boolean isPath(String name) {
        try {
            return Path.of(name).getNameCount() == 1;
        } catch (InvalidPathException e) {
            return false;
        }
    }
}
