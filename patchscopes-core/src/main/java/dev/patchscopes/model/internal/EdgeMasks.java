package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.patchscopes.model.EdgeCut;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Builds the masks of cut attention edges for the blocks of one pass. */
final class EdgeMasks {
    private final NDManager manager;
    private final Tensors ops;
    private final ArchitectureSpec spec;
    private final List<RunPlan.Step> cuts;
    private final boolean decoding;
    private final Columns columns;
    private final Map<List<Integer>, Optional<EdgeMask>> byCutsAndWindow = new HashMap<>();
    private final boolean[] fired;

    EdgeMasks(
            NDManager manager,
            Tensors ops,
            ArchitectureSpec spec,
            List<RunPlan.Step> cuts,
            Columns columns,
            boolean decoding) {
        this.manager = manager;
        this.ops = ops;
        this.spec = spec;
        this.cuts = cuts;
        this.columns = columns;
        this.decoding = decoding;
        this.fired = new boolean[cuts.size()];
    }

    /** Whether a cut removed an edge in this pass. */
    boolean fired(int cut) {
        return fired[cut];
    }

    /** The mask of a block. */
    Optional<EdgeMask> of(int block) {
        List<Integer> key = new ArrayList<>();
        for (int i = 0; i < cuts.size(); i++) {
            EdgeCut cut = cut(i);
            if (cut.fromBlock() <= block && block < cut.toBlock() && cut.phase().covers(decoding)) {
                key.add(i);
            }
        }
        if (key.isEmpty()) {
            return Optional.empty();
        }
        int window = spec.attention().windows().get(block);
        List<Integer> active = List.copyOf(key);
        key.add(window);
        return byCutsAndWindow.computeIfAbsent(key, k -> build(active, window));
    }

    private EdgeCut cut(int index) {
        return (EdgeCut) cuts.get(index).intervention();
    }

    private Optional<EdgeMask> build(List<Integer> active, int window) {
        int heads =
                active.stream().allMatch(i -> cut(i).heads().isEmpty())
                        ? 1
                        : spec.attention().heads();
        int queries = columns.count();
        int keys = columns.total();
        float[] scores = new float[columns.rows() * heads * queries * keys];
        float[] pattern = new float[scores.length];
        Arrays.fill(pattern, 1);
        boolean anyScores = false;
        boolean anyPattern = false;
        boolean emptiesRows = false;
        for (int row = 0; row < columns.rows(); row++) {
            for (int head = 0; head < heads; head++) {
                for (int q = 0; q < queries; q++) {
                    if (!columns.isToken(row, columns.from() + q)) {
                        continue;
                    }
                    int at = ((row * heads + head) * queries + q) * keys;
                    int left = 0;
                    for (int key = 0; key < keys; key++) {
                        if (!columns.sees(row, columns.from() + q, key, window)) {
                            continue;
                        }
                        left++;
                        for (int i : active) {
                            if (!cuts(i, row, head, q, key)) {
                                continue;
                            }
                            fired[i] = true;
                            if (!cut(i).renormalised()) {
                                pattern[at + key] = 0;
                                anyPattern = true;
                            } else if (scores[at + key] == 0) {
                                scores[at + key] = Float.NEGATIVE_INFINITY;
                                anyScores = true;
                                left--;
                            }
                        }
                    }
                    emptiesRows |= left == 0;
                }
            }
        }
        Shape shape = new Shape(columns.rows(), heads, queries, keys);
        return Optional.of(
                new EdgeMask(
                        anyScores
                                ? Optional.of(ops.fromFloats(manager, scores, shape))
                                : Optional.empty(),
                        anyPattern
                                ? Optional.of(ops.fromFloats(manager, pattern, shape))
                                : Optional.empty(),
                        emptiesRows));
    }

    private boolean cuts(int index, int row, int head, int query, int key) {
        RunPlan.Step step = cuts.get(index);
        EdgeCut cut = cut(index);
        int start = columns.start(row);
        return step.concerns(row)
                && (cut.heads().isEmpty() || cut.heads().contains(head))
                && step.positions().get(row).contains(columns.from() + query - start)
                && step.keys().get(row).contains(key - start);
    }
}
