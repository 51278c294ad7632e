package dev.patchscopes.model;

import static com.google.common.base.Preconditions.checkArgument;
import static dev.patchscopes.model.MemoryWords.count;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.google.common.primitives.ImmutableDoubleArray;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.checkpoint.internal.Interrupts;
import dev.patchscopes.model.internal.CallersFailure;
import dev.patchscopes.model.internal.LastBlocks;
import dev.patchscopes.model.internal.NormalizedStates;
import dev.patchscopes.model.internal.StateDivergence;
import dev.patchscopes.model.internal.StateKind;
import dev.patchscopes.model.internal.StateReader;
import dev.patchscopes.text.TokenizedPrompt;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.LongConsumer;
import java.util.function.Supplier;

/**
 * Reads many states as the model reads its last ones: final norm (with statistics of each state
 * itself), unembedding, soft-cap. What every lens ends with.
 *
 * <p>Distributions are reduced piece by piece to what is kept, so that memory stays bounded
 * whatever the vocabulary; sums are in float32 at least. Immutable; any number of threads may use
 * it.
 *
 * <pre>{@code
 * try (TensorActivations acts = model.run(prompt).capture(HookPoint.residuals(model.layers())).tensors()) {
 *     List<NDArray> h = acts.points().stream().map(acts::get).toList();
 *     StateReadings readings = model.readout().top(5).read(h, h.get(model.layers()), next);
 * }
 * }</pre>
 */
public final class Readout {
    private final HookedModel model;
    private final StateKind kind;
    private final int top;
    private final ImmutableIntArray tokens;
    private final Progress progress;

    private Readout(
            HookedModel model,
            StateKind kind,
            int top,
            ImmutableIntArray tokens,
            Progress progress) {
        this.model = model;
        this.kind = kind;
        this.top = top;
        this.tokens = tokens;
        this.progress = progress;
    }

    static Readout of(HookedModel model) {
        return new Readout(
                model,
                StateKind.RESIDUAL,
                Math.min(5, model.vocabularySize()),
                ImmutableIntArray.of(),
                Progress.none());
    }

    /**
     * Takes states for what {@link #normalized} gives, and reads them by unembedding and soft-cap
     * alone: those of {@link #read} and {@link #divergence}, whose derivative is then with respect
     * to them. States of the last layer, which they are compared with, are still normed.
     *
     * <pre>{@code
     * NDArray n = model.readout().normalized(last);
     * model.readout().ofNormalized().read(List.of(n), last, next);   // the model's own predictions
     * }</pre>
     *
     * @return the readout, of states {@code [row, d_embed]}
     */
    public Readout ofNormalized() {
        return new Readout(model, StateKind.NORMALIZED, top, tokens, progress);
    }

    /**
     * Chooses how many of the most probable tokens are kept of each state; 5 unless chosen.
     *
     * @param k at least 1, at most the vocabulary's size
     * @return the readout
     * @throws IllegalArgumentException if it is another number
     */
    public Readout top(int k) {
        checkArgument(
                k >= 1 && k <= model.vocabularySize(),
                "%s top tokens are not in 1..%s",
                k,
                model.vocabularySize());
        return new Readout(model, kind, k, tokens, progress);
    }

    /**
     * Chooses tokens whose probability and rank are kept of each state.
     *
     * @param ids token ids
     * @return the readout
     * @throws OutOfRangeException if the vocabulary has no such token
     */
    public Readout tokens(int... ids) {
        Arrays.stream(ids).forEach(this::checkId);
        return new Readout(model, kind, top, ImmutableIntArray.copyOf(ids), progress);
    }

    /**
     * Listens to {@link #read}; its parts are rows of states.
     *
     * @param listener hears how far it has come, and can stop it
     * @return the readout
     */
    public Readout progress(Progress listener) {
        return new Readout(model, kind, top, tokens, listener);
    }

    private void checkId(int id) {
        if (id < 0 || id >= model.vocabularySize()) {
            throw new OutOfRangeException(
                    "token id %d is not in 0..%d, the vocabulary of %s"
                            .formatted(id, model.vocabularySize() - 1, model.name()));
        }
    }

