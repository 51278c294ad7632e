package dev.patchscopes.lens.feature;

import dev.patchscopes.measure.CellRates;
import dev.patchscopes.measure.Rate;
import dev.patchscopes.measure.Scoring;
import java.util.Locale;

/** Reports as comma-separated values. */
final class FeatureCsv {

    private FeatureCsv() {}

    static String of(FeatureExtractionReport report) {
        StringBuilder out =
                new StringBuilder(
                        "vector,scoring,source_layer,target_layer,%s\n"
                                .formatted(Rate.CSV_COLUMNS));
        add(out, "patched", report.patched());
        add(out, "random", report.randomControl());
        return out.toString();
    }

    private static void add(StringBuilder out, String vector, CellRates rates) {
        for (Scoring scoring : Scoring.values()) {
            for (int from : rates.sourceLayers().asList()) {
                for (int to : rates.targetLayers().asList()) {
                    out.append(
                            String.format(
                                    Locale.ROOT,
                                    "%s,%s,%d,%d,%s\n",
                                    vector,
                                    scoring.name().toLowerCase(Locale.ROOT),
                                    from,
                                    to,
                                    rates.at(from, to).get(scoring).toCsv()));
                }
            }
        }
    }
}
