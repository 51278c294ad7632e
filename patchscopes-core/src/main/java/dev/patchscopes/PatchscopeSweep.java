package dev.patchscopes;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMultiset;
import com.google.common.collect.Multiset;
import dev.patchscopes.model.Execution;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.OutOfRangeException;
import dev.patchscopes.model.Progress;
import dev.patchscopes.model.Reading;
import dev.patchscopes.model.Sweep;
import dev.patchscopes.model.SweepEstimate;
import dev.patchscopes.text.PositionException;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenizedPrompt;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A patchscope between many layers and, if wished, with many source prompts, source positions,
 * mappings and target prompts, computed together.
 *
 * <p>This is the whole family of quintuples of Ghandeharioun et al., "Patchscopes" (2024), section
 * 3.1, that one configuration opens: each l with each l* (or l* = l), for each source (S, i), each
 * f and each target (T, i*). Every prompt is run once, whatever the number of cells, and identical
 * prompts share their run; each cell computes only what its patch can change of the target run, see
 * {@link Sweep}. Between two models the vectors are read in the source model first.
 *
 * <p>Only layers have to be chosen; all else is the patchscope's own unless chosen. A choice made
 * again replaces the former. Answers are as long as the patchscope's, stop where they stop, and are
 * generated greedily.
 *
 * <pre>{@code
 * PatchscopeSweep sweep = scope.sweep()
 *     .layers(Layers.all(), Layers.all())
 *     .sourcePrompts("Diana, Princess of Wales", "Leonardo DiCaprio")
 *     .sourcePositions(Positions.last(), Positions.at(2))
 *     .targetPrompts(TargetPrompt.tokenIdentity(), TargetPrompt.entityDescription());
 * System.out.println(sweep.explain());            // what it will take
 * ImmutableList<LayerGrid> grids = sweep.run();   // 2 x 2 x 1 x 2 grids, each l x l*
 * Files.writeString(Path.of("grids.csv"), LayerGrid.toCsv(grids));
 * }</pre>
 *
 * <p>Immutable; each method returns a new sweep. Can be run any number of times while its models
 * are open.
 */
public final class PatchscopeSweep {
    private static final int TOP_TOKENS = 5;

    private final Patchscope scope;
    private final Settings settings;

    /** A sweep's choices; only {@link #with} changes one, and only on a copy nobody else has. */
    private static final class Settings {
        private ImmutableList<GridPlan.LayerPair> layers = ImmutableList.of();
        private ImmutableList<TokenizedPrompt> sourcePrompts = ImmutableList.of();
        private ImmutableList<Positions> sourcePositions = ImmutableList.of();
        private ImmutableList<Mapping> mappings = ImmutableList.of();
        private ImmutableList<SweepSpots.Target> targets =
                ImmutableList.of(); // none: the scope's own
        private Optional<Positions> targetPosition = Optional.empty();
        private Reading reading = Reading.top(TOP_TOKENS);
        private Execution execution = Execution.EXACT;
        private Optional<Long> budget = Optional.empty();
        private Progress progress = Progress.none();
        private Optional<Path> journal = Optional.empty();

        Settings copy() {
            Settings copy = new Settings();
            copy.layers = layers;
            copy.sourcePrompts = sourcePrompts;
            copy.sourcePositions = sourcePositions;
            copy.mappings = mappings;
            copy.targets = targets;
            copy.targetPosition = targetPosition;
            copy.reading = reading;
            copy.execution = execution;
            copy.budget = budget;
            copy.progress = progress;
            copy.journal = journal;
            return copy;
        }
    }

    private PatchscopeSweep(Patchscope scope, Settings settings) {
        this.scope = scope;
        this.settings = settings;
    }

    static PatchscopeSweep of(Patchscope scope) {
        Settings settings = new Settings();
        settings.sourcePrompts = ImmutableList.of(scope.source().prompt());
        settings.sourcePositions = ImmutableList.of(scope.sourcePosition());
        settings.mappings = ImmutableList.of(scope.mapping());
        return new PatchscopeSweep(scope, settings);
    }

