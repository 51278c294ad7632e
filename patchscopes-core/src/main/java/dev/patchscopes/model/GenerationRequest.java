package dev.patchscopes.model;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.checkpoint.internal.Interrupts;
import dev.patchscopes.model.internal.CallersFailure;
import dev.patchscopes.model.internal.Captured;
import dev.patchscopes.model.internal.Decoder;
import dev.patchscopes.text.Quoting;
import dev.patchscopes.text.TokenBatch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;

/**
 * A generation, stated as a value: prompts, length, sampling, stop strings, and what to read and
 * change on the way.
 *
 * <p>Immutable; each method returns a new request. Greedy unless {@link #sampling} says otherwise,
 * whatever the checkpoint's own generation settings are.
 *
 * <pre>{@code
 * Generations g = model.generation("Once upon a time").maxNewTokens(40).stopAt("\n").run();
 * }</pre>
 */
public final class GenerationRequest {
    private final HookedModel model;
    private final TokenBatch batch;
    private final Settings settings;

    /** A request's choices; only {@link #with} changes one, and only on a copy nobody else has. */
    private static final class Settings {
        private int maxNewTokens = 20;
        private Sampling sampling = Sampling.greedy();
        private ImmutableList<String> stops = ImmutableList.of();
        private boolean untilEnd = true;
        private ImmutableSet<HookPoint> captures = ImmutableSet.of();
        private ImmutableList<Intervention> interventions = ImmutableList.of();
        private boolean checksFinite;
        private Progress progress = Progress.none();

        Settings copy() {
            Settings copy = new Settings();
            copy.maxNewTokens = maxNewTokens;
            copy.sampling = sampling;
            copy.stops = stops;
            copy.untilEnd = untilEnd;
            copy.captures = captures;
            copy.interventions = interventions;
            copy.checksFinite = checksFinite;
            copy.progress = progress;
            return copy;
        }
    }

    private GenerationRequest(HookedModel model, TokenBatch batch, Settings settings) {
        this.model = model;
        this.batch = batch;
        this.settings = settings;
    }

    static GenerationRequest of(HookedModel model, TokenBatch batch) {
        return new GenerationRequest(model, batch, new Settings());
    }

    private GenerationRequest with(Consumer<Settings> change) {
        Settings copy = settings.copy();
        change.accept(copy);
        return new GenerationRequest(model, batch, copy);
    }

    /**
     * Limits the length; 20 unless set.
     *
     * @param tokens tokens to generate at most, at least 1
     * @return the request
     */
    public GenerationRequest maxNewTokens(int tokens) {
        checkArgument(tokens >= 1, "maxNewTokens %s: at least one token is generated", tokens);
        return with(s -> s.maxNewTokens = tokens);
    }

    /**
     * Chooses how tokens are chosen.
     *
     * @param how greedy, or drawn
     * @return the request
     */
    public GenerationRequest sampling(Sampling how) {
        return with(s -> s.sampling = how);
    }

    /**
     * Ends a text where any of these strings appears; the text is cut before it. Strings given
     * earlier no longer count.
     *
     * @param strings none empty
     * @return the request
     */
    public GenerationRequest stopAt(String... strings) {
        for (String s : strings) {
            checkArgument(!s.isEmpty(), "an empty stop string would stop at once; drop it");
        }
        model.tokenizer(); // stop strings need one
        return with(s -> s.stops = ImmutableList.copyOf(strings));
    }

    /**
     * Goes on after the model's end-of-text token, which then counts as any other.
     *
     * @return the request
     */
    public GenerationRequest ignoringEndOfText() {
        return with(s -> s.untilEnd = false);
    }

    /**
     * Reads activations of the prompt and of generated tokens.
     *
     * @param points where
     * @return the request
     */
    public GenerationRequest capture(HookPoint... points) {
        for (HookPoint point : points) {
            model.runtime().facts().check(point);
        }
        return with(
                s ->
                        s.captures =
                                ImmutableSet.<HookPoint>builder()
                                        .addAll(s.captures)
                                        .add(points)
                                        .build());
    }

    /**
     * Changes activations: while the prompt is read, unless an intervention's {@link Phase} says
     * otherwise.
     *
     * @param changes interventions
     * @return the request
     */
    public GenerationRequest intervene(Intervention... changes) {
        return intervene(Arrays.asList(changes));
    }

    /**
     * Changes activations.
     *
     * @param changes interventions
     * @return the request
     */
    public GenerationRequest intervene(Iterable<? extends Intervention> changes) {
        return with(
                s ->
                        s.interventions =
                                ImmutableList.<Intervention>builder()
                                        .addAll(s.interventions)
                                        .addAll(changes)
                                        .build());
    }

    /**
     * Stops with an exception at the first point, while the prompt or a new token is read, whose
     * values are not all finite; see {@link Run#checkFinite()}.
     *
     * @return the request
     */
    public GenerationRequest checkFinite() {
        return with(s -> s.checksFinite = true);
    }

