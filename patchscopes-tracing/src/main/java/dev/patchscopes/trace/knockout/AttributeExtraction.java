package dev.patchscopes.trace.knockout;

import static com.google.common.base.Preconditions.checkArgument;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import com.google.common.collect.ImmutableList;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.facts.FactPrompt;
import dev.patchscopes.internal.Steps;
import dev.patchscopes.model.Execution;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Intervention;
import dev.patchscopes.model.Progress;
import dev.patchscopes.model.TensorActivations;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenBatch;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.IntFunction;

/**
 * Where the answer is extracted (Geva et al., 2023, section 6): a sublayer extracts it if what it
 * adds to the stream at the last token, multiplied by the unembedding matrix, is largest at the
 * token the model goes on to predict. No norm comes in between, and no bias after.
 *
 * <pre>{@code
 * try (HookedModel model = HookedModel.demo()) {
 *     ExtractionResult r = AttributeExtraction.of(model)
 *         .average(GroundTruth.of(DemoModel.STANDARD).knownPrompts());
 *     r.attention(7);      // rate with its interval
 * }
 * }</pre>
 *
 * <p>Facts count that the model answers. With the {@linkplain #blockingSubject subject cut off} the
 * last token, sublayers are still compared with what the model predicts without a cut: what is left
 * is extracted from elsewhere.
 *
 * <p>As a Patchscope it is the source side alone: representations {@code attn_out} and {@code
 * mlp_out} of the last token, and the target a bare unembedding. Immutable: each method returns
 * another one.
 */
public final class AttributeExtraction {
    private static final int TOGETHER = 32;
    private static final long DEFAULT_BUDGET = 256L << 20;

    private final HookedModel model;
    private final ImmutableList<Integer> blocked;
    private final Execution execution;
    private final long budget;
    private final Progress progress;

    private AttributeExtraction(
            HookedModel model,
            ImmutableList<Integer> blocked,
            Execution execution,
            long budget,
            Progress progress) {
        this.model = model;
        this.blocked = blocked;
        this.execution = execution;
        this.budget = budget;
        this.progress = progress;
    }

    /**
     * Starts stating an extraction.
     *
     * @param model read; stays the caller's to close
     * @return an extraction to add choices to
     */
    public static AttributeExtraction of(HookedModel model) {
        return new AttributeExtraction(
                Objects.requireNonNull(model, "model"),
                ImmutableList.of(),
                Execution.EXACT,
                DEFAULT_BUDGET,
                Progress.none());
    }

    /**
     * Cuts the last token's attention to the subject in some blocks.
     *
     * @param fromBlock first block
     * @param toBlock block after the last one
     * @return the extraction
     * @throws IllegalArgumentException if the model does not have these blocks
     */
    public AttributeExtraction blockingSubject(int fromBlock, int toBlock) {
        checkArgument(
                0 <= fromBlock && fromBlock < toBlock && toBlock <= model.layers(),
                "blocks %s..%s (end excluded) are not in 0..%s of %s",
                fromBlock,
                toBlock,
                model.layers(),
                model.name());
        return new AttributeExtraction(
                model, ImmutableList.of(fromBlock, toBlock), execution, budget, progress);
    }

    /**
     * Chooses how the model is asked for the facts; {@link Execution#EXACT} unless chosen.
     * Sublayers are read in plain runs of several prompts.
     *
     * @param how the execution
     * @return the extraction
     */
    public AttributeExtraction execution(Execution how) {
        return new AttributeExtraction(
                model, blocked, Objects.requireNonNull(how, "execution"), budget, progress);
    }

    /**
     * Limits the memory that sublayers' outputs kept at once may take, and the cells that ask the
     * model for the facts; 256 MiB unless chosen. One prompt's outputs are kept whatever they take.
     *
     * @param bytes the limit, at least 1
     * @return the extraction
     */
    public AttributeExtraction memoryBudget(long bytes) {
        checkArgument(bytes >= 1, "a memory budget of %s bytes is none", bytes);
        return new AttributeExtraction(model, blocked, execution, bytes, progress);
    }

    /**
     * Sets a listener.
     *
     * @param listener hears of finished facts, and can stop the work
     * @return the extraction
     */
    public AttributeExtraction progress(Progress listener) {
        return new AttributeExtraction(
                model, blocked, execution, budget, Objects.requireNonNull(listener, "progress"));
    }

    /**
     * Reads every block's sublayers for each fact.
     *
     * @param facts the facts
     * @return the result
     * @throws IllegalArgumentException if the model answers none of the facts; or projects its last
     *     states to another width before the unembedding matrix, which then reads no sublayer
     * @throws dev.patchscopes.model.PromptTooLongException if a prompt exceeds the context
     * @throws dev.patchscopes.model.ModelClosedException if the model is closed
     * @throws java.util.concurrent.CancellationException if the listener or an interrupt of this
     *     thread stopped the work
     */
    public ExtractionResult average(List<FactPrompt> facts) {
        int read = model.readout().normalizedWidth();
        checkArgument(
                read == model.width(),
                "the unembedding of %s reads vectors of %s, after a projection, and its sublayers add vectors of %s: there is no product of the two",
                model.name(),
                read,
                model.width());
        Steps steps = new Steps(progress, "attribute extraction", facts.size());
        return steps.during(
                () -> {
                    KnockoutSweep asking =
                            AttentionKnockout.of(model)
                                    .execution(execution)
                                    .memoryBudget(budget)
                                    .progress(steps.within())
                                    .sweep();
                    ImmutableList.Builder<ExtractedFact> extracted = ImmutableList.builder();
                    int unknown = 0;
                    int withoutSubject = 0;
                    try (NDManager manager = NDManager.newBaseManager(model.device(), "PyTorch")) {
                        NDArray unembedding =
                                model.readout().unembedding(manager); // [d_vocab, d_model]
                        for (int from = 0; from < facts.size(); from += TOGETHER) {
                            List<FactPrompt> some =
                                    facts.subList(from, Math.min(facts.size(), from + TOGETHER));
                            KnownFacts asked = KnownFacts.ask(model, some, asking);
                            unknown += asked.unknown();
                            withoutSubject += asked.withoutSubject();
                            for (List<KnownFacts.Known> batch : batches(asked.known())) {
                                extracted.addAll(read(batch, unembedding));
                            }
                            some.forEach(fact -> steps.done());
                        }
                    }
                    ImmutableList<ExtractedFact> known = extracted.build();
                    FactAverage.checkAnyKnown(model, facts, known, withoutSubject);
                    return new ExtractionResult(
                            LibraryVersion.current(),
                            ModelIdentity.of(model),
                            model.layers(),
                            blocked,
                            execution,
                            known,
                            unknown,
                            withoutSubject);
                });
    }

