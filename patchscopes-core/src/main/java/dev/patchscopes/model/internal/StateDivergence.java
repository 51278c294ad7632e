package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;

/** How far the distributions of states are from those of the model, and which way is closer. */
public final class StateDivergence {
    private final ModelRuntime runtime;
    private final StateLogits unembedding;

    /**
     * Compares states of a model.
     *
     * @param runtime the model
     */
    public StateDivergence(ModelRuntime runtime) {
        this.runtime = runtime;
        this.unembedding = new StateLogits(runtime);
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
     * @param gradient derivative of their sum with respect to the states [row, d_model], in the
     *     manager of the states
     */
    @SuppressWarnings("ArrayRecordComponent") // a bundle, never compared
    public record Outcome(double[] rows, NDArray gradient) {}

    /**
     * Computes KL(teacher || state) and its derivative.
     *
     * @param teacher distributions [row, d_vocab]
     * @param states [row, d_model]
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
                    NDArray log = Tensors.logSoftmaxOf(logits);
                    NDArray p = Tensors.slice(teacher.probabilities(), 0, from, to);
                    NDArray logP = Tensors.slice(teacher.logProbabilities(), 0, from, to);
                    p.attach(scope);
                    logP.attach(scope);
                    NDArray each = Tensors.mul(Tensors.sub(logP, log), p);
                    double[] kl = HostValues.doubles(Tensors.sum(each, 1));
                    System.arraycopy(kl, 0, divergences, from, kl.length);
                    NDArray g = Tensors.sub(Tensors.exp(log), p); // [row, d_vocab]
                    parts[i] = backward.apply(g, logits, typed);
                    parts[i].attach(owner);
                }
            }
            NDArray gradient = parts.length == 1 ? parts[0] : Tensors.concat(0, parts);
            gradient.attach(states.getManager());
            return new Outcome(divergences, gradient);
        }
    }
}