    private PatchscopeSweep with(Consumer<Settings> change) {
        Settings copy = settings.copy();
        change.accept(copy);
        return new PatchscopeSweep(scope, copy);
    }

    private HookedModel targetModel() {
        return scope.targetRun().model();
    }

    /**
     * Chooses every pair of a source layer and a target layer.
     *
     * @param sourceLayers l
     * @param targetLayers l*
     * @return the sweep
     * @throws OutOfRangeException if a model does not have one of the layers
     */
    public PatchscopeSweep layers(Layers sourceLayers, Layers targetLayers) {
        ImmutableList.Builder<GridPlan.LayerPair> pairs = ImmutableList.builder();
        List<Integer> targets = targetLayers.resolve(targetModel()).asList();
        for (int l : sourceLayers.resolve(scope.sourceModel()).asList()) {
            targets.forEach(to -> pairs.add(new GridPlan.LayerPair(l, to)));
        }
        return with(s -> s.layers = pairs.build());
    }

    /**
     * Chooses pairs with l* = l.
     *
     * @param layers l and l*
     * @return the sweep
     * @throws OutOfRangeException if a model does not have one of the layers
     */
    public PatchscopeSweep sameLayers(Layers layers) {
        ImmutableList.Builder<GridPlan.LayerPair> pairs = ImmutableList.builder();
        for (int l : layers.resolve(scope.sourceModel()).asList()) {
            Layers.check(targetModel(), l);
            pairs.add(new GridPlan.LayerPair(l, l));
        }
        return with(s -> s.layers = pairs.build());
    }

    /**
     * Chooses source prompts S.
     *
     * @param texts texts, tokenised as the source model reads them; at least one
     * @return the sweep
     * @throws IllegalArgumentException if there is none
     */
    public PatchscopeSweep sourcePrompts(String... texts) {
        return sourcePrompts(Arrays.stream(texts).map(scope.sourceModel()::tokenize).toList());
    }

    /**
     * Chooses source prompts S.
     *
     * @param prompts tokens of the source model; at least one prompt
     * @return the sweep
     * @throws IllegalArgumentException if there is none
     */
    public PatchscopeSweep sourcePrompts(List<TokenizedPrompt> prompts) {
        checkSome("sourcePrompts", "prompt", prompts);
        return with(s -> s.sourcePrompts = ImmutableList.copyOf(prompts));
    }

    /**
     * Chooses source positions i. Unless chosen, the patchscope's own is looked for in each source
     * prompt as it was described: its last token, say, or {@code Positions.of("Wales")}.
     *
     * @param positions at least one; each exactly one token of every source prompt
     * @return the sweep
     * @throws IllegalArgumentException if there is none
     */
    public PatchscopeSweep sourcePositions(Positions... positions) {
        checkSome("sourcePositions", "position", Arrays.asList(positions));
        return with(s -> s.sourcePositions = ImmutableList.copyOf(positions));
    }

    /**
     * Chooses mappings f.
     *
     * @param all at least one; no two of the same name, by which results know them
     * @return the sweep
     * @throws PatchscopeException if the models' widths do not fit one
     * @throws IllegalArgumentException if there is none, or two have the same name
     */
    public PatchscopeSweep mappings(Mapping... all) {
        checkSome("mappings", "mapping", Arrays.asList(all));
        for (Mapping mapping : all) {
            PatchChecks.widths(scope.sourceModel(), mapping, targetModel());
        }
        for (Multiset.Entry<String> name :
                Arrays.stream(all)
                        .map(Mapping::name)
                        .collect(ImmutableMultiset.toImmutableMultiset())
                        .entrySet()) {
            checkArgument(
                    name.getCount() == 1,
                    "%s mappings are called \"%s\", and results know a mapping by its name: give each its own with Mapping.of(name, function)",
                    name.getCount(),
                    name.getElement());
        }
        return with(s -> s.mappings = ImmutableList.copyOf(all));
    }

