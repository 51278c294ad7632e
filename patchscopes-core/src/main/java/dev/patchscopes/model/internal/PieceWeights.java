package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.google.common.primitives.ImmutableIntArray;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A model's parameters as parts of one flat tensor, for one pass whose graph leads back to it.
 *
 * <p>The flat tensor is cut once: walking back, the gradients of all pieces are joined by one
 * operation, where a view each would add up tensors of the full length. Used by one thread; what it
 * makes belongs to the pass.
 */
final class PieceWeights implements WeightSource {
    private final ParameterLayout layout;
    private final NDManager manager;
    private final Tensors ops;
    private final NDArray[] pieces;
    private final Weights.Ends ends;
    private final List<Weights.Block> blocks = new ArrayList<>();

    /**
     * @param flat all parameters [elements]
     * @param manager owner of the pass's tensors
     */
    PieceWeights(
            Architecture architecture,
            ParameterLayout layout,
            NDArray flat,
            NDManager manager,
            Tensors ops) {
        this.layout = layout;
        this.manager = manager;
        this.ops = ops;
        this.pieces = Tensors.cut(flat, 0, layout.pieces());
        for (NDArray piece : pieces) { // not its parent's, which outlives the pass
            piece.attach(manager);
        }
        WeightAssembly assembly = new WeightAssembly(architecture, manager, ops, new Pieces());
        this.ends = assembly.ends();
        for (int block = 0; block < architecture.spec().layers(); block++) {
            blocks.add(assembly.block(block));
        }
    }

    @Override
    public Weights.Ends ends() {
        return ends;
    }

    @Override
    public Weights.Linear unembedding() {
        return ends.unembedding();
    }

    @Override
    public Lease block(int index, boolean differentiable) {
        return Lease.of(blocks.get(index));
    }

    @Override
    public long bytes() {
        return layout.elements() * ops.type().getNumOfBytes();
    }

    @Override
    public void close() {
        // the pass owns them
    }

    /** Parameters as parts of the flat tensor. */
    private final class Pieces implements WeightAssembly.Parameters {

        @Override
        public NDArray table(WeightMap.Parts parts, int columns) {
            return PieceWeights.this.matrix(parts, columns);
        }

        @Override
        public NDArray matrix(WeightMap.Parts parts, int rows, int columns) {
            return PieceWeights.this.matrix(parts, columns);
        }

        @Override
        public NDArray vector(WeightMap.Parts parts, Shape shape) {
            return Tensors.reshape(PieceWeights.this.matrix(parts, 1), shape.getShape());
        }

        @Override
        public long elements(WeightMap.Parts parts) {
            return PieceWeights.this.matrix(parts, 1).size();
        }
    }

    /** A parameter [rows, columns]. */
    private NDArray matrix(WeightMap.Parts parts, long columns) {
        int piece = layout.piece(parts);
        if (piece >= 0) {
            return Tensors.reshape(pieces[piece], -1, columns);
        }
        NDArray[] stacked =
                parts.parts().stream().map(p -> part(p, columns)).toArray(NDArray[]::new);
        return stacked.length == 1 ? stacked[0] : Tensors.concat(0, stacked);
    }

    private NDArray part(WeightMap.Part part, long columns) {
        NDArray piece = pieces[layout.piece(part.tensor())];
        if (part.transposed()) {
            return Tensors.transpose(Tensors.reshape(piece, columns, -1), 0, 1);
        }
        NDArray table = Tensors.reshape(piece, -1, columns);
        ImmutableIntArray rows = part.rows();
        if (rows.isEmpty()) {
            return table;
        }
        long[] ids = IntStream.of(rows.toArray()).asLongStream().toArray();
        NDArray chosen =
                Tensors.embedding(ops.fromLongs(manager, ids, new Shape(ids.length)), table);
        chosen.attach(manager);
        return chosen;
    }
}
