package dev.patchscopes.checkpoint.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;

/** Tells a full disk from other troubles with it, which Java does by text alone. */
public final class FullDisk {
    private static final List<String> TEXTS =
            List.of("no space left", "not enough space", "disk quota exceeded", "disk is full");

    private FullDisk() {}

    /**
     * Tells whether a disk was full.
     *
     * @param e what writing to it threw
     * @return true if that is why
     */
    public static boolean is(IOException e) {
        String message = String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT);
        return TEXTS.stream().anyMatch(message::contains);
    }

    /**
     * Says what lacks room.
     *
     * @param e what writing threw
     * @param file what was to be written
     * @param bytes how many it has, as far as is known
     * @param kept what became of what was there before
     * @return an error that says so; {@code e} itself if the disk was not full
     */
    public static IOException explained(IOException e, Path file, long bytes, String kept) {
        if (!is(e)) {
            return e;
        }
        OptionalLong free = free(file);
        return new IOException(
                "%s takes %d bytes, and its disk is full%s: %s; make room, or name a file on another disk"
                        .formatted(
                                file,
                                bytes,
                                free.isPresent()
                                        ? " (%d bytes free)".formatted(free.getAsLong())
                                        : "",
                                kept),
                e);
    }

    private static OptionalLong free(Path file) {
        try {
            return OptionalLong.of(
                    Files.getFileStore(file.toAbsolutePath().getParent()).getUsableSpace());
        } catch (IOException | SecurityException e) {
            return OptionalLong.empty();
        }
    }
}
