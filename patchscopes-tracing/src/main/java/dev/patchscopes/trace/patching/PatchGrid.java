package dev.patchscopes.trace.patching;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.OutOfRangeException;
import java.util.Arrays;
import java.util.List;

/**
 * The metric of every cell of a target.
 *
 * @param target what was patched
 * @param axes names of the axes, outermost first
 * @param shape their lengths
 * @param values the metric, [pair] of [cell], cells row-major
 * @param normalised mean over pairs on the scale from corrupted, 0, to clean, 1, [cell]; empty
 *     where that scale does not exist, see {@link PatchedCells#isNormalised()}
 */
public record PatchGrid(
        PatchTarget target,
        ImmutableList<String> axes,
        ImmutableList<Integer> shape,
        ImmutableList<ImmutableList<Double>> values,
        ImmutableList<Double> normalised) {

    private static PatchGrid of(
            PatchTarget target, List<Integer> shape, List<double[]> values, BaseMetrics base) {
        int cells = shape.stream().reduce(1, Math::multiplyExact);
        ImmutableList.Builder<Double> normalised = ImmutableList.builder();
        for (int i = 0; i < cells && base.isNormalised(); i++) {
            int cell = i;
            normalised.add(
                    base.normalised(
                            values.stream().mapToDouble(v -> v[cell]).average().orElseThrow()));
        }
        return new PatchGrid(
                target,
                target.axes(),
                ImmutableList.copyOf(shape),
                values.stream()
                        .map(v -> Arrays.stream(v).boxed().collect(ImmutableList.toImmutableList()))
                        .collect(ImmutableList.toImmutableList()),
                normalised.build());
    }

    /**
     * @param values [target][pair][cell]
     */
    static ImmutableList<PatchGrid> all(
            HookedModel model,
            List<PatchTarget> targets,
            List<PairReading> readings,
            List<List<double[]>> values) {
        int length = readings.get(0).clean().size();
        BaseMetrics base = BaseMetrics.of(readings);
        ImmutableList.Builder<PatchGrid> grids = ImmutableList.builder();
        for (int t = 0; t < targets.size(); t++) {
            PatchTarget target = targets.get(t);
            List<Integer> shape = PatchPlace.shape(model, target, length);
            grids.add(of(target, shape, values.get(t), base));
        }
        return grids.build();
    }

    /** {@return number of cells} */
    public int size() {
        return shape.stream().reduce(1, Math::multiplyExact);
    }

    /**
     * Reads a cell of one pair.
     *
     * @param pair which pair, in the order given
     * @param index an index for each of {@link #axes()}
     * @return the metric
     * @throws OutOfRangeException if an index is past its axis
     */
    public double at(int pair, int... index) {
        return values.get(pair).get(cell(index));
    }

    /**
     * Reads a cell.
     *
     * @param index an index for each of {@link #axes()}
     * @return the metric, the mean over pairs
     * @throws OutOfRangeException if an index is past its axis
     */
    public double mean(int... index) {
        return mean(cell(index));
    }

    double mean(int cell) {
        return values.stream().mapToDouble(v -> v.get(cell)).average().orElseThrow();
    }

    int cell(int... index) {
        checkArgument(
                index.length == shape.size(),
                "%s indices for a cell of %s: give %s",
                index.length,
                target,
                shape.size());
        int cell = 0;
        for (int axis = 0; axis < index.length; axis++) {
            if (index[axis] < 0 || index[axis] >= shape.get(axis)) {
                throw new OutOfRangeException(
                        "%s %d is not in 0..%d of %s"
                                .formatted(
                                        axes.get(axis), index[axis], shape.get(axis) - 1, target));
            }
            cell = cell * shape.get(axis) + index[axis];
        }
        return cell;
    }

    /** The index of a cell, an entry an axis. */
    ImmutableList<Integer> index(int cell) {
        Integer[] index = new Integer[shape.size()];
        int left = cell;
        for (int axis = index.length - 1; axis >= 0; axis--) {
            index[axis] = left % shape.get(axis);
            left /= shape.get(axis);
        }
        return ImmutableList.copyOf(index);
    }

    /** {@return target and shape} */
    @Override
    public String toString() {
        return "%s %s".formatted(target, shape);
    }
}
