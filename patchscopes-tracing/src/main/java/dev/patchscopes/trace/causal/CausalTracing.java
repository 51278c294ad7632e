package dev.patchscopes.trace.causal;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import dev.patchscopes.Patchscope;
import dev.patchscopes.facts.FactPrompt;
import dev.patchscopes.model.BaseRun;
import dev.patchscopes.model.Cell;
import dev.patchscopes.model.Execution;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Progress;
import dev.patchscopes.model.SweepEstimate;
import dev.patchscopes.text.CharSpan;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenizedPrompt;
import dev.patchscopes.trace.AnswerMetric;
import dev.patchscopes.trace.internal.AnswerCells;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Causal tracing: corrupts the subject of a prompt and restores single states of the clean run, to
 * find those that carry the answer (Meng et al., "Locating and Editing Factual Associations in
 * GPT", 2022, section 2).
 *
 * <p>There are a clean run, corrupted copies of it, and for every state a run of each copy with
 * that state as it is in the clean run. All are cells of one sweep, which computes of each only
 * what its change can reach.
 *
 * <pre>{@code
 * try (HookedModel model = HookedModel.load("models/gpt2-xl")) {
 *     CausalTrace trace = CausalTracing.of(model)
 *         .prompt("The Space Needle is in the city of")
 *         .subject("The Space Needle")
 *         .run();
 *     trace.totalEffect();                                   // clean less corrupted
 *     trace.indirectEffect(TraceKind.MLP_OUT, 17, 3);        // block 17, token 3
 *     System.out.println(trace.table(TraceKind.RESIDUAL));
 * }
 * }</pre>
 *
 * <p>Unless chosen otherwise: noise of 3 standard deviations of the subject's embeddings, 10 copies
 * with seed 1, the same for all cells; the probability of the clean run's most probable next token;
 * residuals, and MLP and attention outputs in windows of L/5 blocks, 1 to 10. Zhang &amp; Nanda
 * (2024) advise to replace the subject and to measure a logit difference: {@link
 * Corruption#replacement(String)} and {@link #against}.
 *
 * <p>Causal tracing as a Patchscope (Ghandeharioun et al., 2024, table 4): the source is the clean
 * run, f the identity, l* = l and i* = i, and the target prompt is the source prompt with noise. A
 * {@link Patchscope} has a target prompt and no noise, so it states a trace with a replaced subject
 * ({@link #asPatchscope}); any trace is stated by {@link #baseRuns} and {@link #asCell}, whose
 * patch is the same vector carried between the same places.
 *
 * <p>Immutable: each method returns another one. Does not own the model.
 */
public final class CausalTracing {
    private final HookedModel model;
    private final TracingSettings settings;

    private CausalTracing(HookedModel model, TracingSettings settings) {
        this.model = model;
        this.settings = settings;
    }

    /**
     * Starts describing a trace.
     *
     * @param model stays the caller's to close
     * @return a trace to add a prompt to
     */
    public static CausalTracing of(HookedModel model) {
        return new CausalTracing(
                Objects.requireNonNull(model, "model"), TracingSettings.defaults(model.layers()));
    }

    private CausalTracing with(TracingSettings.Change change) {
        return new CausalTracing(model, settings.with(change));
    }

    /**
     * Sets the prompt.
     *
     * @param text without a space at its end
     * @return the trace
     */
    public CausalTracing prompt(String text) {
        return prompt(model.tokenize(text));
    }

    /**
     * Sets the prompt.
     *
     * @param tokens of the model
     * @return the trace
     */
    public CausalTracing prompt(TokenizedPrompt tokens) {
        return with(s -> s.prompt = Optional.of(tokens));
    }

    /**
     * Sets the subject.
     *
     * @param text occurs once in the prompt
     * @return the trace
     */
    public CausalTracing subject(String text) {
        return subject(Positions.of(text)).with(s -> s.span = p -> found(text, p));
    }

    /**
     * Sets the subject.
     *
     * @param tokens side by side
     * @return the trace
     */
    public CausalTracing subject(Positions tokens) {
        return with(
                s -> {
                    s.subject = Optional.of(tokens);
                    s.span = p -> Optional.empty();
                });
    }

    /**
     * Sets prompt, subject and answer.
     *
     * @param fact the fact
     * @return the trace
     */
    public CausalTracing fact(FactPrompt fact) {
        return prompt(fact.prompt())
                .subject(fact.positions())
                .answer(fact.answer())
                .with(s -> s.span = p -> Optional.of(fact.span()));
    }

    private static Optional<CharSpan> found(String text, TokenizedPrompt prompt) {
        int start = prompt.text().indexOf(text);
        return start < 0
                ? Optional.empty()
                : Optional.of(new CharSpan(start, start + text.length()));
    }

    /**
     * Sets the answer; the clean run's most probable next token unless set.
     *
     * @param text a space goes before it unless it has one; of several tokens the probability is
     *     the product, each read behind those before it
     * @return the trace
     */
    public CausalTracing answer(String text) {
        TracedAnswer answer = TracedAnswer.of(model, text);
        return with(s -> s.answer = Optional.of(answer));
    }

    /**
     * Sets the answer.
     *
     * @param tokens ids, at least one
     * @return the trace
     */
    public CausalTracing answer(int... tokens) {
        checkArgument(tokens.length > 0, "answer() has no token: leave it out for the model's own");
        return with(s -> s.answer = Optional.of(TracedAnswer.of(tokens)));
    }

    /**
     * Chooses what is measured of the answer; its probability unless chosen.
     *
     * @param metric the metric; a logit difference needs {@link #against}
     * @return the trace
     */
    public CausalTracing metric(AnswerMetric metric) {
        return with(s -> s.metric = Objects.requireNonNull(metric, "metric"));
    }

    /**
     * Measures the logit of the answer less that of another, of which the first token counts.
     *
     * @param other what the answer is compared with, such as the replaced subject's answer
     * @return the trace
     */
    public CausalTracing against(String other) {
        return against(AnswerCells.tokens(model, other).get(0));
    }

    /**
     * Measures the logit of the answer less that of another token.
     *
     * @param other id of the token the answer is compared with
     * @return the trace
     */
    public CausalTracing against(int other) {
        return metric(AnswerMetric.LOGIT_DIFFERENCE).with(s -> s.other = OptionalInt.of(other));
    }

    /**
     * Chooses how the subject is corrupted; {@link Corruption#gaussian()} unless chosen.
     *
     * @param how the corruption
     * @return the trace
     */
    public CausalTracing corruption(Corruption how) {
        return with(s -> s.corruption = Objects.requireNonNull(how, "corruption"));
    }

    /**
     * Chooses how many corrupted copies there are where noise is drawn; 10 unless chosen.
     *
     * @param count at least 1
     * @return the trace
     */
    public CausalTracing copies(int count) {
        checkArgument(count >= 1, "%s corrupted copies: give at least 1", count);
        return with(s -> s.copies = count);
    }

    /**
     * Chooses what noise is drawn from; 1 unless chosen, as in the paper's code. All cells of a
     * prompt have the same noise.
     *
     * @param value any number
     * @return the trace
     */
    public CausalTracing seed(long value) {
        return with(s -> s.seed = value);
    }

    /**
     * Chooses what is restored; residuals, MLP and attention outputs unless chosen.
     *
     * @param kinds at least one
     * @return the trace
     */
    public CausalTracing kinds(TraceKind... kinds) {
        checkArgument(
                kinds.length > 0,
                "kinds() names none: give at least one of %s",
                ImmutableList.copyOf(TraceKind.values()));
        return with(s -> s.kinds = ImmutableSet.copyOf(kinds));
    }

    /**
     * Chooses in how many blocks around the centre MLP or attention outputs are restored: blocks
     * [max(0, c - w/2), min(L, c + ceil(w/2))). L/5, rounded, 1 to 10, unless chosen; the paper's
     * 10 for models of 48 blocks.
     *
     * @param blocks w, at least 1
     * @return the trace
     */
    public CausalTracing window(int blocks) {
        checkArgument(blocks >= 1, "a window of %s blocks is none: give at least 1", blocks);
        return with(s -> s.window = blocks);
    }

    /**
     * Chooses how cells are computed; {@link Execution#EXACT} unless chosen. {@link
     * Execution#NAIVE} also computes those whose values are known.
     *
     * @param how the execution
     * @return the trace
     */
    public CausalTracing execution(Execution how) {
        return with(s -> s.execution = Objects.requireNonNull(how, "execution"));
    }

    /**
     * Limits the memory beyond the model; see {@link dev.patchscopes.model.Sweep#memoryBudget}.
     *
     * @param bytes at least 1
     * @return the trace
     */
    public CausalTracing memoryBudget(long bytes) {
        checkArgument(bytes >= 1, "a memory budget of %s bytes is none", bytes);
        return with(s -> s.budget = Optional.of(bytes));
    }

    /**
     * Sets a listener.
     *
     * @param listener hears of finished cells, of facts when several are traced; can stop the work
     * @return the trace
     */
    public CausalTracing progress(Progress listener) {
        return with(s -> s.progress = Objects.requireNonNull(listener, "progress"));
    }

    /**
     * Traces the prompt.
     *
     * @return the trace
     * @throws IllegalStateException if prompt or subject is not set
     * @throws IllegalArgumentException if the subject's tokens do not stand side by side, a
     *     replacement has another number of tokens (the message names both), given noise has the
     *     wrong size, or the metric does not fit the answer, such as a logit difference against the
     *     answer's own token
     * @throws dev.patchscopes.text.PositionException if the subject is not in the prompt
     * @throws dev.patchscopes.model.PromptTooLongException if prompt and answer exceed the context
     * @throws java.util.concurrent.CancellationException if the listener or an interrupt of this
     *     thread stopped the work
     * @throws dev.patchscopes.model.ModelClosedException if the model is closed
     */
    public CausalTrace run() {
        return single().trace(settings.progress);
    }

    /** {@return what {@link #run} will take; the answer and the noise are looked up for it} */
    public SweepEstimate explain() {
        return single().sweep(settings.progress).explain();
    }

    private TraceRun single() {
        TracedPrompt traced = traced();
        return new TraceRun(model, settings, traced, settings.sigma(model, List.of(traced)));
    }

    private TracedPrompt traced() {
        checkState(
                settings.prompt.isPresent() && settings.subject.isPresent(),
                "%s has no prompt or no subject: add prompt(...) and subject(...), or fact(...)",
                this);
        TokenizedPrompt prompt = settings.prompt.get();
        return TracedPrompt.of(prompt, settings.subject.get(), settings.span.apply(prompt));
    }

    /**
     * Traces many facts and averages their indirect effects, as the paper's figure 2 does: over the
     * classes of tokens, with intervals that take facts about one subject together. Facts that the
     * model does not know are left out, those of whose answer some token is not the most probable
     * one after those before it; of the others the first answer token's metric is taken. Unless
     * other facts are given with it, Gaussian noise is scaled by the subjects of all of them.
     *
     * <p>Whether the model knows the facts is asked in sweeps of several. Then they are traced one
     * after the other, each in one sweep, whose cells fill its batches.
     *
     * @param facts the paper takes 1,000
     * @return the averages
     * @throws IllegalStateException if a prompt, subject or answer is set, which the facts have
     * @throws IllegalArgumentException if no fact is known; or if the subject is replaced or an
     *     answer compared, which takes other words for each fact: trace them one by one with {@link
     *     #fact} and {@link #run}
     * @throws java.util.concurrent.CancellationException if the listener or an interrupt of this
     *     thread stopped the work
     * @throws dev.patchscopes.model.ModelClosedException if the model is closed
     */
    public TraceAverage average(List<FactPrompt> facts) {
        checkState(
                settings.prompt.isEmpty()
                        && settings.subject.isEmpty()
                        && settings.answer.isEmpty(),
                "average(facts) takes prompt, subject and answer from each fact, and this trace has one of its own: leave out prompt(...), subject(...), answer(...) and fact(...), or trace that one with run()");
        checkArgument(
                !settings.corruption.isReplacement(),
                "%s cannot be averaged over facts, each of which needs a subject of its own: trace them one by one, or use noise",
                settings.corruption);
        checkArgument(
                settings.metric != AnswerMetric.LOGIT_DIFFERENCE,
                "a logit difference cannot be averaged over facts, each of which needs another answer of its own: trace them one by one, or use %s",
                AnswerMetric.LOG_PROBABILITY);
        return new AverageRun(model, settings, facts).run();
    }

    /**
     * The base runs of the trace, for {@link #asCell}: the clean run and the corrupted copies; of
     * an answer of several tokens these first, then the same behind each of its tokens.
     *
     * @return the base runs
     * @throws IllegalStateException if prompt or subject is not set
     */
    public ImmutableList<BaseRun> baseRuns() {
        return single().plan().bases();
    }

    /**
     * A cell of the trace as a sweep over {@link #baseRuns} states it: a corrupted run into which
     * vectors of the clean run are carried.
     *
     * <pre>{@code
     * model.sweep(tracing.baseRuns())
     *     .cells(List.of(tracing.asCell(TraceKind.RESIDUAL, 3, 5, 0)))
     *     .execute();
     * }</pre>
     *
     * @param kind what is restored
     * @param row at which layer, or around which block
     * @param token at which token
     * @param copy in which corrupted copy
     * @return the cell, whose result is the trace's for answers of one token
     */
    public Cell asCell(TraceKind kind, int row, int token, int copy) {
        return TracePlan.patched(
                kind, row, Positions.at(token), 0, 1 + copy, settings.window, model.layers());
    }

    /**
     * A cell of kind {@link TraceKind#RESIDUAL} as a Patchscope: source prompt S is the traced one,
     * target prompt T the one with the replaced subject, l* = l, i* = i, f the identity.
     *
     * @param layer l and l*
     * @param token i and i*
     * @return the patchscope; it generates nothing
     * @throws IllegalStateException if prompt or subject is not set, or the subject is corrupted by
     *     noise, which no target prompt can state: use {@link #asCell}
     */
    public Patchscope asPatchscope(int layer, int token) {
        checkState(
                settings.corruption.isReplacement(),
                "a Patchscope's target is a prompt, and this trace has %s: use Corruption.replacement(...), or baseRuns() and asCell(...)",
                settings.corruption);
        TracedPrompt traced = traced();
        return Patchscope.on(model)
                .sourcePrompt(traced.prompt())
                .sourcePosition(Positions.at(token))
                .sourceLayer(layer)
                .targetPrompt(settings.corrupted(model, traced, 0).prompt())
                .targetPosition(Positions.at(token))
                .targetLayer(layer)
                .maxNewTokens(0)
                .build();
    }

    /** {@return model, prompt and choices in a line} */
    @Override
    public String toString() {
        return "CausalTracing[%s, %s, %s]"
                .formatted(
                        model.name(),
                        settings.prompt.map(TokenizedPrompt::toString).orElse("no prompt"),
                        settings);
    }
}
