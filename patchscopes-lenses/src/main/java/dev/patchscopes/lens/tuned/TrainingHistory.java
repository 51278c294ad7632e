package dev.patchscopes.lens.tuned;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableDoubleArray;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.report.LineChart;
import dev.patchscopes.report.Page;
import dev.patchscopes.report.Viewable;
import java.util.List;
import java.util.Locale;

/**
 * The losses that a training saw: of each step and layer the mean KL(model || lens) over the step's
 * tokens, in nats, before the step changed the translator.
 *
 * @param layers the layers trained, ascending
 * @param losses losses of each step, in the order of the layers
 */
public record TrainingHistory(
        ImmutableIntArray layers, ImmutableList<ImmutableDoubleArray> losses)
        implements Viewable {
    static final TrainingHistory NONE =
            new TrainingHistory(ImmutableIntArray.of(), ImmutableList.of());

    /** {@return number of steps} */
    public int steps() {
        return losses.size();
    }

    /**
     * Reads a loss.
     *
     * @param step from 0
     * @param layer a layer that was trained
     * @return mean KL in nats
     * @throws IllegalArgumentException if the layer was not trained
     */
    public double loss(int step, int layer) {
        int at = layers.indexOf(layer);
        if (at < 0) {
            throw new IllegalArgumentException(
                    "layer %d was not trained; layers %s were".formatted(layer, layers));
        }
        return losses.get(step).get(at);
    }

    /** {@return losses by step, a line a layer} */
    public LineChart curves() {
        return curves(layers.asList());
    }

    /**
     * Draws the losses of some layers.
     *
     * @param some layers that were trained
     * @return losses by step, a line a layer
     * @throws IllegalArgumentException if one was not trained
     */
    public LineChart curves(List<Integer> some) {
        return TunedFigures.curves(this, some);
    }

    /** {@return the losses of up to eight layers as curves, and the first and last of all} */
    @Override
    public Page page() {
        return TunedFigures.page(this);
    }

    /** {@return a line a step, a column a layer, with a header} */
    public String toCsv() {
        StringBuilder out = new StringBuilder("step");
        layers.forEach(layer -> out.append(",layer_").append(layer));
        out.append('\n');
        for (int step = 0; step < steps(); step++) {
            out.append(step);
            losses.get(step).forEach(loss -> out.append(',').append(loss));
            out.append('\n');
        }
        return out.toString();
    }

    /** {@return the first and the last loss of each layer} */
    @Override
    public String toString() {
        if (losses.isEmpty()) {
            return "no training";
        }
        StringBuilder out = new StringBuilder("%d steps, nats".formatted(steps()));
        for (int i = 0; i < layers.length(); i++) {
            out.append(
                    String.format(
                            Locale.ROOT,
                            "%n  layer %2d  %8.4f -> %8.4f",
                            layers.get(i),
                            losses.get(0).get(i),
                            losses.get(steps() - 1).get(i)));
        }
        return out.toString();
    }
}
