package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDManager;
import dev.patchscopes.model.BaseRun;
import dev.patchscopes.model.Cell;
import dev.patchscopes.model.NonFiniteException;
import dev.patchscopes.model.Reading;
import dev.patchscopes.model.SweepEstimate;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;

/**
 * Computes the cells of a sweep.
 *
 * <p>An edit at token t of layer k changes only tokens from t on in blocks from k on. So each base
 * run is computed once, and all cells go through the blocks together, each joining when its layer
 * is reached, with only the tokens that can differ; keys and values of earlier tokens are the
 * base's.
 */
public final class SweepEngine {
    private final ModelRuntime runtime;
    private final boolean checkFinite;

    /**
     * Makes an engine.
     *
     * @param runtime the model
     * @param checkFinite whether to stop where values are not finite
     */
    public SweepEngine(ModelRuntime runtime, boolean checkFinite) {
        this.runtime = runtime;
        this.checkFinite = checkFinite;
    }

    /** Told of finished cells. */
    public interface Sink {

        /**
         * Takes a finished cell.
         *
         * @param cell the cell's place in the sweep
         * @param value what was read
         */
        void accept(int cell, ReadValue value);

        /**
         * Asked between blocks.
         *
         * @return true to stop with {@link CancellationException}
         */
        boolean cancelled();

        /**
         * Takes a token generated for a cell.
         *
         * @param cell the cell's place in the sweep
         * @param token token id
         * @param probability its probability
         * @return true if the cell is finished
         */
        boolean generated(int cell, int token, double probability);
    }

    /**
     * Computes cells together.
     *
     * @param bases base runs
     * @param cells cells
     * @param reading what to read
     * @param newTokens tokens to generate after each cell, greedily; 0 for none
     * @param budgetBytes memory that may be used beyond the model, roughly
     * @param sink takes the results
     */
    public void merged(
            List<BaseRun> bases,
            List<Cell> cells,
            Reading reading,
            int newTokens,
            long budgetBytes,
            Sink sink) {
        Repeated once = Repeated.of(cells, sink);
        if (once.cells().size() < cells.size()) { // windows clipped at an end, for example
            try {
                merged(bases, once.cells(), reading, newTokens, budgetBytes, once);
            } catch (NonFiniteException e) {
                throw e.cell().isPresent() ? e.ofCell(once.place(e.cell().getAsInt())) : e;
            }
            return;
        }
        SweepChecks.check(runtime, bases, cells, newTokens);
        SweepPlan plan = SweepPlan.of(runtime, bases, cells, newTokens, budgetBytes);
        for (SweepPlan.Batch batch : plan.batches()) {
            try (Session session = runtime.open(false)) {
                run(session.manager(), plan, batch, reading, newTokens, sink);
            } catch (RowWatch.Found e) {
                throw alone(bases, cells, newTokens).failureOf(e);
            }
        }
        new NaiveSweep(runtime, bases, cells, reading, newTokens, sink, checkFinite)
                .run(plan.alone().stream().map(CellPlan::index).toList());
    }

    private void run(
            NDManager manager,
            SweepPlan plan,
            SweepPlan.Batch batch,
            Reading reading,
            int newTokens,
            Sink sink) {
        BaseStates states = new BaseStates(manager);
        batch.lasting().forEach(states::keepAllOf);
        PatchVectors vectors = new PatchVectors(manager, runtime.ops(), batch.cells());
        SweepWave passes =
                new SweepWave(
                        runtime,
                        plan,
                        batch,
                        states,
                        vectors,
                        reading,
                        newTokens,
                        sink,
                        checkFinite);
        List<Integer> first = new ArrayList<>();
        List<Integer> together = new ArrayList<>();
        for (int base : batch.rows().keySet()) {
            if (!plan.bases().get(base).packs()) {
                stopIfAsked(sink);
                alone(plan.bases().get(base), manager, states, vectors);
            } else if (batch.before().contains(base)) {
                first.add(base);
            } else {
                together.add(base);
            }
        }
        if (!first.isEmpty()) {
            try (NDManager scope = manager.newSubManager()) {
                passes.run(scope, first, List.of());
            }
        }
        for (List<CellPlan> wave : batch.waves()) {
            try (NDManager scope = manager.newSubManager()) {
                passes.run(scope, together, wave);
            }
            together.clear();
        }
    }

