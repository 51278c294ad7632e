package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.patchscopes.model.EdgeCut;
import java.util.Arrays;
import java.util.Optional;

/**
 * Masks of the attention edges that cells cut, a block and a group at a time. They are the largest
 * tensors of a pass after its scores, so whoever asks for one closes it when the scores are masked.
 */
final class CellCuts {
    private final Tensors ops;
    private final ArchitectureSpec spec;

    CellCuts(Tensors ops, ArchitectureSpec spec) {
        this.ops = ops;
        this.spec = spec;
    }

    /**
     * What the group's cells under way cut in a block; broadcasts to [head, cell, pos, key_pos].
     *
     * @param manager owner of the mask
     */
    Optional<EdgeMask> of(SweepGroup group, int block, NDManager manager) {
        boolean before = false;
        boolean after = false;
        boolean allHeads = true;
        for (int c = 0; c < group.active(); c++) {
            for (RunPlan.Step step : group.cells().get(c).cuts()) {
                if (cutsIn(step, block)) {
                    EdgeCut cut = (EdgeCut) step.intervention();
                    before |= cut.renormalised();
                    after |= !cut.renormalised();
                    allHeads &= cut.heads().isEmpty();
                }
            }
        }
        return before || after
                ? Optional.of(build(group, block, allHeads, before, after, manager))
                : Optional.empty();
    }

    private static boolean cutsIn(RunPlan.Step step, int block) {
        EdgeCut cut = (EdgeCut) step.intervention();
        return cut.fromBlock() <= block && block < cut.toBlock();
    }

    private EdgeMask build(
            SweepGroup group,
            int block,
            boolean allHeads,
            boolean before,
            boolean after,
            NDManager manager) {
        int heads = allHeads ? 1 : spec.attention().heads();
        int cells = group.active();
        int tokens = group.tokens();
        int keys = group.columns().total();
        int window = spec.attention().windows().get(block);
        int size = heads * cells * tokens * keys;
        float[] scores = new float[before ? size : 0];
        float[] pattern = new float[after ? size : 0];
        Arrays.fill(pattern, 1);
        boolean empties = false;
        int row = 0;
        for (int head = 0; head < heads; head++) {
            for (int c = 0; c < cells; c++) {
                for (int t = 0; t < tokens; t++) {
                    int query = group.columns().from() + t;
                    int left = 0;
                    for (int key = 0; key <= query; key++) {
                        if (!group.columns().sees(0, query, key, window)) {
                            continue;
                        }
                        left++;
                        for (RunPlan.Step step : group.cells().get(c).cuts()) {
                            if (!cutsIn(step, block) || !cuts(step, head, query, key)) {
                                continue;
                            }
                            int at = row * keys + key;
                            if (!((EdgeCut) step.intervention()).renormalised()) {
                                pattern[at] = 0;
                            } else if (scores[at] == 0) {
                                scores[at] = Float.NEGATIVE_INFINITY;
                                left--;
                            }
                        }
                    }
                    empties |= left == 0;
                    row++;
                }
            }
        }
        Shape shape = new Shape(heads, cells, tokens, keys);
        return new EdgeMask(
                before ? Optional.of(ops.fromFloats(manager, scores, shape)) : Optional.empty(),
                after ? Optional.of(ops.fromFloats(manager, pattern, shape)) : Optional.empty(),
                empties);
    }

    private static boolean cuts(RunPlan.Step step, int head, int query, int key) {
        EdgeCut cut = (EdgeCut) step.intervention();
        return (cut.heads().isEmpty() || cut.heads().contains(head))
                && step.positions().get(0).contains(query)
                && step.keys().get(0).contains(key);
    }
}
