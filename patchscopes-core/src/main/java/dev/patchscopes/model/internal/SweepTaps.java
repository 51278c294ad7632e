package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import dev.patchscopes.model.Edit;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.Site;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Applies the edits of cells under way to their own rows. */
final class SweepTaps implements Taps {
    private final Tensors ops;
    private final Map<Site, boolean[]> wanted = new EnumMap<>(Site.class); // by block
    private final Map<HookPoint, List<Place>> edits = new HashMap<>();

    private record Place(SweepGroup group, int cell, RunPlan.Step step) {}

    SweepTaps(Tensors ops, ArchitectureSpec spec, List<SweepGroup> groups) {
        this.ops = ops;
        for (SweepGroup group : groups) {
            for (int i = 0; i < group.cells().size(); i++) {
                CellPlan cell = group.cells().get(i);
                for (RunPlan.Step step : cell.steps()) {
                    if (step.intervention() instanceof Edit edit
                            && !CellPlan.isAtStart(step, cell.startLayer())) {
                        HookPoint point = edit.point();
                        wanted.computeIfAbsent(point.site(), s -> new boolean[spec.layers()])[
                                        point.block()] =
                                true;
                        edits.computeIfAbsent(point, p -> new ArrayList<>())
                                .add(new Place(group, i, step));
                    }
                }
            }
        }
    }

    @Override
    public boolean wants(Site site, int block) {
        boolean[] blocks = wanted.get(site);
        return blocks != null && blocks[block];
    }

    @Override
    public NDArray visit(Site site, int block, NDArray value) {
        NDArray target = ops.copy(value); // [1, rows, ...]
        for (Place place : edits.get(HookPoint.of(site, block))) {
            SweepGroup group = place.group();
            try (NDArray rows =
                    Tensors.slice(
                            target, 1, group.offset(), group.offset() + (long) group.rows())) {
                group.write(ops, rows, place.cell(), place.step());
            }
        }
        return target;
    }

    @Override
    public Optional<EdgeMask> edges(int block) {
        return Optional.empty(); // the sweep's attention asks for its groups' own
    }
}
