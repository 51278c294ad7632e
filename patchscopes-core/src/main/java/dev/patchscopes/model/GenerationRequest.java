package dev.patchscopes.model;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.model.internal.Captured;
import dev.patchscopes.model.internal.Decoder;
import dev.patchscopes.model.internal.Interrupts;
import dev.patchscopes.text.Quoting;
import dev.patchscopes.text.TokenBatch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;

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
    private final int maxNewTokens;
    private final Sampling sampling;
    private final ImmutableList<String> stops;
    private final boolean untilEnd;
    private final ImmutableSet<HookPoint> captures;
    private final ImmutableList<Intervention> interventions;
    private final Progress progress;

    private GenerationRequest(
            HookedModel model,
            TokenBatch batch,
            int maxNewTokens,
            Sampling sampling,
            ImmutableList<String> stops,
            boolean untilEnd,
            ImmutableSet<HookPoint> captures,
            ImmutableList<Intervention> interventions,
            Progress progress) {
        this.model = model;
        this.batch = batch;
        this.maxNewTokens = maxNewTokens;
        this.sampling = sampling;
        this.stops = stops;
        this.untilEnd = untilEnd;
        this.captures = captures;
        this.interventions = interventions;
        this.progress = progress;
    }

    static GenerationRequest of(HookedModel model, TokenBatch batch) {
        return new GenerationRequest(
                model,
                batch,
                20,
                Sampling.greedy(),
                ImmutableList.of(),
                true,
                ImmutableSet.of(),
                ImmutableList.of(),
                Progress.none());
    }

    /**
     * Limits the length; 20 unless set.
     *
     * @param tokens tokens to generate at most, at least 1
     * @return the request
     */
    public GenerationRequest maxNewTokens(int tokens) {
        checkArgument(tokens >= 1, "maxNewTokens %s: at least one token is generated", tokens);
        return new GenerationRequest(
                model, batch, tokens, sampling, stops, untilEnd, captures, interventions, progress);
    }

    /**
     * Chooses how tokens are chosen.
     *
     * @param how greedy, or drawn
     * @return the request
     */
    public GenerationRequest sampling(Sampling how) {
        return new GenerationRequest(
                model,
                batch,
                maxNewTokens,
                how,
                stops,
                untilEnd,
                captures,
                interventions,
                progress);
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
        return new GenerationRequest(
                model,
                batch,
                maxNewTokens,
                sampling,
                ImmutableList.copyOf(strings),
                untilEnd,
                captures,
                interventions,
                progress);
    }

    /**
     * Goes on after the model's end-of-text token, which then counts as any other.
     *
     * @return the request
     */
    public GenerationRequest ignoringEndOfText() {
        return new GenerationRequest(
                model,
                batch,
                maxNewTokens,
                sampling,
                stops,
                false,
                captures,
                interventions,
                progress);
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
        return new GenerationRequest(
                model,
                batch,
                maxNewTokens,
                sampling,
                stops,
                untilEnd,
                ImmutableSet.<HookPoint>builder().addAll(captures).add(points).build(),
                interventions,
                progress);
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
        return new GenerationRequest(
                model,
                batch,
                maxNewTokens,
                sampling,
                stops,
                untilEnd,
                captures,
                ImmutableList.<Intervention>builder().addAll(interventions).addAll(changes).build(),
                progress);
    }

    /**
     * Listens; its parts are the tokens of the longest text, {@link #maxNewTokens} in all, of which
     * the last are never generated where all texts end before.
     *
     * @param listener hears of each token, and can stop the generation before the next
     * @return the request
     */
    public GenerationRequest progress(Progress listener) {
        return new GenerationRequest(
                model,
                batch,
                maxNewTokens,
                sampling,
                stops,
                untilEnd,
                captures,
                interventions,
                listener);
    }

    /**
     * Generates.
     *
     * @return one generation a prompt, and what was read
     * @throws ModelClosedException if the model is closed
     * @throws PromptTooLongException if prompt and new tokens exceed the model's context
     * @throws InterventionException if an intervention has the wrong shape or never applied
     * @throws CancellationException if the listener or an interrupt of this thread stopped it
     */
    public Generations run() {
        return model.runtime().whileOpen(this::generate);
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
                            .generate(left, captures, interventions, maxNewTokens, choices);
        } catch (CancellationException e) {
            throw Interrupts.within(e, "the generation", choices.generated, maxNewTokens, "tokens");
        }
        choices.tell(choices.generated + 1);
        return new Generations(
                rows.stream().map(Row::result).collect(ImmutableList.toImmutableList()),
                new Activations(model.name(), left, Run.activations(captured), ImmutableList.of()));
    }

    /** {@return model, prompts and what was chosen, in a line} */
    @Override
    public String toString() {
        return "GenerationRequest[%s, %s, at most %d new %s, %s%s%s%s%s]"
                .formatted(
                        model.name(),
                        batch.rows() == 1 ? batch.prompt(0) : batch,
                        maxNewTokens,
                        maxNewTokens == 1 ? "token" : "tokens",
                        sampling.temperature() == 0 ? "greedy" : sampling,
                        stops.isEmpty()
                                ? ""
                                : ", stop at " + stops.stream().map(Quoting::quote).toList(),
                        untilEnd ? "" : ", past the end of the text",
                        captures.isEmpty() ? "" : ", capture " + captures,
                        interventions.isEmpty() ? "" : ", intervene " + interventions);
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
            if (progress.isCancelled()) {
                throw new CancellationException("its listener stopped it");
            }
        }

        void tell(int tokens) {
            progress.update(tokens, maxNewTokens, Duration.ofNanos(System.nanoTime() - start));
        }
    }

    /** A prompt being continued, and how its tokens are chosen. */
    private final class Row {
        private final Sampler sampler;
        private final Continuation text;

        Row(int row) {
            this.sampler = new Sampler(sampling, row);
            this.text =
                    new Continuation(
                            model,
                            batch.prompt(row),
                            untilEnd ? model.endOfText() : ImmutableIntArray.of(),
                            stops,
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