    private void alone(BasePlan base, NDManager manager, BaseStates states, PatchVectors vectors) {
        try {
            new OwnBasePass(runtime, base, checkFinite).run(manager, states, vectors);
        } catch (NonFiniteException e) {
            throw e.ofBaseRun(base.index());
        }
    }

    /** Computes cells again, alone and for nobody. */
    private NaiveSweep alone(List<BaseRun> bases, List<Cell> cells, int newTokens) {
        return new NaiveSweep(runtime, bases, cells, Reading.top(1), newTokens, NOBODY, true);
    }

    private static final Sink NOBODY =
            new Sink() {
                @Override
                public void accept(int cell, ReadValue value) {
                    // computed to see where it fails
                }

                @Override
                public boolean cancelled() {
                    return false;
                }

                @Override
                public boolean generated(int cell, int token, double probability) {
                    return false;
                }
            };

    /**
     * Computes cells one at a time, each in a full pass.
     *
     * @param bases base runs
     * @param cells cells
     * @param reading what to read
     * @param newTokens tokens to generate after each cell, greedily; 0 for none
     * @param sink takes the results
     */
    public void naive(
            List<BaseRun> bases, List<Cell> cells, Reading reading, int newTokens, Sink sink) {
        SweepChecks.check(runtime, bases, cells, newTokens);
        new NaiveSweep(runtime, bases, cells, reading, newTokens, sink, checkFinite)
                .run(IntStream.range(0, cells.size()).boxed().toList());
    }

    /** The sink says how far the sweep had come. */
    static void stopIfAsked(Sink sink) {
        if (sink.cancelled()) {
            throw new CancellationException("its listener stopped it");
        }
    }

    /** {@return the budget where none is set: an eighth of the memory, at most 2 GiB} */
    public static long defaultBudget() {
        return SweepMemory.defaultBudget();
    }

    /**
     * Says what a sweep will take.
     *
     * @param bases base runs
     * @param cells cells
     * @param newTokens tokens generated after each cell
     * @param budgetBytes memory for cells in flight
     * @return the estimate
     */
    public SweepEstimate estimate(
            List<BaseRun> bases, List<Cell> cells, int newTokens, long budgetBytes) {
        List<Cell> unequal = List.copyOf(new LinkedHashSet<>(cells));
        SweepEstimate once =
                SweepPlan.of(runtime, bases, unequal, newTokens, budgetBytes)
                        .estimate(runtime, newTokens, budgetBytes);
        long naive = 0;
        for (Cell cell : cells) {
            int tokens = bases.get(cell.base()).prompt().length() + Math.max(0, newTokens - 1);
            naive += (long) tokens * runtime.facts().spec().layers();
        }
        return new SweepEstimate(
                cells.size(),
                once.alone(),
                once.waves(),
                once.blockCalls(),
                once.rows(),
                naive,
                once.bytes());
    }

    /**
     * Gives what is computed once for equal cells to all of them.
     *
     * @param finished places whose texts have ended, each when it wants to
     */
    private record Repeated(
            List<Cell> cells, List<List<Integer>> places, BitSet finished, Sink sink)
            implements Sink {

        static Repeated of(List<Cell> all, Sink sink) {
            Map<Cell, List<Integer>> places = new LinkedHashMap<>();
            for (int i = 0; i < all.size(); i++) {
                places.computeIfAbsent(all.get(i), c -> new ArrayList<>()).add(i);
            }
            return new Repeated(
                    List.copyOf(places.keySet()), List.copyOf(places.values()), new BitSet(), sink);
        }

        int place(int cell) {
            return places.get(cell).get(0);
        }

        @Override
        public void accept(int cell, ReadValue value) {
            places.get(cell).forEach(place -> sink.accept(place, value));
        }

        @Override
        public boolean cancelled() {
            return sink.cancelled();
        }

        @Override
        public boolean generated(int cell, int token, double probability) {
            boolean all = true;
            for (int place : places.get(cell)) {
                if (!finished.get(place)) {
                    finished.set(place, sink.generated(place, token, probability));
                }
                all &= finished.get(place);
            }
            return all;
        }
    }
}
