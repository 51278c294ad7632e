package dev.patchscopes.model;

import java.util.OptionalInt;

/**
 * A run that was asked to stop where values are not finite, and did.
 *
 * @see Run#checkFinite()
 */
public final class NonFiniteException extends ModelException {
    private static final long serialVersionUID = 1L;

    /** The message, but for which part of a sweep it is about. */
    private final String detail;

    private final transient NonFinite found;
    private final transient OptionalInt cell;

    private NonFiniteException(String where, String detail, NonFinite found, OptionalInt cell) {
        super(where + detail);
        this.detail = detail;
        this.found = found;
        this.cell = cell;
    }

    /**
     * Makes the exception.
     *
     * @param model the model's name
     * @param type number format the model computes in
     * @param found what was found
     * @return the exception
     */
    public static NonFiniteException of(String model, ComputeType type, NonFinite found) {
        return new NonFiniteException(
                "",
                "%s: %s. %s".formatted(model, found, wayOut(type, found)),
                found,
                OptionalInt.empty());
    }

    private static String wayOut(ComputeType type, NonFinite found) {
        if (found.intervention().isPresent()) {
            return "Look at what that intervention computes";
        }
        if (type == ComputeType.FLOAT16 && found.input().isPresent()) {
            return "float16 ends at 65504: load the model with ComputeType.FLOAT32. If it is no overflow, ModelLoader.nonFiniteWeights() lists damaged weights";
        }
        return "No intervention put it there itself: look at changes before that point, or at ModelLoader.nonFiniteWeights(), which lists damaged weights";
    }

    /**
     * The same failure as that of a sweep's cell.
     *
     * @param index the cell's place in the sweep
     * @return the exception
     */
    public NonFiniteException ofCell(int index) {
        return new NonFiniteException(
                "cell %d of the sweep: ".formatted(index), detail, found, OptionalInt.of(index));
    }

    /**
     * The same failure as that of a run which cells of a sweep start from or read.
     *
     * @param index the base run's place in the sweep
     * @return the exception
     */
    public NonFiniteException ofBaseRun(int index) {
        return new NonFiniteException(
                "base run %d of the sweep: ".formatted(index), detail, found, OptionalInt.empty());
    }

    /** {@return where and what} */
    public NonFinite found() {
        return found;
    }

    /** {@return the cell of a sweep that failed, by its place; empty outside sweeps} */
    public OptionalInt cell() {
        return cell;
    }
}
