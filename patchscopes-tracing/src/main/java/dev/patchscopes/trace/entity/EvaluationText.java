package dev.patchscopes.trace.entity;

import dev.patchscopes.measure.Estimate;
import dev.patchscopes.measure.Rate;
import dev.patchscopes.trace.LayerPair;
import java.util.Locale;

/** Evaluations as tables. */
final class EvaluationText {

    private EvaluationText() {}

    static String csv(EntityEvaluation e) {
        StringBuilder out =
                new StringBuilder(
                        "vector,source_layer,target_layer,%s,rouge1_f1,rouge1_low,rouge1_high,rougeL_f1,rougeL_low,rougeL_high\n"
                                .formatted(Rate.CSV_COLUMNS));
        csvLine(out, "direct,,", e.namedDirectly(), e.directRouge());
        csvLine(out, "placeholder,,", e.namedByPlaceholder(), e.placeholderRouge());
        PairRates named = e.named();
        PairRates random = e.namedByRandom();
        for (LayerPair p : named.pairs()) {
            String layers = p.source() + "," + p.target();
            csvLine(
                    out,
                    "patched," + layers,
                    named.at(p.source(), p.target()),
                    e.patchedRouge(p.source(), p.target()));
            csvLine(
                    out,
                    "random," + layers,
                    random.at(p.source(), p.target()),
                    e.randomRouge(p.source(), p.target()));
        }
        return out.toString();
    }

    private static void csvLine(StringBuilder out, String what, Rate rate, RougeScores rouge) {
        out.append(what).append(',').append(rate.toCsv());
        number(out, rouge.words().f1());
        number(out, rouge.sequence().f1());
        out.append('\n');
    }

    private static void number(StringBuilder out, Estimate f1) {
        out.append(String.format(Locale.ROOT, ",%.6f,%.6f,%.6f", f1.mean(), f1.low(), f1.high()));
    }

    static String table(EntityEvaluation e) {
        PairRates named = e.named();
        PairRates random = e.namedByRandom();
        StringBuilder out =
                new StringBuilder("%s%n".formatted(e.report().provenance()))
                        .append("%-24s %-26s Rouge-L F1%n".formatted("", "category named"));
        line(out, "by name", e.namedDirectly(), e.directRouge());
        line(out, "placeholder unpatched", e.namedByPlaceholder(), e.placeholderRouge());
        out.append("  %-22s %s%n".formatted("any layer", named.oracle()));
        out.append("  %-22s %s%n".formatted("any layer, random", random.oracle()));
        if (named.hasHeldOut()) {
            out.append("  %-22s %s%n".formatted("held-out layer", named.heldOut()));
            out.append("  %-22s %s%n".formatted("  less random", e.overRandom()));
            out.append("  %-22s %s%n".formatted("  less placeholder", e.overPlaceholder()));
        }
        out.append(
                "  %-22s %-26s %-22s %-26s %s"
                        .formatted(
                                "l -> l*",
                                "patched",
                                "Rouge-L F1",
                                "random vectors",
                                "Rouge-L F1"));
        for (LayerPair p : named.pairs()) {
            int l = p.source();
            int to = p.target();
            out.append(
                    "%n  %-22s %-26s %-22s %-26s %s"
                            .formatted(
                                    p,
                                    named.at(l, to),
                                    e.patchedRouge(l, to).sequence(),
                                    random.at(l, to),
                                    e.randomRouge(l, to).sequence()));
        }
        return out.toString();
    }

    private static void line(StringBuilder out, String what, Rate rate, RougeScores rouge) {
        out.append("  %-22s %-26s %s%n".formatted(what, rate, rouge.sequence()));
    }
}
