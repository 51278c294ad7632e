package dev.patchscopes.trace.knockout;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.facts.FactPrompt;
import dev.patchscopes.model.Cell;
import dev.patchscopes.model.Execution;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Progress;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.Quoting;
import dev.patchscopes.text.TokenizedPrompt;
import dev.patchscopes.trace.AnswerMetric;
import dev.patchscopes.trace.internal.AnswerCells;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * Attention knockout (Geva et al., "Dissecting Recall of Factual Associations in Auto-Regressive
 * Language Models", 2023, section 4): which tokens does the last one take the answer from, and in
 * which blocks?
 *
 * <p>Attention edges from queries to keys are cut in a window of blocks around each block in turn,
 * and the answer is measured. Without a choice the query is the last token and the keys are, in
 * turn, the {@linkplain #SUBJECT subject}, all {@linkplain #NON_SUBJECT other tokens}, either
 * without the first, the {@linkplain #FIRST first} alone, and the {@linkplain #LAST last token
 * itself}. The first token is the attention sink of many models: cutting it off can hurt for
 * reasons that have nothing to do with the fact, so it is always reported apart too.
 *
 * <pre>{@code
 * try (HookedModel model = HookedModel.demo()) {
 *     KnockoutResult r = AttentionKnockout.of(model)
 *         .prompt("The capital of Japan is")
 *         .subject("Japan")
 *         .perToken()
 *         .run();
 *     r.change(AttentionKnockout.SUBJECT, 7);     // percent, in the window around block 7
 *     KnockoutAverage all = AttentionKnockout.of(model)
 *         .average(GroundTruth.of(DemoModel.STANDARD).knownPrompts());
 * }
 * }</pre>
 *
 * <p><b>What a cut is.</b> Edges are cut before the softmax, so that a query's other weights sum to
 * one again, or, if {@link #zeroed()}, their weights are dropped after it. A query that is left
 * with no key attends to nothing, and its mixed values are zero. (The paper's code adds the
 * smallest number there is instead of negative infinity: a query without a key then attends to all
 * of them alike.)
 *
 * <p><b>As a Patchscope.</b> A Patchscope (Ghandeharioun et al., 2024, section 3) writes a state
 * and cuts no edge, so a knockout is the cell of a sweep that {@link #asCell} gives, not a
 * Patchscope. Yet if the query is the last token, whose row no other token reads, only that row's
 * attention outputs differ inside the window, and the knockout equals patching, with the identity
 * as mapping, the last token's {@code attn_out} of the window's blocks from a run with the cut into
 * the same prompt's clean run.
 *
 * <p>Cutting the last token's edges changes no other row, so that {@link Execution#EXACT} computes
 * one token a cell from the first block of the window on, all cells together. Immutable: each
 * method returns another one.
 */
public final class AttentionKnockout {

    /** Last token to the subject's tokens; the last token itself is not among them. */
    public static final String SUBJECT = "subject";

    /** The same but the first token of the prompt, which a subject at its start includes. */
    public static final String SUBJECT_BUT_FIRST = "subject but first";

    /** Last token to all tokens that are neither the subject's nor itself. */
    public static final String NON_SUBJECT = "non-subject";

    /** The same but the first token of the prompt. */
    public static final String NON_SUBJECT_BUT_FIRST = "non-subject but first";

    /** Last token to the first one. */
    public static final String FIRST = "first";

    /** Last token to itself. */
    public static final String LAST = "last";

    /** In averages: last token to as many random tokens as the subject has. */
    public static final String RANDOM = "random";

    private static final ImmutableList<String> NAMES =
            ImmutableList.of(
                    SUBJECT,
                    SUBJECT_BUT_FIRST,
                    NON_SUBJECT,
                    NON_SUBJECT_BUT_FIRST,
                    FIRST,
                    LAST,
                    RANDOM);

    private final HookedModel model;
    private final KnockoutSettings settings;

    private AttentionKnockout(HookedModel model, KnockoutSettings settings) {
        this.model = model;
        this.settings = settings;
    }

    /**
     * Starts stating a knockout.
     *
     * @param model whose attention is cut; stays the caller's to close
     * @return a knockout to add choices to
     */
    public static AttentionKnockout of(HookedModel model) {
        return new AttentionKnockout(
                Objects.requireNonNull(model, "model"), new KnockoutSettings());
    }

    private AttentionKnockout with(Consumer<KnockoutSettings> change) {
        KnockoutSettings copy = settings.copy();
        change.accept(copy);
        return new AttentionKnockout(model, copy);
    }

    /**
     * Chooses the prompt.
     *
     * @param text its text, which the answer follows
     * @return the knockout
     */
    public AttentionKnockout prompt(String text) {
        return prompt(model.tokenize(text));
    }

    /**
     * Chooses the prompt.
     *
     * @param tokens its tokens, which the answer follows
     * @return the knockout
     */
    public AttentionKnockout prompt(TokenizedPrompt tokens) {
        return with(s -> s.prompt = Optional.of(tokens));
    }

    /**
     * Chooses the subject.
     *
     * @param text occurs once in the prompt
     * @return the knockout
     */
    public AttentionKnockout subject(String text) {
        return subject(Positions.of(text));
    }

    /**
     * Chooses the subject.
     *
     * @param positions its tokens
     * @return the knockout
     */
    public AttentionKnockout subject(Positions positions) {
        return with(s -> s.subject = Optional.of(positions));
    }

    /**
     * Chooses prompt, subject and answer; {@link #answer} after it chooses another.
     *
     * @param fact the fact
     * @return the knockout
     */
    public AttentionKnockout fact(FactPrompt fact) {
        return prompt(fact.prompt()).subject(fact.positions()).answer(fact.answer());
    }

    /**
     * Chooses the answer; the model's most probable next token unless chosen, as in the paper. Of
     * several tokens each is measured after those before it; what is cut in the prompt stays cut,
     * and the answer's own tokens attend to all of it.
     *
     * @param text the answer; a space goes before it unless it has one
     * @return the knockout
     */
    public AttentionKnockout answer(String text) {
        return with(
                s -> {
                    s.answerText = Optional.of(text);
                    s.answer = ImmutableIntArray.of();
                });
    }

    /**
     * Chooses the answer, see {@link #answer(String)}.
     *
     * @param tokens token ids, at least one
     * @return the knockout
     */
    public AttentionKnockout answer(int... tokens) {
        checkArgument(tokens.length > 0, "answer() names no token: give at least one");
        return with(
                s -> {
                    s.answerText = Optional.empty();
                    s.answer = ImmutableIntArray.copyOf(tokens);
                });
    }

    /**
     * Chooses what is measured of the answer; its probability unless chosen.
     *
     * @param metric not {@link AnswerMetric#LOGIT_DIFFERENCE}, which {@link #against} chooses
     * @return the knockout
     */
    public AttentionKnockout metric(AnswerMetric metric) {
        checkArgument(
                metric != AnswerMetric.LOGIT_DIFFERENCE,
                "a logit difference needs another token: call against(token) instead");
        return with(
                s -> {
                    s.metric = metric;
                    s.against = ImmutableList.of();
                });
    }

    /**
     * Measures the answer's logit less that of another, of which the first token counts.
     *
     * @param other what the answer is compared with; a space goes before it unless it has one
     * @return the knockout
     */
    public AttentionKnockout against(String other) {
        return against(AnswerCells.tokens(model, other).get(0));
    }

    /**
     * Measures the answer's logit less that of another token.
     *
     * @param token the other token's id
     * @return the knockout
     */
    public AttentionKnockout against(int token) {
        return with(
                s -> {
                    s.metric = AnswerMetric.LOGIT_DIFFERENCE;
                    s.against = ImmutableList.of(token);
                });
    }

    /**
     * Adds a group of edges that are cut together, beside those that the subject makes. Edges under
     * one name are one group, so that a group can be any set of edges.
     *
     * @param name the group's name
     * @param queries positions that attend
     * @param keys positions no longer attended to; pairs with the key after the query do not exist
     * @return the knockout
     * @throws IllegalArgumentException if the name is one of this class's own
     */
    public AttentionKnockout edges(String name, Positions queries, Positions keys) {
        checkArgument(
                !NAMES.contains(name),
                "the group %s is there already: choose a name other than %s",
                Quoting.quote(name),
                NAMES);
        return with(
                s ->
                        s.edges =
                                ImmutableList.<KnockoutSettings.Stated>builder()
                                        .addAll(s.edges)
                                        .add(new KnockoutSettings.Stated(name, queries, keys))
                                        .build());
    }

    /**
     * Also cuts each token off the last one by itself: a map of tokens by blocks.
     *
     * @return the knockout
     */
    public AttentionKnockout perToken() {
        return with(s -> s.perToken = true);
    }

    /**
     * Cuts edges of some heads alone; of all unless chosen.
     *
     * @param indices query heads
     * @return the knockout
     * @throws IllegalArgumentException if the model does not have one
     */
    public AttentionKnockout heads(int... indices) {
        for (int head : indices) {
            checkArgument(
                    head >= 0 && head < model.heads(),
                    "head %s is not in 0..%s of %s",
                    head,
                    model.heads() - 1,
                    model.name());
        }
        return with(s -> s.heads = ImmutableList.copyOf(IntStream.of(indices).boxed().toList()));
    }

    /**
     * Drops the weights of cut edges after the softmax, without giving them to the others.
     *
     * @return the knockout
     */
    public AttentionKnockout zeroed() {
        return with(s -> s.renormalised = false);
    }

    /**
     * Chooses in how many blocks edges are cut together; {@link #defaultWindow} unless chosen. The
     * window around block c is [c - width/2, c + ceil(width/2)), as far as there are blocks.
     *
     * @param width number of blocks, at least 1
     * @return the knockout
     */
    public AttentionKnockout window(int width) {
        checkArgument(width >= 1, "a window of %s blocks is none: give at least 1", width);
        return with(s -> s.window = Optional.of(width));
    }

    /**
     * The width that is the same share of the blocks as the paper's: 9 of 48.
     *
     * @param blocks L
     * @return 0.19 L, rounded and made odd, at least 1
     */
    public static int defaultWindow(int blocks) {
        return (int) Math.round(0.19 * blocks) | 1;
    }

    /**
     * Chooses the seed of the random tokens of averages; 0 unless chosen.
     *
     * @param seed the seed
     * @return the knockout
     */
    public AttentionKnockout seed(long seed) {
        return with(s -> s.seed = seed);
    }

    /**
     * Chooses how cells are computed; {@link Execution#EXACT} unless chosen.
     *
     * @param how the execution
     * @return the knockout
     */
    public AttentionKnockout execution(Execution how) {
        return with(s -> s.execution = how);
    }

    /**
     * Limits the memory that cells in flight may take beyond the model; see {@link
     * dev.patchscopes.model.Sweep#memoryBudget(long)}.
     *
     * @param bytes the limit, at least 1
     * @return the knockout
     */
    public AttentionKnockout memoryBudget(long bytes) {
        checkArgument(bytes >= 1, "a memory budget of %s bytes is none", bytes);
        return with(s -> s.budget = Optional.of(bytes));
    }

    /**
     * Sets a listener. It hears of finished cells, or in averages of finished facts, and can stop
     * the work.
     *
     * @param listener hears of finished parts
     * @return the knockout
     */
    public AttentionKnockout progress(Progress listener) {
        return with(s -> s.progress = listener);
    }

    /**
     * Cuts every group of the prompt in every window.
     *
     * @return the result
     * @throws IllegalStateException if there is no prompt, or nothing to cut in it
     * @throws dev.patchscopes.text.PositionException if positions do not fit the prompt
     * @throws dev.patchscopes.model.OutOfRangeException if the vocabulary has no such token
     * @throws dev.patchscopes.model.PromptTooLongException if the prompt exceeds the context
     * @throws dev.patchscopes.model.ModelClosedException if the model is closed
     * @throws java.util.concurrent.CancellationException if the listener or an interrupt of this
     *     thread stopped the work
     */
    public KnockoutResult run() {
        TokenizedPrompt prompt = settings.promptGiven();
        settings.checkSomethingIsCut();
        return new SinglePrompt(sweep(), settings.edges, settings.perToken)
                .run(prompt, settings.subject, settings.answerText, settings.answer);
    }

    /**
     * Averages over the facts that the model answers, those whose answer's tokens are each the most
     * probable; others are counted and left out. Of each the first token of the answer is measured,
     * the model's own prediction. A control stands beside the groups: as many random tokens as the
     * subject has, neither of the subject nor the last, and the first only where there is no other.
     *
     * @param facts the facts
     * @return the average
     * @throws IllegalArgumentException if the model answers none of the facts
     * @throws IllegalStateException if a prompt, a subject, an answer, a logit difference or a map
     *     was chosen, which are matters of single prompts
     * @throws dev.patchscopes.model.PromptTooLongException if a prompt exceeds the context
     * @throws dev.patchscopes.model.ModelClosedException if the model is closed
     * @throws java.util.concurrent.CancellationException if the listener or an interrupt of this
     *     thread stopped the work
     */
    public KnockoutAverage average(List<FactPrompt> facts) {
        settings.checkForAverage();
        return new FactAverage(sweep(), settings.edges).run(facts);
    }

    /**
     * Gives the cell of a sweep that a knockout is: base run 0 with edges cut.
     *
     * <pre>{@code
     * model.sweep(BaseRun.of(prompt))
     *     .cells(List.of(knockout.asCell(Positions.last(), Positions.of("Japan"), 7)))
     *     .execute();
     * }</pre>
     *
     * @param queries positions that attend
     * @param keys positions no longer attended to
     * @param centre block in the middle of the window, 0..L-1
     * @return the cell
     * @throws IllegalArgumentException if there is no such block
     */
    public Cell asCell(Positions queries, Positions keys, int centre) {
        KnockoutProvenance plan = provenance();
        return Cell.of(0, plan.cut(queries, keys, plan.around(centre)));
    }

    KnockoutSweep sweep() {
        return new KnockoutSweep(model, provenance(), settings.budget, settings.progress);
    }

    private KnockoutProvenance provenance() {
        return settings.provenance(model);
    }

    /** {@return model, what is cut and how} */
    @Override
    public String toString() {
        return "AttentionKnockout[%s%s%s%s]"
                .formatted(
                        provenance(),
                        settings.subject.map(s -> ", subject " + s).orElse(""),
                        settings.edges.isEmpty() ? "" : ", " + settings.edges,
                        settings.perToken ? ", per token" : "");
    }
}
