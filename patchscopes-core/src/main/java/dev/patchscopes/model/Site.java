package dev.patchscopes.model;

import static dev.patchscopes.model.Axis.BATCH;
import static dev.patchscopes.model.Axis.D_EMBED;
import static dev.patchscopes.model.Axis.D_HEAD;
import static dev.patchscopes.model.Axis.D_MLP;
import static dev.patchscopes.model.Axis.D_MODEL;
import static dev.patchscopes.model.Axis.D_VOCAB;
import static dev.patchscopes.model.Axis.HEAD;
import static dev.patchscopes.model.Axis.KEY_POS;
import static dev.patchscopes.model.Axis.KV_HEAD;
import static dev.patchscopes.model.Axis.ONE;
import static dev.patchscopes.model.Axis.POS;
import static dev.patchscopes.model.Axis.QUERY_POS;

import com.google.common.collect.ImmutableList;

/**
 * A kind of place in the model where an activation can be read and written.
 *
 * <p>Names are TransformerLens's; {@code {b}} stands for the block. Every site means the same thing
 * in every family. In particular {@link #ATTN_OUT} and {@link #MLP_OUT} are what the two halves of
 * a block <em>add to the stream</em>, so that
 *
 * <pre>
 *   resid_pre + attn_out = resid_mid,  resid_mid + mlp_out = resid_post    sequential blocks
 *   resid_pre + attn_out + mlp_out = resid_post                            parallel blocks
 * </pre>
 *
 * holds for any weights. Where a family normalises what it adds, or the stream itself, the raw
 * output of the projection is another site ({@link #ATTN_PROJ}, {@link #MLP_PROJ}); elsewhere the
 * two are equal.
 *
 * <p>{@code resid_pre} of block b and {@code resid_post} of block b - 1 are one place, the residual
 * of layer b; both names reach it.
 */