    /**
     * Reads states.
     *
     * @param states {@code [row, d_model]} each, on the model's device, such as a layer of a prompt
     *     each; not changed; {@code [row, d_embed]} if {@link #ofNormalized}
     * @param last states of the last layer {@code [row, d_model]}, whose distributions the others
     *     are compared with
     * @param next the token that follows each row; -1 for none
     * @return what was kept, [state, row]
     * @throws IllegalArgumentException if shapes differ
     * @throws OutOfRangeException if the vocabulary has no such token
     * @throws ModelException if a state's logits are no distribution: NaN, or infinite
     * @throws ModelClosedException if the model is closed
     * @throws CancellationException if the listener or an interrupt of this thread stopped it
     * @throws MemoryException if memory runs out
     */
    public StateReadings read(List<NDArray> states, NDArray last, ImmutableIntArray next) {
        long rows = checkStates(last);
        for (NDArray state : states) {
            checkArgument(
                    checkKind(state) == rows,
                    "a state has shape %s, and the last layer's %s",
                    state.getShape(),
                    last.getShape());
        }
        checkArgument(
                next.length() == rows,
                "%s tokens follow %s rows; give -1 where none does",
                next.length(),
                rows);
        next.stream().filter(id -> id != -1).forEach(this::checkId);
        StateReader.Wanted wanted = new StateReader.Wanted(top, tokens.toArray(), next.toArray());
        Supplier<String> work =
                () -> "reading %s of %s rows".formatted(count(states.size(), "state"), rows);
        return advice(work, "read fewer rows at once")
                .inJava("read fewer states or rows at once, keep fewer top tokens of each")
                .get(() -> read(states, last, wanted, new Told(progress, states.size() * rows)));
    }

    private StateReadings read(
            List<NDArray> states, NDArray last, StateReader.Wanted wanted, Told told) {
        StateReader.Outcome outcome;
        try {
            outcome = new StateReader(model.runtime(), kind).read(states, last, wanted, told);
        } catch (CancellationException e) {
            throw Interrupts.within(e, "the readout", told.done, told.total, "rows of states");
        }
        told.tell(told.total);
        return new StateReadings(
                outcome.values(), states.size(), wanted, outcome.best(), model::label);
    }

    /**
     * Computes the model's own distributions of states of its last layer.
     *
     * @param last {@code [row, d_model]}
     * @return the distributions; the caller closes them
     * @throws ModelClosedException if the model is closed
     * @throws MemoryException if memory runs out
     */
    public Teacher teacher(NDArray last) {
        long rows = checkStates(last);
        Supplier<String> work = () -> "a teacher of " + count(rows, "row");
        return advice(work, "take fewer rows at once, each of which is d_vocab numbers twice")
                .get(
                        () -> {
                            StateDivergence.Held held =
                                    new StateDivergence(model.runtime(), kind).teacher(last);
                            return new Teacher(held.manager(), held.rows());
                        });
    }

    /**
     * Computes how far states read from a teacher, KL(teacher || state), and the derivative with
     * respect to the states, in closed form: with q the state's distribution, (q - p) goes back
     * through unembedding and norm.
     *
     * @param teacher distributions
     * @param states {@code [row, d_model]}, as many rows as the teacher has; {@code [row, d_embed]}
     *     if {@link #ofNormalized}
     * @return divergences and derivative
     * @throws IllegalArgumentException if shapes differ
     * @throws ModelClosedException if the model is closed
     * @throws MemoryException if memory runs out
     */
    public Divergence divergence(Teacher teacher, NDArray states) {
        checkArgument(
                checkKind(states) == teacher.rows(),
                "the states have shape %s, and the teacher %s rows",
                states.getShape(),
                teacher.rows());
        Supplier<String> work = () -> "the divergence of " + count(teacher.rows(), "row");
        StateDivergence.Outcome outcome =
                advice(work, "take fewer rows at once")
                        .get(
                                () ->
                                        new StateDivergence(model.runtime(), kind)
                                                .divergence(teacher.distributions(), states));
        return new Divergence(ImmutableDoubleArray.copyOf(outcome.rows()), outcome.gradient());
    }

