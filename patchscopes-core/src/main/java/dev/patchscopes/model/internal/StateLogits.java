package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import java.util.Optional;

/** Logits of states, as the model computes them of its last ones. */
final class StateLogits {
    /** Bytes of logits computed at once. */
    private static final long BYTES_AT_ONCE = 128L << 20;

    private final ModelRuntime runtime;

    private final StateKind kind;

    StateLogits(ModelRuntime runtime, StateKind kind) {
        this.runtime = runtime;
        this.kind = kind;
    }

    /** Rows whose logits are computed at once. */
    int rowsAtOnce() {
        long row = runtime.facts().spec().vocabulary() * (long) bytes();
        return Math.toIntExact(Math.max(1, BYTES_AT_ONCE / row));
    }

    /** Bytes of a logit: of a float32 at least. */
    int bytes() {
        return Math.max(Float.BYTES, runtime.type().bytes());
    }

    /**
     * The logits of states.
     *
     * @param states [row, width of their kind], of any type
     * @param scope owner of the result and of what it takes
     * @return [row, d_vocab] in float32 at least
     */
    NDArray logits(NDArray states, NDManager scope) {
        return logits(states, kind, scope);
    }

    private NDArray logits(NDArray states, StateKind given, NDManager scope) {
        NDArray x = input(states, scope);
        Transformer transformer = runtime.transformer();
        NDArray logits = // [1, row, d_vocab]
                given == StateKind.RESIDUAL
                        ? transformer.logits(x, pass(scope))
                        : transformer.logitsOfNormalized(x, pass(scope));
        NDArray flat =
                Tensors.reshape(
                        logits, states.getShape().get(0), runtime.facts().spec().vocabulary());
        return flat.getDataType() == DataType.FLOAT64 ? flat : Tensors.cast(flat, DataType.FLOAT32);
    }

    /** The states [row, d_model] as the unembedding matrix is multiplied by them, a new array. */
    NDArray normalized(NDArray states, NDManager scope) {
        NDArray x = runtime.transformer().normalized(input(states, scope), pass(scope));
        try (NDArray flat = Tensors.reshape(x, states.getShape().get(0), x.getShape().get(2))) {
            return flat.duplicate(); // without a norm it would be the states themselves
        }
    }

    private NDArray input(NDArray states, NDManager scope) {
        NDArray typed = Tensors.cast(states, runtime.ops().type());
        if (typed != states) {
            typed.attach(scope); // else it would stay with the caller's
        }
        NDArray x = Tensors.reshape(typed, 1, states.getShape().get(0), states.getShape().get(1));
        x.attach(scope);
        return x;
    }

    private Pass pass(NDManager scope) {
        return new Pass(
                scope,
                runtime.ops(),
                Taps.NONE,
                Optional.empty(),
                (block, projected, p) -> projected.v());
    }

    /** The distributions of states {@code from..to-1} of the last layer. */
    TeacherRows teacher(NDArray last, long from, long to, NDManager owner) {
        try (NDManager scope = owner.newSubManager()) {
            NDArray part = Tensors.slice(last, 0, from, to);
            part.attach(scope);
            NDArray log = Tensors.logSoftmaxOf(logits(part, StateKind.RESIDUAL, scope));
            NDArray p = Tensors.exp(log); // [row, d_vocab]
            log.attach(owner);
            p.attach(owner);
            return new TeacherRows(log, p);
        }
    }
}
