package dev.patchscopes;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableDoubleArray;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Intervention;
import dev.patchscopes.model.OutOfRangeException;
import dev.patchscopes.text.Positions;

/**
 * Reads what a representation holds by letting a model put it into words.
 *
 * <p>The vector h at (source prompt S, position i, layer l) of a model M is mapped to f(h) and
 * written over the vector at (target prompt T, position i*, layer l*) of a model M*, the same or
 * another; what M* then says about T is the reading. Ghandeharioun et al., "Patchscopes: A Unifying
 * Framework for Inspecting Hidden Representations of Language Models" (2024).
 *
 * <p>Layers are those of {@link Layers}: 0..L, before the final norm. The patch is applied once,
 * while T is read, at the absolute position i*; generation goes on from the keys and values it
 * left. It changes positions from i* on in blocks after l*; in layers up to l* later tokens still
 * see the placeholder itself. Vectors pass through the mapping in float64.
 *
 * <pre>{@code
 * PatchscopeResult r = Patchscope.on(model)
 *     .sourcePrompt("Diana, Princess of Wales").sourceLayer(10)
 *     .targetPrompt(TargetPrompt.entityDescription()).targetLayer(10)
 *     .maxNewTokens(20)
 *     .build()
 *     .run();
 * r.text();
 * r.unpatched().text();   // what the model says of the placeholder itself
 * }</pre>
 *
 * <p>Immutable; can be run any number of times, from any thread, while its models are open. It does
 * not own them.
 */
public final class Patchscope {
    private final HookedModel sourceModel;
    private final Place source;
    private final Positions sourcePosition; // as it was described, for other prompts
    private final Mapping mapping;
    private final TargetRun target;
    private final Place targetPlace;

    Patchscope(
            HookedModel sourceModel,
            Place source,
            Positions sourcePosition,
            Mapping mapping,
            TargetRun target,
            Place targetPlace) {
        this.sourceModel = sourceModel;
        this.source = source;
        this.sourcePosition = sourcePosition;
        this.mapping = mapping;
        this.target = target;
        this.targetPlace = targetPlace;
    }

    /**
     * Starts describing a patchscope.
     *
     * @param model the model the representation is read from, and written to unless {@link
     *     PatchscopeBuilder#targetModel(HookedModel)} names another
     * @return a builder
     */
    public static PatchscopeBuilder on(HookedModel model) {
        return new PatchscopeBuilder(model);
    }

    /** {@return where the representation is read} */
    public Place source() {
        return source;
    }

    /** {@return where it is written} */
    public Place target() {
        return targetPlace;
    }

    /** {@return what happens to it in between} */
    public Mapping mapping() {
        return mapping;
    }

    HookedModel sourceModel() {
        return sourceModel;
    }

    Positions sourcePosition() {
        return sourcePosition;
    }

    TargetRun targetRun() {
        return target;
    }

    /** {@return all that determines the result} */
    public Provenance provenance() {
        return provenance(source, mapping.name(), targetPlace);
    }

    Provenance provenance(Place from, String mappingName, Place to) {
        return new Provenance(
                LibraryVersion.current(),
                from,
                to,
                mappingName,
                target.maxNewTokens(),
                target.sampling(),
                target.stopAt());
    }

    /**
     * The same patchscope with another mapping.
     *
     * @param f the mapping
     * @return the patchscope
     * @throws PatchscopeException if the models' widths do not fit it
     */
    public Patchscope withMapping(Mapping f) {
        PatchChecks.widths(sourceModel, f, target.model());
        return new Patchscope(sourceModel, source, sourcePosition, f, target, targetPlace);
    }

    /**
     * The same patchscope between other layers.
     *
     * @param sourceLayer l in 0..L of the source model
     * @param targetLayer l* in 0..L of the target model
     * @return the patchscope
     * @throws OutOfRangeException if a model has no such layer
     */
    public Patchscope atLayers(int sourceLayer, int targetLayer) {
        Layers.check(sourceModel, sourceLayer);
        Layers.check(target.model(), targetLayer);
        return new Patchscope(
                sourceModel,
                new Place(source.model(), source.prompt(), source.position(), sourceLayer),
                sourcePosition,
                mapping,
                target,
                new Place(
                        targetPlace.model(),
                        targetPlace.prompt(),
                        targetPlace.position(),
                        targetLayer));
    }

