package dev.patchscopes.model;

import com.google.common.primitives.ImmutableLongArray;
import dev.patchscopes.checkpoint.StoredType;
import java.nio.file.Path;
import java.util.Locale;

/**
 * A stored tensor of which some values are not finite once they are loaded.
 *
 * <pre>{@code
 * HookedModel.loader("gpt2").computeType(ComputeType.FLOAT16)
 *     .nonFiniteWeights()
 *     .forEach(System.out::println);
 * }</pre>
 *
 * @param tensor its name in the checkpoint
 * @param file the file that holds it
 * @param index place of the first such value in the stored tensor, an index for each axis
 * @param value that value as it is in the file: NaN, infinite, or beyond what {@code type} holds
 * @param stored number format in the file
 * @param type number format it would be loaded in
 * @param count how many values are not finite once loaded
 * @param elements number of values of the tensor
 */
public record NonFiniteWeight(
        String tensor,
        Path file,
        ImmutableLongArray index,
        double value,
        StoredType stored,
        ComputeType type,
        long count,
        long elements) {

    /** {@return whether the first such value is finite in the file and overflows when loaded} */
    public boolean overflows() {
        return Double.isFinite(value);
    }

    /** {@return the tensor, the place, the value and the way out, in a line} */
    @Override
    public String toString() {
        String format = type.name().toLowerCase(Locale.ROOT);
        String what =
                overflows()
                        ? "finite in the file (%.3g) and infinite as %s: load as %s"
                                .formatted(
                                        value,
                                        format,
                                        type == ComputeType.FLOAT16 ? "float32" : "float64")
                        : "%s in the file".formatted(NonFinite.shown(value));
        return "%s%s is %s; %d of its %d values are not finite as %s (%s, %s)"
                .formatted(
                        tensor,
                        index.isEmpty() ? "" : index.toString(),
                        what,
                        count,
                        elements,
                        format,
                        file,
                        stored);
    }
}
