package dev.patchscopes.checkpoint.hub;

import java.time.Duration;

/** Hears how many bytes of a download have arrived, and can stop it. */
@FunctionalInterface
public interface DownloadListener {

    /**
     * Told each time bytes have arrived, from one thread at a time.
     *
     * @param done bytes there, those of an earlier, interrupted download included
     * @param total bytes in all; files that are in the cache already do not count
     * @param elapsed time since the start
     */
    void update(long done, long total, Duration elapsed);

    /**
     * Asked often, between pieces of a file.
     *
     * @return true to stop; the download then ends with {@link
     *     java.util.concurrent.CancellationException} and goes on from there the next time
     */
    default boolean isCancelled() {
        return false;
    }

    /** {@return one that hears nothing and stops nothing} */
    static DownloadListener none() {
        return (done, total, elapsed) -> {};
    }
}
