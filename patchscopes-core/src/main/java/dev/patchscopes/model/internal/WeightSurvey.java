package dev.patchscopes.model.internal;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableLongArray;
import dev.patchscopes.checkpoint.Checkpoint;
import dev.patchscopes.checkpoint.StoredTensor;
import dev.patchscopes.checkpoint.internal.Interrupts;
import dev.patchscopes.model.ComputeType;
import dev.patchscopes.model.NonFiniteWeight;
import dev.patchscopes.model.Progress;
import java.util.Optional;

/** Looks through a checkpoint for weights that are not finite, or not once they are loaded. */
public final class WeightSurvey {
    private static final int CHUNK = 1 << 16; // elements read at a time

    /** From here on a number is nearer to infinity than to the largest float16. */
    private static final double FLOAT16_OVERFLOW = 65520;

    private final ComputeType type;
    private final Progress listener;
    private final String what;
    private final ImmutableList<StoredTensor> tensors;
    private final double[] values = new double[CHUNK];
    private int done;

    private WeightSurvey(
            ComputeType type, Progress listener, String name, ImmutableList<StoredTensor> tensors) {
        this.type = type;
        this.listener = listener;
        this.what = "the look through the weights of " + name;
        this.tensors = tensors;
    }

    /**
     * Reads all weights of a model; nothing is kept.
     *
     * @param checkpoint weights
     * @param architecture which of them the model reads
     * @param type number format they would be loaded in
     * @param name the model's, for messages
     * @param listener can stop it; is told nothing
     * @return a record a tensor that has such values, in the order of the checkpoint
     * @throws java.util.concurrent.CancellationException if the listener or an interrupt of this
     *     thread stopped it
     */
    public static ImmutableList<NonFiniteWeight> of(
            Checkpoint checkpoint,
            Architecture architecture,
            ComputeType type,
            String name,
            Progress listener) {
        return new WeightSurvey(
                        type,
                        listener,
                        name,
                        checkpoint.tensorNames().stream()
                                .filter(t -> !architecture.weights().ignored().test(t))
                                .map(checkpoint::tensor)
                                .collect(ImmutableList.toImmutableList()))
                .all();
    }

    private ImmutableList<NonFiniteWeight> all() {
        ImmutableList.Builder<NonFiniteWeight> found = ImmutableList.builder();
        for (StoredTensor tensor : tensors) {
            look(tensor).ifPresent(found::add);
            done++;
        }
        return found.build();
    }

    private void check() {
        boolean cancelled = CallersFailure.in(listener::isCancelled);
        Interrupts.check(cancelled, what, done, tensors.size(), "tensors");
    }

    private Optional<NonFiniteWeight> look(StoredTensor tensor) {
        long count = 0;
        long first = -1;
        double value = 0;
        for (long from = 0; from < tensor.elements(); from += CHUNK) {
            check();
            int step = (int) Math.min(CHUNK, tensor.elements() - from);
            tensor.read(from, values, 0, step);
            for (int i = 0; i < step; i++) {
                if (!isFinite(values[i])) {
                    if (count++ == 0) {
                        first = from + i;
                        value = values[i];
                    }
                }
            }
        }
        if (count == 0) {
            return Optional.empty();
        }
        return Optional.of(
                new NonFiniteWeight(
                        tensor.name(),
                        tensor.file(),
                        index(tensor.shape(), first),
                        value,
                        tensor.type(),
                        type,
                        count,
                        tensor.elements()));
    }

    /** Whether a stored value is finite once it is loaded. */
    private boolean isFinite(double stored) {
        return switch (type) {
            case FLOAT64 -> Double.isFinite(stored);
            case FLOAT32 -> Float.isFinite((float) stored);
            case FLOAT16 -> Math.abs((float) stored) < FLOAT16_OVERFLOW;
        };
    }

    private static ImmutableLongArray index(ImmutableLongArray shape, long element) {
        long[] index = new long[shape.length()];
        long rest = element;
        for (int axis = index.length - 1; axis >= 0; axis--) {
            index[axis] = rest % shape.get(axis);
            rest /= shape.get(axis);
        }
        return ImmutableLongArray.copyOf(index);
    }
}
