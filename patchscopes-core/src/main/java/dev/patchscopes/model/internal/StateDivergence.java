package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;

/** How far the distributions of states are from those of the model, and which way is closer. */
public final class StateDivergence {
    /** Bytes of logits that operations hand on to each other in the cache. */
    private static final long BYTES_IN_CACHE = 1L << 20;

    private final ModelRuntime runtime;
    private final StateKind kind;
    private final StateLogits unembedding;

    /**
     * Compares states of a model.
     *
     * @param runtime the model
     * @param kind of the states compared
     */
    public StateDivergence(ModelRuntime runtime, StateKind kind) {
        this.runtime = runtime;
        this.kind = kind;
        this.unembedding = new StateLogits(runtime, kind);
    }

    /**
     * The distributions of states of the last layer.
     *
     * @param last [row, d_model]
     * @return the distributions, in a manager that the caller closes
     */
    public Held teacher(NDArray last) {
        try (Session session = runtime.open(false)) {
            NDManager owner = session.manager().getParentManager().newSubManager();
            try {
                int rows = Math.toIntExact(last.getShape().get(0));
                return new Held(owner, unembedding.teacher(last, 0, rows, owner));
            } catch (RuntimeException | Error e) {
                owner.close();
                throw e;
            }
        }
    }

    /**
     * Distributions and their owner.
     *
     * @param manager closed by whoever holds it
     * @param rows the distributions
     */
    public record Held(NDManager manager, TeacherRows rows) {}

    /**
     * A divergence and its derivative.
     *
     * @param rows KL(teacher || state) of each row, in nats
     * @param gradient derivative of their sum with respect to the states, in their shape and
     *     manager
     */
    @SuppressWarnings("ArrayRecordComponent") // a bundle, never compared
    public record Outcome(double[] rows, NDArray gradient) {}

    /**
     * Computes KL(teacher || state) and its derivative.
     *
     * @param teacher distributions [row, d_vocab]
     * @param states [row, width of their kind]
     * @return divergences and their derivative
     */
    public Outcome divergence(TeacherRows teacher, NDArray states) {
        int rows = teacher.rows();
        int most = unembedding.rowsAtOnce();
        double[] divergences = new double[rows];
        try (Session session = runtime.open(false)) {
            NDManager owner = session.manager();
            UnembeddingGradient backward =
                    new UnembeddingGradient(runtime.facts().spec(), runtime.ends(), runtime.ops());
            NDArray[] parts = new NDArray[(rows + most - 1) / most];
            for (int i = 0; i < parts.length; i++) {
                int from = i * most;
                int to = Math.min(rows, from + most);
                try (NDManager scope = owner.newSubManager()) {
                    NDArray x = Tensors.slice(states, 0, from, to);
                    x.attach(scope);
                    NDArray typed = Tensors.cast(x, runtime.ops().type());
                    NDArray logits = unembedding.logits(typed, scope); // [row, d_vocab]
                    boolean capped = runtime.facts().spec().unembedding().softCap().isPresent();
                    // [row, d_vocab], in the place of the logits where those are not needed
                    NDArray g = capped ? logits.duplicate() : logits;
                    TeacherRows some = teacher.slice(from, to);
                    try {
                        compare(logits, some, g, divergences, from);
                    } finally {
                        some.close();
                    }
                    parts[i] =
                            kind == StateKind.RESIDUAL
                                    ? backward.apply(g, logits, typed)
                                    : backward.toNormalized(g, logits);
                    parts[i].attach(owner);
                }
            }
            NDArray gradient = parts.length == 1 ? parts[0] : Tensors.concat(0, parts);
            gradient.attach(states.getManager());
            return new Outcome(divergences, gradient);
        }
    }

    /**
     * Reduces logits a few rows at a time, so that what one operation writes is still in the cache
     * when the next one reads it.
     *
     * @param logits [row, d_vocab]
     * @param teacher as many rows
     * @param gradient where q - p goes [row, d_vocab]; may be the logits
     * @param out where KL(p || q) of each row goes
     * @param first number of the first row
     */
    private void compare(
            NDArray logits, TeacherRows teacher, NDArray gradient, double[] out, int first) {
        int rows = teacher.rows();
        long width = logits.getShape().get(1);
        long bytes = width * unembedding.bytes();
        int step = runtime.device().isGpu() ? rows : (int) Math.max(1, BYTES_IN_CACHE / bytes);
        for (int from = 0; from < rows; from += step) {
            int to = Math.min(rows, from + step);
            TeacherRows some = teacher.slice(from, to);
            try (NDArray x = Tensors.slice(logits, 0, from, to);
                    NDArray log = Tensors.logSoftmaxOf(x);
                    NDArray each = Tensors.sub(log, some.logProbabilities());
                    NDArray q = Tensors.exp(log)) {
                Tensors.mulInPlace(each, some.probabilities());
                try (NDArray sum = Tensors.sum(each, 1)) { // [row, 1], -KL(p || q)
                    double[] kl = HostValues.doubles(sum);
                    for (int row = from; row < to; row++) {
                        out[first + row] = -kl[row - from];
                    }
                }
                Tensors.subInPlace(q, some.probabilities());
                Tensors.write(gradient, q, new long[] {from, 0}, new long[] {to, width});
            } finally {
                some.close();
            }
        }
    }
}
