package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import com.google.common.primitives.ImmutableDoubleArray;
import com.google.common.primitives.ImmutableIntArray;
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
 * @param columns logits of the tokens asked for, if they are all that is read; else empty
 * @param logits the whole distribution, if asked for; else empty
 * @param residual the last layer's residual, if it is all that is read; else empty
 */
public record ReadValue(
        ImmutableIntArray topIds,
        ImmutableDoubleArray topProbabilities,
        ImmutableDoubleArray probabilities,
        ImmutableDoubleArray columns,
        ImmutableDoubleArray logits,
        ImmutableDoubleArray residual) {

    /** The logits of the tokens asked for, [1, rows, token], and nothing else. */
    static List<ReadValue> ofColumns(NDArray logits) {
        int width = Math.toIntExact(logits.getShape().get(2));
        double[] all = HostValues.doubles(logits);
        ModelRuntime.checkNumbers(all, width);
        List<ReadValue> out = new ArrayList<>();
        for (int at = 0; at < all.length; at += width) {
            out.add(ofColumns(Arrays.copyOfRange(all, at, at + width)));
        }
        return out;
    }

    private static ReadValue ofColumns(double[] logits) {
        return new ReadValue(
                ImmutableIntArray.of(),
                ImmutableDoubleArray.of(),
                ImmutableDoubleArray.of(),
                ImmutableDoubleArray.copyOf(logits),
                ImmutableDoubleArray.of(),
                ImmutableDoubleArray.of());
    }

    /** Last residuals [1, rows, d_model], and nothing else. */
    static List<ReadValue> ofResiduals(NDArray residuals) {
        int width = Math.toIntExact(residuals.getShape().get(2));
        double[] all = HostValues.doubles(residuals);
        List<ReadValue> out = new ArrayList<>();
        for (int at = 0; at < all.length; at += width) {
            out.add(ofResidual(Arrays.copyOfRange(all, at, at + width)));
        }
        return out;
    }

    /** A last residual, and nothing else. */
    static ReadValue ofResidual(double[] residual) {
        return new ReadValue(
                ImmutableIntArray.of(),
                ImmutableDoubleArray.of(),
                ImmutableDoubleArray.of(),
                ImmutableDoubleArray.of(),
                ImmutableDoubleArray.of(),
                ImmutableDoubleArray.copyOf(residual));
    }

    /** Reduces logits [1, rows, d_vocab] where they are. */
    static List<ReadValue> all(Tensors ops, NDArray logits, Reading reading) {
        int rows = Math.toIntExact(logits.getShape().get(1));
        int width = Math.toIntExact(logits.getShape().get(2));
        List<ReadValue> out = new ArrayList<>();
        if (reading.distribution()) {
            double[] all = HostValues.doubles(logits);
            ModelRuntime.checkNumbers(all, width);
            for (int row = 0; row < rows; row++) {
                out.add(of(Arrays.copyOfRange(all, row * width, (row + 1) * width), reading));
            }
            return out;
        }
        try (NDArray soft = ops.softmax(logits)) {
            // the largest probability is read in any case: it tells whether there are numbers
            int k = Math.min(Math.max(1, reading.topTokens()), width);
            Tensors.Largest top = Tensors.largest(soft, k);
            double[] probabilities = top.values();
            ModelRuntime.checkNumbers(probabilities, k);
            double[][] asked = new double[reading.tokens().length()][];
            for (int i = 0; i < asked.length; i++) {
                int token = reading.tokens().get(i);
                try (NDArray column = Tensors.slice(soft, 2, token, token + 1L)) {
                    asked[i] = HostValues.doubles(column);
                }
            }
            int kept = Math.min(reading.topTokens(), width);
            for (int row = 0; row < rows; row++) {
                int r = row;
                out.add(
                        new ReadValue(
                                ImmutableIntArray.copyOf(
                                        Arrays.stream(top.indices(), row * k, row * k + kept)
                                                .mapToInt(Math::toIntExact)),
                                ImmutableDoubleArray.copyOf(
                                        Arrays.copyOfRange(probabilities, row * k, row * k + kept)),
                                ImmutableDoubleArray.copyOf(
                                        Arrays.stream(asked).mapToDouble(a -> a[r])),
                                ImmutableDoubleArray.of(),
                                ImmutableDoubleArray.of(),
                                ImmutableDoubleArray.of()));
            }
        }
        return out;
    }

    /** Reduces logits on the Java side. */
    static ReadValue of(double[] logits, Reading reading) {
        if (reading.columns()) {
            return ofColumns(reading.tokens().stream().mapToDouble(id -> logits[id]).toArray());
        }
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
                ImmutableDoubleArray.of(),
                reading.distribution()
                        ? ImmutableDoubleArray.copyOf(logits)
                        : ImmutableDoubleArray.of(),
                ImmutableDoubleArray.of());
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
