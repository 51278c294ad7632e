package dev.patchscopes.model;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenBatch;
import java.util.stream.Collectors;

/**
 * What a run read: activations at the points it captured, and the distribution of the next token of
 * each prompt.
 *
 * <p>Java values, copied out of native memory; immutable; needs no closing.
 */
public final class Activations {
    private final String model;
    private final TokenBatch batch;
    private final ImmutableMap<HookPoint, Activation> captured;
    private final ImmutableList<TokenDistribution> next;

    Activations(
            String model,
            TokenBatch batch,
            ImmutableMap<HookPoint, Activation> captured,
            ImmutableList<TokenDistribution> next) {
        this.model = model;
        this.batch = batch;
        this.captured = captured;
        this.next = next;
    }

    /** {@return the prompts, with their tokens} */
    public TokenBatch prompts() {
        return batch;
    }

    /** {@return the points captured} */
    public ImmutableSet<HookPoint> points() {
        return captured.keySet();
    }

    /**
     * Returns what was read at a point.
     *
     * @param point a captured point
     * @return its values
     * @throws UnknownSiteException if the run did not capture it
     */
    public Activation get(HookPoint point) {
        Activation activation = captured.get(point);
        if (activation == null) {
            throw new UnknownSiteException(
                    "%s was not captured: this run captured %s. Add .capture(...) before execute()"
                            .formatted(point, captured.keySet()));
        }
        return activation;
    }

    /**
     * Returns what was read at a point.
     *
     * @param name TransformerLens name of a captured point
     * @return its values
     */
    public Activation get(String name) {
        return get(HookPoint.parse(name));
    }

    /**
     * Returns the vector of the first prompt at a position.
     *
     * @param point a captured point with axes [batch, pos, d]
     * @param positions exactly one position
     * @return the vector [d]
     * @throws IllegalArgumentException if the point holds a vector a head, or a query; the message
     *     names {@link Activation#vector}
     */
    public float[] vector(HookPoint point, Positions positions) {
        return vector(point, 0, positions);
    }

    /**
     * Returns the vector of a prompt at a position.
     *
     * @param point a captured point with axes [batch, pos, d]
     * @param row prompt of the batch
     * @param positions exactly one position
     * @return the vector [d]
     * @throws IllegalArgumentException if the point holds a vector a head, or a query; the message
     *     names {@link Activation#vector}
     */
    public float[] vector(HookPoint point, int row, Positions positions) {
        return onePerPosition(point).vector(row, one(row, positions));
    }

    /**
     * Returns the vector of the first prompt at a position, without rounding that of a float64
     * model.
     *
     * @param point a captured point with axes [batch, pos, d]
     * @param positions exactly one position
     * @return the vector [d]
     * @throws IllegalArgumentException if the point holds a vector a head, or a query; the message
     *     names {@link Activation#vector}
     */
    public double[] vectorDoubles(HookPoint point, Positions positions) {
        return onePerPosition(point).vectorDoubles(0, one(0, positions));
    }

    private Activation onePerPosition(HookPoint point) {
        Activation activation = get(point);
        if (activation.axes().size() != 2) {
            String others =
                    activation.axes().subList(0, activation.axes().size() - 1).stream()
                            .map(Axis::label)
                            .collect(Collectors.joining(", "));
            throw new IllegalArgumentException(
                    "%s holds more than one vector a position, its axes are %s: use get(point).vector(row, %s)"
                            .formatted(point, point.site().axes(), others));
        }
        return activation;
    }

    private int one(int row, Positions positions) {
        ImmutableIntArray indices = positions.resolve(batch.prompt(checkRow(row)));
        if (indices.length() != 1) {
            throw new OutOfRangeException(
                    "%s is %d positions of %s, and a vector stands at one: use Positions.last() or at(i)"
                            .formatted(positions, indices.length(), batch.prompt(row)));
        }
        return indices.get(0);
    }

    /** {@return the distribution of the token after the first prompt} */
    public TokenDistribution next() {
        return next(0);
    }

    /**
     * Returns the distribution of the token after a prompt.
     *
     * @param row prompt of the batch
     * @return the distribution
     * @throws ModelException if the run did not compute logits
     * @throws OutOfRangeException if there is no such prompt
     */
    public TokenDistribution next(int row) {
        if (next.isEmpty()) {
            throw new ModelException(
                    "this run read %s and stopped there, so it has no logits: add .logits() before execute()"
                            .formatted(captured.keySet()));
        }
        return next.get(checkRow(row));
    }

    private int checkRow(int row) {
        if (row < 0 || row >= batch.rows()) {
            throw new OutOfRangeException(
                    "row %d is not in 0..%d, the prompts of the batch"
                            .formatted(row, batch.rows() - 1));
        }
        return row;
    }

    /**
     * Lists the most probable tokens after the first prompt.
     *
     * @param k how many
     * @return most probable first
     */
    public ImmutableList<TokenProbability> topTokens(int k) {
        return next().top(k);
    }

    /** {@return model, prompts and points, in a line} */
    @Override
    public String toString() {
        return "Activations[%s, %s, %s%s]"
                .formatted(
                        model,
                        batch.rows() == 1 ? batch.prompt(0) : batch,
                        captured.isEmpty() ? "nothing captured" : captured.values(),
                        next.isEmpty() ? "" : ", next " + next.get(0).top(3));
    }
}
