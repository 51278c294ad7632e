package dev.patchscopes.checkpoint.hub;

import java.time.Duration;
import java.util.concurrent.CancellationException;

/** Adds up the bytes of several files for one listener; safe for several threads. */
final class Tally {

    private final DownloadListener listener;
    private final long start = System.nanoTime();
    private long done;
    private long total;

    Tally(DownloadListener listener) {
        this.listener = listener;
    }

    /** One that tells the listener nothing and still lets it stop the work. */
    static Tally silent(DownloadListener listener) {
        return new Tally(
                new DownloadListener() {
                    @Override
                    public void update(long done, long total, Duration elapsed) {}

                    @Override
                    public boolean isCancelled() {
                        return listener.isCancelled();
                    }
                });
    }

    /** More bytes are to come. */
    synchronized void expect(long bytes) {
        total += bytes;
    }

    /** Bytes have arrived; negative if some have to come again. */
    synchronized void arrived(long bytes) {
        done += bytes;
        listener.update(done, Math.max(total, done), Duration.ofNanos(System.nanoTime() - start));
    }

    boolean isCancelled() {
        return listener.isCancelled();
    }

    void requireGoing() {
        if (isCancelled()) {
            throw new CancellationException("the download was cancelled");
        }
    }
}
