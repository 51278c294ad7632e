package dev.patchscopes.model;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A place in a model: a {@link Site} and, for sites inside blocks, the block.
 *
 * <p>{@link #residual(int)} names the stations of the residual stream by <em>layer</em>, k = 0..L:
 * 0 is what enters the first block, k what leaves the k-th block, L the last block's output before
 * the final norm. The paper's layer l is k. {@code residual(k)} is stored as {@code resid_pre} of
 * block 0 for k = 0 and as {@code resid_post} of block k - 1 otherwise; {@code resid_pre} of a
 * later block is turned into the same point.
 *
 * <p>A point does not know a model; whether the block exists is checked when it is used.
 *
 * @param site kind of place
 * @param block block index from 0; 0 for sites outside blocks
 */
public record HookPoint(Site site, int block) {

    private static final Pattern BLOCK_NAME = Pattern.compile("blocks\\.(\\d{1,6})\\.(.+)");

    /**
     * Checks the block and folds {@code resid_pre} into the layer it names.
     *
     * @param site kind of place
     * @param block block index from 0; 0 for sites outside blocks
     */
    public HookPoint {
        checkArgument(block >= 0, "block %s of %s is negative; blocks count from 0", block, site);
        checkArgument(
                site.inBlock() || block == 0,
                "%s is not inside a block, so block %s means nothing; use block 0",
                site,
                block);
        if (site == Site.RESID_PRE && block > 0) {
            site = Site.RESID_POST;
            block = block - 1;
        }
    }

    /**
     * The residual stream at all layers up to one.
     *
     * @param last the last layer; L for all of a model
     * @return the points of layers 0..last
     */
    public static ImmutableList<HookPoint> residuals(int last) {
        ImmutableList.Builder<HookPoint> points = ImmutableList.builder();
        for (int layer = 0; layer <= last; layer++) {
            points.add(residual(layer));
        }
        return points.build();
    }

    /**
     * The residual stream at layer k.
     *
     * @param layer 0..L
     * @return the point
     */
    public static HookPoint residual(int layer) {
        checkArgument(
                layer >= 0, "layer %s is negative; layers count from 0, the embedding", layer);
        return layer == 0
                ? new HookPoint(Site.RESID_PRE, 0)
                : new HookPoint(Site.RESID_POST, layer - 1);
    }

    /**
     * What enters a block.
     *
     * @param block block index from 0
     * @return the point
     */
    public static HookPoint residPre(int block) {
        return new HookPoint(Site.RESID_PRE, block);
    }

    /**
     * The stream between attention and MLP of a block.
     *
     * @param block block index from 0
     * @return the point
     */
    public static HookPoint residMid(int block) {
        return new HookPoint(Site.RESID_MID, block);
    }

    /**
     * What leaves a block.
     *
     * @param block block index from 0
     * @return the point
     */
    public static HookPoint residPost(int block) {
        return new HookPoint(Site.RESID_POST, block);
    }

    /**
     * What attention of a block adds to the stream.
     *
     * @param block block index from 0
     * @return the point
     */
    public static HookPoint attnOut(int block) {
        return new HookPoint(Site.ATTN_OUT, block);
    }

    /**
     * What the MLP of a block adds to the stream.
     *
     * @param block block index from 0
     * @return the point
     */
    public static HookPoint mlpOut(int block) {
        return new HookPoint(Site.MLP_OUT, block);
    }

    /**
     * Queries of a block, before norm and rotation.
     *
     * @param block block index from 0
     * @return the point
     */
    public static HookPoint q(int block) {
        return new HookPoint(Site.Q, block);
    }

    /**
     * Keys of a block, before norm and rotation.
     *
     * @param block block index from 0
     * @return the point
     */
    public static HookPoint k(int block) {
        return new HookPoint(Site.K, block);
    }

    /**
     * Values of a block.
     *
     * @param block block index from 0
     * @return the point
     */
    public static HookPoint v(int block) {
        return new HookPoint(Site.V, block);
    }

    /**
     * Attention scores of a block.
     *
     * @param block block index from 0
     * @return the point
     */
    public static HookPoint scores(int block) {
        return new HookPoint(Site.ATTN_SCORES, block);
    }

    /**
     * Attention weights of a block.
     *
     * @param block block index from 0
     * @return the point
     */
    public static HookPoint pattern(int block) {
        return new HookPoint(Site.PATTERN, block);
    }

    /**
     * Mixed values of a block, a vector a head.
     *
     * @param block block index from 0
     * @return the point
     */
    public static HookPoint z(int block) {
        return new HookPoint(Site.Z, block);
    }

    /**
     * Neurons of a block's MLP after the activation function.
     *
     * @param block block index from 0
     * @return the point
     */
    public static HookPoint mlpPost(int block) {
        return new HookPoint(Site.MLP_POST, block);
    }

    /**
     * Token embeddings.
     *
     * @return the point
     */
    public static HookPoint embed() {
        return new HookPoint(Site.EMBED, 0);
    }

    /**
     * The model's output.
     *
     * @return the point
     */
    public static HookPoint logits() {
        return new HookPoint(Site.LOGITS, 0);
    }

    /**
     * A site of a block.
     *
     * @param site kind of place
     * @param block block index from 0; 0 for sites outside blocks
     * @return the point
     */
    public static HookPoint of(Site site, int block) {
        return new HookPoint(site, block);
    }

    /**
     * The same site in every block of a range.
     *
     * @param site kind of place, inside blocks
     * @param from first block
     * @param toExclusive block after the last one
     * @return the points
     */
    public static ImmutableList<HookPoint> blocks(Site site, int from, int toExclusive) {
        ImmutableList.Builder<HookPoint> points = ImmutableList.builder();
        for (int b = from; b < toExclusive; b++) {
            points.add(new HookPoint(site, b));
        }
        return points.build();
    }

    /**
     * Reads a TransformerLens name such as {@code blocks.5.hook_resid_post}.
     *
     * @param name name
     * @return the point
     * @throws UnknownHookPointException if no site has that name; the nearest name is suggested
     */
    public static HookPoint parse(String name) {
        Matcher m = BLOCK_NAME.matcher(name);
        Optional<Integer> block =
                m.matches() ? Optional.of(Integer.valueOf(m.group(1))) : Optional.empty();
        String pattern = block.isPresent() ? "blocks.{b}." + m.group(2) : name;
        List<String> known = new ArrayList<>();
        for (Site site : Site.values()) {
            if (site.pattern().equals(pattern)) {
                return new HookPoint(site, block.orElse(0));
            }
            known.add(site.pattern().replace("{b}", block.map(String::valueOf).orElse("0")));
        }
        throw UnknownHookPointException.forName(name, known);
    }

    /**
     * The layer of the residual stream this point is, if it is one.
     *
     * @return k in 0..L
     */
    public Optional<Integer> layer() {
        return switch (site) {
            case RESID_PRE -> Optional.of(block);
            case RESID_POST -> Optional.of(block + 1);
            default -> Optional.empty();
        };
    }

    /** {@return TransformerLens name} */
    public String name() {
        return site.pattern().replace("{b}", Integer.toString(block));
    }

    @Override
    public String toString() {
        return name();
    }
}
