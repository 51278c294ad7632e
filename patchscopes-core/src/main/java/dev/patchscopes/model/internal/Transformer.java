package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.patchscopes.checkpoint.internal.Interrupts;
import dev.patchscopes.model.Site;

/**
 * The computation of a model: embedding, blocks, unembedding. Stateless; any number of passes may
 * run at once. Each of the three looks first whether its thread is interrupted.
 */
final class Transformer {
    private final String name;
    private final ArchitectureSpec spec;
    private final WeightSource weights;
    private final Block[] blocks;
    private final Normalizer embeddingNorm;
    private final Unembedding unembedding;

    Transformer(String name, ArchitectureSpec spec, WeightSource weights) {
        this.name = name;
        this.spec = spec;
        this.weights = weights;
        this.embeddingNorm = new Normalizer(spec.norm());
        this.unembedding = new Unembedding(spec);
        this.blocks = new Block[spec.layers()];
        for (int b = 0; b < blocks.length; b++) {
            blocks[b] = new Block(spec, b);
        }
    }

    ArchitectureSpec spec() {
        return spec;
    }

    /**
     * The residual at layer 0.
     *
     * @param ids token ids [batch, pos], owned by the pass's manager
     * @return [batch, pos, d_model]
     */
    NDArray embed(NDArray ids, Pass pass) {
        checkInterrupt(0);
        Weights.Ends ends = weights.ends();
        NDArray x = Tensors.embedding(ids, ends.embedding()); // [batch, pos, d_embed]
        if (x.getManager() != pass.manager()) {
            x.attach(pass.manager());
        }
        if (spec.embedding().scale() != 1) {
            x = pass.ops().mulInto(x, spec.embedding().scale());
        }
        x = pass.taps().tap(Site.EMBED, 0, x);
        if (ends.projectIn().isPresent()) {
            x = pass.ops().product(x, ends.projectIn().get()); // [batch, pos, d_model]
        }
        if (pass.learnedRows().isPresent()) {
            NDArray rows = pass.learnedRows().get();
            NDArray learned = Tensors.embedding(rows, ends.positions().orElseThrow());
            if (pass.taps().wants(Site.POS_EMBED, 0)) {
                // one row a prompt, so that an edit of one leaves the others alone
                learned = learned.broadcast(x.getShape());
                learned = pass.taps().visit(Site.POS_EMBED, 0, learned);
            }
            x = Tensors.add(x, learned);
        }
        if (ends.embeddingNorm().isPresent()) {
            x = embeddingNorm.apply(x, ends.embeddingNorm().get(), pass);
        }
        return pass.taps().tap(Site.RESID_PRE, 0, x);
    }

    /**
     * Carries the residual from one layer to a later one. Each block's intermediates are released
     * before the next block starts.
     *
     * @param x residual at layer {@code from} [batch, pos, d_model], owned by the pass's manager;
     *     released unless a graph is recorded
     */
    NDArray blocks(NDArray x, int from, int to, Pass pass) {
        NDArray residual = x;
        for (int b = from; b < to; b++) {
            checkInterrupt(b);
            try (NDManager scope = pass.manager().newSubManager();
                    WeightSource.Lease lease = weights.block(b, pass.ops().isTracked())) {
                residual.attach(scope); // results follow their first operand into the scope
                NDArray next = blocks[b].forward(residual, lease.weights(), pass);
                next = pass.taps().tap(Site.RESID_POST, b, next);
                next.attach(pass.manager());
                residual = next;
            }
        }
        return residual;
    }

    private void checkInterrupt(int blocks) {
        Interrupts.check(name, blocks, spec.layers(), "blocks");
    }

    /** The logits of residuals of the last layer, [batch, pos, d_vocab]. */
    NDArray logits(NDArray residual, Pass pass) {
        checkInterrupt(spec.layers());
        return unembedding.logits(residual, weights, pass);
    }

    /** What the unembedding is multiplied by, [batch, pos, d_embed]. */
    NDArray normalized(NDArray residual, Pass pass) {
        checkInterrupt(spec.layers());
        return unembedding.normalized(residual, weights.ends(), pass);
    }

    /** The logits of what {@link #normalized} gives, [batch, pos, d_vocab]. */
    NDArray logitsOfNormalized(NDArray normalized, Pass pass) {
        checkInterrupt(spec.layers());
        return unembedding.logitsOfNormalized(normalized, weights, pass);
    }

    /** The logits of some tokens only, [batch, pos, token]. */
    NDArray logits(NDArray residual, long[] tokens, Pass pass) {
        checkInterrupt(spec.layers());
        return unembedding.logits(residual, tokens, weights.ends(), pass);
    }
}
