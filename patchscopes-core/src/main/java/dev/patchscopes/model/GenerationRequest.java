package dev.patchscopes.model;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.model.internal.Decoder;
import dev.patchscopes.text.Quoting;
import dev.patchscopes.text.TokenBatch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

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

    private GenerationRequest(
            HookedModel model,
            TokenBatch batch,
            int maxNewTokens,
            Sampling sampling,
            ImmutableList<String> stops,
            boolean untilEnd,
            ImmutableSet<HookPoint> captures,
            ImmutableList<Intervention> interventions) {
        this.model = model;
        this.batch = batch;
        this.maxNewTokens = maxNewTokens;
        this.sampling = sampling;
        this.stops = stops;
        this.untilEnd = untilEnd;
        this.captures = captures;
        this.interventions = interventions;
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
                ImmutableList.of());
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
                model, batch, tokens, sampling, stops, untilEnd, captures, interventions);
    }

    /**
     * Chooses how tokens are chosen.
     *
     * @param how greedy, or drawn
     * @return the request
     */
    public GenerationRequest sampling(Sampling how) {
        return new GenerationRequest(
                model, batch, maxNewTokens, how, stops, untilEnd, captures, interventions);
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
                interventions);
    }

    /**
     * Goes on after the model's end-of-text token, which then counts as any other.
     *
     * @return the request
     */
    public GenerationRequest ignoringEndOfText() {
        return new GenerationRequest(
                model, batch, maxNewTokens, sampling, stops, false, captures, interventions);
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
                interventions);
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
                ImmutableList.<Intervention>builder()
                        .addAll(interventions)
                        .addAll(changes)
                        .build());
    }

    /**
     * Generates.
     *
     * @return one generation a prompt, and what was read
     * @throws ModelClosedException if the model is closed
     * @throws PromptTooLongException if prompt and new tokens exceed the model's context
     * @throws InterventionException if an intervention has the wrong shape or never applied
     * @throws MemoryException if memory runs out
     */
    public Generations run() {
        return MemoryAdvice.of(
                        this::described,
                        "continue fewer or shorter prompts at once, generate fewer tokens"
                                + MemoryWords.orSmallerType(model.computeType()))
                .inJava(
                        captures.isEmpty()
                                ? "continue fewer prompts at once"
                                : "capture fewer points, continue fewer prompts at once")
                .get(() -> model.runtime().whileOpen(this::generate));
    }

    private String described() {
        return "a generation of at most %s after %s by %s%s"
                .formatted(
                        MemoryWords.count(maxNewTokens, "token"),
                        MemoryWords.prompts(batch),
                        model.name(),
                        MemoryWords.captures(captures.size()));
    }

    private Generations generate() {
        List<Row> rows = new ArrayList<>();
        for (int row = 0; row < batch.rows(); row++) {
            rows.add(new Row(row));
        }
        Decoder.Chooser chooser =
                new Decoder.Chooser() {
                    @Override
                    public int choose(int row, double[] logits) {
                        return rows.get(row).choose(logits);
                    }

                    @Override
                    public boolean finished(int row) {
                        return rows.get(row).isFinished();
                    }
                };
        TokenBatch left = batch.paddedLeft();
        var captured =
                new Decoder(model.runtime())
                        .generate(left, captures, interventions, maxNewTokens, chooser);
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
