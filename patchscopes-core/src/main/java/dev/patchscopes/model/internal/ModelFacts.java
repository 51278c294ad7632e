package dev.patchscopes.model.internal;

import dev.patchscopes.model.EdgeCut;
import dev.patchscopes.model.Edit;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.OutOfRangeException;
import dev.patchscopes.model.PromptTooLongException;
import dev.patchscopes.model.Site;
import dev.patchscopes.model.UnknownSiteException;
import dev.patchscopes.model.internal.ArchitectureSpec.InputNorms;
import dev.patchscopes.model.internal.ArchitectureSpec.PositionSpec;
import java.util.Optional;

/**
 * What can be asked of a model, and the errors for what cannot.
 *
 * @param name the model's name, for messages
 * @param spec its architecture
 */
public record ModelFacts(String name, ArchitectureSpec spec) {

    /**
     * Why the model has no such site, if it has none.
     *
     * @param site a kind of place
     * @return the reason and the way out
     */
    public Optional<String> missing(Site site) {
        ArchitectureSpec.BlockLayout layout = spec.layout();
        String reason =
                switch (site) {
                    case POS_EMBED ->
                            spec.positions() instanceof PositionSpec.Learned
                                    ? ""
                                    : "it has no learned positions; use %s"
                                            .formatted(Site.EMBED.pattern());
                    case RESID_MID ->
                            layout.parallel()
                                    ? "its blocks are parallel (attention and MLP both read resid_pre); use hook_resid_pre or hook_resid_post"
                                    : "";
                    case LN1_SCALE, LN1_NORMALIZED ->
                            layout.inputNorms() == InputNorms.NONE
                                    ? "no norm stands before its attention; read the residual stream"
                                    : "";
                    case LN2_SCALE, LN2_NORMALIZED ->
                            layout.inputNorms() == InputNorms.SEPARATE
                                    ? ""
                                    : "no norm of its own stands before its MLP; use ln1 or the residual stream";
                    case MLP_PRE_LINEAR ->
                            spec.mlp().gated() ? "" : "its MLP is not gated; use mlp.hook_pre";
                    case LN_FINAL_SCALE, LN_FINAL_NORMALIZED ->
                            spec.unembedding().normed()
                                    ? ""
                                    : "it has no final norm; use the residual of layer "
                                            + spec.layers();
                    default -> "";
                };
        return reason.isEmpty() ? Optional.empty() : Optional.of(reason);
    }

    /**
     * Checks that a point exists.
     *
     * @param point a point
     * @throws UnknownSiteException if the model has no such site
     * @throws OutOfRangeException if it has no such block
     */
    public void check(HookPoint point) {
        Optional<String> missing = missing(point.site());
        if (missing.isPresent()) {
            throw new UnknownSiteException(
                    "%s does not exist in %s: %s".formatted(point, name, missing.get()));
        }
        if (point.site().inBlock() && point.block() >= spec.layers()) {
            if (point.layer().isPresent()) {
                throw layerOutOfRange(point.layer().get());
            }
            throw new OutOfRangeException(
                    "block %d of %s is not in 0..%d (%s has %d blocks)"
                            .formatted(
                                    point.block(), point, spec.layers() - 1, name, spec.layers()));
        }
    }

    /**
     * Checks that a layer of the residual stream exists.
     *
     * @param layer k in 0..L
     * @throws OutOfRangeException if there is none
     */
    public void checkLayer(int layer) {
        if (layer < 0 || layer > spec.layers()) {
            throw layerOutOfRange(layer);
        }
    }

    private OutOfRangeException layerOutOfRange(int layer) {
        return new OutOfRangeException(
                "layer %d is not in 0..%d (%s has %d blocks; layer 0 is the embedding)"
                        .formatted(layer, spec.layers(), name, spec.layers()));
    }

    void check(Edit edit) {
        check(edit.point());
        int available =
                edit.point().site() == Site.K
                                || edit.point().site() == Site.V
                                || edit.point().site() == Site.ROT_K
                        ? spec.attention().keyValueHeads()
                        : spec.attention().heads();
        for (int head : edit.heads().asList()) {
            checkHead(head, available, edit.point().toString());
        }
    }

    void check(EdgeCut cut) {
        if (cut.toBlock() > spec.layers()) {
            throw new OutOfRangeException(
                    "blocks %d..%d (end excluded) of a cut are not in 0..%d (%s has %d blocks)"
                            .formatted(
                                    cut.fromBlock(),
                                    cut.toBlock(),
                                    spec.layers(),
                                    name,
                                    spec.layers()));
        }
        for (int head : cut.heads().asList()) {
            checkHead(head, spec.attention().heads(), "the cut");
        }
    }

    private void checkHead(int head, int available, String where) {
        if (head < 0 || head >= available) {
            throw new OutOfRangeException(
                    "head %d of %s is not in 0..%d (%s)"
                            .formatted(head, where, available - 1, name));
        }
    }

    void checkLength(int tokens, int generated) {
        if (tokens + generated > spec.contextLength()) {
            String asked =
                    generated == 0
                            ? "the prompt has %d tokens".formatted(tokens)
                            : "the prompt has %d tokens and %d are to be generated"
                                    .formatted(tokens, generated);
            throw new PromptTooLongException(
                    "%s, but %s has a context of %d: shorten the prompt%s"
                            .formatted(
                                    asked,
                                    name,
                                    spec.contextLength(),
                                    generated == 0 ? "" : " or generate fewer tokens"));
        }
    }

    void checkPosition(long position) {
        if (position >= spec.contextLength()) {
            throw new PromptTooLongException(
                    "position id %d is not in 0..%d, the context of %s: give smaller position ids, or generate fewer tokens"
                            .formatted(position, spec.contextLength() - 1, name));
        }
    }

    void checkId(long id) {
        if (id < 0 || id >= spec.vocabulary()) {
            throw new OutOfRangeException(
                    "token id %d is not in 0..%d, the vocabulary of %s: was the prompt tokenised for another model?"
                            .formatted(id, spec.vocabulary() - 1, name));
        }
    }
}
