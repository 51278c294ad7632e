package dev.patchscopes.model.internal;

import ai.djl.engine.EngineException;
import dev.patchscopes.model.MemoryException;
import java.util.Optional;
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
        } catch (RuntimeException | Error e) {
            throw marked(e);
        }
    }

    /**
     * Calls a function of the caller's.
     *
     * @param function the function
     */
    public static void in(Runnable function) {
        in(
                () -> {
                    function.run();
                    return Optional.empty();
                });
    }

    /** What could be taken for the library's own; everything else goes its way as it is. */
    private static RuntimeException marked(Throwable thrown) {
        if (thrown instanceof OutOfMemoryError
                || thrown instanceof MemoryException
                || thrown instanceof EngineException
                || MemoryFailure.of(thrown).isPresent()) { // in what caused it
            return new CallersFailure(thrown);
        }
        if (thrown instanceof Error error) {
            throw error;
        }
        return (RuntimeException) thrown;
    }

    /** {@return what the function threw; throws it where it is an error} */
    public RuntimeException unwrapped() {
        if (getCause() instanceof Error error) {
            throw error;
        }
        return (RuntimeException) getCause();
    }
}