public enum Site {
    /** Token embedding, scaled where the family scales it; before positions and embedding norm. */
    EMBED("hook_embed", false, BATCH, POS, D_EMBED),
    /** Learned position embedding; only in families that have one. */
    POS_EMBED("hook_pos_embed", false, BATCH, POS, D_MODEL),
    /** Residual stream entering a block. */
    RESID_PRE("blocks.{b}.hook_resid_pre", true, BATCH, POS, D_MODEL),
    /** Residual stream between attention and MLP; absent in parallel blocks. */
    RESID_MID("blocks.{b}.hook_resid_mid", true, BATCH, POS, D_MODEL),
    /** Residual stream leaving a block; for the last block still before the final norm. */
    RESID_POST("blocks.{b}.hook_resid_post", true, BATCH, POS, D_MODEL),
    /** What attention adds to the stream. */
    ATTN_OUT("blocks.{b}.hook_attn_out", true, BATCH, POS, D_MODEL),
    /** Output projection of attention, bias included, before any norm on it. */
    ATTN_PROJ("blocks.{b}.attn.hook_out", true, BATCH, POS, D_MODEL),
    /** What the MLP adds to the stream. */
    MLP_OUT("blocks.{b}.hook_mlp_out", true, BATCH, POS, D_MODEL),
    /** Output projection of the MLP, bias included, before any norm on it. */
    MLP_PROJ("blocks.{b}.mlp.hook_out", true, BATCH, POS, D_MODEL),
    /** Divisor of the norm before attention. */
    LN1_SCALE("blocks.{b}.ln1.hook_scale", true, BATCH, POS, ONE),
    /** Input of attention, normalised, before the norm's weight and bias. */
    LN1_NORMALIZED("blocks.{b}.ln1.hook_normalized", true, BATCH, POS, D_MODEL),
    /** Divisor of the norm before the MLP. */
    LN2_SCALE("blocks.{b}.ln2.hook_scale", true, BATCH, POS, ONE),
    /** Input of the MLP, normalised, before the norm's weight and bias. */
    LN2_NORMALIZED("blocks.{b}.ln2.hook_normalized", true, BATCH, POS, D_MODEL),
    /** Queries, before any norm on them and before rotation. */
    Q("blocks.{b}.attn.hook_q", true, BATCH, POS, HEAD, D_HEAD),
    /** Keys, before any norm on them and before rotation. */
    K("blocks.{b}.attn.hook_k", true, BATCH, POS, KV_HEAD, D_HEAD),
    /** Values. */
    V("blocks.{b}.attn.hook_v", true, BATCH, POS, KV_HEAD, D_HEAD),
    /** Queries as they are compared with keys: after norm and rotation. */
    ROT_Q("blocks.{b}.attn.hook_rot_q", true, BATCH, POS, HEAD, D_HEAD),
    /** Keys as they are compared with queries: after norm and rotation. */
    ROT_K("blocks.{b}.attn.hook_rot_k", true, BATCH, POS, KV_HEAD, D_HEAD),
    /**
     * Scaled, soft-capped, biased and masked scores; masked entries are negative infinity, and stay
     * so whatever an edit does to them.
     */
    ATTN_SCORES("blocks.{b}.attn.hook_attn_scores", true, BATCH, HEAD, QUERY_POS, KEY_POS),
    /** Attention weights: softmax of the scores; a row with nothing to attend to is zero. */
    PATTERN("blocks.{b}.attn.hook_pattern", true, BATCH, HEAD, QUERY_POS, KEY_POS),
    /** Values mixed by the pattern, one vector a head, before the output projection. */
    Z("blocks.{b}.attn.hook_z", true, BATCH, POS, HEAD, D_HEAD),
    /** Input of the activation function: the gate's in gated MLPs. */
    MLP_PRE("blocks.{b}.mlp.hook_pre", true, BATCH, POS, D_MLP),
    /** The factor beside the gate; only in gated MLPs. */
    MLP_PRE_LINEAR("blocks.{b}.mlp.hook_pre_linear", true, BATCH, POS, D_MLP),
    /** Neurons: activation, times the linear factor in gated MLPs. */
    MLP_POST("blocks.{b}.mlp.hook_post", true, BATCH, POS, D_MLP),
    /** Divisor of the final norm. */
    LN_FINAL_SCALE("ln_final.hook_scale", false, BATCH, POS, ONE),
    /** Last residual, normalised, before the final norm's weight and bias. */
    LN_FINAL_NORMALIZED("ln_final.hook_normalized", false, BATCH, POS, D_MODEL),
    /** The model's own output, soft-capped where the family caps it. */
    LOGITS("logits", false, BATCH, POS, D_VOCAB);

    private final String pattern;
    private final boolean inBlock;
    private final ImmutableList<Axis> axes;

    Site(String pattern, boolean inBlock, Axis... axes) {
        this.pattern = pattern;
        this.inBlock = inBlock;
        this.axes = ImmutableList.copyOf(axes);
    }

    /** {@return transformerLens name with {@code {b}} for the block} */
    public String pattern() {
        return pattern;
    }

    /** {@return whether there is one such place in every block} */
    public boolean inBlock() {
        return inBlock;
    }

    /** {@return meaning of the dimensions, outermost first} */
    public ImmutableList<Axis> axes() {
        return axes;
    }

    /** {@return whether the site has a dimension for heads} */
    public boolean hasHeads() {
        return headAxis() >= 0;
    }

    /** {@return whether the site holds a value for each pair of positions} */
    public boolean isPairwise() {
        return axes.contains(Axis.KEY_POS);
    }

    /** Index of the dimension for heads, or -1. */
    int headAxis() {
        int head = axes.indexOf(HEAD);
        return head >= 0 ? head : axes.indexOf(KV_HEAD);
    }

    /** Index of the dimension for positions (of queries, for pairwise sites). */
    int positionAxis() {
        return isPairwise() ? axes.indexOf(QUERY_POS) : axes.indexOf(POS);
    }
}
