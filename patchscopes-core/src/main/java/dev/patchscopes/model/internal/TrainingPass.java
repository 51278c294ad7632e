package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.patchscopes.checkpoint.internal.Interrupts;
import dev.patchscopes.model.TrainingBatch;

/**
 * The loss of some rows of tokens, forwards and backwards: the sum of weighted negative log
 * probabilities of each next token.
 *
 * <p>Rows are padded on the right. A token sees only what stands before it, so padding reaches
 * nothing that counts, and positions that carry no weight are left out before the unembedding.
 */
final class TrainingPass {
    private static final String NAME = "the model in training";

    private final Architecture architecture;
    private final ParameterLayout layout;
    private final Tensors ops;

    TrainingPass(Architecture architecture, ParameterLayout layout, Tensors ops) {
        this.architecture = architecture;
        this.layout = layout;
        this.ops = ops;
    }

    /**
     * Computes the loss; where the thread records, its gradient is added to the leaf's.
     *
     * @param scope owner of everything the pass makes
     * @param leaf all parameters [elements]
     * @param batch rows of ids, not all of the same length
     * @return the sum of weight times negative log probability
     */
    double run(NDManager scope, NDArray leaf, TrainingBatch batch, boolean backward) {
        Targets targets = Targets.of(batch.tokens(), batch.weights());
        if (targets.count() == 0) {
            return 0;
        }
        Tensors how = backward ? ops.tracked() : ops;
        PieceWeights parameters = new PieceWeights(architecture, layout, leaf, scope, how);
        Transformer transformer = new Transformer(NAME, architecture.spec(), parameters);
        Taps taps = EarlyAttention.of(batch.attending(), architecture.spec(), ops, scope);
        Pass pass = pass(scope, how, targets, taps);
        int rows = targets.rows();
        NDArray ids = ops.fromLongs(scope, targets.inputs(), new Shape(rows, targets.columns()));
        NDArray x = transformer.embed(ids, pass); // [row, pos, d_model]
        x = transformer.blocks(x, 0, architecture.spec().layers(), pass);
        NDArray read = read(x, targets, scope); // [1, target, d_model]
        NDArray logits = transformer.logits(read, pass); // [1, target, d_vocab]
        return loss(logits, targets, scope, how, backward);
    }

    private Pass pass(NDManager scope, Tensors how, Targets targets, Taps taps) {
        int rows = targets.rows();
        int columns = targets.columns();
        int[] ends = new int[rows];
        long[][] positions = new long[rows][columns];
        for (int row = 0; row < rows; row++) {
            ends[row] = columns;
            for (int c = 0; c < columns; c++) {
                positions[row][c] = c;
            }
        }
        Columns all = new Columns(new int[rows], ends, 0, positions);
        ArchitectureSpec spec = architecture.spec();
        PositionTables tables = PositionTables.of(scope, how, spec, all);
        AttentionMasks masks = new AttentionMasks(scope, how, spec, all);
        return new Pass(
                scope,
                how,
                taps,
                tables.learnedRows(),
                new CausalCore(spec, tables, masks, KeyValueStore.NONE));
    }

    /** The positions whose next token counts. */
    private NDArray read(NDArray x, Targets targets, NDManager scope) {
        long width = x.getShape().get(2);
        NDArray flat = Tensors.reshape(x, -1, width);
        if (targets.count() == flat.getShape().get(0)) {
            return Tensors.reshape(flat, 1, targets.count(), width);
        }
        NDArray ids = ops.fromLongs(scope, targets.positions(), new Shape(1, targets.count()));
        NDArray rows = Tensors.embedding(ids, flat);
        rows.attach(scope);
        return rows;
    }

    private double loss(
            NDArray logits, Targets targets, NDManager scope, Tensors how, boolean backward) {
        long count = targets.count();
        NDArray flat = Tensors.reshape(logits, count, logits.getShape().get(2));
        NDArray ids = ops.fromLongs(scope, targets.ids(), new Shape(count, 1));
        try (NDArray logProbabilities = how.logSoftmax(flat);
                NDArray chosen = Tensors.gather(logProbabilities, ids)) {
            double[] values = HostValues.doubles(chosen);
            double sum = 0;
            double[] seeds = new double[values.length];
            for (int i = 0; i < values.length; i++) {
                seeds[i] = -targets.weights()[i];
                sum += seeds[i] * values[i];
            }
            if (backward) {
                Interrupts.check(NAME, "before it went backwards");
                NDArray seed = ops.fromDoubles(scope, seeds, new Shape(count, 1));
                Tensors.backward(chosen, seed, false);
            }
            return sum;
        }
    }
}
