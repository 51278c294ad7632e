package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import dev.patchscopes.model.ComputeType;
import dev.patchscopes.model.Edit;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.Intervention;
import dev.patchscopes.model.NonFinite;
import dev.patchscopes.model.NonFiniteException;
import dev.patchscopes.model.Site;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Stops a run at the first point whose values are not finite.
 *
 * <p>Two reductions a point, the smallest and the largest value, which both are NaN where any value
 * is. Only where they are not finite are values copied and looked at one by one, since they may be
 * those of padding or of scores that a mask hides.
 */
final class FiniteWatch {
    private final ModelFacts facts;
    private final ComputeType type;
    private final WatchedSites sites;
    private final Inputs inputs = new Inputs();

    FiniteWatch(ModelFacts facts, ComputeType type) {
        this.facts = facts;
        this.type = type;
        this.sites = new WatchedSites(facts.spec());
    }

    /** A value before any edit, and after each. */
    static final class Stages {
        private final List<NDArray> values = new ArrayList<>();
        private final List<Edit> edits = new ArrayList<>();

        Stages(NDArray computed) {
            values.add(computed);
        }

        void add(Edit edit, NDArray value) {
            edits.add(edit);
            values.add(value);
        }
    }

    /** Starts a pass. */
    void begin() {
        inputs.clear();
    }

    /** Whether a site's values are to be shown. */
    boolean wants(Site site) {
        return sites.contains(site);
    }

    /** Looks at scores that nothing has masked yet. */
    void lookUnmasked(HookPoint point, NDArray value, Columns columns) {
        look(point, new Stages(value), value, columns, false);
    }

    /** Looks at a value that the model goes on with. */
    void look(HookPoint point, Stages stages, NDArray value, Columns columns) {
        if (sites.contains(point.site()) || !stages.edits.isEmpty()) {
            look(point, stages, value, columns, point.site() == Site.ATTN_SCORES);
        }
    }

    private void look(
            HookPoint point, Stages stages, NDArray value, Columns columns, boolean masked) {
        Extremes extremes = Extremes.of(value);
        if (extremes.areFinite()) {
            inputs.add(point, extremes.largest());
            return;
        }
        FiniteScan scan = scan(point, value, columns, masked);
        Optional<NonFinite> found = scan.found();
        if (found.isEmpty()) {
            inputs.add(point, scan.largest());
            return;
        }
        NonFinite what = found.get();
        throw NonFiniteException.of(
                facts.name(),
                type,
                new NonFinite(
                        what.point(),
                        what.prompt(),
                        what.positions(),
                        what.coordinates(),
                        what.value(),
                        what.count(),
                        inputs.of(point),
                        cause(point, stages, columns, masked)));
    }

    private FiniteScan scan(HookPoint point, NDArray value, Columns columns, boolean masked) {
        int window =
                point.site().isPairwise()
                        ? facts.spec().attention().windows().get(point.block())
                        : 0;
        return new FiniteScan(point, columns, masked, window).over(value);
    }

    /** The edit that made the value what it is, where the model's own was finite. */
    private Optional<Intervention> cause(
            HookPoint point, Stages stages, Columns columns, boolean masked) {
        for (int stage = 0; stage < stages.values.size(); stage++) {
            if (scan(point, stages.values.get(stage), columns, masked).found().isPresent()) {
                return stage == 0 ? Optional.empty() : Optional.of(stages.edits.get(stage - 1));
            }
        }
        return Optional.empty();
    }
}