    /**
     * Carries states through the last blocks, as if they were the residual stream before them.
     *
     * @param blocks how many of the last blocks
     * @param prompt the prompt
     * @param states {@code [pos, d_model]}, all positions of the prompt, each
     * @return states of the last layer {@code [pos, d_model]}, each in the manager of the one it
     *     was made from
     * @throws OutOfRangeException if the model has fewer blocks
     * @throws IllegalArgumentException if a state has another shape
     * @throws ModelClosedException if the model is closed
     * @throws MemoryException if memory runs out; no state has been carried then
     */
    public List<NDArray> throughLastBlocks(
            int blocks, TokenizedPrompt prompt, List<NDArray> states) {
        if (blocks < 0 || blocks > model.layers()) {
            throw new OutOfRangeException(
                    "%d last blocks are not in 0..%d (%s has %d blocks)"
                            .formatted(blocks, model.layers(), model.name(), model.layers()));
        }
        for (NDArray state : states) {
            checkArgument(
                    checkStates(state) == prompt.length(),
                    "a state has shape %s, and the prompt %s tokens",
                    state.getShape(),
                    prompt.length());
        }
        Supplier<String> work =
                () ->
                        "carrying %s of %s through %s"
                                .formatted(
                                        count(states.size(), "state"),
                                        count(prompt.length(), "token"),
                                        count(blocks, "block"));
        return advice(work, "carry fewer states at once, or shorter ones")
                .get(() -> new LastBlocks(model.runtime()).carry(blocks, prompt, states));
    }

    /**
     * Norms states as the model does its last ones, and projects them where the family does (OPT
     * 350M): all that comes before the unembedding matrix. The logits are soft-cap(W_U n + b_U).
     *
     * @param states {@code [row, d_model]}; not changed
     * @return n {@code [row, d_embed]} in the compute type, d_embed being d_model without a
     *     projection; a new tensor in the manager of the states
     * @throws IllegalArgumentException if the states have another shape
     * @throws ModelClosedException if the model is closed
     * @throws MemoryException if memory runs out
     */
    public NDArray normalized(NDArray states) {
        long rows = checkStates(states);
        Supplier<String> work = () -> "normalizing " + count(rows, "row");
        return advice(work, "take fewer rows at once")
                .get(() -> new NormalizedStates(model.runtime()).of(states));
    }

    /**
     * Copies the unembedding matrix.
     *
     * @param owner whose manager the copy belongs to; on the model's device
     * @return W_U {@code [d_vocab, d_embed]} in the compute type
     * @throws ModelClosedException if the model is closed
     * @throws MemoryException if memory runs out
     */
    public NDArray unembedding(NDManager owner) {
        return advice(() -> "copying the unembedding matrix", "close what is no longer needed")
                .get(() -> new NormalizedStates(model.runtime()).unembedding(owner));
    }

    private MemoryAdvice advice(Supplier<String> work, String lower) {
        return MemoryAdvice.of(
                () -> work.get() + " with " + model.name(),
                lower + MemoryWords.orSmallerType(model.computeType()));
    }

    /**
     * Tells how wide {@link #normalized} states are.
     *
     * @return d_embed: d_model, except where the family projects before the unembedding
     * @throws ModelClosedException if the model is closed
     */
    public int normalizedWidth() {
        return new NormalizedStates(model.runtime()).width();
    }

    private long checkKind(NDArray states) {
        return kind == StateKind.RESIDUAL
                ? checkStates(states)
                : checkShape(states, normalizedWidth(), "the width of W_U");
    }

    private long checkStates(NDArray states) {
        return checkShape(states, model.width(), "d_model");
    }

    private long checkShape(NDArray states, long width, String what) {
        checkArgument(
                states.getShape().dimension() == 2
                        && states.getShape().get(0) > 0
                        && states.getShape().get(1) == width,
                "states have shape %s, expected [row, %s] (%s of %s)",
                states.getShape(),
                width,
                what,
                model.name());
        return states.getShape().get(0);
    }

    /** Tells a listener, and ends the reading when that says so. */
    private static final class Told implements LongConsumer {
        private final Progress listener;
        private final long total;
        private final long start = System.nanoTime();
        private long done;

        Told(Progress listener, long total) {
            this.listener = listener;
            this.total = total;
        }

        @Override
        public void accept(long rows) {
            if (rows > 0) {
                tell(rows);
            }
            if (CallersFailure.in(listener::isCancelled)) {
                throw new CancellationException("its listener stopped it");
            }
        }

        void tell(long rows) {
            done = rows;
            Duration elapsed = Duration.ofNanos(System.nanoTime() - start);
            CallersFailure.in(() -> listener.update(rows, total, elapsed));
        }
    }

    /** {@return the model, and what is kept} */
    @Override
    public String toString() {
        return "Readout[%s, top %d%s]"
                .formatted(model.name(), top, tokens.isEmpty() ? "" : ", tokens " + tokens);
    }
}
