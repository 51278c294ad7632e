package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.patchscopes.model.ModelException;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongConsumer;

/**
 * Reads states as the model reads its last ones, in pieces, keeping what is asked for of each
 * distribution and never the distributions.
 */
public final class StateReader {
    private final ModelRuntime runtime;
    private final StateLogits unembedding;

    /**
     * Makes a reader.
     *
     * @param runtime the model
     * @param kind of the states read
     */
    public StateReader(ModelRuntime runtime, StateKind kind) {
        this.runtime = runtime;
        this.unembedding = new StateLogits(runtime, kind);
    }

    /**
     * What to keep of each distribution.
     *
     * @param top most probable tokens, at least 1 and at most d_vocab
     * @param tokens tokens asked for in every row
     * @param next a token asked for in each row
     */
    @SuppressWarnings("ArrayRecordComponent") // a bundle, never compared
    public record Wanted(int top, int[] tokens, int[] next) {

        /** {@return tokens asked for in a row: the teacher's best, the next one, the others} */
        public int asked() {
            return 2 + tokens.length;
        }

        /** {@return numbers kept of a row} */
        public int width() {
            return 3 + 2 * asked() + 2 * top;
        }
    }

    /**
     * What was kept.
     *
     * @param values [state, row, {@link Wanted#width()}]; see {@link ReadoutScript#reduce}
     * @param best the most probable token of each row's last state
     */
    @SuppressWarnings("ArrayRecordComponent") // a bundle, never compared
    public record Outcome(double[] values, int[] best) {}

    /**
     * Reads states.
     *
     * @param states [row, width of their kind] each
     * @param last what the rows are compared with, as states of the last layer [row, d_model]
     * @param wanted what to keep
     * @param told how many states' rows have been read, before each piece; may throw to stop
     * @return what was kept
     */
    public Outcome read(List<NDArray> states, NDArray last, Wanted wanted, LongConsumer told) {
        int rows = Math.toIntExact(last.getShape().get(0));
        int[] best = new int[rows];
        double[] out = new double[states.size() * rows * wanted.width()];
        int most = unembedding.rowsAtOnce();
        try (Session session = runtime.open(false)) {
            ReadoutScript script = runtime.readout(wanted.top());
            for (int from = 0; from < rows; from += most) {
                int to = Math.min(rows, from + most);
                try (NDManager chunk = session.manager().newSubManager()) {
                    TeacherRows teacher = unembedding.teacher(last, from, to, chunk);
                    long[] largest = Tensors.largest(teacher.logProbabilities(), 1).indices();
                    for (int row = from; row < to; row++) {
                        best[row] = Math.toIntExact(largest[row - from]);
                    }
                    NDArray ids = ids(best, wanted, from, to, chunk);
                    int together = Math.max(1, most / (to - from));
                    for (int s = 0; s < states.size(); s += together) {
                        List<NDArray> some =
                                states.subList(s, Math.min(states.size(), s + together));
                        told.accept((long) from * states.size() + (long) s * (to - from));
                        Piece piece = new Piece(s, from, to, rows);
                        reduce(some, piece, teacher, ids, script, chunk, out);
                    }
                }
            }
        }
        check(out, wanted);
        return new Outcome(out, best);
    }

    /** States {@code state...}, rows {@code from..to-1} of {@code rows}. */
    private record Piece(int state, int from, int to, int rows) {}

    private void reduce(
            List<NDArray> states,
            Piece piece,
            TeacherRows teacher,
            NDArray ids,
            ReadoutScript script,
            NDManager owner,
            double[] out) {
        int count = piece.to() - piece.from();
        try (NDManager scope = owner.newSubManager()) {
            NDArray[] parts = new NDArray[states.size()];
            for (int i = 0; i < parts.length; i++) {
                parts[i] = Tensors.slice(states.get(i), 0, piece.from(), piece.to());
                parts[i].attach(scope);
            }
            NDArray logits = // [state * row, d_vocab]
                    unembedding.logits(Tensors.concat(0, parts), scope);
            for (int i = 0; i < parts.length; i++) {
                long first = (long) i * count;
                NDArray reduced; // [row, width]
                try (NDArray own = Tensors.slice(logits, 0, first, first + count)) {
                    reduced = script.reduce(own, teacher, ids);
                }
                try (reduced) {
                    double[] values = HostValues.doubles(reduced);
                    int width = values.length / count;
                    int at = ((piece.state() + i) * piece.rows() + piece.from()) * width;
                    System.arraycopy(values, 0, out, at, values.length);
                }
            }
        }
    }

    /** Tokens asked for: the teacher's best, the next, those of every row; [row, asked]. */
    private NDArray ids(int[] best, Wanted wanted, int from, int to, NDManager owner) {
        int count = to - from;
        int asked = wanted.asked();
        long[] ids = new long[count * asked];
        for (int row = 0; row < count; row++) {
            ids[row * asked] = best[from + row];
            ids[row * asked + 1] =
                    Math.max(0, wanted.next()[from + row]); // no one reads 0 for none
            for (int i = 0; i < wanted.tokens().length; i++) {
                ids[row * asked + 2 + i] = wanted.tokens()[i];
            }
        }
        return runtime.ops().fromLongs(owner, ids, new Shape(count, asked));
    }

    private static void check(double[] values, Wanted wanted) {
        int rows = wanted.next().length;
        for (int at = 0; at < values.length; at += wanted.width()) {
            // its own entropy, and the divergence from the last layer's state
            if (Double.isNaN(values[at]) || Double.isNaN(values[at + 1])) {
                throw new ModelException(
                        "row %d of state %d reads as no numbers: its logits, or those of the last layer's state, are not finite. Look at what it was made by (checkFinite() of the run names the first place), or load the model with ComputeType.FLOAT32 if it computes in float16, which overflows beyond 65504. Its numbers: %s"
                                .formatted(
                                        at / wanted.width() % rows,
                                        at / wanted.width() / rows,
                                        Arrays.toString(
                                                Arrays.copyOfRange(
                                                        values, at, at + wanted.width()))));
            }
        }
    }
}
