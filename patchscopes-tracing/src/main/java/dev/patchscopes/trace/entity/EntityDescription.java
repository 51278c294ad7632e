package dev.patchscopes.trace.entity;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.Layers;
import dev.patchscopes.Mapping;
import dev.patchscopes.Patchscope;
import dev.patchscopes.PatchscopeException;
import dev.patchscopes.TargetPrompt;
import dev.patchscopes.facts.Relation;
import dev.patchscopes.model.Execution;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Progress;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenizedPrompt;
import dev.patchscopes.trace.LayerMaps;
import dev.patchscopes.trace.LayerPair;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Entity descriptions: how a model resolves a name, layer by layer, in its own words (Ghandeharioun
 * et al., "Patchscopes", 2024, section 4.3).
 *
 * <p>The source prompt S is the bare name, i its last token, found by characters; the target prompt
 * T shows descriptions of three entities and ends in a placeholder x, whose vector at layer l* is
 * replaced by that of the name at layer l, with l* = l unless other {@link #layers(Layers, Layers)}
 * are chosen. The model goes on greedily. Its descriptions begin with a colon, and a comma or a
 * line break ends them, as in the prompt.
 *
 * <pre>{@code
 * try (HookedModel model = HookedModel.demo()) {
 *     EntityReport report = EntityDescription.of(model).describe("Marie Curie");
 *     System.out.println(report);                    // by layer
 *     report.of("Marie Curie").at(4, 4).text();      // ": Polish chemist"
 *     report.unpatched();                            // what it says of x itself
 * }
 * }</pre>
 *
 * <p><b>The placeholder below l*.</b> The patch replaces the vector at one layer: in the blocks
 * below l* later tokens still attend to the keys and values of x itself, and the paper takes this
 * for the reason why descriptions get worse in late layers. {@link #hidingPlaceholder()} cuts all
 * attention to x in these blocks, so that nothing but the vector is left of position i*. In the
 * model that comes with the library it is another reason: of 74 entities, descriptions name what it
 * is in 0.81 (95 % interval 0.71 to 0.88) at layer 4 of 10, and in 0.16 (0.10 to 0.26) at layer 8,
 * as rarely as the placeholder itself; hiding it changes neither. It is the target layer that comes
 * too late, with too few blocks above it: the vector of layer 8 gives 0.46 (0.35 to 0.57) at l* =
 * 4, that of layer 4 but 0.12 (0.07 to 0.22) at l* = 8.
 *
 * <p>All layers of all names, the direct texts and the unpatched one are computed in one sweep (one
 * for some 16 000 cells). Immutable: each method returns another one.
 */
public final class EntityDescription {
    private final HookedModel model;
    private final EntitySettings settings;

    private EntityDescription(HookedModel model, EntitySettings settings) {
        this.model = model;
        this.settings = settings;
    }

    /**
     * Starts stating descriptions.
     *
     * @param model reads the names, and describes them unless another {@link #targetModel} does;
     *     stays the caller's to close
     * @return descriptions to add choices to
     */
    public static EntityDescription of(HookedModel model) {
        return new EntityDescription(Objects.requireNonNull(model, "model"), new EntitySettings());
    }

    private EntityDescription with(Consumer<EntitySettings> change) {
        EntitySettings copy = settings.copy();
        change.accept(copy);
        return new EntityDescription(model, copy);
    }

    /**
     * Chooses another model to describe what the first one reads (the paper's section 4.4). It
     * reads the target prompt with its own tokenizer. Unless the two have one width, say how
     * vectors get from one to the other, {@link #mapping(Mapping)} or {@link #mapping(LayerMaps)}.
     *
     * @param target the model M*; stays the caller's to close
     * @return the descriptions
     */
    public EntityDescription targetModel(HookedModel target) {
        return with(s -> s.target = Optional.of(target));
    }

    /**
     * Chooses one mapping for all pairs of layers; the identity unless chosen.
     *
     * @param mapping f
     * @return the descriptions
     */
    public EntityDescription mapping(Mapping mapping) {
        Objects.requireNonNull(mapping, "mapping");
        return mapping((source, to) -> mapping);
    }

    /**
     * Chooses a mapping for each pair of layers, such as a map that was fitted between two models.
     *
     * @param maps gives f of each (l, l*)
     * @return the descriptions
     */
    public EntityDescription mapping(LayerMaps maps) {
        return with(s -> s.maps = Objects.requireNonNull(maps, "maps"));
    }

    /**
     * Chooses the target prompt T; {@link TargetPrompt#entityDescription()} unless chosen.
     *
     * @param prompt a text with a placeholder
     * @return the descriptions
     * @throws IllegalArgumentException if it has no placeholder
     */
    public EntityDescription target(TargetPrompt prompt) {
        checkArgument(
                prompt.placeholder().isPresent(),
                "the target prompt %s has no placeholder for the entity: use TargetPrompt.entityDescription() or TargetPrompt.of(text, \"x\")",
                prompt);
        return with(s -> s.prompt = prompt);
    }

    /**
     * Chooses the source prompt S; the bare name unless chosen. Only what comes before the name's
     * end matters to its vector.
     *
     * @param template a text with {@code {}} once, where the name goes
     * @return the descriptions
     * @throws IllegalArgumentException if it has no such place, or several
     */
    public EntityDescription source(String template) {
        int at = template.indexOf(Relation.SLOT);
        checkArgument(
                at >= 0 && template.indexOf(Relation.SLOT, at + 1) < 0,
                "the source prompt \"%s\" needs %s once, where the name goes",
                template,
                Relation.SLOT);
        return with(s -> s.template = template);
    }

    /**
     * Chooses layers with l* = l; all unless chosen.
     *
     * @param layers l and l*
     * @return the descriptions
     */
    public EntityDescription layers(Layers layers) {
        return with(
                s -> {
                    s.sourceLayers = Objects.requireNonNull(layers, "layers");
                    s.targetLayers = Optional.empty();
                });
    }

    /**
     * Chooses every pair of a source and a target layer.
     *
     * @param sourceLayers l
     * @param targetLayers l*
     * @return the descriptions
     */
    public EntityDescription layers(Layers sourceLayers, Layers targetLayers) {
        return with(
                s -> {
                    s.sourceLayers = Objects.requireNonNull(sourceLayers, "sourceLayers");
                    s.targetLayers = Optional.of(targetLayers);
                });
    }

    /**
     * Chooses how long descriptions get at most; 20 tokens unless chosen.
     *
     * @param tokens at least 1
     * @return the descriptions
     */
    public EntityDescription maxNewTokens(int tokens) {
        checkArgument(tokens >= 1, "maxNewTokens %s: a description takes at least one", tokens);
        return with(s -> s.newTokens = tokens);
    }

    /**
     * Chooses the strings that end a description; a comma and a line break unless chosen, as they
     * end those in the prompt.
     *
     * @param strings none empty; none at all for texts as long as {@link #maxNewTokens} allows
     * @return the descriptions
     */
    public EntityDescription stopAt(String... strings) {
        return with(s -> s.stopAt = ImmutableList.copyOf(strings));
    }

    /**
     * Hides the placeholder below l*: in blocks 0..l*-1 no token attends to position i*, neither of
     * the prompt nor generated. Its keys and values from block l* on are those of the vector
     * written there, and stay visible. What is said then depends on the vector alone, whichever
     * token the placeholder is; with l* = 0 there is nothing to hide.
     *
     * <p>As a sweep cell it is the patch together with
     *
     * <pre>{@code
     * Intervention.cutAttention(Positions.all(), Positions.at(i*), 0, l*).during(Phase.ALL)
     * }</pre>
     *
     * <p>Edges are cut before the softmax, so the other tokens share what x got. Cells that cut
     * while generating take a full pass each: this mode is slower.
     *
     * @return the descriptions
     */
    public EntityDescription hidingPlaceholder() {
        return with(s -> s.hiding = true);
    }

    /**
     * Chooses the seed of random vectors, of the halves that layers are chosen and scored on, and
     * of the bootstrap; 0 unless chosen.
     *
     * @param seed the seed
     * @return the descriptions
     */
    public EntityDescription seed(long seed) {
        return with(s -> s.seed = seed);
    }

    /**
     * Chooses how cells are computed; {@link Execution#EXACT} unless chosen.
     *
     * @param how the execution
     * @return the descriptions
     */
    public EntityDescription execution(Execution how) {
        return with(s -> s.execution = Objects.requireNonNull(how, "execution"));
    }

    /**
     * Limits the memory that cells in flight may take beyond the models; see {@link
     * dev.patchscopes.model.Sweep#memoryBudget(long)}.
     *
     * @param bytes the limit, at least 1
     * @return the descriptions
     */
    public EntityDescription memoryBudget(long bytes) {
        checkArgument(bytes >= 1, "a memory budget of %s bytes is none", bytes);
        return with(s -> s.budget = Optional.of(bytes));
    }

    /**
     * Sets a listener.
     *
     * @param listener hears of finished cells, and can stop the work at any time
     * @return the descriptions
     */
    public EntityDescription progress(Progress listener) {
        return with(s -> s.progress = Objects.requireNonNull(listener, "progress"));
    }

    /**
     * Describes entities.
     *
     * @param names the names, at least one
     * @return the descriptions by layer, with the direct and the unpatched texts
     * @throws IllegalArgumentException if there is no name, or one is blank
     * @throws PatchscopeException if a mapping gives a vector of the wrong width or with numbers
     *     that are not finite
     * @throws dev.patchscopes.text.PositionException if the placeholder is not one token
     * @throws dev.patchscopes.model.OutOfRangeException if a model does not have a layer
     * @throws dev.patchscopes.model.PromptTooLongException if a prompt exceeds a model's context
     * @throws dev.patchscopes.model.ModelClosedException if a model is closed
     * @throws java.util.concurrent.CancellationException if the listener or an interrupt of this
     *     thread stopped the work
     */
    public EntityReport describe(String... names) {
        return describe(List.of(names));
    }

    /**
     * Describes entities; see {@link #describe(String...)}.
     *
     * @param names the names, at least one
     * @return the descriptions by layer, with the direct and the unpatched texts
     */
    public EntityReport describe(List<String> names) {
        return describe(names, false);
    }

    private EntityReport describe(List<String> names, boolean random) {
        checkArgument(!names.isEmpty(), "no entity is named: give at least one name");
        EntitySetup setup = setup();
        return new EntityRun(setup, random).run(names.stream().map(this::input).toList());
    }

    /**
     * Describes entities, by random vectors of the same lengths too, and compares all with what is
     * so.
     *
     * @param references the entities, with what is said of them; at least one
     * @return descriptions and scores
     * @throws IllegalArgumentException if there is none
     * @throws PatchscopeException as for {@link #describe(String...)}, as all others
     */
    public EntityEvaluation evaluate(List<EntityReference> references) {
        return new EntityEvaluation(
                describe(references.stream().map(EntityReference::name).toList(), true),
                ImmutableList.copyOf(references));
    }

    /** Describes entities that are given as tokens. */
    EntityReport describe(
            List<EntityInput> entities, TokenizedPrompt prompt, int placeholder, boolean random) {
        return new EntityRun(setup(prompt, placeholder), random).run(entities);
    }

    /**
     * States one cell as a Patchscope by itself, which gives the same text.
     *
     * @param name the name
     * @param sourceLayer l
     * @param targetLayer l*
     * @return the patchscope
     * @throws PatchscopeException if the placeholder is hidden below l*: a Patchscope writes a
     *     vector and cuts no attention; {@link #hidingPlaceholder()} gives the sweep cell instead
     * @throws dev.patchscopes.model.OutOfRangeException if a model does not have a layer
     */
    public Patchscope asPatchscope(String name, int sourceLayer, int targetLayer) {
        if (settings.hiding && targetLayer > 0) {
            throw new PatchscopeException(
                    "a Patchscope cannot hide the placeholder below layer %d, as it cuts no attention: leave hidingPlaceholder() out, or use describe(...)"
                            .formatted(targetLayer));
        }
        EntityInput entity = input(name);
        return Patchscope.on(model)
                .targetModel(targetModel())
                .sourcePrompt(entity.source())
                .sourcePosition(Positions.at(entity.position()))
                .sourceLayer(sourceLayer)
                .mapping(settings.maps.between(sourceLayer, targetLayer))
                .targetPrompt(settings.prompt)
                .targetLayer(targetLayer)
                .maxNewTokens(settings.newTokens)
                .stopAt(settings.stopAt.toArray(String[]::new))
                .build();
    }

    private HookedModel targetModel() {
        return settings.target.orElse(model);
    }

    private EntityInput input(String name) {
        return EntityInput.of(name, settings.template, model, settings.prompt, targetModel());
    }

    private EntitySetup setup() {
        TokenizedPrompt prompt = targetModel().tokenize(settings.prompt.text());
        return setup(prompt, settings.prompt.resolve(prompt));
    }

    private EntitySetup setup(TokenizedPrompt prompt, int placeholder) {
        ImmutableList<LayerPair> pairs = pairs();
        return new EntitySetup(
                model,
                targetModel(),
                settings.template,
                prompt,
                placeholder,
                pairs,
                pairs.stream()
                        .map(pair -> settings.maps.between(pair.source(), pair.target()))
                        .collect(ImmutableList.toImmutableList()),
                settings.newTokens,
                settings.stopAt,
                settings.hiding,
                settings.seed,
                settings.execution,
                settings.budget,
                settings.progress);
    }

    private ImmutableList<LayerPair> pairs() {
        ImmutableList.Builder<LayerPair> pairs = ImmutableList.builder();
        for (int l : settings.sourceLayers.resolve(model).asList()) {
            Layers targets = settings.targetLayers.orElse(Layers.at(l));
            for (int to : targets.resolve(targetModel()).asList()) {
                pairs.add(new LayerPair(l, to));
            }
        }
        return pairs.build();
    }

    /** {@return the models and what was chosen} */
    @Override
    public String toString() {
        return "EntityDescription[%s -> %s, %s%s, %d new tokens%s]"
                .formatted(
                        model.name(),
                        targetModel().name(),
                        settings.sourceLayers,
                        settings.targetLayers.map(layers -> " x " + layers).orElse(""),
                        settings.newTokens,
                        settings.hiding ? ", placeholder hidden" : "");
    }
}
