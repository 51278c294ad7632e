package dev.patchscopes.trace.entity;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Lists;
import dev.patchscopes.TokenRelevance;
import dev.patchscopes.internal.Steps;
import dev.patchscopes.model.BaseRun;
import dev.patchscopes.model.Cell;
import dev.patchscopes.model.CellResult;
import dev.patchscopes.model.Generation;
import dev.patchscopes.model.TokenDistribution;
import dev.patchscopes.model.TokenProbability;
import dev.patchscopes.text.Token;
import dev.patchscopes.trace.LayerPair;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Descriptions at work: the cells of all entities, with their direct texts and the unpatched one,
 * in a sweep, or in several where there are very many.
 */
final class EntityRun {

    /** Cells of one sweep, which holds the results of all of its cells until its end. */
    private static final int CELLS_AT_ONCE = 16_384;

    private final EntitySetup setup;
    private final boolean random;
    private final EntityVectors vectors;

    /**
     * @param random whether random vectors are written too
     */
    EntityRun(EntitySetup setup, boolean random) {
        this.setup = setup;
        this.random = random;
        this.vectors = new EntityVectors(setup);
    }

    private int cellsOfEntity() {
        return setup.pairs().size() * (random ? 2 : 1) + 1;
    }

    EntityReport run(List<EntityInput> entities) {
        List<List<Integer>> parts =
                Lists.partition(
                        IntStream.range(0, entities.size()).boxed().toList(),
                        Math.max(1, CELLS_AT_ONCE / cellsOfEntity()));
        Steps steps =
                new Steps(
                        setup.progress(),
                        "the entity description",
                        (long) entities.size() * cellsOfEntity() + parts.size());
        return steps.during(
                () -> {
                    TokenDistribution unpatched = setup.unpatched();
                    ImmutableList.Builder<DescribedEntity> described = ImmutableList.builder();
                    Optional<EntityText> placeholder = Optional.empty();
                    for (List<Integer> part : parts) {
                        List<CellResult> results = sweep(part, entities, steps);
                        for (int i = 0; i < part.size(); i++) {
                            int first = i * cellsOfEntity();
                            described.add(
                                    described(
                                            entities.get(part.get(i)),
                                            results.subList(first, first + cellsOfEntity()),
                                            unpatched));
                        }
                        placeholder = Optional.of(said(results.get(results.size() - 1), unpatched));
                        steps.done(results.size());
                    }
                    return new EntityReport(
                            setup.provenance(), placeholder.orElseThrow(), described.build());
                });
    }

    /**
     * Of each entity the cells patched, those with random vectors, the direct one; the prompt's.
     */
    private List<CellResult> sweep(List<Integer> part, List<EntityInput> entities, Steps steps) {
        vectors.read(part, entities, setup.progress());
        List<BaseRun> bases = new ArrayList<>(List.of(BaseRun.of(setup.prompt())));
        List<Cell> cells = new ArrayList<>();
        for (int index : part) {
            EntityInput entity = entities.get(index);
            int source = bases.size();
            if (setup.isOneModel()) {
                bases.add(BaseRun.of(entity.source()));
            }
            cells.addAll(vectors.cells(index, entity, source, false));
            if (random) {
                cells.addAll(vectors.cells(index, entity, source, true));
            }
            cells.add(Cell.of(bases.size()));
            bases.add(BaseRun.of(entity.direct()));
        }
        cells.add(Cell.of(0)); // without a patch
        return setup.sweep(bases, cells, steps.inParts()).execute();
    }

    private DescribedEntity described(
            EntityInput entity, List<CellResult> results, TokenDistribution unpatched) {
        int pairs = setup.pairs().size();
        return new DescribedEntity(
                entity.name(),
                entity.source().tokens().stream()
                        .map(Token::piece)
                        .collect(ImmutableList.toImmutableList()),
                entity.position(),
                said(results.get(results.size() - 1), unpatched),
                descriptions(results.subList(0, pairs), unpatched),
                random
                        ? descriptions(results.subList(pairs, 2 * pairs), unpatched)
                        : ImmutableList.of());
    }

    private ImmutableList<Description> descriptions(
            List<CellResult> results, TokenDistribution unpatched) {
        ImmutableList.Builder<Description> out = ImmutableList.builder();
        for (int i = 0; i < results.size(); i++) {
            LayerPair pair = setup.pairs().get(i);
            out.add(new Description(pair.source(), pair.target(), said(results.get(i), unpatched)));
        }
        return out.build();
    }

    private static EntityText said(CellResult result, TokenDistribution unpatched) {
        TokenProbability first = result.top().get(0);
        Generation generation = result.generation().orElseThrow();
        return new EntityText(
                generation.text(),
                ImmutableList.copyOf(generation.ids().asList()),
                generation.tokens().stream()
                        .map(TokenProbability::probability)
                        .collect(ImmutableList.toImmutableList()),
                new TokenRelevance(
                        first.id(),
                        first.piece(),
                        first.probability(),
                        unpatched.probability(first.id())));
    }
}
