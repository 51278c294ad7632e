package dev.patchscopes.fuzz;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.Set;

/**
 * What must hold for whatever a file contains: it is read, or refused by a documented exception
 * whose message can be shown, and either way without more memory than the file justifies.
 *
 * @param documented the exceptions that may come out
 * @param bytesPerByte bytes allocated for each byte of input, at most
 * @param atLeast bytes allocated whatever the input, at most
 */
record Property(
        Set<Class<? extends RuntimeException>> documented, long bytesPerByte, long atLeast) {

    /** Longer messages would fill a log; those of checkpoints end here too. */
    private static final int LONGEST_MESSAGE = 4000;

    /**
     * Set in the fuzzer's process: its hooks copy the texts of every comparison, in the thread that
     * compares, which was seen to take twenty times what reading took. So only what is far beyond
     * the bound ends a run, and {@link Inputs} holds what a run kept against the bound itself.
     */
    static final String HOOKED = "fuzz.hooked";

    private static final int OF_HOOKS = Boolean.getBoolean(HOOKED) ? 8 : 1;

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    /** Reads a file and asserts about what it got. */
    @FunctionalInterface
    interface Reading {
        void run() throws IOException;
    }

    Property {
        documented = Set.copyOf(documented);
    }

    /**
     * Runs the reading and checks the property.
     *
     * @return whether the file was read; false if it was refused
     */
    boolean holdsFor(int inputBytes, Reading reading) {
        long allowed = OF_HOOKS * (atLeast + bytesPerByte * inputBytes);
        long before = THREADS.getCurrentThreadAllocatedBytes();
        boolean read = isRead(reading);
        if (THREADS.getCurrentThreadAllocatedBytes() - before > allowed) {
            // Loading classes allocates too, but not a second time.
            before = THREADS.getCurrentThreadAllocatedBytes();
            read = isRead(reading);
            long allocated = THREADS.getCurrentThreadAllocatedBytes() - before;
            if (allocated > allowed) {
                throw new AssertionError(
                        "allocated %d bytes for an input of %d; at most %d are justified"
                                .formatted(allocated, inputBytes, allowed));
            }
        }
        return read;
    }

    private boolean isRead(Reading reading) {
        try {
            reading.run();
            return true;
        } catch (RuntimeException e) {
            if (documented.stream().noneMatch(type -> type.isInstance(e))) {
                throw new AssertionError("an exception that is not documented: " + e, e);
            }
            checkMessage(e);
            return false;
        } catch (StackOverflowError | OutOfMemoryError | IOException e) {
            throw new AssertionError("not to be caused by any file: " + e, e);
        }
    }

    private static void checkMessage(RuntimeException e) {
        String message = e.getMessage();
        if (message == null || message.isBlank()) {
            throw new AssertionError("refused without a message", e);
        }
        if (message.length() > LONGEST_MESSAGE) {
            throw new AssertionError("a message of " + message.length() + " characters", e);
        }
        if (message.chars().anyMatch(Character::isISOControl)) {
            throw new AssertionError("a message with control characters", e);
        }
    }
}
