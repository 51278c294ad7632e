package dev.patchscopes.trace.cross;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import dev.patchscopes.Mapping;
import dev.patchscopes.Patchscope;
import dev.patchscopes.linear.AffineMap;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.OutOfRangeException;
import dev.patchscopes.trace.LayerPair;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Maps f_{l -> l*} from the states of a source model to those of a target model, so that a
 * Patchscope can read a representation of one model by means of another, larger one (Ghandeharioun
 * et al., "Patchscopes" (2024), section 4.4).
 *
 * <pre>{@code
 * CrossModelMap map = CrossModelMap.between(small, large)
 *     .layers(Layers.all(), Layers.at(2, 4))
 *     .texts(texts)
 *     .fit();
 * System.out.println(map.report());        // explained variance of held-out states
 * PatchscopeResult said = Patchscope.on(small)
 *     .sourcePrompt("Marie Curie")
 *     .sourceLayer(3)
 *     .mapping(map.mapping(3, 4))
 *     .targetModel(large)
 *     .targetPrompt(TargetPrompt.entityDescription())
 *     .targetLayer(4)
 *     .build()
 *     .run();
 * }</pre>
 *
 * <p>{@code map::mapping} is a function of l and l*, as other tools take it. To describe names, fit
 * to other names in place of the prompt's placeholder, the states that a patch stands in for; of
 * the models that come with the library, the small one's states then make the large one name the
 * right category for 0.66 [0.62, 0.69] of the 735 entities both know, where random vectors reach
 * 0.07:
 *
 * <pre>{@code
 * CrossModelMap map = CrossModelMap.between(small, large)
 *     .layers(Layers.all(), Layers.at(4))
 *     .prompts(names.stream()
 *         .map(n -> AlignedPrompts.inPlace(small, large, n, TargetPrompt.entityDescription()))
 *         .toList())
 *     .skipFirst(0)
 *     .fit();
 * EntityReport report = EntityDescription.of(small)
 *     .targetModel(large)
 *     .layers(Layers.all(), Layers.at(4))
 *     .mapping(map::mapping)
 *     .describe("Marie Curie");
 * }</pre>
 *
 * <p>Immutable; holds no model and no native memory, 8 d d* bytes for each pair of layers of models
 * of widths d and d*.
 */
public final class CrossModelMap {
    private final ImmutableMap<LayerPair, AffineMap> maps;
    private final CrossModelReport report;
    private final Optional<CrossModelScores> scores;
    private final ImmutableList<String> warnings;

    CrossModelMap(
            ImmutableMap<LayerPair, AffineMap> maps,
            CrossModelReport report,
            Optional<CrossModelScores> scores,
            ImmutableList<String> warnings) {
        this.maps = maps;
        this.report = report;
        this.scores = scores;
        this.warnings = warnings;
    }

    /**
     * Begins a fit.
     *
     * @param source the model whose states are mapped
     * @param target the model they are mapped to; may be the same
     * @return the fit, of the layers at the same relative depth unless others are chosen
     */
    public static CrossModelFit between(HookedModel source, HookedModel target) {
        return CrossModelFit.between(source, target);
    }

    CrossModelMap with(CrossModelScores measured) {
        return new CrossModelMap(maps, report, Optional.of(measured), warnings);
    }

    /** {@return the pairs of layers there are maps for, in the order they were chosen} */
    public ImmutableSet<LayerPair> pairs() {
        return maps.keySet();
    }

    /**
     * Returns a map.
     *
     * @param sourceLayer l
     * @param targetLayer l*
     * @return from h_l [d] of the source to h_l* [d*] of the target
     * @throws OutOfRangeException if the pair was not fitted
     */
    public AffineMap at(int sourceLayer, int targetLayer) {
        AffineMap map = maps.get(new LayerPair(sourceLayer, targetLayer));
        if (map == null) {
            throw new OutOfRangeException(
                    "layers %d -> %d were not fitted: there are %s; fit again with layers(...) or pairs(...)"
                            .formatted(sourceLayer, targetLayer, maps.keySet()));
        }
        return map;
    }

    /**
     * Returns a map as the f of a Patchscope with {@link
     * dev.patchscopes.PatchscopeBuilder#targetModel}.
     *
     * @param sourceLayer l
     * @param targetLayer l*
     * @return the mapping, known in results by a digest of its numbers
     * @throws OutOfRangeException if the pair was not fitted
     */
    public Mapping mapping(int sourceLayer, int targetLayer) {
        return at(sourceLayer, targetLayer).toMapping();
    }

    /** {@return SHA-256 digest of all numbers of all maps: equal for equal maps in one order} */
    public String digest() {
        return CrossModelFile.digest(maps.values());
    }

    /**
     * States what {@link CrossModelEvaluation} measures as a Patchscope: the source's last token,
     * mapped, over the target's last token, and nothing generated.
     *
     * @param source the source model
     * @param target the target model
     * @param text prompts that end where both have read the same
     * @param sourceLayer l
     * @param targetLayer l*
     * @return the Patchscope
     * @throws OutOfRangeException if the pair was not fitted
     */
    public Patchscope asPatchscope(
            HookedModel source,
            HookedModel target,
            AlignedPrompts text,
            int sourceLayer,
            int targetLayer) {
        return Patchscope.on(source)
                .sourcePrompt(text.source())
                .sourceLayer(sourceLayer)
                .mapping(mapping(sourceLayer, targetLayer))
                .targetModel(target)
                .targetPrompt(text.target())
                .targetLayer(targetLayer)
                .maxNewTokens(0)
                .build();
    }

    /** {@return what was fitted, and the variance of held-out states that each map explains} */
    public CrossModelReport report() {
        return report;
    }

    /** {@return how the target model goes on with mapped states; empty if that was not measured} */
    public Optional<CrossModelScores> scores() {
        return scores;
    }

    /** {@return signs that the maps were fitted to other models, when they were loaded} */
    public ImmutableList<String> warnings() {
        return warnings;
    }

    /**
     * Saves the maps as a safetensors file, in float64, with the report and the scores as metadata.
     *
     * @param file where to, such as {@code maps.safetensors}; replaced as a whole if it exists, and
     *     its directory must
     * @throws java.io.UncheckedIOException if it cannot be written
     */
    public void save(Path file) {
        CrossModelFile.save(this, file);
    }

    /**
     * Loads what {@link #save} wrote. Models of other widths or with fewer layers are refused;
     * models of the same shape with other weights, such as further trained ones, only give {@link
     * #warnings()}.
     *
     * @param file where it was saved
     * @param source the source model
     * @param target the target model
     * @return equal maps, to the last bit
     * @throws dev.patchscopes.checkpoint.CheckpointException if there is no such file
     * @throws IllegalArgumentException if it is damaged, holds something else, or does not fit the
     *     models; the message names the file and what is wrong
     */
    public static CrossModelMap load(Path file, HookedModel source, HookedModel target) {
        return CrossModelFile.load(file, source, target);
    }

    /** {@return the models, the kind and how many pairs of layers} */
    @Override
    public String toString() {
        return "CrossModelMap[%s -> %s, %s, %d pairs of layers]"
                .formatted(
                        report.source().name(),
                        report.target().name(),
                        report.setup().kind(),
                        maps.size());
    }
}
