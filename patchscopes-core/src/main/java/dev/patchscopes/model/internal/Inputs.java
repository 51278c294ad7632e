package dev.patchscopes.model.internal;

import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.NonFinite;
import dev.patchscopes.model.Site;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/** How large the values were that a point is computed from: what a pass has come by before it. */
final class Inputs {
    private final Map<Site, NonFinite.Input> ofBlock = new EnumMap<>(Site.class);
    private Optional<NonFinite.Input> stream = Optional.empty();
    private int block;

    /** Notes what a point held; points come in the order of computation. */
    void add(HookPoint point, double largest) {
        NonFinite.Input input = new NonFinite.Input(point, largest);
        if (point.site().inBlock() && point.block() != block) {
            ofBlock.clear();
            block = point.block();
        }
        switch (point.site()) {
            case RESID_PRE, RESID_MID, RESID_POST -> stream = Optional.of(input);
            default -> ofBlock.put(point.site(), input);
        }
    }

    /** Forgets an earlier pass. */
    void clear() {
        ofBlock.clear();
        stream = Optional.empty();
        block = 0;
    }

    /** The largest that a point is computed from. */
    Optional<NonFinite.Input> of(HookPoint point) {
        boolean sameBlock = !point.site().inBlock() || point.block() == block;
        Optional<NonFinite.Input> inside = sameBlock ? inside(point.site()) : Optional.empty();
        return switch (point.site()) {
            case EMBED, POS_EMBED -> Optional.empty();
            // sums: of the stream and what is added to it
            case RESID_MID, RESID_POST -> larger(inside, stream);
            default -> inside.or(() -> stream);
        };
    }

    private Optional<NonFinite.Input> inside(Site site) {
        return switch (site) {
            case RESID_PRE -> largest(Site.EMBED, Site.POS_EMBED);
            case V, Q, K -> largest(Site.LN1_NORMALIZED);
            case ROT_Q -> largest(Site.Q);
            case ROT_K -> largest(Site.K);
            case ATTN_SCORES -> largest(Site.ROT_Q, Site.ROT_K);
            case PATTERN -> largest(Site.ATTN_SCORES);
            case Z -> largest(Site.V);
            case ATTN_PROJ -> largest(Site.Z);
            case ATTN_OUT -> largest(Site.ATTN_PROJ);
            case RESID_MID -> largest(Site.ATTN_OUT).or(() -> largest(Site.ATTN_PROJ));
            case MLP_PRE, MLP_PRE_LINEAR ->
                    // where both halves share a norm it is the first
                    largest(Site.LN2_NORMALIZED).or(() -> largest(Site.LN1_NORMALIZED));
            case MLP_POST -> largest(Site.MLP_PRE, Site.MLP_PRE_LINEAR);
            case MLP_PROJ -> largest(Site.MLP_POST);
            case MLP_OUT -> largest(Site.MLP_PROJ);
            case RESID_POST -> added();
            case LOGITS -> largest(Site.LN_FINAL_NORMALIZED);
            default -> Optional.empty(); // norms read the stream
        };
    }

    /** What a block adds to the stream last: in parallel blocks of both halves. */
    private Optional<NonFinite.Input> added() {
        boolean parallel = stream.filter(s -> s.point().site() == Site.RESID_MID).isEmpty();
        Optional<NonFinite.Input> mlp = largest(Site.MLP_OUT).or(() -> largest(Site.MLP_PROJ));
        return parallel ? larger(mlp, largest(Site.ATTN_OUT)) : mlp;
    }

    private Optional<NonFinite.Input> largest(Site... sites) {
        return Stream.of(sites)
                .map(ofBlock::get)
                .filter(Objects::nonNull)
                .max(Comparator.comparingDouble(NonFinite.Input::largest));
    }

    private static Optional<NonFinite.Input> larger(
            Optional<NonFinite.Input> a, Optional<NonFinite.Input> b) {
        return Stream.of(a, b)
                .flatMap(Optional::stream)
                .max(Comparator.comparingDouble(NonFinite.Input::largest));
    }
}
