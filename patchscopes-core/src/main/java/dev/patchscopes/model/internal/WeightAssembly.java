package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;

/** Puts a model's parameters together from the matrices and vectors that its map names. */
final class WeightAssembly {
    private final WeightMap map;
    private final ArchitectureSpec spec;
    private final NDManager manager;
    private final Tensors ops;
    private final Parameters from;

    /** Where parameters come from. What it gives belongs to the assembly's manager. */
    interface Parameters {

        /** A table [rows, columns] with as many rows as there are. */
        NDArray table(WeightMap.Parts parts, int columns);

        /** A matrix [rows, columns]. */
        NDArray matrix(WeightMap.Parts parts, int rows, int columns);

        /** The values of a vector, in a shape. */
        NDArray vector(WeightMap.Parts parts, Shape shape);

        /** Number of values. */
        long elements(WeightMap.Parts parts);
    }

    /**
     * @param manager owner of what is made
     */
    WeightAssembly(Architecture architecture, NDManager manager, Tensors ops, Parameters from) {
        this.map = architecture.weights();
        this.spec = architecture.spec();
        this.manager = manager;
        this.ops = ops;
        this.from = from;
    }

    /** The parameters outside the blocks. */
    Weights.Ends ends() {
        int width = spec.width();
        int embedWidth = spec.embedding().width();
        NDArray embedding = from.table(map.embedding(), embedWidth);
        NDArray unembedding =
                map.tied()
                        ? embedding
                        : from.matrix(map.unembedding().weight(), spec.vocabulary(), embedWidth);
        return new Weights.Ends(
                embedding,
                map.positions().map(p -> from.table(p, width)),
                map.embeddingNorm().map(n -> norm(n, spec.norm(), new Shape(width))),
                map.projectIn().map(l -> linear(l, width, embedWidth)),
                map.projectOut().map(l -> linear(l, embedWidth, width)),
                map.finalNorm().map(n -> norm(n, spec.norm(), new Shape(width))),
                new Weights.Linear(
                        unembedding,
                        map.unembedding()
                                .bias()
                                .map(b -> from.vector(b, new Shape(spec.vocabulary())))));
    }

    /** The parameters of a block. */
    Weights.Block block(int index) {
        WeightMap.Block b = map.blocks().get(index);
        ArchitectureSpec.AttentionSpec attention = spec.attention();
        int width = spec.width();
        Shape wide = new Shape(width);
        int mlpRows = spec.mlp().width() * (spec.mlp().gated() ? 2 : 1);
        return new Weights.Block(
                b.attentionNorm().map(n -> norm(n, spec.norm(), wide)),
                b.mlpNorm().map(n -> norm(n, spec.norm(), wide)),
                b.attentionOutputNorm().map(n -> norm(n, spec.norm(), wide)),
                b.mlpOutputNorm().map(n -> norm(n, spec.norm(), wide)),
                linear(b.queryKeyValue(), spec.queryWidth() + 2 * spec.keyValueWidth(), width),
                b.queryNorm().map(n -> headNorm(n, attention.heads())),
                b.keyNorm().map(n -> headNorm(n, attention.keyValueHeads())),
                linear(b.attentionOutput(), width, spec.queryWidth()),
                linear(b.mlpIn(), mlpRows, width),
                linear(b.mlpOut(), width, spec.mlp().width()));
    }

    private Weights.Linear linear(WeightMap.Linear linear, int rows, int columns) {
        return new Weights.Linear(
                from.matrix(linear.weight(), rows, columns),
                linear.bias().map(b -> from.vector(b, new Shape(rows))));
    }

    private Weights.Norm headNorm(WeightMap.Norm norm, int heads) {
        ArchitectureSpec.AttentionSpec attention = spec.attention();
        int width = attention.headWidth();
        if (attention.qkNorm() == ArchitectureSpec.QkNorm.WHOLE) {
            return norm(norm, attention.qkNormSpec(), new Shape((long) heads * width));
        }
        boolean shared = from.elements(norm.weight()) == width;
        return norm(
                norm, attention.qkNormSpec(), shared ? new Shape(width) : new Shape(heads, width));
    }

    private Weights.Norm norm(WeightMap.Norm norm, ArchitectureSpec.NormSpec kind, Shape shape) {
        NDArray weight = from.vector(norm.weight(), shape);
        if (kind.weightOffset() != 0) {
            NDArray shifted = Tensors.add(weight, ops.scalar(kind.weightOffset()));
            weight.close();
            weight = shifted;
        }
        NDArray bias =
                norm.bias().isPresent()
                        ? from.vector(norm.bias().get(), shape)
                        : manager.zeros(shape, ops.type());
        return new Weights.Norm(weight, bias);
    }
}
