package dev.patchscopes.trace.patching;

import java.util.List;

/**
 * The metric of the unpatched runs, and the scale between them.
 *
 * @param clean mean over pairs after the clean prompts
 * @param corrupted mean over pairs after the corrupted prompts
 */
record BaseMetrics(double clean, double corrupted) {
    /** Of the larger of the two metrics, and of 1: below it a difference may be rounding. */
    private static final double SMALLEST_SHARE = 1e-6;

    static BaseMetrics of(List<PairReading> pairs) {
        return new BaseMetrics(
                pairs.stream().mapToDouble(PairReading::cleanMetric).average().orElseThrow(),
                pairs.stream().mapToDouble(PairReading::corruptedMetric).average().orElseThrow());
    }

    boolean isNormalised() {
        double size = Math.max(1, Math.max(Math.abs(clean), Math.abs(corrupted)));
        return Math.abs(clean - corrupted) > SMALLEST_SHARE * size;
    }

    /** 0 for what is as after the corrupted prompts, 1 for what is as after the clean ones. */
    double normalised(double metric) {
        return (metric - corrupted) / (clean - corrupted);
    }
}
