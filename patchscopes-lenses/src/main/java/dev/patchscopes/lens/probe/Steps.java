package dev.patchscopes.lens.probe;

import dev.patchscopes.model.Progress;
import java.time.Duration;
import java.util.concurrent.CancellationException;

/** Counts parts of a training, tells of them, and ends it when asked to. */
final class Steps {

    private final Progress progress;
    private final int total;
    private final long start = System.nanoTime();
    private int done;

    Steps(Progress progress, int total) {
        this.progress = progress;
        this.total = total;
    }

    void next() {
        done++;
        progress.update(done, total, Duration.ofNanos(System.nanoTime() - start));
        if (progress.isCancelled()) {
            throw new CancellationException(
                    "training of probes was cancelled after %d of %d parts".formatted(done, total));
        }
    }
}
