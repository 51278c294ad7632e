package dev.patchscopes.trace.entity;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.Layers;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.Patchscope;
import dev.patchscopes.PatchscopeException;
import dev.patchscopes.TargetPrompt;
import dev.patchscopes.facts.FactPrompt;
import dev.patchscopes.facts.Question;
import dev.patchscopes.model.Execution;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Progress;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenizedPrompt;
import dev.patchscopes.trace.LayerPair;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Back-patching: what a late layer has made of a token is written back into an early one, so that
 * the blocks in between work on it once more (Biran et al., "Hopping Too Late", 2024, section 6).
 *
 * <p>As a Patchscope: T = S, i* = i, and l* &lt; l. A question that the model fails is rescued if
 * any pair of layers makes it answer; that is the paper's count. Beside it stand the one pair that
 * does best on half of the questions, scored on the others, and the same with random vectors of the
 * same lengths in place of the late layer's.
 *
 * <pre>{@code
 * try (HookedModel model = HookedModel.demo()) {
 *     List<Question> failing = GroundTruth.of(DemoModel.STANDARD).twoHop().stream()
 *         .filter(GroundTruth.TwoHop::failsDirectly)
 *         .map(GroundTruth.TwoHop::direct)
 *         .toList();
 *     BackPatchingReport r = BackPatching.of(model).seed(42).run(failing);
 *     r.patched().oracle();     // questions that some pair rescues
 *     r.random().oracle();      // that some pair rescues by chance
 *     r.patched().heldOut();    // by one pair
 * }
 * }</pre>
 *
 * <p>Of the 45 two-hop questions that the model of the library fails though it answers both hops,
 * some pair rescues 58 % (95 % interval 43 to 71), by random vectors 11 % (5 to 23): about the
 * paper's share of up to 66 %. The pair that is best on one half rescues but 13 % (5 to 32) of the
 * other.
 *
 * <p>An answer counts if the greedy continuation begins with it, as whole words ({@link
 * Question#isAnsweredBy}); a text ends as soon as that is sure. All cells of all questions are
 * computed in one sweep (one for some 16 000 cells). Immutable: each method returns another one.
 */
public final class BackPatching {
    private final HookedModel model;
    private final Settings settings;

    /** Choices; only {@link #with} changes one, and only on a copy nobody else has. */
    private static final class Settings {
        private Positions position = Positions.last();
        private Layers sourceLayers = Layers.all();
        private Layers targetLayers = Layers.all();
        private int newTokens = 10;
        private long seed;
        private Execution execution = Execution.EXACT;
        private Optional<Long> budget = Optional.empty();
        private Progress progress = Progress.none();

        Settings copy() {
            Settings copy = new Settings();
            copy.position = position;
            copy.sourceLayers = sourceLayers;
            copy.targetLayers = targetLayers;
            copy.newTokens = newTokens;
            copy.seed = seed;
            copy.execution = execution;
            copy.budget = budget;
            copy.progress = progress;
            return copy;
        }
    }

    private BackPatching(HookedModel model, Settings settings) {
        this.model = model;
        this.settings = settings;
    }

    /**
     * Starts stating a back-patching.
     *
     * @param model read, written to and asked; stays the caller's to close
     * @return a back-patching to add choices to
     */
    public static BackPatching of(HookedModel model) {
        return new BackPatching(Objects.requireNonNull(model, "model"), new Settings());
    }

    private BackPatching with(Consumer<Settings> change) {
        Settings copy = settings.copy();
        change.accept(copy);
        return new BackPatching(model, copy);
    }

    /**
     * Chooses the token of each question that is patched; the last one unless chosen.
     *
     * @param position exactly one token of every prompt
     * @return the back-patching
     */
    public BackPatching position(Positions position) {
        return with(s -> s.position = Objects.requireNonNull(position, "position"));
    }

    /**
     * Chooses the layers; all of them unless chosen. Of these, every pair with l* &lt; l counts.
     *
     * @param sourceLayers l
     * @param targetLayers l*
     * @return the back-patching
     */
    public BackPatching layers(Layers sourceLayers, Layers targetLayers) {
        return with(
                s -> {
                    s.sourceLayers = Objects.requireNonNull(sourceLayers, "sourceLayers");
                    s.targetLayers = Objects.requireNonNull(targetLayers, "targetLayers");
                });
    }

    /**
     * Chooses how long answers get at most; 10 tokens unless chosen.
     *
     * @param tokens at least 1, and enough for the longest answer and a token after it
     * @return the back-patching
     */
    public BackPatching maxNewTokens(int tokens) {
        checkArgument(tokens >= 1, "maxNewTokens %s: an answer takes at least one", tokens);
        return with(s -> s.newTokens = tokens);
    }

    /**
     * Chooses the seed of random vectors, of the halves a pair is chosen and scored on, and of the
     * bootstrap; 0 unless chosen.
     *
     * @param seed the seed
     * @return the back-patching
     */
    public BackPatching seed(long seed) {
        return with(s -> s.seed = seed);
    }

    /**
     * Chooses how cells are computed; {@link Execution#EXACT} unless chosen.
     *
     * @param how the execution
     * @return the back-patching
     */
    public BackPatching execution(Execution how) {
        return with(s -> s.execution = Objects.requireNonNull(how, "execution"));
    }

    /**
     * Limits the memory that cells in flight may take beyond the model; see {@link
     * dev.patchscopes.model.Sweep#memoryBudget(long)}.
     *
     * @param bytes the limit, at least 1
     * @return the back-patching
     */
    public BackPatching memoryBudget(long bytes) {
        checkArgument(bytes >= 1, "a memory budget of %s bytes is none", bytes);
        return with(s -> s.budget = Optional.of(bytes));
    }

    /**
     * Sets a listener.
     *
     * @param listener hears of finished cells, and can stop the work at any time
     * @return the back-patching
     */
    public BackPatching progress(Progress listener) {
        return with(s -> s.progress = Objects.requireNonNull(listener, "progress"));
    }

    /**
     * Patches questions at the {@linkplain #position chosen} token. Each prompt is a subject of its
     * own; facts with several prompts about one are for {@link #runAtSubjects}.
     *
     * @param questions at least one
     * @return the report
     * @throws IllegalArgumentException if there is no question
     * @throws PatchscopeException if the chosen layers have no pair with l* &lt; l
     * @throws dev.patchscopes.text.PositionException if the position is not one token of a question
     * @throws dev.patchscopes.model.OutOfRangeException if the model does not have a layer
     * @throws dev.patchscopes.model.PromptTooLongException if a prompt exceeds the model's context
     * @throws dev.patchscopes.model.ModelClosedException if the model is closed
     * @throws java.util.concurrent.CancellationException if the listener or an interrupt of this
     *     thread stopped the work
     */
    public BackPatchingReport run(List<Question> questions) {
        return run(
                questions.stream().map(q -> input(q, q.prompt(), settings.position)).toList(),
                settings.position.toString());
    }

    /**
     * Patches facts at the last token of their subject, whatever {@link #position} was chosen. A
     * pair of layers is chosen on half of the subjects, and several facts about one go together.
     *
     * @param facts at least one
     * @return the report
     * @throws IllegalArgumentException if there is no fact
     * @throws PatchscopeException as for {@link #run}, as all others
     */
    public BackPatchingReport runAtSubjects(List<FactPrompt> facts) {
        return run(
                facts.stream()
                        .map(
                                fact -> {
                                    var subject =
                                            fact.positions().resolve(model.tokenize(fact.prompt()));
                                    return input(
                                            fact.question(),
                                            fact.subject(),
                                            Positions.at(subject.get(subject.length() - 1)));
                                })
                        .toList(),
                "last token of the subject");
    }

    /** Patches questions that are given as tokens. */
    BackPatchingReport run(List<BackPatchingRun.Input> inputs, String position) {
        checkArgument(!inputs.isEmpty(), "nothing is asked: give at least one question");
        BackPatchingProvenance plan =
                new BackPatchingProvenance(
                        LibraryVersion.current(),
                        ModelIdentity.of(model),
                        position,
                        pairs(),
                        settings.newTokens,
                        settings.seed,
                        settings.execution);
        return new BackPatchingRun(model, plan, settings.budget, settings.progress).run(inputs);
    }

    private BackPatchingRun.Input input(Question question, String subject, Positions position) {
        TokenizedPrompt prompt = model.tokenize(question.prompt());
        var indices = position.resolve(prompt);
        checkArgument(
                indices.length() == 1,
                "position %s is %s tokens of \"%s\", and one is patched: use Positions.last(), at(i) or lastTokenOf(text)",
                position,
                indices.length(),
                question.prompt());
        return new BackPatchingRun.Input(question, subject, prompt, indices.get(0));
    }

    private ImmutableList<LayerPair> pairs() {
        ImmutableList.Builder<LayerPair> all = ImmutableList.builder();
        for (int l : settings.sourceLayers.resolve(model).asList()) {
            for (int to : settings.targetLayers.resolve(model).asList()) {
                if (to < l) {
                    all.add(new LayerPair(l, to));
                }
            }
        }
        ImmutableList<LayerPair> pairs = all.build();
        if (pairs.isEmpty()) {
            throw new PatchscopeException(
                    "source %s and target %s have no pair with l* < l, and back-patching writes to earlier layers: choose lower target layers"
                            .formatted(settings.sourceLayers, settings.targetLayers));
        }
        return pairs;
    }

    /**
     * States one cell as a Patchscope by itself, which gives the same text as far as that goes: a
     * report's texts end with the answer.
     *
     * @param question the question
     * @param sourceLayer l
     * @param targetLayer l*
     * @return the patchscope
     * @throws dev.patchscopes.text.PositionException if the position is not in the question
     * @throws dev.patchscopes.model.OutOfRangeException if the model does not have a layer
     */
    public Patchscope asPatchscope(Question question, int sourceLayer, int targetLayer) {
        BackPatchingRun.Input input = input(question, question.prompt(), settings.position);
        return Patchscope.on(model)
                .sourcePrompt(input.prompt())
                .sourcePosition(Positions.at(input.position()))
                .sourceLayer(sourceLayer)
                .targetPrompt(TargetPrompt.of(question.prompt()))
                .targetPosition(Positions.at(input.position()))
                .targetLayer(targetLayer)
                .maxNewTokens(settings.newTokens)
                .build();
    }

    /** {@return the model and what was chosen} */
    @Override
    public String toString() {
        return "BackPatching[%s at %s, %s -> %s, %d new tokens, seed %d]"
                .formatted(
                        model.name(),
                        settings.position,
                        settings.sourceLayers,
                        settings.targetLayers,
                        settings.newTokens,
                        settings.seed);
    }
}