    /** Facts side by side whose outputs fit the budget together, each part as large as it can. */
    List<List<KnownFacts.Known>> batches(List<KnownFacts.Known> facts) {
        long tokenBytes = 2L * model.layers() * model.width() * model.computeType().bytes();
        List<List<KnownFacts.Known>> out = new ArrayList<>();
        int first = 0;
        long bytes = 0;
        for (int i = 0; i < facts.size(); i++) {
            long own = facts.get(i).prompt().length() * tokenBytes;
            if (i > first && bytes + own > budget) {
                out.add(facts.subList(first, i));
                first = i;
                bytes = 0;
            }
            bytes += own;
        }
        if (first < facts.size()) {
            out.add(facts.subList(first, facts.size()));
        }
        return out;
    }

    List<ExtractedFact> read(List<KnownFacts.Known> facts, NDArray unembedding) {
        List<HookPoint> points = new ArrayList<>();
        for (int block = 0; block < model.layers(); block++) {
            points.add(HookPoint.attnOut(block));
            points.add(HookPoint.mlpOut(block));
        }
        List<ExtractedFact> out = new ArrayList<>();
        try (TensorActivations acts =
                model.run(TokenBatch.of(facts.stream().map(KnownFacts.Known::prompt).toList()))
                        .capture(points)
                        .intervene(cuts(facts))
                        .tensors()) {
            List<long[]> best = points.stream().map(p -> best(acts, p, unembedding)).toList();
            for (int i = 0; i < facts.size(); i++) {
                int fact = i;
                int predicted = facts.get(i).answer();
                out.add(
                        new ExtractedFact(
                                facts.get(i).fact(),
                                predicted,
                                facts.get(i).answerText(),
                                blocks(b -> best.get(2 * b)[fact] == predicted),
                                blocks(b -> best.get(2 * b + 1)[fact] == predicted)));
            }
        }
        return out;
    }

    private ImmutableList<Integer> blocks(IntFunction<Boolean> extracts) {
        ImmutableList.Builder<Integer> out = ImmutableList.builder();
        for (int block = 0; block < model.layers(); block++) {
            if (extracts.apply(block)) {
                out.add(block);
            }
        }
        return out.build();
    }

    private List<Intervention> cuts(List<KnownFacts.Known> facts) {
        List<Intervention> cuts = new ArrayList<>();
        for (int i = 0; !blocked.isEmpty() && i < facts.size(); i++) {
            Optional<Intervention> cut = cut(facts.get(i), i);
            cut.ifPresent(cuts::add);
        }
        return cuts;
    }

    /** Cuts one fact's subject off; nothing if no block sees as far back. */
    private Optional<Intervention> cut(KnownFacts.Known fact, int row) {
        int last = fact.prompt().length() - 1;
        KnockoutEdges edges = KnockoutEdges.between(List.of(last), fact.subject());
        for (int block = blocked.get(0); block < blocked.get(1); block++) {
            if (edges.anyIn(model.attentionWindow(block))) {
                return Optional.of(
                        Intervention.cutAttention(
                                        Positions.last(),
                                        Positions.at(
                                                fact.subject().stream().mapToInt(t -> t).toArray()),
                                        blocked.get(0),
                                        blocked.get(1))
                                .rows(row));
            }
        }
        return Optional.empty();
    }

    /** The token that W_U times each prompt's last vector at a point is largest at. */
    private static long[] best(TensorActivations acts, HookPoint point, NDArray unembedding) {
        int prompts = acts.prompts().rows();
        long[] last = new long[prompts];
        for (int i = 0; i < prompts; i++) {
            last[i] = acts.rows(i).upperEndpoint() - 1L;
        }
        try (NDManager scope = acts.manager().newSubManager()) {
            NDArray rows = scope.create(last);
            NDArray states = acts.get(point).get(rows); // [prompt, d_model]
            states.attach(scope);
            NDArray transposed = unembedding.transpose();
            transposed.attach(scope);
            NDArray logits = states.matMul(transposed); // [prompt, d_vocab]
            logits.attach(scope);
            NDArray best = logits.argMax(1);
            best.attach(scope);
            NDArray wide = best.toType(DataType.INT64, false);
            return wide.toLongArray();
        }
    }

    /** {@return model, and where the subject is cut off} */
    @Override
    public String toString() {
        return "AttributeExtraction[%s%s]"
                .formatted(model.name(), blocked.isEmpty() ? "" : ", subject cut in " + blocked);
    }
}