    /**
     * Reads the representation, patches it in, and reads the answer; and the answer without the
     * patch.
     *
     * @return what both say
     * @throws PatchscopeException if the mapping gives a vector of the wrong width or with numbers
     *     that are not finite
     * @throws dev.patchscopes.model.NonFiniteException if {@link PatchscopeBuilder#checkFinite()}
     *     was asked for and values in a run are not finite
     * @throws dev.patchscopes.model.ModelClosedException if a model is closed
     * @throws dev.patchscopes.model.PromptTooLongException if a prompt exceeds its model's context
     */
    public PatchscopeResult run() {
        HookPoint from = HookPoint.residual(source.layer());
        double[] vector = // [d_model of M]
                target.run(sourceModel, source.prompt())
                        .capture(from)
                        .execute()
                        .vectorDoubles(from, Positions.at(source.position()));
        double[] patch = // [d_model of M*]
                PatchChecks.patch(
                        mapping.apply(vector),
                        mapping.name(),
                        source,
                        "layer %d of %s".formatted(targetPlace.layer(), target.model().name()),
                        target.model().width());
        Intervention replace =
                Intervention.replace(
                        HookPoint.residual(targetPlace.layer()),
                        Positions.at(targetPlace.position()),
                        patch);
        Answer patched = target.answer(ImmutableList.of(replace));
        return new PatchscopeResult(
                provenance(),
                ImmutableDoubleArray.copyOf(vector),
                ImmutableDoubleArray.copyOf(patch),
                patched,
                target.answer(ImmutableList.of()),
                target.relevance(patched.generation()));
    }

    /**
     * Starts describing a sweep: this patchscope between many layers, and with other source
     * prompts, source positions, mappings and target prompts.
     *
     * <pre>{@code
     * ImmutableList<LayerGrid> grids = scope.sweep()
     *     .layers(Layers.all(), Layers.all())
     *     .sourcePrompts("Diana, Princess of Wales", "Leonardo DiCaprio")
     *     .run();
     * }</pre>
     *
     * @return a sweep to add choices to
     * @throws PatchscopeException if the patchscope samples: sweeps generate greedily
     */
    public PatchscopeSweep sweep() {
        if (target.maxNewTokens() > 0 && target.sampling().temperature() > 0) {
            throw new PatchscopeException(
                    "a sweep generates greedily, and this patchscope samples with %s: drop sampling(...), or run its cells one by one with atLayers(l, l*)"
                            .formatted(target.sampling()));
        }
        return PatchscopeSweep.of(this);
    }

    /**
     * Runs the patchscope between every source layer and every target layer, all cells together:
     * {@link PatchscopeSweep} with everything else as it is here.
     *
     * @param sourceLayers l
     * @param targetLayers l*
     * @return a cell a pair
     * @throws PatchscopeException if the patchscope samples: sweeps generate greedily
     * @throws OutOfRangeException if a model does not have one of the layers
     */
    public LayerGrid sweep(Layers sourceLayers, Layers targetLayers) {
        return sweep().layers(sourceLayers, targetLayers).run().get(0);
    }

    /**
     * Runs the patchscope with l* = l at several layers, all cells together: {@link
     * PatchscopeSweep} with everything else as it is here.
     *
     * @param layers l and l*
     * @return a cell a layer
     * @throws PatchscopeException if the patchscope samples: sweeps generate greedily
     * @throws OutOfRangeException if a model does not have one of the layers
     */
    public LayerGrid sweepSameLayer(Layers layers) {
        return sweep().sameLayers(layers).run().get(0);
    }

    /** {@return source, mapping and target in a line} */
    @Override
    public String toString() {
        return "Patchscope[%s]".formatted(provenance());
    }
}
