package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.google.common.collect.ImmutableMap;
import dev.patchscopes.model.EdgeCut;
import dev.patchscopes.model.Edit;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.InterventionException;
import dev.patchscopes.model.Site;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Carries out a plan during the passes of one run: interventions first, in their order, then
 * gradient leaves, then captures, which therefore show what the model goes on with.
 */
final class RunTaps implements Taps {
    private final ArchitectureSpec spec;
    private final Tensors ops;
    private final RunPlan plan;
    private final Map<HookPoint, List<Integer>> editsAt = new HashMap<>();
    private final List<RunPlan.Step> cuts = new ArrayList<>();
    private final List<Integer> cutSteps = new ArrayList<>();
    private final Map<HookPoint, CaptureBuffer> captures = new LinkedHashMap<>();
    private final Optional<Viewer> viewer;
    private final Map<HookPoint, Leaf> leaves = new HashMap<>();
    private final Map<Site, boolean[]> wanted = new EnumMap<>(Site.class); // by block
    private final boolean[] fired;
    private Optional<EdgeMasks> edges = Optional.empty();
    private Optional<FiniteWatch> watch = Optional.empty();
    private Columns columns;
    private boolean decoding;

    /** Something at a point that takes part in a graph. */
    interface Leaf {
        NDArray join(NDArray value);
    }

    /** Sees what a run captures, as tensors that are the run's. */
    interface Viewer {
        void view(HookPoint point, NDArray value, Columns columns);
    }

    /** Copies what the plan captures. */
    RunTaps(ArchitectureSpec spec, Tensors ops, RunPlan plan) {
        this(spec, ops, plan, Optional.empty());
    }

    /** Shows what the plan captures to a viewer instead of copying it. */
    static RunTaps showing(ArchitectureSpec spec, Tensors ops, RunPlan plan, Viewer viewer) {
        return new RunTaps(spec, ops, plan, Optional.of(viewer));
    }

    private RunTaps(ArchitectureSpec spec, Tensors ops, RunPlan plan, Optional<Viewer> viewer) {
        this.spec = spec;
        this.viewer = viewer;
        this.ops = ops;
        this.plan = plan;
        this.fired = new boolean[plan.steps().size()];
        this.columns = new Columns(new int[0], new int[0], 0, new long[1][0]);
        for (int i = 0; i < plan.steps().size(); i++) {
            RunPlan.Step step = plan.steps().get(i);
            if (step.intervention() instanceof Edit edit) {
                want(edit.point());
                editsAt.computeIfAbsent(edit.point(), p -> new ArrayList<>()).add(i);
            } else {
                cuts.add(step);
                cutSteps.add(i);
            }
        }
        for (HookPoint point : plan.captures()) {
            want(point);
            captures.put(point, new CaptureBuffer(point.site(), plan.batch().rows()));
        }
    }

    private void want(HookPoint point) {
        wanted.computeIfAbsent(point.site(), s -> new boolean[spec.layers()])[point.block()] = true;
    }

    /** Stops at the first point whose values are not finite. */
    RunTaps watchedBy(Optional<FiniteWatch> finite) {
        watch = finite;
        return this;
    }

    /** Lets something join the graph at a point. */
    void leaf(HookPoint point, Leaf leaf) {
        want(point);
        leaves.put(point, leaf);
    }

    /** Starts a pass. */
    void begin(NDManager manager, Columns pass, boolean isDecoding) {
        columns = pass;
        decoding = isDecoding;
        watch.ifPresent(FiniteWatch::begin);
        edges =
                cuts.isEmpty()
                        ? Optional.empty()
                        : Optional.of(new EdgeMasks(manager, ops, spec, cuts, pass, isDecoding));
    }

    /** Ends a pass. */
    void end() {
        edges.ifPresent(
                masks -> {
                    for (int i = 0; i < cutSteps.size(); i++) {
                        fired[cutSteps.get(i)] |= masks.fired(i);
                    }
                });
    }

    @Override
    public boolean wants(Site site, int block) {
        boolean[] blocks = wanted.get(site);
        return (blocks != null && blocks[block]) || (watch.isPresent() && watch.get().wants(site));
    }

    @Override
    public NDArray visit(Site site, int block, NDArray value) {
        HookPoint point = HookPoint.of(site, block);
        NDArray current = value;
        FiniteWatch.Stages stages = new FiniteWatch.Stages(value);
        for (int i : editsAt.getOrDefault(point, List.of())) {
            RunPlan.Step step = plan.steps().get(i);
            Edit edit = (Edit) step.intervention();
            if (!edit.phase().covers(decoding)) {
                continue;
            }
            EditApplier.Outcome outcome =
                    new EditApplier(ops, edit, columns, decoding).apply(current, step);
            fired[i] |= outcome.fired();
            current = outcome.value();
            stages.add(edit, current);
        }
        if (site == Site.ATTN_SCORES && current != value) {
            current = ops.keepMasked(value, current);
        }
        if (watch.isPresent()) {
            watch.get().look(point, stages, current, columns);
        }
        if (leaves.containsKey(point)) {
            current = leaves.get(point).join(current);
        }
        if (captures.containsKey(point)) {
            show(point, current);
        }
        return current;
    }

    @Override
    public void watchScores(int block, NDArray scores) {
        watch.ifPresent(w -> w.lookUnmasked(HookPoint.scores(block), scores, columns));
    }

    private void show(HookPoint point, NDArray value) {
        if (viewer.isPresent()) {
            viewer.get().view(point, value, columns);
        } else {
            captures.get(point).add(value, columns);
        }
    }

    @Override
    public Optional<EdgeMask> edges(int block) {
        return edges.flatMap(masks -> masks.of(block));
    }

    /**
     * What was read.
     *
     * @throws InterventionException if an intervention never applied
     */
    ImmutableMap<HookPoint, Captured> finish(String whatHappened) {
        for (int i = 0; i < fired.length; i++) {
            if (!fired[i]) {
                throw neverApplied(plan.steps().get(i), whatHappened);
            }
        }
        ImmutableMap.Builder<HookPoint, Captured> out = ImmutableMap.builder();
        if (viewer.isEmpty()) {
            captures.forEach((point, buffer) -> out.put(point, buffer.finish()));
        }
        return out.buildOrThrow();
    }

    /** The error for an intervention that selected nothing. */
    static InterventionException neverApplied(RunPlan.Step step, String whatHappened) {
        String why =
                step.intervention() instanceof EdgeCut
                        ? "no such edge: a query sees only itself and earlier keys, within the block's window"
                        : "nothing was selected";
        return new InterventionException(
                "planned intervention never applied: %s: %s (%s)"
                        .formatted(step.intervention(), why, whatHappened));
    }
}
