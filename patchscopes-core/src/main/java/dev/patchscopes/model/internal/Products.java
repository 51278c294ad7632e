package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import com.google.common.collect.ImmutableList;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Products of activations with weights, x W^T + b, each in the way that suits its rows.
 *
 * @param steps ways by rows, ascending; the last for any number
 * @param smallest elements of a matrix below which one plain call is fastest
 * @param packed what multiplies by packed weights, if any are; closed with this
 */
record Products(ImmutableList<Step> steps, long smallest, Optional<PackedProducts> packed)
        implements AutoCloseable {
    /** One call of the usual library a product. */
    static final Products PLAIN =
            new Products(
                    ImmutableList.of(new Step(Long.MAX_VALUE, new Plain())),
                    Long.MAX_VALUE,
                    Optional.empty());

    /** A way of multiplying. */
    interface Way {
        /**
         * x W^T + b.
         *
         * @param x [..., in]
         * @return [..., out], in x's manager
         */
        NDArray linear(NDArray x, Weights.Linear weights);
    }

    /**
     * How products of so many rows are computed.
     *
     * @param rows rows up to which, from the step before
     * @param way how
     */
    record Step(long rows, Way way) {}

    /** One call of the usual library. */
    record Plain() implements Way {
        @Override
        public NDArray linear(NDArray x, Weights.Linear weights) {
            return Tensors.linear(x, weights);
        }

        @Override
        public String toString() {
            return "one call";
        }
    }

    /**
     * The columns in parts.
     *
     * <p>Few rows with a large matrix are bound by reading the matrix, which the library does with
     * one core. As a batch of products with parts of the columns, every core reads a part. The
     * parts are views of one matrix, and one native call computes them all.
     *
     * @param parts how many; a matrix whose columns they do not divide is taken whole
     */
    record Parts(int parts) implements Way {
        @Override
        public NDArray linear(NDArray x, Weights.Linear weights) {
            Shape shape = x.getShape();
            long in = weights.weight().getShape().get(1);
            long out = weights.weight().getShape().get(0);
            long rows = shape.size() / in;
            if (out % parts != 0) {
                return Tensors.linear(x, weights);
            }
            long[] result = shape.getShape().clone();
            result[result.length - 1] = out;
            try (NDArray flat = Tensors.reshape(x, 1, rows, in);
                    NDArray split = Tensors.reshape(weights.weight(), parts, out / parts, in);
                    NDArray columns = Tensors.transpose(split, 1, 2); // [part, in, out / parts]
                    NDArray products = Tensors.matmul(flat, columns); // [part, rows, out / parts]
                    NDArray byRow = Tensors.transpose(products, 0, 1)) {
                NDArray y = Tensors.reshape(byRow, result);
                weights.bias().ifPresent(b -> Tensors.addTo(y, b));
                return y;
            }
        }

        @Override
        public String toString() {
            return parts + " parts";
        }
    }

    /** x W^T + b, the way that is fastest for the shapes. */
    NDArray linear(NDArray x, Weights.Linear weights) {
        if (weights.packed()) {
            return packed.orElseThrow().linear(x, weights);
        }
        Shape shape = weights.weight().getShape();
        return shape.size() < smallest
                ? Tensors.linear(x, weights)
                : way(x.getShape().size() / shape.get(1)).linear(x, weights);
    }

    private Way way(long rows) {
        for (Step step : steps) {
            if (rows <= step.rows) {
                return step.way;
            }
        }
        throw new AssertionError("no way for %d rows in %s".formatted(rows, steps));
    }

    @Override
    public void close() {
        packed.ifPresent(PackedProducts::close);
    }

    @Override
    public String toString() {
        String ways =
                steps.stream()
                        .map(s -> "%s to %d rows".formatted(s.way, s.rows))
                        .collect(Collectors.joining(", "));
        return (packed.isPresent() ? "packed; unpacked: " : "") + ways;
    }
}
