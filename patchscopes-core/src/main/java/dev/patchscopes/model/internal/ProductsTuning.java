package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.google.common.collect.ImmutableList;
import dev.patchscopes.model.MatrixProducts;
import dev.patchscopes.model.ModelException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Finds how a model should multiply by its weights: measured on its own matrices, since processors
 * and their libraries differ.
 */
final class ProductsTuning {
    private static final long SMALLEST = 1L << 18;
    private static final int MOST_ROWS_IN_PARTS = 256;
    private static final int[] ROWS = {1, 4, 16, 64, MOST_ROWS_IN_PARTS};
    private static final int WARM_UPS = 3;
    private static final int LEAST_REPEATS = 3;
    private static final long NANOS_PER_ROW_COUNT = 15_000_000;

    /** What a way must save before it is preferred to a simpler one. */
    private static final double CLEARLY = 0.95;

    private ProductsTuning() {}

    /**
     * What a loaded model should use.
     *
     * @param blocks matrices of blocks, several, so that they come from memory when used in turn
     * @param table the unembedding, or some of its rows
     */
    static Products of(
            MatrixProducts choice,
            NDManager manager,
            List<Weights.Linear> blocks,
            Weights.Linear table) {
        boolean float32Cpu =
                !manager.getDevice().isGpu() && table.weight().getDataType() == DataType.FLOAT32;
        return switch (choice) {
            case PLAIN -> Products.PLAIN;
            case SPLIT -> split(manager, table);
            case PACKED -> packed(float32Cpu);
            case TUNED -> tuned(manager, blocks);
        };
    }

    private static Products split(NDManager manager, Weights.Linear table) {
        return canSplit(manager, table)
                ? withSteps(
                        List.of(
                                new Products.Step(MOST_ROWS_IN_PARTS, new Products.Parts(parts())),
                                new Products.Step(Long.MAX_VALUE, new Products.Plain())),
                        Optional.empty())
                : Products.PLAIN;
    }

    private static boolean canSplit(NDManager manager, Weights.Linear table) {
        return parts() >= 4
                && !manager.getDevice().isGpu()
                && table.weight().getDataType() != DataType.FLOAT16;
    }

    private static Products packed(boolean float32Cpu) {
        Optional<PackedProducts> library = float32Cpu ? PackedProducts.load() : Optional.empty();
        return new Products(
                ImmutableList.of(
                        new Products.Step(
                                Long.MAX_VALUE,
                                library.orElseThrow(
                                        () ->
                                                new ModelException(
                                                        "MatrixProducts.PACKED needs float32 on a CPU and a libtorch with oneDNN: choose MatrixProducts.TUNED, which uses it where it can")))),
                0,
                library);
    }

    private static Products tuned(NDManager manager, List<Weights.Linear> blocks) {
        boolean large = blocks.stream().anyMatch(w -> w.weight().size() >= SMALLEST);
        if (!large || !canSplit(manager, blocks.get(0))) {
            return Products.PLAIN;
        }
        List<Products.Way> ways = List.of(new Products.Plain(), new Products.Parts(parts()));
        return withSteps(steps(ways, manager, blocks), Optional.empty());
    }

    private static Products withSteps(List<Products.Step> steps, Optional<PackedProducts> library) {
        return new Products(ImmutableList.copyOf(steps), SMALLEST, library);
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

    /** The fastest way for each number of rows; the earlier one of nearly equal ones. */
    private static List<Products.Step> steps(
            List<Products.Way> ways, NDManager manager, List<Weights.Linear> weights) {
        List<Products.Step> out = new ArrayList<>();
        for (int rows : ROWS) {
            List<Candidate> candidates =
                    ways.stream().map(way -> new Candidate(way, weights)).toList();
            double[] seconds = seconds(candidates, rows, manager);
            int best = 0;
            for (int i = 1; i < seconds.length; i++) {
                if (seconds[i] < CLEARLY * seconds[best]) {
                    best = i;
                }
            }
            out.add(new Products.Step(rows, ways.get(best)));
        }
        return out;
    }

    private record Candidate(Products.Way way, List<Weights.Linear> weights) {}

    /** All candidates in turn, so that a busy moment hits all; the best time of each counts. */
    private static double[] seconds(List<Candidate> candidates, int rows, NDManager manager) {
        double[] best = new double[candidates.size()];
        java.util.Arrays.fill(best, Double.MAX_VALUE);
        for (int i = 0; i < WARM_UPS; i++) { // the first calls make code and start threads
            candidates.forEach(c -> seconds(c, rows, manager));
        }
        long end = System.nanoTime() + NANOS_PER_ROW_COUNT;
        for (int i = 0; i < LEAST_REPEATS || System.nanoTime() < end; i++) {
            for (int c = 0; c < best.length; c++) {
                best[c] = Math.min(best[c], seconds(candidates.get(c), rows, manager));
            }
        }
        return best;
    }

    private static double seconds(Candidate candidate, int rows, NDManager manager) {
        long nanos = 0;
        for (Weights.Linear linear : candidate.weights) {
            try (NDManager scope = manager.newSubManager()) {
                Shape shape = new Shape(1, rows, linear.weight().getShape().get(1));
                NDArray x = scope.zeros(shape, linear.weight().getDataType());
                long start = System.nanoTime();
                candidate.way.linear(x, linear);
                nanos += System.nanoTime() - start;
            }
        }
        return nanos * 1e-9;
    }
}
