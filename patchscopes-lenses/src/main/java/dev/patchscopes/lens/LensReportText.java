package dev.patchscopes.lens;

import dev.patchscopes.internal.Csv;
import dev.patchscopes.measure.Estimate;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Reports as text and CSV. */
final class LensReportText {
    private static final List<LensMetric> SHOWN =
            List.of(
                    LensMetric.PRECISION_AT_1,
                    LensMetric.SURPRISAL_OF_LENS_PREDICTION,
                    LensMetric.KL_FROM_MODEL,
                    LensMetric.SURPRISAL_OF_NEXT_TOKEN);

    private LensReportText() {}

    static String text(LensReport report) {
        LensReport.Setup setup = report.setup();
        StringBuilder out = new StringBuilder();
        out.append(
                String.format(
                        Locale.ROOT,
                        "%s, %d texts, %s; intervals of %.0f %% in brackets",
                        report.model(),
                        setup.texts(),
                        setup.positions(),
                        100 * setup.confidence()));
        for (LensReport.LensScores lens : report.lenses()) {
            out.append("\n\n").append(lens.lens()).append("\nlayer");
            SHOWN.forEach(m -> out.append(String.format(Locale.ROOT, "  %-28s", m.label())));
            for (LensReport.LayerScores layer : lens.layers()) {
                out.append(String.format(Locale.ROOT, "%n%5d", layer.layer()));
                SHOWN.forEach(
                        m ->
                                out.append(
                                        String.format(
                                                Locale.ROOT, "  %-28s", layer.scores().get(m))));
            }
        }
        return out.toString()
                .lines()
                .map(String::stripTrailing)
                .reduce((a, b) -> a + "\n" + b)
                .orElseThrow();
    }

    static String csv(LensReport report) {
        StringBuilder out = new StringBuilder("lens,layer,metric,mean,low,high,states\n");
        for (LensReport.LensScores lens : report.lenses()) {
            for (LensReport.LayerScores layer : lens.layers()) {
                for (Map.Entry<LensMetric, Estimate> score : layer.scores().entrySet()) {
                    line(out, lens.lens(), layer.layer(), score.getKey().name(), score.getValue());
                }
                line(
                        out,
                        lens.lens(),
                        layer.layer(),
                        "BITS_PER_BYTE",
                        report.bitsPerByte(lens.lens(), layer.layer()));
            }
        }
        return out.toString();
    }

    private static void line(StringBuilder out, String lens, int layer, String metric, Estimate e) {
        out.append(
                String.format(
                        Locale.ROOT,
                        "%s,%d,%s,%.6g,%.6g,%.6g,%d\n",
                        Csv.quoted(lens),
                        layer,
                        metric,
                        e.mean(),
                        e.low(),
                        e.high(),
                        e.count()));
    }
}
