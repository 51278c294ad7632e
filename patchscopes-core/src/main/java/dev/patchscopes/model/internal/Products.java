package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.patchscopes.model.MatrixProducts;
import java.util.List;
import java.util.Optional;

/**
 * Products of activations with weights, x W^T + b.
 *
 * <p>Few rows with a large matrix are bound by reading the matrix, which the library does with one
 * core. As a batch of products with parts of the columns, every core reads a part. The parts are
 * views of one matrix, and one native call computes them all.
 *
 * @param mostRows rows up to which products are split; 0 for none
 * @param parts parts of a product
 * @param smallest elements of a matrix below which splitting cannot pay
 */
record Products(int mostRows, int parts, long smallest) {
    /** One call a product. */
    static final Products PLAIN = new Products(0, 1, 0);

    private static final int MOST_ROWS = 256;
    private static final long SMALLEST = 1L << 18;
    private static final int[] MEASURED_ROWS = {1, 8, 64, 128, MOST_ROWS};
    private static final int REPEATS = 3;

    /** What a loaded model should use. */
    static Products of(MatrixProducts choice, NDManager manager, List<NDArray> weights) {
        int parts = 2 * threads();
        boolean large = weights.stream().anyMatch(w -> w.size() >= SMALLEST);
        if (choice == MatrixProducts.PLAIN
                || parts < 4
                || !large
                || manager.getDevice().isGpu()
                || weights.get(0).getDataType() == DataType.FLOAT16) {
            return PLAIN;
        }
        Products split = new Products(MOST_ROWS, parts, SMALLEST);
        return choice == MatrixProducts.SPLIT ? split : measured(split, manager, weights);
    }

    /** The engine does not tell how many threads it uses; these are the ways to tell it. */
    private static int threads() {
        Integer set = Integer.getInteger("ai.djl.pytorch.num_threads");
        String openMp = System.getenv("OMP_NUM_THREADS");
        int all = Runtime.getRuntime().availableProcessors();
        if (set != null) {
            return Math.min(set, all);
        }
        return openMp != null && openMp.matches("\\d{1,4}")
                ? Math.min(Integer.parseInt(openMp), all)
                : all;
    }

    /** Splits as far as that is faster on this machine, for the model's own matrices. */
    private static Products measured(Products split, NDManager manager, List<NDArray> weights) {
        int rows = 0;
        for (int next : MEASURED_ROWS) {
            if (seconds(split, next, manager, weights)
                    > 0.97 * seconds(PLAIN, next, manager, weights)) {
                break;
            }
            rows = next;
        }
        return rows == 0 ? PLAIN : new Products(rows, split.parts, split.smallest);
    }

    private static double seconds(
            Products how, int rows, NDManager manager, List<NDArray> weights) {
        double best = Double.MAX_VALUE;
        for (int i = 0; i < REPEATS; i++) {
            long start = System.nanoTime();
            for (NDArray weight : weights) { // several, so that they come from memory
                try (NDManager scope = manager.newSubManager()) {
                    Shape shape = new Shape(1, rows, weight.getShape().get(1));
                    NDArray x = scope.zeros(shape, weight.getDataType());
                    how.linear(x, new Weights.Linear(weight, Optional.empty()));
                }
            }
            best = Math.min(best, (System.nanoTime() - start) * 1e-9);
        }
        return best;
    }

    /**
     * x W^T + b.
     *
     * @param x [..., in]
     * @return [..., out]
     */
    NDArray linear(NDArray x, Weights.Linear weights) {
        Shape shape = x.getShape();
        long in = weights.weight().getShape().get(1);
        long out = weights.weight().getShape().get(0);
        long rows = shape.size() / in;
        if (rows > mostRows || in * out < smallest || out % parts != 0) {
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
        return mostRows == 0
                ? "one call a product"
                : "in %d parts up to %d rows".formatted(parts, mostRows);
    }
}
