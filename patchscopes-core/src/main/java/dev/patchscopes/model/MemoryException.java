package dev.patchscopes.model;

import java.util.OptionalLong;

/**
 * Memory ran out: the Java heap, native memory, or a GPU's. The message names the work, the memory
 * and what to lower; the cause is what the allocation threw.
 *
 * <p>The model is as it was before: what failed holds no memory and no lock, and smaller work on
 * the same model gives the same numbers as ever. So it can be caught:
 *
 * <pre>{@code
 * try {
 *     return model.run(prompts).capture(points).execute();
 * } catch (MemoryException e) {
 *     return inHalves(prompts, points);
 * }
 * }</pre>
 *
 * <p>Not everything gives an error. A system that promises more memory than it has, as Linux mostly
 * does, ends a process that uses what it was promised; and a process in which not even some
 * kilobytes are left ends on its own.
 *
 * <p>On a GPU there is nothing to release by hand. libtorch keeps freed blocks for its next
 * tensors, and before it reports that memory ran out it has given them back to the driver and tried
 * again; what failed work frees is kept in the same way, for this process and no other until it
 * ends.
 *
 * <p>Only what the library allocates is spoken of here. What a caller's own function throws, a
 * {@link TensorHook}, a {@link Metric} or a listener, reaches the caller as it was thrown, an
 * {@link OutOfMemoryError} or the engine's exception among them: whether it was the function's need
 * or the run's, only the caller can tell. Nor are class metadata and threads, which no smaller work
 * needs less of: such errors are passed on too.
 */
public final class MemoryException extends ModelException {
    private static final long serialVersionUID = 1L;
    private static final long UNKNOWN = -1;

    /** Kinds of memory. */
    public enum Memory {
        /** Java's objects and arrays, limited by {@code -Xmx}. */
        JAVA_HEAP("the Java heap"),
        /** What tensors on the CPU, and buffers outside the heap, are allocated from. */
        NATIVE("native memory"),
        /** A GPU's. */
        DEVICE("GPU memory");

        private final String words;

        Memory(String words) {
            this.words = words;
        }

        /** {@return the kind in words, such as {@code the Java heap}} */
        @Override
        public String toString() {
            return words;
        }
    }

    /** Which ran out. */
    private final Memory memory;

    /** How much was asked for; negative if nobody said. */
    private final long bytes;

    /**
     * Makes the exception, for work that is refused because it needs more than there is. Where an
     * allocation failed, {@link MemoryAdvice} makes it.
     *
     * @param message the work, the memory, the way out
     * @param memory what ran out
     * @param bytesAsked how much was asked for at once, if it is known
     */
    public MemoryException(String message, Memory memory, OptionalLong bytesAsked) {
        super(message);
        this.memory = memory;
        this.bytes = bytesAsked.orElse(UNKNOWN);
    }

    /** {@return what ran out} */
    public Memory memory() {
        return memory;
    }

    /** {@return bytes that were asked for at once when there were no more, where that is known} */
    public OptionalLong bytesAsked() {
        return bytes == UNKNOWN ? OptionalLong.empty() : OptionalLong.of(bytes);
    }
}
