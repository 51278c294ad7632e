package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.patchscopes.model.Reading;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/**
 * Continues the cells of a wave, all of them a token at a time. Each cell owns the keys and values
 * from its first token on; those before it are shared. Finished cells leave the batch.
 */
final class SweepDecoder {
    private final ModelRuntime runtime;
    private final NDManager manager;
    private final List<SweepGroup> groups;
    private final SweepReader reader;
    private final SweepEngine.Sink sink;
    private final boolean checkFinite;

    SweepDecoder(
            ModelRuntime runtime,
            NDManager manager,
            List<SweepGroup> groups,
            SweepReader reader,
            SweepEngine.Sink sink,
            boolean checkFinite) {
        this.runtime = runtime;
        this.manager = manager;
        this.groups = new ArrayList<>(groups);
        this.reader = reader;
        this.sink = sink;
        this.checkFinite = checkFinite;
    }

    /**
     * Generates.
     *
     * @param first what was read after the prompts, cell by cell in the groups' order
     * @param newTokens tokens at most
     */
    void generate(List<ReadValue> first, int newTokens) {
        List<ReadValue> values = first;
        for (int generated = 1; ; generated++) {
            List<Integer> tokens = take(values);
            if (tokens.isEmpty() || generated == newTokens) {
                return;
            }
            SweepEngine.stopIfAsked(sink);
            values = step(tokens);
        }
    }

    /** Hands out the most probable tokens; cells that are finished leave. */
    private List<Integer> take(List<ReadValue> values) {
        List<Integer> tokens = new ArrayList<>();
        int at = 0;
        for (Iterator<SweepGroup> it = groups.iterator(); it.hasNext(); ) {
            SweepGroup group = it.next();
            List<Integer> going = new ArrayList<>();
            for (int c = 0; c < group.cells().size(); c++) {
                ReadValue value = values.get(at++);
                int cell = group.cells().get(c).index();
                if (!sink.generated(cell, value.topId(), value.topProbability())) {
                    going.add(c);
                    tokens.add(value.topId());
                }
            }
            if (going.isEmpty()) {
                it.remove();
            } else if (going.size() < group.cells().size()) {
                group.keep(going);
            }
        }
        return tokens;
    }

    private List<ReadValue> step(List<Integer> tokens) {
        Tensors ops = runtime.ops();
        Transformer transformer = runtime.transformer();
        ArchitectureSpec spec = transformer.spec();
        try (NDManager scope = manager.newSubManager()) {
            int rows = 0;
            long[] positions = new long[tokens.size()];
            for (SweepGroup group : groups) {
                group.step(scope);
                group.setOffset(rows);
                for (int c = 0; c < group.rows(); c++) {
                    positions[rows++] = group.positionId();
                }
            }
            long[] ids = tokens.stream().mapToLong(Integer::longValue).toArray();
            Optional<RowWatch> watch =
                    checkFinite
                            ? Optional.of(RowWatch.of(Taps.NONE, spec, groups))
                            : Optional.empty();
            Pass pass =
                    new Pass(
                            scope,
                            ops,
                            watch.isPresent() ? watch.get() : Taps.NONE,
                            learned(scope, spec, positions),
                            SweepCore.generating(spec, groups, watch));
            NDArray x = transformer.embed(ops.fromLongs(scope, ids, new Shape(1, rows)), pass);
            x = transformer.blocks(x, 0, spec.layers(), pass); // [1, cell, d_model]
            int[] cells =
                    groups.stream()
                            .flatMap(g -> g.cells().stream())
                            .mapToInt(CellPlan::index)
                            .toArray();
            return reader.read(scope, x, Reading.top(1), row -> cells[row]);
        }
    }

    private Optional<NDArray> learned(NDManager scope, ArchitectureSpec spec, long[] positions) {
        return PositionTables.learnedRows(scope, runtime.ops(), spec, Columns.ofRow(positions));
    }
}
