package dev.patchscopes.examples.demo.training;

/**
 * The learning rate: a straight rise to the peak, then half a cosine down to a share of it.
 *
 * @param peak largest rate
 * @param warmUp steps of the rise
 * @param steps steps in all
 * @param floor share of the peak left at the end
 */
public record Schedule(double peak, long warmUp, long steps, double floor) {

    /**
     * Computes the rate of a step.
     *
     * @param step step, from 0 on
     * @return the learning rate
     */
    public double rate(long step) {
        if (step < warmUp) {
            return peak * (step + 1) / warmUp;
        }
        double done = Math.min(1, (double) (step - warmUp) / Math.max(1, steps - warmUp));
        return peak * (floor + (1 - floor) * 0.5 * (1 + Math.cos(Math.PI * done)));
    }
}
