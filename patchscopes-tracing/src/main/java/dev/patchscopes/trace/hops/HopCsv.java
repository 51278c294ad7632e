package dev.patchscopes.trace.hops;

import dev.patchscopes.measure.ByScoring;
import dev.patchscopes.measure.CellRates;
import dev.patchscopes.measure.Rate;
import dev.patchscopes.measure.Scoring;
import java.util.Locale;

/** Reports as comma-separated values. */
final class HopCsv {

    private HopCsv() {}

    static String of(MultiHopReport report) {
        StringBuilder out =
                new StringBuilder(
                        "answer,scoring,source_layer,target_layer,%s\n"
                                .formatted(Rate.CSV_COLUMNS));
        add(out, "direct", report.direct());
        add(out, "step_by_step", report.stepByStep());
        add(out, "unpatched", report.unpatched());
        add(out, "patched", report.patched());
        add(out, "random", report.randomControl());
        return out.toString();
    }

    private static void add(StringBuilder out, String answer, ByScoring<Rate> rates) {
        for (Scoring scoring : Scoring.values()) {
            add(out, answer, scoring, ",", rates.get(scoring));
        }
    }

    private static void add(StringBuilder out, String answer, CellRates rates) {
        for (Scoring scoring : Scoring.values()) {
            for (int from : rates.sourceLayers().asList()) {
                for (int to : rates.targetLayers().asList()) {
                    add(out, answer, scoring, from + "," + to, rates.at(from, to).get(scoring));
                }
            }
        }
    }

    private static void add(
            StringBuilder out, String answer, Scoring scoring, String layers, Rate rate) {
        out.append(
                "%s,%s,%s,%s\n"
                        .formatted(
                                answer,
                                scoring.name().toLowerCase(Locale.ROOT),
                                layers,
                                rate.toCsv()));
    }
}
