package dev.patchscopes.model.internal;

import ai.djl.engine.EngineException;
import dev.patchscopes.model.MemoryException;
import java.util.function.Supplier;

/**
 * Memory that ran out in a function of the caller's, on its way to the caller: the library must not
 * take it for its own.
 */
public final class CallersFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private CallersFailure(Throwable thrown) {
        super(null, thrown, false, false);
    }

    /**
     * Calls a function of the caller's.
     *
     * @param <T> type of its result
     * @param function the function
     * @return its result
     */
    public static <T> T in(Supplier<T> function) {
        try {
            return function.get();
        } catch (OutOfMemoryError | MemoryException | EngineException e) {
            throw new CallersFailure(e);
        }
    }

    /**
     * Calls a function of the caller's.
     *
     * @param function the function
     */
    public static void in(Runnable function) {
        try {
            function.run();
        } catch (OutOfMemoryError | MemoryException | EngineException e) {
            throw new CallersFailure(e);
        }
    }

    /** {@return what the function threw; throws it where it is an error} */
    public RuntimeException unwrapped() {
        if (getCause() instanceof Error error) {
            throw error;
        }
        return (RuntimeException) getCause();
    }
}
