package dev.patchscopes.checkpoint;

import java.nio.file.Path;

/** A value of config.json is missing, or is not of the kind that was asked for. */
public final class ConfigException extends CheckpointException {

    private static final long serialVersionUID = 1L;

    ConfigException(Path file, String message) {
        super(file, message);
    }
}
