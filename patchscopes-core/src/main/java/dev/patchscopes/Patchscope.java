package dev.patchscopes;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableDoubleArray;
import dev.patchscopes.model.Activations;
import dev.patchscopes.model.BaseRun;
import dev.patchscopes.model.Cell;
import dev.patchscopes.model.CellResult;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Intervention;
import dev.patchscopes.model.OutOfRangeException;
import dev.patchscopes.model.Reading;
import dev.patchscopes.text.Positions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

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
    private static final int TOP_TOKENS = 5;

    private final HookedModel sourceModel;
    private final Place source;
    private final Mapping mapping;
    private final TargetRun target;
    private final Place targetPlace;

    Patchscope(
            HookedModel sourceModel,
            Place source,
            Mapping mapping,
            TargetRun target,
            Place targetPlace) {
        this.sourceModel = sourceModel;
        this.source = source;
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

    /** {@return all that determines the result} */
    public Provenance provenance() {
        return new Provenance(
                LibraryVersion.current(),
                source,
                targetPlace,
                mapping.name(),
                target.maxNewTokens(),
                target.sampling(),
                target.stopAt());
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
     * @throws dev.patchscopes.model.ModelClosedException if a model is closed
     * @throws dev.patchscopes.model.PromptTooLongException if a prompt exceeds its model's context
     */
    public PatchscopeResult run() {
        HookPoint from = HookPoint.residual(source.layer());
        double[] vector = // [d_model of M]
                sourceModel
                        .run(source.prompt())
                        .capture(from)
                        .execute()
                        .vectorDoubles(from, Positions.at(source.position()));
        double[] patch = checked(mapping.apply(vector)); // [d_model of M*]
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
     * Runs the patchscope between every source layer and every target layer, all cells together.
     *
     * <p>The source is read once for all layers. Each cell computes only what its patch can change
     * of the target run; see {@link dev.patchscopes.model.Sweep}.
     *
     * @param sourceLayers l
     * @param targetLayers l*
     * @return a cell a pair
     * @throws PatchscopeException if the patchscope samples: sweeps generate greedily
     */
    public LayerGrid sweep(Layers sourceLayers, Layers targetLayers) {
        ImmutableList.Builder<int[]> pairs = ImmutableList.builder();
        for (int l : sourceLayers.resolve(sourceModel).asList()) {
            for (int to : targetLayers.resolve(target.model()).asList()) {
                pairs.add(new int[] {l, to});
            }
        }
        return sweep(pairs.build());
    }

    /**
     * Runs the patchscope with l* = l at several layers, all cells together.
     *
     * @param layers l and l*
     * @return a cell a layer
     * @throws PatchscopeException if the patchscope samples: sweeps generate greedily
     */
    public LayerGrid sweepSameLayer(Layers layers) {
        ImmutableList.Builder<int[]> pairs = ImmutableList.builder();
        for (int l : layers.resolve(sourceModel).asList()) {
            Layers.check(target.model(), l);
            pairs.add(new int[] {l, l});
        }
        return sweep(pairs.build());
    }

    private LayerGrid sweep(List<int[]> pairs) {
        if (target.maxNewTokens() > 0 && target.sampling().temperature() > 0) {
            throw new PatchscopeException(
                    "a sweep generates greedily, and this patchscope samples with %s: drop sampling(...), or run its cells one by one with atLayers(l, l*)"
                            .formatted(target.sampling()));
        }
        List<HookPoint> points =
                pairs.stream().map(p -> HookPoint.residual(p[0])).distinct().toList();
        Activations read = sourceModel.run(source.prompt()).capture(points).execute();
        Map<HookPoint, double[]> patches = new HashMap<>();
        for (HookPoint point : points) {
            double[] vector = read.vectorDoubles(point, Positions.at(source.position()));
            patches.put(point, checked(mapping.apply(vector)));
        }
        List<Cell> cells = new ArrayList<>();
        for (int[] pair : pairs) {
            cells.add(
                    Cell.of(
                            0,
                            Intervention.replace(
                                    HookPoint.residual(pair[1]),
                                    Positions.at(targetPlace.position()),
                                    patches.get(HookPoint.residual(pair[0])))));
        }
        cells.add(Cell.of(0)); // the answer without the patch
        ImmutableList<CellResult> results =
                target.model()
                        .sweep(BaseRun.of(target.prompt()))
                        .cells(cells)
                        .reading(Reading.top(TOP_TOKENS))
                        .generate(target.maxNewTokens(), target.stopAt().toArray(String[]::new))
                        .execute();
        ImmutableList.Builder<LayerGrid.GridCell> grid = ImmutableList.builder();
        for (int i = 0; i < pairs.size(); i++) {
            grid.add(new LayerGrid.GridCell(pairs.get(i)[0], pairs.get(i)[1], results.get(i)));
        }
        return new LayerGrid(provenance(), grid.build(), results.get(pairs.size()));
    }

    private double[] checked(double[] patch) {
        if (patch.length != target.model().width()) {
            throw new PatchscopeException(
                    "mapping \"%s\" gave %d values, and layer %d of %s holds %d"
                            .formatted(
                                    mapping.name(),
                                    patch.length,
                                    targetPlace.layer(),
                                    target.model().name(),
                                    target.model().width()));
        }
        for (int i = 0; i < patch.length; i++) {
            if (!Double.isFinite(patch[i])) {
                throw new PatchscopeException(
                        "mapping \"%s\" gave %s at index %d of the representation at %s"
                                .formatted(mapping.name(), patch[i], i, source));
            }
        }
        return patch;
    }

    /** {@return source, mapping and target in a line} */
    @Override
    public String toString() {
        return "Patchscope[%s]".formatted(provenance());
    }
}
