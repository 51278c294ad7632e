package dev.patchscopes.examples.demo;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableDoubleArray;
import dev.patchscopes.LayerGrid;
import dev.patchscopes.Layers;
import dev.patchscopes.Patchscope;
import dev.patchscopes.TargetPrompt;
import dev.patchscopes.facts.Entity;
import dev.patchscopes.model.Generation;
import dev.patchscopes.model.HookedModel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * How often the entity description prompt names what an entity is, by layer l* = l, from the last
 * token of the bare name.
 *
 * <p>Only entities count that the model describes rightly by name.
 *
 * @param known number of entities that the model knows
 * @param all number of entities asked for
 * @param choosing rate on every other known entity, by layer 0..L
 * @param reported rate on the others, by layer
 */
record EntityDescriptions(
        int known, int all, ImmutableDoubleArray choosing, ImmutableDoubleArray reported) {
    private static final int NEW_TOKENS = 12;

    /** Descriptions have no commas, and the prompt sets them apart with these. */
    private static final String[] ENDS = {",", "\n"};

    /** Describes entities. */
    static EntityDescriptions of(HookedModel model, List<Entity> entities) {
        List<Entity> known = known(model, entities);
        double[][] hits = new double[2][model.layers() + 1];
        if (known.isEmpty()) {
            return of(0, entities.size(), hits);
        }
        List<LayerGrid> grids =
                Patchscope.on(model)
                        .sourcePrompt(known.get(0).name())
                        .sourceLayer(0)
                        .targetPrompt(TargetPrompt.entityDescription())
                        .targetLayer(0)
                        .maxNewTokens(NEW_TOKENS)
                        .stopAt(ENDS)
                        .build()
                        .sweep()
                        .sourcePrompts(known.stream().map(Entity::name).toArray(String[]::new))
                        .sameLayers(Layers.all())
                        .reading(1)
                        .run();
        for (int i = 0; i < known.size(); i++) {
            for (LayerGrid.GridCell cell : grids.get(i).cells()) {
                Generation said = cell.result().generation().orElseThrow();
                hits[i % 2][cell.sourceLayer()] += names(said, known.get(i)) ? 1 : 0;
            }
        }
        return of(known.size(), entities.size(), hits);
    }

    private static EntityDescriptions of(int known, int all, double[][] hits) {
        return new EntityDescriptions(
                known, all, rates(hits[0], (known + 1) / 2), rates(hits[1], known / 2));
    }

    private static ImmutableDoubleArray rates(double[] hits, int count) {
        return ImmutableDoubleArray.copyOf(Arrays.stream(hits).map(h -> h / Math.max(1, count)));
    }

    private static List<Entity> known(HookedModel model, List<Entity> entities) {
        String prompt = TargetPrompt.entityDescription().text();
        String examples = prompt.substring(0, prompt.length() - 1);
        List<Generation> said =
                model.generation(entities.stream().map(e -> examples + e.name()).toList())
                        .maxNewTokens(NEW_TOKENS)
                        .stopAt(ENDS)
                        .run()
                        .all();
        List<Entity> known = new ArrayList<>();
        for (int i = 0; i < entities.size(); i++) {
            if (names(said.get(i), entities.get(i))) {
                known.add(entities.get(i));
            }
        }
        return ImmutableList.copyOf(known);
    }

    private static boolean names(Generation said, Entity entity) {
        return Pattern.compile(
                        "\\b" + Pattern.quote(entity.category().toLowerCase(Locale.ROOT)) + "\\b")
                .matcher(said.text().toLowerCase(Locale.ROOT))
                .find();
    }

    /** The layer with the best rate on the half that chooses; of equals the first. */
    int best() {
        int best = 0;
        for (int layer = 1; layer < choosing.length(); layer++) {
            best = choosing.get(layer) > choosing.get(best) ? layer : best;
        }
        return best;
    }
}
