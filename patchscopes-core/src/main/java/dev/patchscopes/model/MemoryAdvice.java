package dev.patchscopes.model;

import dev.patchscopes.model.MemoryException.Memory;
import dev.patchscopes.model.internal.CallersFailure;
import dev.patchscopes.model.internal.MemoryFailure;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;

/**
 * What a piece of work is called, and what to lower when memory runs out in it: makes a {@link
 * MemoryException} of whatever the virtual machine or the engine throws then, and leaves everything
 * else alone.
 *
 * <p>Every entry of the library that computes has one; lenses and methods made of several entries
 * say with one of their own what to lower in them. The outermost has the last word, since its
 * choices are those the caller made.
 *
 * <pre>{@code
 * MemoryAdvice advice = MemoryAdvice.of(() -> "a fit of %d layers".formatted(count), "fit fewer layers at once");
 * Lens lens = advice.get(() -> fit(layers));
 * }</pre>
 *
 * <p>Immutable.
 */
public final class MemoryAdvice {
    private final Supplier<String> work;
    private final String lower;
    private final String lowerInJava;

    private MemoryAdvice(Supplier<String> work, String lower, String lowerInJava) {
        this.work = work;
        this.lower = lower;
        this.lowerInJava = lowerInJava;
    }

    /**
     * Says what to lower.
     *
     * @param work names the work, such as {@code a run of 4 prompts}; asked only when memory ran
     *     out
     * @param lower what to do with less, such as {@code run fewer prompts at once}
     * @return the advice
     */
    public static MemoryAdvice of(Supplier<String> work, String lower) {
        return new MemoryAdvice(work, lower, lower);
    }

    /**
     * Says what to lower where the Java heap ran out, if that is something else.
     *
     * @param other what to do with less
     * @return the advice
     */
    public MemoryAdvice inJava(String other) {
        return new MemoryAdvice(work, lower, other);
    }

    /**
     * Does the work.
     *
     * @param <T> type of the result
     * @param body what to do
     * @return its result
     * @throws MemoryException if memory runs out
     */
    public <T> T get(Supplier<T> body) {
        try {
            return body.get();
        } catch (CallersFailure e) {
            throw e.unwrapped();
        } catch (RuntimeException | Error e) {
            Optional<MemoryException> translated = translated(e);
            if (translated.isPresent()) {
                throw translated.get();
            }
            throw e;
        }
    }

    /**
     * Does the work.
     *
     * @param body what to do
     * @throws MemoryException if memory runs out
     */
    public void run(Runnable body) {
        get(
                () -> {
                    body.run();
                    return Optional.empty();
                });
    }

    private Optional<MemoryException> translated(Throwable thrown) {
        try {
            if (thrown instanceof MemoryException inner) {
                return inner.getCause() == null
                        ? Optional.empty() // refused before it was begun: says all there is to say
                        : Optional.of(exception(inner.memory(), inner.bytesAsked(), inner));
            }
            return MemoryFailure.of(thrown).map(f -> exception(f.memory(), f.bytes(), thrown));
        } catch (OutOfMemoryError e) { // not even for a message
            return Optional.empty();
        }
    }

    private MemoryException exception(Memory memory, OptionalLong bytes, Throwable cause) {
        String asked =
                bytes.isPresent()
                        ? " when %s were asked for".formatted(size(bytes.getAsLong()))
                        : "";
        MemoryException made =
                new MemoryException(
                        "%s ran out of %s%s: %s, or %s"
                                .formatted(
                                        work.get(),
                                        memory,
                                        asked,
                                        memory == Memory.JAVA_HEAP ? lowerInJava : lower,
                                        raise(memory, cause)),
                        memory,
                        bytes);
        made.initCause(cause);
        return made;
    }

    /** What to raise instead. */
    private static String raise(Memory memory, Throwable cause) {
        return switch (memory) {
            case JAVA_HEAP ->
                    "raise -Xmx, which is %s now".formatted(size(Runtime.getRuntime().maxMemory()));
            case NATIVE ->
                    MemoryFailure.isOfBuffers(cause)
                            ? "raise -XX:MaxDirectMemorySize"
                            : "give the process more memory";
            case DEVICE -> "load the model on the CPU (Device.cpu()) or a GPU with more memory";
        };
    }

    private static String size(long bytes) {
        String unit = bytes >= 1L << 30 ? "GiB" : bytes >= 1L << 20 ? "MiB" : "KiB";
        double of = bytes >= 1L << 30 ? 0x1p30 : bytes >= 1L << 20 ? 0x1p20 : 0x1p10;
        return bytes < 1 << 10
                ? bytes + " bytes"
                : String.format(Locale.ROOT, "%.1f %s", bytes / of, unit);
    }

    /** {@return the work and what to lower} */
    @Override
    public String toString() {
        return "MemoryAdvice[%s: %s]".formatted(work.get(), lower);
    }
}
