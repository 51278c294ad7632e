package dev.patchscopes.checkpoint;

import java.nio.file.Path;
import java.util.Collection;
import java.util.Optional;

/** A checkpoint has no tensor of the name that was asked for. */
public final class MissingTensorException extends CheckpointException {

    private static final long serialVersionUID = 1L;

    /** The unknown name. */
    private final String tensor;

    /** The suggestion, empty for none. */
    private final String nearest;

    MissingTensorException(Path file, String tensor, Collection<String> names) {
        this(file, tensor, names, "");
    }

    /** Ends the message with a hint; it brings its own separator. */
    MissingTensorException(Path file, String tensor, Collection<String> names, String hint) {
        this(file, tensor, names.size(), NearestName.to(tensor, names).orElse(""), hint);
    }

    private MissingTensorException(
            Path file, String tensor, int count, String nearest, String hint) {
        super(
                file,
                "no tensor '"
                        + tensor
                        + "' among its "
                        + count
                        + (nearest.isEmpty() ? "" : "; the nearest name is '" + nearest + "'")
                        + hint);
        this.tensor = tensor;
        this.nearest = nearest;
    }

    /**
     * Returns the name that was asked for.
     *
     * @return the unknown name
     */
    public String tensor() {
        return tensor;
    }

    /**
     * Returns the stored name nearest to the one asked for.
     *
     * @return the nearest name by edit distance, empty if the checkpoint has no tensors
     */
    public Optional<String> nearest() {
        return nearest.isEmpty() ? Optional.empty() : Optional.of(nearest);
    }
}
