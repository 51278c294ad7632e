package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.Site;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What happens at each point to the rows of a pass: base runs are changed as they say, vectors that
 * patches take from them are kept, and then cells under way are changed.
 */
final class SweepTaps implements Taps {
    private final Tensors ops;
    private final PatchVectors vectors;
    private final Map<Site, boolean[]> wanted = new EnumMap<>(Site.class); // by block
    private final Map<HookPoint, List<Place>> ofBases = new HashMap<>();
    private final Map<HookPoint, List<Place>> ofCells = new HashMap<>();
    private final Map<HookPoint, List<Place>> sources = new HashMap<>();

    /** A cell of a group and what it changes at a point; nothing where it is only looked at. */
    private record Place(SweepGroup group, int cell, List<Change> changes) {
        long firstRow() {
            return group.offset() + (long) cell * group.tokens();
        }
    }

    SweepTaps(Tensors ops, ArchitectureSpec spec, List<SweepGroup> groups, PatchVectors vectors) {
        this.ops = ops;
        this.vectors = vectors;
        for (SweepGroup group : groups) {
            for (int i = 0; i < group.cells().size(); i++) {
                CellPlan cell = group.cells().get(i);
                Map<HookPoint, List<Change>> changes = new HashMap<>();
                for (Change change : cell.changes()) {
                    if (group.isOfBases() || !change.isAtLayer(cell.startLayer())) {
                        changes.computeIfAbsent(change.point(), p -> new ArrayList<>()).add(change);
                    }
                }
                Map<HookPoint, List<Place>> places = group.isOfBases() ? ofBases : ofCells;
                for (Map.Entry<HookPoint, List<Change>> entry : changes.entrySet()) {
                    add(places, entry.getKey(), new Place(group, i, entry.getValue()), spec);
                }
                if (group.isOfBases()) {
                    for (HookPoint point : vectors.missing(cell.base())) {
                        add(sources, point, new Place(group, i, List.of()), spec);
                    }
                }
            }
        }
    }

    private void add(
            Map<HookPoint, List<Place>> places,
            HookPoint point,
            Place place,
            ArchitectureSpec spec) {
        wanted.computeIfAbsent(point.site(), s -> new boolean[spec.layers()])[point.block()] = true;
        places.computeIfAbsent(point, p -> new ArrayList<>()).add(place);
    }

    @Override
    public boolean wants(Site site, int block) {
        boolean[] blocks = wanted.get(site);
        return blocks != null && blocks[block];
    }

    @Override
    public NDArray visit(Site site, int block, NDArray value) {
        HookPoint point = HookPoint.of(site, block);
        NDArray current = changed(value, ofBases.getOrDefault(point, List.of()));
        for (Place source : sources.getOrDefault(point, List.of())) {
            keep(point, source, current);
        }
        return changed(current, ofCells.getOrDefault(point, List.of()));
    }

    private NDArray changed(NDArray value, List<Place> places) {
        List<RowChanges.Owner> owners = new ArrayList<>();
        for (Place place : places) {
            if (place.cell() < place.group().active()) {
                owners.add(
                        new RowChanges.Owner(
                                place.changes(), place.firstRow(), place.group().columns()));
            }
        }
        if (owners.isEmpty()) {
            return value;
        }
        NDArray target = RowChanges.copy(value); // [1, rows, ...]
        new RowChanges(ops, vectors, target).apply(owners);
        return target;
    }

    private void keep(HookPoint point, Place source, NDArray value) {
        SweepGroup group = source.group();
        int base = group.cells().get(source.cell()).base();
        if (group.active() == 0 || !vectors.wants(base, point)) {
            return;
        }
        long from = source.firstRow();
        long width = value.getShape().size() / value.getShape().get(1);
        try (NDArray own = Tensors.slice(value, 1, from, from + group.tokens());
                NDArray rows = Tensors.reshape(own, group.tokens(), width)) {
            vectors.keep(base, point, rows);
        }
    }

    @Override
    public Optional<EdgeMask> edges(int block) {
        return Optional.empty(); // the sweep's attention asks for its groups' own
    }
}
