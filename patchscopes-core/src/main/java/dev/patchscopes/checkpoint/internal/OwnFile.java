package dev.patchscopes.checkpoint.internal;

import dev.patchscopes.checkpoint.CorruptCheckpointException;
import dev.patchscopes.checkpoint.SafetensorsFile;
import dev.patchscopes.checkpoint.UnsupportedCheckpointException;
import java.nio.file.Path;

/** Opens safetensors files that this library has written, and no damaged ones. */
public final class OwnFile {

    private OwnFile() {}

    /**
     * Opens a file and compares everything in it with its digest.
     *
     * @param file what {@link dev.patchscopes.checkpoint.SafetensorsWriter} wrote
     * @param writer what to call again to have the file anew, for messages
     * @return the open file, to be closed by the caller
     * @throws IllegalArgumentException if it is damaged, or has no digest
     * @throws dev.patchscopes.checkpoint.CheckpointNotFoundException if there is no such file
     */
    public static SafetensorsFile open(Path file, String writer) {
        try {
            SafetensorsFile in = SafetensorsFile.open(file);
            try {
                if (!in.verify()) {
                    throw new IllegalArgumentException(
                            "%s has no digest (patchscopes.sha256 in its metadata), and every file that %s writes has one: name another file"
                                    .formatted(file, writer));
                }
                return in;
            } catch (RuntimeException | Error e) {
                in.close();
                throw e;
            }
        } catch (CorruptCheckpointException | UnsupportedCheckpointException e) {
            throw new IllegalArgumentException(
                    "%s. It is damaged, or no file that %s writes: take it from a copy, or write it again"
                            .formatted(e.getMessage(), writer),
                    e);
        }
    }
}
