package dev.patchscopes.examples.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * Tells whether the program is being ended from outside, as by Ctrl-C, and gives work that asks for
 * it the time to end in order: to save what can be gone on from, and to leave no half of a file.
 */
public final class Interruption implements BooleanSupplier, AutoCloseable {

    private static final long SECONDS = 20;

    private final CountDownLatch ended = new CountDownLatch(1);
    private final Thread hook = new Thread(this::stop, "patchscopes-stop");
    private volatile boolean asked;
    private volatile boolean stopped;

    private Interruption() {}

    /** {@return one that listens until it is closed} */
    public static Interruption listen() {
        Interruption interruption = new Interruption();
        Runtime.getRuntime().addShutdownHook(interruption.hook);
        return interruption;
    }

    /** {@return whether to end} */
    @Override
    public boolean getAsBoolean() {
        asked = true;
        return stopped;
    }

    /** The JVM ends when its hooks have; work that never asks is not waited for. */
    void stop() {
        stopped = true;
        try {
            if (asked && !ended.await(SECONDS, TimeUnit.SECONDS)) {
                System.err.println("not ended in order: what was being done takes too long");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Ends listening; says so to the one who waits. */
    @Override
    public void close() {
        ended.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The JVM is ending already, and the hook knows.
        }
    }
}
