package dev.patchscopes.model;

import java.time.Duration;
import java.util.Optional;

/** Hears how far long work has come, and can stop it. */
@FunctionalInterface
public interface Progress {

    /**
     * Told each time a part is finished, from the thread that does the work.
     *
     * @param done parts finished
     * @param total parts in all
     * @param elapsed time since the start
     */
    void update(long done, long total, Duration elapsed);

    /**
     * Told at most once, before anything is computed, that an earlier run has finished some parts.
     * Later updates count them as done, and their time does not.
     *
     * @param done parts that were finished before
     */
    default void resumed(long done) {}

    /**
     * Asked often, between blocks of the model.
     *
     * @return true to stop; the work then ends with {@link
     *     java.util.concurrent.CancellationException}
     */
    default boolean isCancelled() {
        return false;
    }

    /** {@return one that hears nothing and stops nothing} */
    static Progress none() {
        return (done, total, elapsed) -> {};
    }

    /**
     * Estimates the time left from the time taken so far.
     *
     * @param done parts finished
     * @param total parts in all
     * @param elapsed time since the start
     * @return the estimate; empty before the first part is finished
     */
    static Optional<Duration> remaining(long done, long total, Duration elapsed) {
        return remaining(0, done, total, elapsed);
    }

    /**
     * Estimates the time left of work that goes on from an earlier run, from the time that this
     * run's parts have taken.
     *
     * @param resumed parts an earlier run finished, as {@link #resumed} tells
     * @param done parts finished, those among them
     * @param total parts in all
     * @param elapsed time since this run's start
     * @return the estimate; empty before this run's first part is finished
     */
    static Optional<Duration> remaining(long resumed, long done, long total, Duration elapsed) {
        long own = done - resumed;
        return own <= 0
                ? Optional.empty()
                : Optional.of(
                        Duration.ofNanos(
                                Math.round(elapsed.toNanos() * ((double) (total - done) / own))));
    }
}
