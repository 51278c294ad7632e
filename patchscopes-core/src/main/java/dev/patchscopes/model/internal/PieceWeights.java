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
    private final Architecture architecture;
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
        this.architecture = architecture;
        this.layout = layout;
        this.manager = manager;
        this.ops = ops;
        this.pieces = Tensors.cut(flat, 0, layout.pieces());
        for (NDArray piece : pieces) { // not its parent's, which outlives the pass
            piece.attach(manager);
        }
        this.ends = makeEnds();
        for (WeightMap.Block block : architecture.weights().blocks()) {
            blocks.add(makeBlock(block));
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
        Weights.Block weights = blocks.get(index);
        return new Lease() {
            @Override
            public Weights.Block weights() {
                return weights;
            }

            @Override
            public void close() {
                // the pass owns them
            }
        };
    }

    @Override
    public long bytes() {
        return layout.elements() * ops.type().getNumOfBytes();
    }

    @Override
    public void close() {
        // the pass owns them
    }

    private Weights.Ends makeEnds() {
        ArchitectureSpec spec = architecture.spec();
        WeightMap map = architecture.weights();
        long width = spec.width();
        long embedWidth = spec.embedding().width();
        NDArray embedding = matrix(map.embedding(), embedWidth);
        return new Weights.Ends(
                embedding,
                map.positions().map(p -> matrix(p, width)),
                map.embeddingNorm().map(n -> norm(n, spec.norm())),
                map.projectIn().map(l -> linear(l, embedWidth)),
                map.projectOut().map(l -> linear(l, width)),
                map.finalNorm().map(n -> norm(n, spec.norm())),
                new Weights.Linear(
                        map.tied() ? embedding : matrix(map.unembedding().weight(), embedWidth),
                        map.unembedding().bias().map(this::vector)));
    }

    private Weights.Block makeBlock(WeightMap.Block b) {
        ArchitectureSpec spec = architecture.spec();
        ArchitectureSpec.AttentionSpec attention = spec.attention();
        return new Weights.Block(
                b.attentionNorm().map(n -> norm(n, spec.norm())),
                b.mlpNorm().map(n -> norm(n, spec.norm())),
                b.attentionOutputNorm().map(n -> norm(n, spec.norm())),
                b.mlpOutputNorm().map(n -> norm(n, spec.norm())),
                linear(b.queryKeyValue(), spec.width()),
                b.queryNorm().map(n -> headNorm(n, attention.heads())),
                b.keyNorm().map(n -> headNorm(n, attention.keyValueHeads())),
                linear(b.attentionOutput(), spec.queryWidth()),
                linear(b.mlpIn(), spec.width()),
                linear(b.mlpOut(), spec.mlp().width()));
    }

    private Weights.Linear linear(WeightMap.Linear linear, long columns) {
        return new Weights.Linear(
                matrix(linear.weight(), columns), linear.bias().map(this::vector));
    }

    private Weights.Norm norm(WeightMap.Norm norm, ArchitectureSpec.NormSpec kind) {
        NDArray weight = vector(norm.weight());
        if (kind.weightOffset() != 0) {
            weight = Tensors.add(weight, ops.scalar(kind.weightOffset()));
        }
        NDArray bias =
                norm.bias().isPresent()
                        ? vector(norm.bias().get())
                        : manager.zeros(weight.getShape(), ops.type());
        return new Weights.Norm(weight, bias);
    }

    private Weights.Norm headNorm(WeightMap.Norm norm, long heads) {
        ArchitectureSpec.AttentionSpec attention = architecture.spec().attention();
        Weights.Norm made = norm(norm, attention.qkNormSpec());
        boolean whole = attention.qkNorm() == ArchitectureSpec.QkNorm.WHOLE;
        if (whole || made.weight().size() == attention.headWidth()) {
            return made;
        }
        return new Weights.Norm(
                Tensors.reshape(made.weight(), heads, attention.headWidth()),
                Tensors.reshape(made.bias(), heads, attention.headWidth()));
    }

    private NDArray vector(WeightMap.Parts parts) {
        return Tensors.reshape(matrix(parts, 1), -1);
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
