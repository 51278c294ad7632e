package dev.patchscopes.lens.probe;

/** A smooth function to minimise. */
@FunctionalInterface
interface Objective {

    /**
     * Evaluates the function and its gradient.
     *
     * @param point where [parameter]
     * @param gradient overwritten with the gradient there [parameter]
     * @return the value there
     */
    double at(double[] point, double[] gradient);
}
