package dev.patchscopes.model;

import java.time.Duration;
import java.util.Optional;

/**
 * Hears how far long work has come, and can stop it.
 *
 * <p>One rule ends long work everywhere in the library, with a listener or without one: when its
 * thread is interrupted, or its listener says so, it ends soon. That is after at most one block of
 * the model over what is computed at once, one walk back through a recorded graph, one operation on
 * matrices, one piece of a file, or, for a listener, one text or one token. Then
 *
 * <ul>
 *   <li>it throws {@link java.util.concurrent.CancellationException}, which says what was stopped
 *       and how far it had come;
 *   <li>a thread that was interrupted still is, so that its owner learns of it too; a thread that
 *       is interrupted before a long call begins is refused at once;
 *   <li>no native memory is kept, the model can be used as before, the file of a {@link
 *       Sweep#resume sweep} holds all that was finished, and of a file being written nothing is
 *       left: under its name stands what stood there.
 * </ul>
 *
 * <p>Closing, and writing down what was finished, happen all the same; so do short calls that
 * compute nothing, such as tokenising or writing a page. What a {@link TensorHook} or another
 * function given to a call throws when it is interrupted itself comes out as it is, unless it is a
 * {@code CancellationException}, to which long work adds how far it had come.
 *
 * <pre>{@code
 * Future<Generations> answer = service.submit(() -> model.generation(prompt).run());
 * try {
 *     return answer.get(10, TimeUnit.SECONDS);
 * } catch (TimeoutException e) {
 *     answer.cancel(true);                   // interrupts the thread: at most a block is computed
 *     throw e;
 * }
 * }</pre>
 */
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
     * Asked often, between blocks of the model, texts or tokens.
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
