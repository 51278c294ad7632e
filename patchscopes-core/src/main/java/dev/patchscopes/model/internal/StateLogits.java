package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import java.util.Optional;

/** Logits of states, as the model computes them of its last ones. */
final class StateLogits {
    /** Bytes of logits computed at once. */
    private static final long BYTES_AT_ONCE = 32L << 20;

    private final ModelRuntime runtime;

    StateLogits(ModelRuntime runtime) {
        this.runtime = runtime;
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
     * @param states [row, d_model], of any type
     * @param scope owner of the result and of what it takes
     * @return [row, d_vocab] in float32 at least
     */
    NDArray logits(NDArray states, NDManager scope) {
        Pass pass =
                new Pass(
                        scope,
                        runtime.ops(),
                        Taps.NONE,
                        Optional.empty(),
                        (block, projected, p) -> projected.v());
        long rows = states.getShape().get(0);
        NDArray typed = Tensors.cast(states, runtime.ops().type());
        NDArray x = Tensors.reshape(typed, 1, rows, runtime.facts().spec().width());
        x.attach(scope);
        NDArray logits = runtime.transformer().logits(x, pass); // [1, row, d_vocab]
        NDArray flat = Tensors.reshape(logits, rows, runtime.facts().spec().vocabulary());
        return flat.getDataType() == DataType.FLOAT64 ? flat : Tensors.cast(flat, DataType.FLOAT32);
    }

    /** The distributions of states {@code from..to-1} of the last layer. */
    TeacherRows teacher(NDArray last, long from, long to, NDManager owner) {
        try (NDManager scope = owner.newSubManager()) {
            NDArray part = Tensors.slice(last, 0, from, to);
            part.attach(scope);
            NDArray log = Tensors.logSoftmaxOf(logits(part, scope)); // [row, d_vocab]
            NDArray p = Tensors.exp(log);
            log.attach(owner);
            p.attach(owner);
            return new TeacherRows(log, p);
        }
    }
}
