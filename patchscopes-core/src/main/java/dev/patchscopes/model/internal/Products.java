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
    private static final int WARM_UPS = 5;
    private static final int LEAST_REPEATS = 3;
    private static final long NANOS_PER_COUNT = 15_000_000;

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
        for (int i = 0; i < WARM_UPS; i++) { // the first calls load code and start threads
            seconds(PLAIN, 1, manager, weights);
            seconds(split, 1, manager, weights);
        }
        int rows = 0;
        for (int next : MEASURED_ROWS) {
            if (isFaster(split, next, manager, weights)) {
                rows = next;
            }
        }
        return rows == 0 ? PLAIN : new Products(rows, split.parts, split.smallest);
    }

    /** Both ways in turn, so that a busy moment hits both; the best of each counts. */
    private static boolean isFaster(
            Products split, int rows, NDManager manager, List<NDArray> weights) {
        double inParts = Double.MAX_VALUE;
        double plain = Double.MAX_VALUE;
        long end = System.nanoTime() + NANOS_PER_COUNT;
        for (int i = 0; i < LEAST_REPEATS || System.nanoTime() < end; i++) {
            plain = Math.min(plain, seconds(PLAIN, rows, manager, weights));
            inParts = Math.min(inParts, seconds(split, rows, manager, weights));
        }
        return inParts < 0.97 * plain;
    }

    private static double seconds(
            Products how, int rows, NDManager manager, List<NDArray> weights) {
        long start = System.nanoTime();
        for (NDArray weight : weights) { // several, so that they come from memory
            try (NDManager scope = manager.newSubManager()) {
                Shape shape = new Shape(1, rows, weight.getShape().get(1));
                NDArray x = scope.zeros(shape, weight.getDataType());
                how.linear(x, new Weights.Linear(weight, Optional.empty()));
            }
        }
        return (System.nanoTime() - start) * 1e-9;
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
