package dev.patchscopes.lens;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.google.common.collect.ImmutableList;
import dev.patchscopes.Mapping;
import dev.patchscopes.Patchscope;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A lens that is given a random vector of the state's norm in the place of each state: what the
 * lens says of nothing in particular.
 *
 * <p>The vector of a cell is drawn from the seed, the layer and the tokens up to its position, so
 * that one reading and one Patchscope draw the same, and no two texts do.
 */
record RandomVectorControl(Lens lens, long seed) implements Lens {

    /** Ends its name, by which reports know it for a control. */
    static final String SUFFIX = ", random vector";

    @Override
    public HookedModel model() {
        return lens.model();
    }

    @Override
    public String name() {
        return lens.name() + SUFFIX;
    }

    @Override
    public boolean readsWholePrompts() {
        return lens.readsWholePrompts();
    }

    @Override
    public List<NDArray> lastStates(LensStates states) {
        List<NDArray> random =
                Cells.each(
                        states,
                        (point, tensor) -> {
                            int layer = LensStates.layer(point);
                            double[] values = tensor.toType(DataType.FLOAT64, true).toDoubleArray();
                            double[] out = new double[values.length];
                            int width = model().width();
                            for (int row = 0; row < states.positions().length(); row++) {
                                int position = states.positions().get(row);
                                double[] h =
                                        Arrays.copyOfRange(values, row * width, (row + 1) * width);
                                System.arraycopy(
                                        drawn(h, layer, states.prompt(), position),
                                        0,
                                        out,
                                        row * width,
                                        width);
                            }
                            return tensor.getManager()
                                    .create(out, new Shape(tensor.getShape().get(0), width));
                        });
        return lens.lastStates(
                new LensStates(
                        states.prompt(),
                        states.points(),
                        states.positions(),
                        ImmutableList.copyOf(random)));
    }

    private double[] drawn(double[] h, int layer, TokenizedPrompt prompt, int position) {
        SplittableRandom random =
                new SplittableRandom(
                        seed
                                + 1_000_003L * layer
                                + 0x9E3779B97F4A7C15L
                                        * prompt.ids().subArray(0, position + 1).hashCode());
        double[] out = new double[h.length];
        double norm = 0;
        double own = 0;
        for (int i = 0; i < h.length; i++) {
            out[i] = random.nextGaussian();
            norm += out[i] * out[i];
            own += h[i] * h[i];
        }
        double scale = Math.sqrt(own / norm);
        for (int i = 0; i < h.length; i++) {
            out[i] *= scale;
        }
        return out;
    }

    @Override
    public Patchscope asPatchscope(TokenizedPrompt prompt, int layer, int position) {
        Mapping random = Mapping.of("random vector", h -> drawn(h, layer, prompt, position));
        Patchscope scope = lens.asPatchscope(prompt, layer, position);
        return scope.withMapping(random.andThen(scope.mapping()));
    }
}
