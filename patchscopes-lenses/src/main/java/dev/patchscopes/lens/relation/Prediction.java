package dev.patchscopes.lens.relation;

import java.util.function.UnaryOperator;

/**
 * A way to predict an object from a subject's residual.
 *
 * @param layer layer it is read at
 * @param beta factor; 1 without one
 * @param map h [d_model] -> z [d_model]
 */
record Prediction(int layer, double beta, UnaryOperator<double[]> map) {}
