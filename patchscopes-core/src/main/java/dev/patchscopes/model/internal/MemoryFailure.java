package dev.patchscopes.model.internal;

import ai.djl.engine.EngineException;
import com.google.common.base.Ascii;
import com.google.common.base.Strings;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.patchscopes.model.MemoryException.Memory;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a throwable says of memory that ran out. The engine has one exception for everything, so its
 * texts are what tells.
 *
 * @param memory what ran out
 * @param bytes how much was asked for, where the text says so
 */
public record MemoryFailure(Memory memory, OptionalLong bytes) {
    private static final int DEEPEST_CAUSE = 8;

    /** In lower case; a GPU's come first, for some hold a CPU's too. */
    private static final ImmutableList<String> OF_GPUS =
            ImmutableList.of(
                    "cuda out of memory",
                    "cuda error: out of memory",
                    "hip out of memory",
                    "mps backend out of memory",
                    "_status_alloc_failed", // of cuBLAS, cuDNN, cuSOLVER, cuFFT and the like
                    "cufft_alloc_failed");

    private static final ImmutableList<String> OF_CPUS =
            ImmutableList.of(
                    "defaultcpuallocator", // of Linux, macOS and Windows
                    "can't allocate memory",
                    "cannot allocate memory", // mapping a file
                    "not enough memory",
                    "std::bad_alloc",
                    "bad allocation"); // the same of Windows

    /** What the virtual machine says of its heap; array sizes beyond it are among them. */
    private static final ImmutableList<String> OF_HEAP =
            ImmutableList.of(
                    "java heap space",
                    "gc overhead limit exceeded",
                    "requested array size exceeds vm limit",
                    "required array length too large",
                    "required length exceeds implementation limit");

    private static final String OF_BUFFERS = "direct buffer memory";

    private static final Pattern ASKED =
            Pattern.compile(
                    "(?:tried to allocate|cannot reserve) ([0-9.]+) (bytes|kib|mib|gib|tib)");

    private static final ImmutableMap<String, Double> UNITS =
            ImmutableMap.of(
                    "bytes", 1.0, "kib", 0x1p10, "mib", 0x1p20, "gib", 0x1p30, "tib", 0x1p40);

    /**
     * Recognises memory that ran out.
     *
     * @param thrown what was thrown
     * @return what it, or what caused it, says; empty if that is something else
     */
    public static Optional<MemoryFailure> of(Throwable thrown) {
        Throwable cause = thrown;
        for (int depth = 0; cause != null && depth < DEEPEST_CAUSE; depth++) {
            Optional<MemoryFailure> found = ofOne(cause);
            if (found.isPresent()) {
                return found;
            }
            cause = cause.getCause();
        }
        return Optional.empty();
    }

    /**
     * Tells whether Java's memory for buffers outside its heap ran out, which has a limit of its
     * own.
     *
     * @param thrown what was thrown
     * @return whether it, or what caused it, is that
     */
    public static boolean isOfBuffers(Throwable thrown) {
        Throwable cause = thrown;
        for (int depth = 0; cause != null && depth < DEEPEST_CAUSE; depth++) {
            if (isOneOfBuffers(cause)) {
                return true;
            }
            cause = cause.getCause();
        }
        return false;
    }

    private static boolean isOneOfBuffers(Throwable thrown) {
        return thrown instanceof OutOfMemoryError && text(thrown).contains(OF_BUFFERS);
    }

    private static Optional<MemoryFailure> ofOne(Throwable thrown) {
        String text = text(thrown);
        if (thrown instanceof OutOfMemoryError) {
            if (text.contains(OF_BUFFERS)) {
                return Optional.of(new MemoryFailure(Memory.NATIVE, asked(text)));
            }
            return hasAny(text, OF_HEAP)
                    ? Optional.of(new MemoryFailure(Memory.JAVA_HEAP, OptionalLong.empty()))
                    : Optional.empty();
        }
        if (!(thrown instanceof EngineException)) {
            return Optional.empty();
        }
        if (hasAny(text, OF_GPUS)) {
            return Optional.of(new MemoryFailure(Memory.DEVICE, asked(text)));
        }
        return hasAny(text, OF_CPUS)
                ? Optional.of(new MemoryFailure(Memory.NATIVE, asked(text)))
                : Optional.empty();
    }

    private static String text(Throwable thrown) {
        return Ascii.toLowerCase(Strings.nullToEmpty(thrown.getMessage()));
    }

    private static boolean hasAny(String text, ImmutableList<String> parts) {
        return parts.stream().anyMatch(text::contains);
    }

    private static OptionalLong asked(String text) {
        Matcher matcher = ASKED.matcher(text);
        return matcher.find()
                ? OptionalLong.of(
                        Math.round(
                                Double.parseDouble(matcher.group(1)) * UNITS.get(matcher.group(2))))
                : OptionalLong.empty();
    }
}
