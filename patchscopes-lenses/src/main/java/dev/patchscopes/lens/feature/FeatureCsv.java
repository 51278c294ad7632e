package dev.patchscopes.lens.feature;

import java.util.Locale;

/** Reports as comma-separated values. */
final class FeatureCsv {

    private FeatureCsv() {}

    static String of(FeatureExtractionReport report) {
        StringBuilder out =
                new StringBuilder(
                        "vector,scoring,source_layer,target_layer,hits,samples,share,low,high\n");
        add(out, "patched", report.patched());
        add(out, "random", report.randomControl());
        return out.toString();
    }

    private static void add(StringBuilder out, String vector, CellRates rates) {
        for (Scoring scoring : Scoring.values()) {
            for (int from : rates.sourceLayers().asList()) {
                for (int to : rates.targetLayers().asList()) {
                    Rate rate = rates.at(from, to).get(scoring);
                    out.append(
                            String.format(
                                    Locale.ROOT,
                                    "%s,%s,%d,%d,%d,%d,%.6f,%.6f,%.6f\n",
                                    vector,
                                    scoring.name().toLowerCase(Locale.ROOT),
                                    from,
                                    to,
                                    rate.hits(),
                                    rate.samples(),
                                    rate.share(),
                                    rate.low(),
                                    rate.high()));
                }
            }
        }
    }
}
