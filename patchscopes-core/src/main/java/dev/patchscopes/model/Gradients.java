package dev.patchscopes.model;

import com.google.common.collect.ImmutableMap;

/**
 * A metric and its derivative with respect to activations.
 *
 * @param value the metric
 * @param gradients derivatives, with the shapes of the activations
 * @param activations the activations themselves
 */
public record Gradients(
        double value,
        ImmutableMap<HookPoint, Activation> gradients,
        ImmutableMap<HookPoint, Activation> activations) {

    /**
     * Returns the derivative with respect to an activation.
     *
     * @param point a point given to {@link Run#gradients}
     * @return the derivative
     * @throws UnknownSiteException if the point was not given
     */
    public Activation of(HookPoint point) {
        Activation gradient = gradients.get(point);
        if (gradient == null) {
            throw new UnknownSiteException(
                    "no gradient was taken at %s: name it among %s"
                            .formatted(point, gradients.keySet()));
        }
        return gradient;
    }

    @Override
    public String toString() {
        return "Gradients[value %.6g, %s]".formatted(value, gradients.values());
    }
}
