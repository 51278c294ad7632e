package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import com.google.common.primitives.ImmutableDoubleArray;
import com.google.common.primitives.ImmutableIntArray;
import com.google.common.primitives.ImmutableLongArray;
import dev.patchscopes.model.Reading;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What was read of one cell.
 *
 * @param topIds most probable tokens first
 * @param topProbabilities their probabilities
 * @param probabilities probabilities of the tokens asked for
 * @param logits the whole distribution, if asked for; else empty
 */
public record ReadValue(
        ImmutableIntArray topIds,
        ImmutableDoubleArray topProbabilities,
        ImmutableDoubleArray probabilities,
        ImmutableDoubleArray logits) {

    /** Reduces logits [1, rows, d_vocab] where they are. */
    static List<ReadValue> all(Tensors ops, NDArray logits, Reading reading) {
        int rows = Math.toIntExact(logits.getShape().get(1));
        int width = Math.toIntExact(logits.getShape().get(2));
        List<ReadValue> out = new ArrayList<>();
        if (reading.distribution()) {
            double[] all = Tensors.toDoubles(logits);
            for (int row = 0; row < rows; row++) {
                out.add(of(Arrays.copyOfRange(all, row * width, (row + 1) * width), reading));
            }
            return out;
        }
        try (NDArray soft = ops.softmax(logits)) {
            Tensors.Largest top = Tensors.largest(soft, Math.min(reading.topTokens(), width));
            double[] probabilities = top.values();
            ModelRuntime.checkNumbers(probabilities, probabilities.length / rows);
            long[] ids = top.indices();
            double[][] asked = new double[reading.tokens().length()][];
            for (int i = 0; i < asked.length; i++) {
                int token = reading.tokens().get(i);
                try (NDArray column = Tensors.slice(soft, 2, token, token + 1L)) {
                    asked[i] = Tensors.toDoubles(column);
                }
            }
            int k = ids.length / rows;
            for (int row = 0; row < rows; row++) {
                int r = row;
                int[] own =
                        ImmutableLongArray.copyOf(Arrays.copyOfRange(ids, row * k, (row + 1) * k))
                                .stream()
                                .mapToInt(Math::toIntExact)
                                .toArray();
                out.add(
                        new ReadValue(
                                ImmutableIntArray.copyOf(own),
                                ImmutableDoubleArray.copyOf(
                                        Arrays.copyOfRange(probabilities, row * k, (row + 1) * k)),
                                ImmutableDoubleArray.copyOf(
                                        Arrays.stream(asked).mapToDouble(a -> a[r])),
                                ImmutableDoubleArray.of()));
            }
        }
        return out;
    }

    /** Reduces logits on the Java side. */
    static ReadValue of(double[] logits, Reading reading) {
        double max = Arrays.stream(logits).max().orElseThrow();
        double sum = Arrays.stream(logits).map(l -> Math.exp(l - max)).sum();
        double[] soft = Arrays.stream(logits).map(l -> Math.exp(l - max) / sum).toArray();
        int[] top =
                IntStream.range(0, soft.length)
                        .boxed()
                        .sorted(Comparator.comparingDouble((Integer id) -> soft[id]).reversed())
                        .limit(reading.topTokens())
                        .mapToInt(Integer::intValue)
                        .toArray();
        return new ReadValue(
                ImmutableIntArray.copyOf(top),
                ImmutableDoubleArray.copyOf(Arrays.stream(top).mapToDouble(id -> soft[id])),
                ImmutableDoubleArray.copyOf(reading.tokens().stream().mapToDouble(id -> soft[id])),
                reading.distribution()
                        ? ImmutableDoubleArray.copyOf(logits)
                        : ImmutableDoubleArray.of());
    }

    /** The most probable token. */
    int topId() {
        return topIds.get(0);
    }

    /** The most probable token's probability. */
    double topProbability() {
        return topProbabilities.get(0);
    }
}