    /**
     * Chooses target prompts T, each patched at its last token unless {@link #targetPosition} says
     * otherwise.
     *
     * @param texts texts, tokenised as the target model reads them; at least one
     * @return the sweep
     * @throws IllegalArgumentException if there is none
     */
    public PatchscopeSweep targetPrompts(String... texts) {
        return targetPrompts(
                Arrays.stream(texts).map(TargetPrompt::of).toArray(TargetPrompt[]::new));
    }

    /**
     * Chooses target prompts T, each patched at its placeholder (its last token, if it has none)
     * unless {@link #targetPosition} says otherwise. A target position given to the patchscope
     * belongs to its own prompt and counts for no other.
     *
     * @param prompts texts and placeholders, tokenised as the target model reads them; at least one
     * @return the sweep
     * @throws IllegalArgumentException if there is none
     */
    public PatchscopeSweep targetPrompts(TargetPrompt... prompts) {
        checkSome("targetPrompts", "prompt", Arrays.asList(prompts));
        return withTargets(
                Arrays.stream(prompts)
                        .map(
                                p ->
                                        new SweepSpots.Target(
                                                targetModel().tokenize(p.text()), Optional.of(p)))
                        .toList());
    }

    /**
     * Chooses target prompts T, each patched at its last token unless {@link #targetPosition} says
     * otherwise.
     *
     * @param prompts tokens of the target model; at least one prompt
     * @return the sweep
     * @throws IllegalArgumentException if there is none
     */
    public PatchscopeSweep targetPrompts(List<TokenizedPrompt> prompts) {
        checkSome("targetPrompts", "prompt", prompts);
        return withTargets(
                prompts.stream().map(p -> new SweepSpots.Target(p, Optional.empty())).toList());
    }

    private PatchscopeSweep withTargets(List<SweepSpots.Target> targets) {
        return with(s -> s.targets = ImmutableList.copyOf(targets));
    }

    /**
     * Sets the target position i*, whatever placeholders the target prompts have.
     *
     * @param position exactly one token of every target prompt
     * @return the sweep
     */
    public PatchscopeSweep targetPosition(Positions position) {
        return with(s -> s.targetPosition = Optional.of(position));
    }

    /**
     * Chooses how many of the most probable tokens are read of each cell; 5 unless chosen.
     *
     * @param topTokens at least 1
     * @return the sweep
     */
    public PatchscopeSweep reading(int topTokens) {
        return reading(Reading.top(topTokens));
    }

    /**
     * Chooses what is read of each cell; the 5 most probable tokens unless chosen.
     *
     * @param what the reading; token ids are the target model's
     * @return the sweep
     */
    public PatchscopeSweep reading(Reading what) {
        return with(s -> s.reading = Objects.requireNonNull(what, "reading"));
    }

    /**
     * Chooses how cells are computed; {@link Execution#EXACT} unless chosen.
     *
     * @param how the execution
     * @return the sweep
     */
    public PatchscopeSweep execution(Execution how) {
        return with(s -> s.execution = Objects.requireNonNull(how, "execution"));
    }

    /**
     * Limits the memory that cells in flight, or source prompts in flight through another model,
     * may take beyond the models; see {@link Sweep#memoryBudget(long)}.
     *
     * @param bytes the limit, at least 1
     * @return the sweep
     */
    public PatchscopeSweep memoryBudget(long bytes) {
        checkArgument(bytes >= 1, "a memory budget of %s bytes is none", bytes);
        return with(s -> s.budget = Optional.of(bytes));
    }

    /**
     * Sets a listener.
     *
     * @param listener hears of finished cells, and can stop the sweep
     * @return the sweep
     */
    public PatchscopeSweep progress(Progress listener) {
        return with(s -> s.progress = Objects.requireNonNull(listener, "progress"));
    }

    /**
     * Keeps finished cells in a file, and takes those that are in it already from there; see {@link
     * Sweep#resume(Path)}. A mapping is known by its name: {@link Mapping#of} functions of one name
     * count as one.
     *
     * <pre>{@code
     * List<LayerGrid> grids = scope.sweep()
     *     .layers(Layers.all(), Layers.all())
     *     .resume(Path.of("grid.journal"))
     *     .run();
     * }</pre>
     *
     * @param file the file, in a directory that exists; one sweep at a time
     * @return the sweep
     */
    public PatchscopeSweep resume(Path file) {
        return with(s -> s.journal = Optional.of(file));
    }

