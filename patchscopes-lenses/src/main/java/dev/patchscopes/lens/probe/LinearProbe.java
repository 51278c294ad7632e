package dev.patchscopes.lens.probe;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableDoubleArray;
import dev.patchscopes.Mapping;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.text.Positions;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * A linear classifier of the states of one layer: softmax(W h + b) (Alain and Bengio 2016,
 * "Understanding intermediate layers using linear classifier probes").
 *
 * <p>In the words of Patchscopes (Ghandeharioun et al. 2024, table 1), a probe is the one whose
 * target M* is the classifier itself: f, here {@link #asMapping()}, maps h to the logits of the
 * classes, and there is no target prompt; {@link #read} runs it. W and b take states as they are:
 * standardisation is folded into them.
 *
 * <pre>{@code
 * LinearProbe probe = report.best().probe();
 * probe.read(model, "The capital of Peru is", Positions.lastTokenOf("Peru")).top();
 * probe.save(Path.of("continent.safetensors"));
 * LinearProbe again = LinearProbe.load(Path.of("continent.safetensors"));
 * }</pre>
 *
 * <p>A value; immutable.
 *
 * @param model whose states it was trained on
 * @param layer k in 0..L of the states
 * @param labels the classes, each once
 * @param weights W [class, d_model], row-major
 * @param biases b [class]
 */
public record LinearProbe(
        ModelIdentity model,
        int layer,
        ImmutableList<String> labels,
        ImmutableDoubleArray weights,
        ImmutableDoubleArray biases) {

    /**
     * Checks that the parts fit each other.
     *
     * @param model whose states it was trained on
     * @param layer k in 0..L of the states
     * @param labels the classes, each once
     * @param weights W [class, d_model], row-major
     * @param biases b [class]
     * @throws IllegalArgumentException if there are fewer than two labels, a label stands twice,
     *     lengths differ, or a number is not finite
     */
    public LinearProbe {
        checkArgument(
                labels.size() >= 2 && labels.stream().distinct().count() == labels.size(),
                "the labels of a probe are two or more, each once; these are %s",
                labels);
        checkArgument(
                biases.length() == labels.size()
                        && weights.length() > 0
                        && weights.length() % labels.size() == 0,
                "%s weights and %s biases do not fit %s labels",
                weights.length(),
                biases.length(),
                labels.size());
        checkArgument(
                weights.stream().allMatch(Double::isFinite)
                        && biases.stream().allMatch(Double::isFinite),
                "the probe holds a number that is not finite");
    }

    /** {@return d_model, the number of values of a state} */
    public int width() {
        return weights.length() / labels.size();
    }

    /**
     * Returns the direction that speaks for a label.
     *
     * @param label one of the classes
     * @return its row of W [d_model]
     * @throws IllegalArgumentException if the probe does not know the label
     */
    public double[] weights(String label) {
        int row = labels.indexOf(label);
        checkArgument(row >= 0, "\"%s\" is none of the labels %s", label, labels);
        return row(row);
    }

    private double[] row(int row) {
        return weights.subArray(row * width(), (row + 1) * width()).toArray();
    }

    /**
     * Classifies a state.
     *
     * @param state h [d_model], of this layer
     * @return the probability of each class
     * @throws IllegalArgumentException if the state has another width
     */
    public ClassProbabilities predict(float[] state) {
        double[] wide = new double[state.length];
        Arrays.setAll(wide, i -> state[i]);
        return predict(wide);
    }

    /**
     * Classifies a state.
     *
     * @param state h [d_model], of this layer
     * @return the probability of each class
     * @throws IllegalArgumentException if the state has another width
     */
    public ClassProbabilities predict(double[] state) {
        double[] scores = logits(state);
        Softmax.inPlace(scores, 0, scores.length);
        return new ClassProbabilities(labels, ImmutableDoubleArray.copyOf(scores));
    }

    /**
     * Scores a state.
     *
     * @param state h [d_model], of this layer
     * @return W h + b [class]
     * @throws IllegalArgumentException if the state has another width
     */
    public double[] logits(double[] state) {
        checkArgument(
                state.length == width(),
                "the state has %s values, expected %s (d_model of %s)",
                state.length,
                width(),
                model.name());
        double[] scores = biases.toArray();
        for (int k = 0; k < scores.length; k++) {
            double sum = 0;
            for (int j = 0; j < state.length; j++) {
                sum += weights.get(k * state.length + j) * state[j];
            }
            scores[k] += sum;
        }
        return scores;
    }

    /**
     * The probe as the f of a patchscope, from a state to the logits of the classes.
     *
     * @return f(h) = W h + b
     */
    public Mapping asMapping() {
        double[][] matrix = new double[labels.size()][];
        Arrays.setAll(matrix, this::row);
        return Mapping.affine(matrix, biases.toArray());
    }

    /**
     * Runs the probe as a patchscope: reads the state of (text, position) at the probe's layer and
     * maps it to the classes.
     *
     * @param reader the model the probe was trained on
     * @param text S
     * @param position i, exactly one
     * @return the probability of each class
     * @throws IllegalArgumentException if the probe was trained on another model
     * @throws dev.patchscopes.text.PositionException if the position does not fit the text
     */
    public ClassProbabilities read(HookedModel reader, String text, Positions position) {
        checkArgument(
                reader.contentHash().equals(model.contentHash()),
                "the probe was trained on %s, and %s is another model: train one with ProbeTraining.of(model)",
                model,
                ModelIdentity.of(reader));
        HookPoint point = HookPoint.residual(layer);
        return predict(reader.run(text).capture(point).execute().vectorDoubles(point, position));
    }

    /**
     * Writes the probe as safetensors: {@code weight} [class, d_model] and {@code bias} [class] in
     * float64, with labels, layer and model in the metadata.
     *
     * @param file where to, replaced if it exists; its directory must exist
     * @throws java.io.UncheckedIOException if the disk fails
     */
    public void save(Path file) {
        ProbeFile.write(this, file);
    }

    /**
     * Reads what {@link #save(Path)} wrote.
     *
     * @param file the file
     * @return an equal probe
     * @throws dev.patchscopes.checkpoint.CheckpointException if there is no such file
     * @throws IllegalArgumentException if it is damaged or holds something else
     */
    public static LinearProbe load(Path file) {
        return ProbeFile.read(file);
    }

    /** {@return layer, model and labels in a line} */
    @Override
    public String toString() {
        return "LinearProbe[layer %d of %s, %s]".formatted(layer, model.name(), labels);
    }
}
