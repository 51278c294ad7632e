package dev.patchscopes.checkpoint.hub;

import dev.patchscopes.checkpoint.internal.FullDisk;
import java.io.IOException;
import java.nio.file.Path;

/** Tells a full disk from other troubles with it. */
final class DiskErrors {

    private static final String WAY_OUT =
            "make room, or name a cache on another disk with HF_HUB_CACHE";

    private DiskErrors() {}

    /** Refuses to begin what the disk cannot hold. */
    static void requireRoom(Host host, Path directory, long bytes, String what) throws IOException {
        long free = host.freeBytes(directory);
        if (bytes > free) {
            throw new HubException(
                    HubException.Kind.DISK_FULL,
                    "%s takes %.1f MB more, and the disk of %s has %.1f MB left; %s"
                            .formatted(what, bytes / 1e6, directory, free / 1e6, WAY_OUT));
        }
    }

    /** A full disk as an error of ours; whatever else as it is. */
    static IOException explained(IOException e, Path file) {
        if (FullDisk.is(e)) {
            throw new HubException(
                    HubException.Kind.DISK_FULL,
                    "the disk is full (%s, %s); %s".formatted(file, e.getMessage(), WAY_OUT),
                    e);
        }
        return e;
    }
}
