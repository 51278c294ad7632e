package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.google.common.collect.ImmutableList;
import dev.patchscopes.model.MatrixProducts;
import dev.patchscopes.model.ModelException;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Finds how a model should multiply by its weights: measured on its own matrices, since processors
 * and their libraries differ.
 */
final class ProductsTuning {
    private static final long SMALLEST = 1L << 18;
    private static final int MOST_ROWS = 256;
    private static final int[] ROWS = {1, 4, 16, 64, 128, MOST_ROWS};
    private static final int WARM_UPS = 3;
    private static final int LEAST_REPEATS = 3;
    private static final long NANOS_PER_ROW_COUNT = 15_000_000;

    /** What splitting must save before it is preferred. */
    private static final double CLEARLY = 0.95;

    private ProductsTuning() {}

    /**
     * What a loaded model should use.
     *
     * @param weights some of its matrices: several, so that they come from memory when used in turn
     */
    static Products of(MatrixProducts choice, NDManager manager, List<Weights.Linear> weights) {
        boolean onCpu = !manager.getDevice().isGpu();
        DataType type = weights.get(0).weight().getDataType();
        boolean canSplit = onCpu && type != DataType.FLOAT16 && parts() >= 4;
        Products.Way split = new Products.Parts(parts());
        boolean large = weights.stream().anyMatch(w -> w.weight().size() >= SMALLEST);
        return switch (choice) {
            case PLAIN -> Products.PLAIN;
            case SPLIT ->
                    canSplit
                            ? inSteps(List.of(new Products.Step(MOST_ROWS, split)))
                            : Products.PLAIN;
            case TUNED ->
                    canSplit && large ? inSteps(steps(split, manager, weights)) : Products.PLAIN;
            case PACKED -> packed(onCpu && type == DataType.FLOAT32);
        };
    }

    private static Products packed(boolean possible) {
        PackedProducts library =
                (possible ? PackedProducts.load() : Optional.<PackedProducts>empty())
                        .orElseThrow(
                                () ->
                                        new ModelException(
                                                "MatrixProducts.PACKED needs float32 on a CPU and a libtorch with oneDNN: choose MatrixProducts.TUNED, which runs everywhere"));
        Products.Step all = new Products.Step(Long.MAX_VALUE, library);
        return new Products(ImmutableList.of(all), 0, Optional.of(library));
    }

    /** These steps, and one call beyond their rows, where parts gain nothing. */
    private static Products inSteps(List<Products.Step> steps) {
        return new Products(
                ImmutableList.<Products.Step>builder()
                        .addAll(steps)
                        .add(new Products.Step(Long.MAX_VALUE, new Products.Plain()))
                        .build(),
                SMALLEST,
                Optional.empty());
    }

    /** Parts enough to keep every thread busy. */
    private static int parts() {
        return 2 * threads();
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

    /** For each number of rows, parts where they are clearly faster. */
    private static List<Products.Step> steps(
            Products.Way split, NDManager manager, List<Weights.Linear> weights) {
        Products.Way plain = new Products.Plain();
        return IntStream.of(ROWS)
                .mapToObj(
                        rows -> {
                            boolean faster = isFaster(split, plain, rows, manager, weights);
                            return new Products.Step(rows, faster ? split : plain);
                        })
                .toList();
    }

    /** Both ways in turn, so that a busy moment hits both; the best time of each counts. */
    private static boolean isFaster(
            Products.Way split,
            Products.Way plain,
            int rows,
            NDManager manager,
            List<Weights.Linear> weights) {
        for (int i = 0; i < WARM_UPS; i++) { // the first calls load code and start threads
            seconds(plain, rows, manager, weights);
            seconds(split, rows, manager, weights);
        }
        double inParts = Double.MAX_VALUE;
        double inOne = Double.MAX_VALUE;
        long end = System.nanoTime() + NANOS_PER_ROW_COUNT;
        for (int i = 0; i < LEAST_REPEATS || System.nanoTime() < end; i++) {
            inOne = Math.min(inOne, seconds(plain, rows, manager, weights));
            inParts = Math.min(inParts, seconds(split, rows, manager, weights));
        }
        return inParts < CLEARLY * inOne;
    }

    private static double seconds(
            Products.Way way, int rows, NDManager manager, List<Weights.Linear> weights) {
        long nanos = 0;
        for (Weights.Linear linear : weights) {
            try (NDManager scope = manager.newSubManager()) {
                Shape shape = new Shape(1, rows, linear.weight().getShape().get(1));
                NDArray x = scope.zeros(shape, linear.weight().getDataType());
                long start = System.nanoTime();
                way.linear(x, linear);
                nanos += System.nanoTime() - start;
            }
        }
        return nanos * 1e-9;
    }
}
