package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import dev.patchscopes.model.Site;
import java.util.Optional;

/**
 * Attention of the last tokens of one prompt, repeated in copies: every copy sees the tokens before
 * them, which all copies share, and its own.
 *
 * <p>The shared keys and values take no part in a recorded graph, and one product serves all
 * copies. In the last block only the last token goes on.
 */
final class SuffixCore implements AttentionCore {
    private final ArchitectureSpec spec;
    private final ArchitectureSpec.AttentionSpec attention;
    private final HeadProducts products;
    private final PositionTables positions;
    private final PrefixStore prefix;
    private final RunTaps taps;
    private final int lastBlock;
    private Columns columns;
    private AttentionMasks masks;

    /**
     * @param positions rotations of all columns of the prompt: some scalings look at its length
     * @param masks which keys each token of the suffix may see
     * @param prefix keys and values of the tokens before
     * @param taps what the run changes; told when only the last token is left
     * @param lastBlock the block after which only the last token is read
     */
    SuffixCore(
            ArchitectureSpec spec,
            PositionTables positions,
            AttentionMasks masks,
            PrefixStore prefix,
            RunTaps taps,
            int lastBlock) {
        this.spec = spec;
        this.attention = spec.attention();
        this.products = new HeadProducts(attention);
        this.positions = positions;
        this.masks = masks;
        this.columns = masks.columns();
        this.prefix = prefix;
        this.taps = taps;
        this.lastBlock = lastBlock;
    }

    @Override
    public NDArray mix(int block, Projected projected, Pass pass) {
        Tensors ops = pass.ops();
        Projected.QueriesAndKeys turned =
                projected.rotated(ops, rotation(block), attention.heads());
        NDArray q = taps.tap(Site.ROT_Q, block, turned.q()); // [copy, pos, head, d_head]
        NDArray k = taps.tap(Site.ROT_K, block, turned.k()); // [copy, pos, kv_head, d_head]
        NDArray keys = Tensors.transpose(k, 1, 2);
        NDArray values = Tensors.transpose(projected.v(), 1, 2);
        if (block == lastBlock && columns.count() > 1) {
            q = Tensors.slice(q, 1, columns.count() - 1L, columns.count());
            narrow(pass);
        }
        double scale = attention.scales().get(block);
        NDArray scaled = scale == 1 ? q : ops.mul(q, scale);
        NDArray scores = scores(block, scaled, keys); // [copy, head, query_pos, key_pos]
        if (attention.softCap().isPresent()) {
            scores = ops.softCap(scores, attention.softCap().getAsDouble());
        }
        Optional<NDArray> mask = masks.additive(attention.windows().get(block));
        if (mask.isPresent()) {
            scores = ops.addInto(scores, mask.get());
        }
        try (NDArray pattern = CausalCore.pattern(block, scores, pass);
                NDArray mixed = mixed(block, pattern, values)) {
            return Tensors.transpose(mixed, 1, 2); // [copy, query_pos, head, d_head]
        }
    }

    @Override
    public NDArray kept(int block, NDArray x, Pass pass) {
        long pos = x.getShape().get(1);
        return pos == columns.count() ? x : Tensors.slice(x, 1, pos - 1, pos);
    }

    /** Keys and values of the tokens left out are there; nothing else of them is needed. */
    private void narrow(Pass pass) {
        int last = columns.total() - 1;
        long position = columns.positionIds(0)[columns.count() - 1];
        columns =
                new Columns(
                        new int[] {columns.start(0)},
                        new int[] {last + 1},
                        last,
                        new long[][] {{position}});
        masks = new AttentionMasks(masks.manager(), pass.ops(), spec, columns);
        taps.begin(masks.manager(), columns, false);
    }

    /** The rotation of the suffix's tokens; asked before {@link #narrow}, as all of them turn. */
    private Optional<Rotation> rotation(int block) {
        return positions
                .rotation(block)
                .map(
                        all ->
                                new Rotation(
                                        here(all.cosines()),
                                        here(all.signedSines()),
                                        all.interleaved()));
    }

    private NDArray here(NDArray table) {
        return Tensors.slice(table, 1, columns.from(), columns.total());
    }

    private NDArray scores(int block, NDArray q, NDArray keys) {
        NDArray own = products.scores(q, keys); // [copy, head, query_pos, own_pos]
        if (prefix.isEmpty()) {
            return own;
        }
        long copies = q.getShape().get(0);
        long pos = q.getShape().get(1);
        long heads = attention.heads();
        try (NDArray flat = Tensors.reshape(q, 1, copies * pos, heads, attention.headWidth());
                NDArray product = products.scores(flat, prefix.keys(block));
                NDArray byCopy = // [head, copy, query_pos, past_pos]
                        Tensors.reshape(product, heads, copies, pos, prefix.length());
                NDArray shared = Tensors.transpose(byCopy, 0, 1);
                own) {
            return Tensors.concat(3, shared, own);
        }
    }

    private NDArray mixed(int block, NDArray pattern, NDArray values) {
        if (prefix.isEmpty()) {
            return products.mix(pattern, values);
        }
        long copies = pattern.getShape().get(0);
        long heads = attention.heads();
        long pos = pattern.getShape().get(2);
        long past = prefix.length();
        try (NDArray ownPart = Tensors.slice(pattern, 3, past, pattern.getShape().get(3));
                NDArray own = products.mix(ownPart, values); // [copy, head, query_pos, d_head]
                NDArray pastPart = Tensors.slice(pattern, 3, 0, past);
                NDArray headFirst = Tensors.transpose(pastPart, 0, 1);
                NDArray flat = Tensors.reshape(headFirst, 1, heads, copies * pos, past);
                NDArray product = products.mix(flat, prefix.values(block));
                NDArray byCopy =
                        Tensors.reshape(product, heads, copies, pos, attention.headWidth());
                NDArray shared = Tensors.transpose(byCopy, 0, 1)) {
            return Tensors.add(own, shared);
        }
    }
}
