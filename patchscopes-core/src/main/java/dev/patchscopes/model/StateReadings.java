package dev.patchscopes.model;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.model.internal.StateReader;
import java.util.Optional;
import java.util.function.IntFunction;

/**
 * What {@link Readout#read} kept of many states: a table of states (layers, say) by rows
 * (positions).
 *
 * <p>Java values, a few dozen numbers a state; immutable; needs no closing. {@link #at} makes a
 * reading of a cell; the other accessors read single numbers without making one.
 */
public final class StateReadings {
    private final double[] values; // [state, row, width]
    private final int states;
    private final int rows;
    private final StateReader.Wanted wanted;
    private final IntFunction<String> label;
    private final ImmutableIntArray next;
    private final ImmutableIntArray best; // the model's own most probable token of each row

    StateReadings(
            double[] values,
            int states,
            StateReader.Wanted wanted,
            int[] best,
            IntFunction<String> label) {
        this.values = values;
        this.states = states;
        this.rows = wanted.next().length;
        this.wanted = wanted;
        this.label = label;
        this.next = ImmutableIntArray.copyOf(wanted.next());
        this.best = ImmutableIntArray.copyOf(best);
    }

    /** {@return number of states of each row} */
    public int states() {
        return states;
    }

    /** {@return number of rows} */
    public int rows() {
        return rows;
    }

    /**
     * Tells which token follows a row.
     *
     * @param row row
     * @return its id; empty if none was given
     */
    public Optional<Integer> next(int row) {
        int id = next.get(check("row", row, rows));
        return id < 0 ? Optional.empty() : Optional.of(id);
    }

    /**
     * Tells what the model itself predicts after a row.
     *
     * @param row row
     * @return id of its most probable token
     */
    public int finalPrediction(int row) {
        return best.get(check("row", row, rows));
    }

    /**
     * Makes the reading of a cell.
     *
     * @param state which state
     * @param row which row
     * @return what was kept of it
     * @throws OutOfRangeException if there is no such cell
     */
    public StateReading at(int state, int row) {
        ImmutableList.Builder<TokenProbability> top = ImmutableList.builder();
        for (int i = 0; i < wanted.top(); i++) {
            int id = topId(state, row, i);
            top.add(new TokenProbability(id, label.apply(id), topProbability(state, row, i)));
        }
        ImmutableList.Builder<TokenScore> tokens = ImmutableList.builder();
        for (int i = 0; i < wanted.tokens().length; i++) {
            tokens.add(score(state, row, 2 + i, wanted.tokens()[i]));
        }
        return new StateReading(
                top.build(),
                entropy(state, row),
                divergence(state, row),
                surprisalUnderFinal(state, row),
                score(state, row, 0, best.get(row)),
                next(row).map(id -> score(state, row, 1, id)),
                tokens.build());
    }

    private TokenScore score(int state, int row, int asked, int id) {
        return new TokenScore(
                id,
                label.apply(id),
                value(state, row, 3 + asked),
                (int) value(state, row, 3 + wanted.asked() + asked));
    }

    /**
     * Reads one number.
     *
     * @param state which state
     * @param row which row
     * @return Shannon entropy in nats
     */
    public double entropy(int state, int row) {
        return value(state, row, 0);
    }

    /**
     * Reads one number.
     *
     * @param state which state
     * @param row which row
     * @return KL(final || state) in nats; what rounding takes below 0 is 0
     */
    public double divergence(int state, int row) {
        return Math.max(0, value(state, row, 1));
    }

    /**
     * Reads one number.
     *
     * @param state which state
     * @param row which row
     * @return -log p_final of the state's most probable token, in nats
     */
    public double surprisalUnderFinal(int state, int row) {
        return -value(state, row, 2);
    }

    /**
     * Reads one number.
     *
     * @param state which state
     * @param row which row
     * @return log-probability of the model's own most probable token, natural
     */
    public double logProbabilityOfFinalPrediction(int state, int row) {
        return value(state, row, 3);
    }

    /**
     * Reads one number.
     *
     * @param state which state
     * @param row which row
     * @return number of tokens with a larger logit than the model's own most probable one
     */
    public int rankOfFinalPrediction(int state, int row) {
        return (int) value(state, row, 3 + wanted.asked());
    }

    /**
     * Reads one number.
     *
     * @param state which state
     * @param row which row
     * @return log-probability of the token that follows, natural; not a number where none was given
     */
    public double logProbabilityOfNext(int state, int row) {
        return next(row).isPresent() ? value(state, row, 4) : Double.NaN;
    }

    /**
     * Reads one number.
     *
     * @param state which state
     * @param row which row
     * @param i 0 for the most probable token
     * @return its id
     */
    public int topId(int state, int row, int i) {
        check("top token", i, wanted.top());
        return (int) value(state, row, 3 + 2 * wanted.asked() + wanted.top() + i);
    }

    /**
     * Reads one number.
     *
     * @param state which state
     * @param row which row
     * @param i 0 for the most probable token
     * @return its probability
     */
    public double topProbability(int state, int row, int i) {
        check("top token", i, wanted.top());
        return Math.exp(value(state, row, 3 + 2 * wanted.asked() + i));
    }

    private double value(int state, int row, int field) {
        check("state", state, states);
        check("row", row, rows);
        return values[(state * rows + row) * wanted.width() + field];
    }

    private static int check(String what, int index, int count) {
        if (index < 0 || index >= count) {
            throw new OutOfRangeException(
                    "%s %d is not in 0..%d".formatted(what, index, count - 1));
        }
        return index;
    }

    /** {@return how many states of how many rows} */
    @Override
    public String toString() {
        return "StateReadings[%d states of %d rows, top %d]".formatted(states, rows, wanted.top());
    }
}