    /**
     * Listens; its parts are the tokens of the longest text, {@link #maxNewTokens} in all, of which
     * the last are never generated where all texts end before.
     *
     * @param listener hears of each token, and can stop the generation before the next
     * @return the request
     */
    public GenerationRequest progress(Progress listener) {
        return with(s -> s.progress = listener);
    }

    /**
     * Generates.
     *
     * @return one generation a prompt, and what was read
     * @throws ModelClosedException if the model is closed
     * @throws PromptTooLongException if prompt and new tokens exceed the model's context
     * @throws InterventionException if an intervention has the wrong shape or never applied
     * @throws NonFiniteException if {@link #checkFinite()} was asked for and values are not finite
     * @throws MemoryException if memory runs out
     * @throws CancellationException if the listener or an interrupt of this thread stopped it
     */
    public Generations run() {
        return MemoryAdvice.of(
                        this::described,
                        "continue fewer or shorter prompts at once, generate fewer tokens"
                                + MemoryWords.orSmallerType(model.computeType()))
                .inJava(
                        settings.captures.isEmpty()
                                ? "continue fewer prompts at once"
                                : "capture fewer points, continue fewer prompts at once")
                .get(() -> model.runtime().whileOpen(this::generate));
    }

    private String described() {
        return "a generation of at most %s after %s by %s%s"
                .formatted(
                        MemoryWords.count(settings.maxNewTokens, "token"),
                        MemoryWords.prompts(batch),
                        model.name(),
                        MemoryWords.captures(settings.captures.size()));
    }

    private Generations generate() {
        List<Row> rows = new ArrayList<>();
        for (int row = 0; row < batch.rows(); row++) {
            rows.add(new Row(row));
        }
        Choices choices = new Choices(rows);
        TokenBatch left = batch.paddedLeft();
        ImmutableMap<HookPoint, Captured> captured;
        try {
            captured =
                    new Decoder(model.runtime())
                            .generate(
                                    left,
                                    settings.captures,
                                    settings.interventions,
                                    settings.maxNewTokens,
                                    choices,
                                    settings.checksFinite);
        } catch (CancellationException e) {
            throw Interrupts.within(
                    e, "the generation", choices.generated, settings.maxNewTokens, "tokens");
        }
        choices.tell(choices.generated + 1);
        return new Generations(
                rows.stream().map(Row::result).collect(ImmutableList.toImmutableList()),
                new Activations(model.name(), left, Run.activations(captured), ImmutableList.of()));
    }

    /** {@return model, prompts and what was chosen, in a line} */
    @Override
    public String toString() {
        Settings s = settings;
        return "GenerationRequest[%s, %s, at most %d new %s, %s%s%s%s%s%s]"
                .formatted(
                        model.name(),
                        batch.rows() == 1 ? batch.prompt(0) : batch,
                        s.maxNewTokens,
                        s.maxNewTokens == 1 ? "token" : "tokens",
                        s.sampling.temperature() == 0 ? "greedy" : s.sampling,
                        s.stops.isEmpty()
                                ? ""
                                : ", stop at " + s.stops.stream().map(Quoting::quote).toList(),
                        s.untilEnd ? "" : ", past the end of the text",
                        s.captures.isEmpty() ? "" : ", capture " + s.captures,
                        s.interventions.isEmpty() ? "" : ", intervene " + s.interventions,
                        s.checksFinite ? ", check that values are finite" : "");
    }

    /** Chooses for all prompts, and tells the listener. */
    private final class Choices implements Decoder.Chooser {
        private final List<Row> rows;
        private final long start = System.nanoTime();
        private int generated;

        Choices(List<Row> rows) {
            this.rows = rows;
        }

        @Override
        public int choose(int row, double[] logits) {
            return rows.get(row).choose(logits);
        }

        @Override
        public boolean finished(int row) {
            return rows.get(row).isFinished();
        }

        @Override
        public void next(int tokens) {
            generated = tokens;
            if (tokens > 0) {
                tell(tokens);
            }
            if (CallersFailure.in(settings.progress::isCancelled)) {
                throw new CancellationException("its listener stopped it");
            }
        }

        void tell(int tokens) {
            Duration elapsed = Duration.ofNanos(System.nanoTime() - start);
            CallersFailure.in(
                    () -> settings.progress.update(tokens, settings.maxNewTokens, elapsed));
        }
    }

    /** A prompt being continued, and how its tokens are chosen. */
    private final class Row {
        private final Sampler sampler;
        private final Continuation text;

        Row(int row) {
            this.sampler = new Sampler(settings.sampling, row);
            this.text =
                    new Continuation(
                            model,
                            batch.prompt(row),
                            settings.untilEnd ? model.endOfText() : ImmutableIntArray.of(),
                            settings.stops,
                            Optional.empty());
        }

        int choose(double[] logits) {
            TokenDistribution distribution =
                    TokenDistribution.ofLogits(logits, model.tokenizerIfAny());
            int id = sampler.choose(distribution);
            text.add(distribution.token(id));
            return id;
        }

        boolean isFinished() {
            return text.isFinished();
        }

        Generation result() {
            return text.result();
        }
    }
}
