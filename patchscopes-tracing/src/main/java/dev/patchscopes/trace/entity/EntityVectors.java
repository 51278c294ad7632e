package dev.patchscopes.trace.entity;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Lists;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.Mapping;
import dev.patchscopes.PatchscopeException;
import dev.patchscopes.internal.RandomVector;
import dev.patchscopes.internal.Steps;
import dev.patchscopes.model.Activations;
import dev.patchscopes.model.Cell;
import dev.patchscopes.model.Edit;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Intervention;
import dev.patchscopes.model.Operation;
import dev.patchscopes.model.Patch;
import dev.patchscopes.model.Phase;
import dev.patchscopes.model.Progress;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenBatch;
import dev.patchscopes.trace.LayerPair;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * Writes entities' vectors into cells: within one model as patches, which the sweep reads itself;
 * between two models as values, read beforehand.
 */
final class EntityVectors {

    /** Names that go through the source model together; they are short. */
    private static final int NAMES_AT_ONCE = 32;

    private final EntitySetup setup;
    private final Positions written;

    /** An entity's vectors in the other model, by layer. */
    private final Map<Integer, Map<Integer, double[]>> read = new HashMap<>();

    EntityVectors(EntitySetup setup) {
        this.setup = setup;
        this.written = Positions.at(setup.placeholder());
    }

    /** Reads the vectors of some entities if they are another model's. */
    void read(List<Integer> indices, List<EntityInput> entities, Progress progress) {
        read.clear();
        if (setup.isOneModel()) {
            return;
        }
        ImmutableSet<HookPoint> points =
                setup.pairs().stream()
                        .map(pair -> HookPoint.residual(pair.source()))
                        .collect(ImmutableSet.toImmutableSet());
        int done = 0;
        for (List<Integer> part : Lists.partition(indices, NAMES_AT_ONCE)) {
            Steps.stopIfAsked(progress, "the reading of names", done, indices.size(), "names");
            done += part.size();
            Activations states =
                    setup.source()
                            .run(
                                    TokenBatch.of(
                                            part.stream()
                                                    .map(i -> entities.get(i).source())
                                                    .toList()))
                            .capture(points)
                            .execute();
            for (int row = 0; row < part.size(); row++) {
                Map<Integer, double[]> layers = new HashMap<>();
                for (LayerPair pair : setup.pairs()) {
                    layers.put(
                            pair.source(),
                            states.get(HookPoint.residual(pair.source()))
                                    .vectorDoubles(row, entities.get(part.get(row)).position()));
                }
                read.put(part.get(row), layers);
            }
        }
    }

    /**
     * The cells of an entity.
     *
     * @param index the entity's place among all, by which its random vectors are drawn
     * @param entity the entity
     * @param base base run of its source prompt; of no meaning between two models
     * @param random whether vectors are random
     */
    ImmutableList<Cell> cells(int index, EntityInput entity, int base, boolean random) {
        List<Cell> cells = new ArrayList<>();
        for (int i = 0; i < setup.pairs().size(); i++) {
            LayerPair pair = setup.pairs().get(i);
            Mapping mapping = setup.mappings().get(i);
            Cell cell = cell(pair);
            RandomVector vector = new RandomVector(setup.seed(), index, pair.source());
            cells.add(
                    setup.isOneModel()
                            ? cell.patched(patch(entity, base, pair, mapping, vector, random))
                            : withValues(cell, index, entity, pair, mapping, vector, random));
        }
        return ImmutableList.copyOf(cells);
    }

    /** The target prompt's cell for a pair of layers, before anything is written into it. */
    private Cell cell(LayerPair pair) {
        if (!setup.hiding() || pair.target() == 0) {
            return Cell.of(0);
        }
        // All tokens, x itself included: what it sees below l* nobody gets to see.
        return Cell.of(
                0,
                Intervention.cutAttention(
                                Positions.all(),
                                Positions.at(setup.placeholder()),
                                0,
                                pair.target())
                        .during(Phase.ALL));
    }

    private Patch patch(
            EntityInput entity,
            int base,
            LayerPair pair,
            Mapping mapping,
            RandomVector vector,
            boolean random) {
        Patch patch =
                Patch.of(base, HookPoint.residual(pair.source()), Positions.at(entity.position()))
                        .to(HookPoint.residual(pair.target()), written);
        boolean identity = mapping.equals(Mapping.identity());
        if (identity) { // cells of a row then share a function, as the sweep can tell
            return random ? patch.mapped(vector.toString(), vector) : patch;
        }
        UnaryOperator<double[]> mapped = h -> checked(mapping, h, entity, pair);
        return random
                ? patch.mapped(mapping.name() + " -> " + vector, h -> vector.apply(mapped.apply(h)))
                : patch.mapped(mapping.name(), mapped);
    }

    private Cell withValues(
            Cell cell,
            int index,
            EntityInput entity,
            LayerPair pair,
            Mapping mapping,
            RandomVector vector,
            boolean random) {
        double[] h = read.get(index).get(pair.source()); // [d_model of M]
        Edit write =
                new Edit(
                        HookPoint.residual(pair.target()),
                        written,
                        ImmutableIntArray.of(),
                        ImmutableIntArray.of(),
                        Phase.PREFILL,
                        // Mapped when the cell is computed: not all cells' vectors at a time.
                        new Operation.Map(
                                x -> { // [d_model of M*]
                                    double[] mapped = checked(mapping, h.clone(), entity, pair);
                                    return random ? vector.apply(mapped) : mapped;
                                }));
        return new Cell(
                cell.base(),
                ImmutableList.<Intervention>builder()
                        .addAll(cell.interventions())
                        .add(write)
                        .build(),
                cell.patches());
    }

    /** f(h), refused where no residual stream of the target model can hold it. */
    private double[] checked(Mapping mapping, double[] h, EntityInput entity, LayerPair pair) {
        HookedModel target = setup.target();
        double[] mapped = mapping.apply(h);
        if (mapped.length != target.width()) {
            throw new PatchscopeException(
                    "mapping \"%s\" of layers %s gave %d values for %s, and d_model of %s is %d: map them with Mapping.affine(matrix, bias) with %d rows"
                            .formatted(
                                    mapping.name(),
                                    pair,
                                    mapped.length,
                                    entity.name(),
                                    target.name(),
                                    target.width(),
                                    target.width()));
        }
        for (int i = 0; i < mapped.length; i++) {
            if (!Double.isFinite(mapped[i])) {
                throw new PatchscopeException(
                        "mapping \"%s\" of layers %s gave %s at index %d for %s"
                                .formatted(mapping.name(), pair, mapped[i], i, entity.name()));
            }
        }
        return mapped;
    }
}
