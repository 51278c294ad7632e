package dev.patchscopes.trace.cross;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.Iterables;
import dev.patchscopes.model.Execution;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Progress;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;

/**
 * Measures how a target model goes on with states mapped from a source model.
 *
 * <p>Both models read the same prefix of a text. The source's state of its last token after l
 * blocks, mapped, takes the place of the target's after l* blocks, and the target's most probable
 * next token is compared with the source's own and with the target's own (Ghandeharioun et al.,
 * "Patchscopes" (2024), section 4.4 and figure 10: precision@1, and surprisal of the patched
 * prediction under the source). Beside it stand three controls: a random vector as long as the
 * mapped one, the state itself without a map if the models are of one width, and the target
 * unpatched. Where vocabularies differ, tokens are compared by what they read.
 *
 * <p>Immutable; each method returns a new one.
 *
 * <pre>{@code
 * CrossModelScores scores = CrossModelEvaluation.of(map, small, large)
 *     .texts(unseenTexts)
 *     .positions(200)
 *     .run();
 * }</pre>
 */
public final class CrossModelEvaluation {
    private final CrossModelMap map;
    private final HookedModel source;
    private final HookedModel target;
    private final Settings settings;

    /** Choices; only {@link #with} changes one, and only on a copy nobody else has. */
    private static final class Settings {
        private Optional<Iterable<AlignedPrompts>> prompts = Optional.empty();
        private int positions = 100;
        private int skipped = 1;
        private long seed = 0;
        private Execution execution = Execution.EXACT;
        private OptionalLong budget = OptionalLong.empty();
        private Progress progress = Progress.none();

        private Settings copy() {
            Settings copy = new Settings();
            copy.prompts = prompts;
            copy.positions = positions;
            copy.skipped = skipped;
            copy.seed = seed;
            copy.execution = execution;
            copy.budget = budget;
            copy.progress = progress;
            return copy;
        }
    }

    private CrossModelEvaluation(
            CrossModelMap map, HookedModel source, HookedModel target, Settings settings) {
        this.map = map;
        this.source = source;
        this.target = target;
        this.settings = settings;
    }

    /**
     * Begins an evaluation.
     *
     * @param map maps between the two models
     * @param source the source model
     * @param target the target model
     * @return the evaluation
     */
    public static CrossModelEvaluation of(
            CrossModelMap map, HookedModel source, HookedModel target) {
        return new CrossModelEvaluation(map, source, target, new Settings());
    }

    private CrossModelEvaluation with(Consumer<Settings> change) {
        Settings copy = settings.copy();
        change.accept(copy);
        return new CrossModelEvaluation(map, source, target, copy);
    }

    /**
     * Chooses the texts.
     *
     * @param texts none of which the maps were fitted to
     * @return the evaluation
     */
    public CrossModelEvaluation texts(Iterable<String> texts) {
        return prompts(Iterables.transform(texts, text -> AlignedPrompts.of(source, target, text)));
    }

    /**
     * Chooses prompts that are aligned already.
     *
     * @param prompts none of which the maps were fitted to
     * @return the evaluation
     */
    public CrossModelEvaluation prompts(Iterable<AlignedPrompts> prompts) {
        return with(s -> s.prompts = Optional.of(prompts));
    }

    /**
     * Chooses how many positions are measured, each of another text; 100 unless chosen.
     *
     * @param most at least 1; fewer if there are fewer texts
     * @return the evaluation
     * @throws IllegalArgumentException if it is less
     */
    public CrossModelEvaluation positions(int most) {
        checkArgument(most >= 1, "%s positions measure nothing: take 1 or more", most);
        return with(s -> s.positions = most);
    }

    /**
     * Chooses how many tokens at the start of each text are left out; 1 unless chosen.
     *
     * @param tokens not negative
     * @return the evaluation
     * @throws IllegalArgumentException if it is negative
     */
    public CrossModelEvaluation skipFirst(int tokens) {
        checkArgument(tokens >= 0, "%s tokens are fewer than none", tokens);
        return with(s -> s.skipped = tokens);
    }

    /**
     * Chooses the seed of texts, positions and random vectors; 0 unless chosen.
     *
     * @param number the seed
     * @return the evaluation
     */
    public CrossModelEvaluation seed(long number) {
        return with(s -> s.seed = number);
    }

    /**
     * Chooses how cells are computed; {@link Execution#EXACT} unless chosen.
     *
     * @param how the execution
     * @return the evaluation
     */
    public CrossModelEvaluation execution(Execution how) {
        return with(s -> s.execution = how);
    }

    /**
     * Limits the memory that cells in flight may take, see {@link
     * dev.patchscopes.model.Sweep#memoryBudget(long)}.
     *
     * @param bytes at least 1
     * @return the evaluation
     * @throws IllegalArgumentException if it is less
     */
    public CrossModelEvaluation memoryBudget(long bytes) {
        checkArgument(bytes >= 1, "a memory budget of %s bytes is none", bytes);
        return with(s -> s.budget = OptionalLong.of(bytes));
    }

    /**
     * Listens to the evaluation, and can stop it; a part is a position.
     *
     * @param listener told of finished positions
     * @return the evaluation
     */
    public CrossModelEvaluation progress(Progress listener) {
        return with(s -> s.progress = listener);
    }

    /**
     * Measures.
     *
     * @return scores of every pair of layers
     * @throws IllegalArgumentException if no texts were chosen, none of them is aligned anywhere,
     *     or vocabularies differ of models without tokenizers
     * @throws java.util.concurrent.CancellationException if the listener or an interrupt of this
     *     thread stopped it
     * @throws dev.patchscopes.model.ModelClosedException if a model is closed
     */
    public CrossModelScores run() {
        checkArgument(settings.prompts.isPresent(), "choose texts: texts(...) or prompts(...)");
        Draws.Sample sample = new Draws.Sample(settings.positions, settings.seed);
        for (AlignedPrompts text : settings.prompts.get()) {
            AlignedPrompts rest = text.skipping(settings.skipped);
            if (rest.size() > 0) {
                sample.add(rest);
            }
        }
        checkArgument(
                !sample.texts().isEmpty(),
                "no text is aligned anywhere behind its first %s tokens: give more, or longer ones",
                settings.skipped);
        return new PatchedRun(
                        map,
                        source,
                        target,
                        settings.skipped,
                        settings.seed,
                        settings.execution,
                        settings.budget,
                        settings.progress)
                .run(sample.texts());
    }

    /** {@return the maps and the models} */
    @Override
    public String toString() {
        return "CrossModelEvaluation[%s, %d positions, seed %d]"
                .formatted(map, settings.positions, settings.seed);
    }
}
