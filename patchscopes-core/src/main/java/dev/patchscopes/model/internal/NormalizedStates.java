package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;

/** The two halves of an unembedding: what comes before its matrix, and the matrix. */
public final class NormalizedStates {
    private final ModelRuntime runtime;

    /**
     * Takes an unembedding apart.
     *
     * @param runtime the model
     */
    public NormalizedStates(ModelRuntime runtime) {
        this.runtime = runtime;
    }

    /** {@return d_embed, how wide normalized states are} */
    public int width() {
        return runtime.whileOpen(() -> Math.toIntExact(matrix().getShape().get(1)));
    }

    /**
     * Normalizes states.
     *
     * @param states [row, d_model]
     * @return [row, d_embed] in the compute type, in the manager of the states
     */
    public NDArray of(NDArray states) {
        try (Session session = runtime.open(false);
                NDManager scope = session.manager().newSubManager()) {
            NDArray out = new StateLogits(runtime, StateKind.RESIDUAL).normalized(states, scope);
            out.attach(states.getManager());
            return out;
        }
    }

    /**
     * Copies the matrix.
     *
     * @param owner of the copy
     * @return W_U [d_vocab, d_embed] in the compute type
     */
    public NDArray unembedding(NDManager owner) {
        NDArray copy = runtime.whileOpen(() -> matrix().duplicate());
        copy.attach(owner);
        return copy;
    }

    private NDArray matrix() {
        return runtime.ends().unembedding().weight();
    }
}
