package dev.patchscopes.trace.entity;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.Layers;
import dev.patchscopes.Mapping;
import dev.patchscopes.TargetPrompt;
import dev.patchscopes.facts.Relation;
import dev.patchscopes.model.Execution;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Progress;
import dev.patchscopes.trace.LayerMaps;
import java.util.Optional;

/** Choices; {@link EntityDescription} changes one only on a copy nobody else has. */
final class EntitySettings {
    Optional<HookedModel> target = Optional.empty();
    LayerMaps maps = (source, to) -> Mapping.identity();
    TargetPrompt prompt = TargetPrompt.entityDescription();
    String template = Relation.SLOT;
    Layers sourceLayers = Layers.all();
    Optional<Layers> targetLayers = Optional.empty(); // none: l* = l
    int newTokens = 20;
    ImmutableList<String> stopAt = ImmutableList.of(",", "\n");
    boolean hiding;
    long seed;
    Execution execution = Execution.EXACT;
    Optional<Long> budget = Optional.empty();
    Progress progress = Progress.none();

    EntitySettings copy() {
        EntitySettings copy = new EntitySettings();
        copy.target = target;
        copy.maps = maps;
        copy.prompt = prompt;
        copy.template = template;
        copy.sourceLayers = sourceLayers;
        copy.targetLayers = targetLayers;
        copy.newTokens = newTokens;
        copy.stopAt = stopAt;
        copy.hiding = hiding;
        copy.seed = seed;
        copy.execution = execution;
        copy.budget = budget;
        copy.progress = progress;
        return copy;
    }
}
