package dev.patchscopes.model.internal;

import dev.patchscopes.checkpoint.Checkpoint;
import dev.patchscopes.checkpoint.StoredTensor;
import dev.patchscopes.checkpoint.internal.Interrupts;
import dev.patchscopes.model.Progress;
import java.time.Duration;
import java.util.function.Predicate;

/** Counts the bytes of a checkpoint as they are read, and ends the reading when it is asked to. */
final class WeightCount {
    private final Progress listener;
    private final String what;
    private final long total;
    private final long start = System.nanoTime();
    private long done;

    private WeightCount(Progress listener, String what, long total) {
        this.listener = listener;
        this.what = what;
        this.total = total;
    }

    /**
     * Starts counting.
     *
     * @param name the model's, for messages
     * @param unread tells which tensors nobody will read
     */
    static WeightCount of(
            Progress listener, String name, Checkpoint checkpoint, Predicate<String> unread) {
        long total = 0;
        for (String tensor : checkpoint.tensorNames()) {
            if (!unread.test(tensor)) {
                StoredTensor stored = checkpoint.tensor(tensor);
                total += stored.elements() * stored.type().bytes();
            }
        }
        return new WeightCount(listener, "the loading of " + name, total);
    }

    /** Goes on only if nobody says stop; before each piece. */
    void check() {
        Interrupts.check(CallersFailure.in(listener::isCancelled), what, done, total, "bytes");
    }

    /** Counts a piece; what is read twice counts no more than there is. */
    void read(long bytes) {
        done = Math.min(total, done + bytes);
        Duration elapsed = Duration.ofNanos(System.nanoTime() - start);
        CallersFailure.in(() -> listener.update(done, total, elapsed));
    }
}
