package dev.patchscopes.lens.relation;

import dev.patchscopes.internal.Steps;
import dev.patchscopes.linear.AffineMap;
import dev.patchscopes.linear.Matrix;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.text.Positions;
import java.util.List;

/** The mean of the model's first-order expansions at some subjects: z(h) = W h + b. */
final class Expansion {

    private Expansion() {}

    /**
     * Expands at each of several prompts; one Jacobian is in memory at a time, beside the mean.
     *
     * @param states what was read of each prompt, at this layer among others
     * @return W, mean of J = dz / dh [d_model, d_model], and b, mean of z - J h [d_model]
     */
    static AffineMap at(HookedModel model, List<SubjectStates> states, int layer, Steps steps) {
        int width = model.width();
        double[] weight = new double[width * width]; // [d_model, d_model]
        double[] bias = new double[width];
        double share = 1.0 / states.size();
        for (SubjectStates one : states) {
            double[][] jacobian = // [d_model][d_model]
                    model.run(one.prompt().tokens())
                            .jacobian(
                                    layer,
                                    one.prompt().subjectToken(),
                                    model.layers(),
                                    Positions.last());
            double[] h = one.at(layer);
            for (int row = 0; row < width; row++) {
                double moved = 0;
                for (int column = 0; column < width; column++) {
                    weight[row * width + column] += share * jacobian[row][column];
                    moved += jacobian[row][column] * h[column];
                }
                bias[row] += share * (one.object()[row] - moved);
            }
            steps.done();
        }
        return AffineMap.of(Matrix.of(width, width, weight), bias);
    }
}