    private static void checkSome(String method, String what, List<?> given) {
        checkArgument(
                !given.isEmpty(),
                "%s() names no %s: give at least one, or leave it out for the patchscope's own",
                method,
                what);
    }

    /**
     * Says what the sweep will take; of two models, in both.
     *
     * @return the estimate
     * @throws PatchscopeException if no layers were chosen
     * @throws PositionException if a position is not exactly one token of a prompt
     */
    public SweepEstimate explain() {
        GridPlan plan = plan();
        if (plan.isOneModel()) {
            return stated(plan, plan.fromBaseRuns()).explain();
        }
        SweepEstimate sweep = stated(plan, SourceVectors.unread(targetModel().width())).explain();
        return sources(plan).with(sweep);
    }

    /**
     * Computes all cells.
     *
     * @return a grid a combination: source prompts outermost, then source positions, mappings and
     *     target prompts, each in the order given
     * @throws PatchscopeException if no layers were chosen, or a mapping gives a vector of the
     *     wrong width or with numbers that are not finite
     * @throws PositionException if a position is not exactly one token of a prompt; the message
     *     names the prompt and lists its tokens
     * @throws java.util.concurrent.CancellationException if the listener or an interrupt of this
     *     thread stopped the sweep
     * @throws dev.patchscopes.model.NonFiniteException if the patchscope {@linkplain
     *     PatchscopeBuilder#checkFinite() checks} values and some are not finite
     * @throws dev.patchscopes.model.ModelClosedException if a model is closed
     * @throws dev.patchscopes.model.PromptTooLongException if a prompt exceeds its model's context
     * @throws dev.patchscopes.model.SweepJournalException if the file to {@link #resume resume}
     *     from is damaged, is another sweep's, or is in use
     */
    public ImmutableList<LayerGrid> run() {
        GridPlan plan = plan();
        GridPlan.Writer writer =
                plan.isOneModel()
                        ? plan.fromBaseRuns()
                        : sources(plan).read(plan::checked, settings.progress);
        return plan.grids(stated(plan, writer).execute());
    }

    private SourceVectors sources(GridPlan plan) {
        return new SourceVectors(
                scope.sourceModel(),
                plan.origins(),
                settings.budget,
                scope.targetRun().checkFinite());
    }

    /** The model's sweep with the choices that are its own. */
    private Sweep stated(GridPlan plan, GridPlan.Writer writer) {
        Sweep sweep =
                plan.sweep(writer)
                        .reading(settings.reading)
                        .execution(settings.execution)
                        .progress(settings.progress);
        Sweep budgeted = settings.budget.map(sweep::memoryBudget).orElse(sweep);
        return settings.journal.map(budgeted::resume).orElse(budgeted);
    }

    private GridPlan plan() {
        if (settings.layers.isEmpty()) {
            throw new PatchscopeException(
                    "the sweep of %s has no layers: add .layers(Layers.all(), Layers.all()) or .sameLayers(Layers.all())"
                            .formatted(scope));
        }
        return new GridPlan(
                scope,
                SweepSpots.sources(settings.sourcePrompts, settings.sourcePositions),
                settings.mappings,
                SweepSpots.targets(scope.target(), settings.targets, settings.targetPosition),
                settings.layers);
    }

    /** {@return the patchscope, and how many of each there are} */
    @Override
    public String toString() {
        int targets = Math.max(1, settings.targets.size());
        return "PatchscopeSweep[%s; %d pairs of layers, %d source prompts x %d positions x %d mappings x %d target prompts, %s]"
                .formatted(
                        scope.provenance(),
                        settings.layers.size(),
                        settings.sourcePrompts.size(),
                        settings.sourcePositions.size(),
                        settings.mappings.size(),
                        targets,
                        settings.execution);
    }
}
