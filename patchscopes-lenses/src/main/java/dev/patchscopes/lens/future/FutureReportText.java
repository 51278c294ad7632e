package dev.patchscopes.lens.future;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.gson.JsonObject;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.internal.Csv;
import dev.patchscopes.internal.Json;
import dev.patchscopes.internal.JsonFields;
import dev.patchscopes.internal.JsonSeal;
import dev.patchscopes.measure.Rate;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/** Reports as text, CSV and JSON. */
final class FutureReportText {
    private FutureReportText() {}

    static String table(FutureLensReport report) {
        StringBuilder out = new StringBuilder();
        out.append(
                "precision@1 of %s on %d positions, in %% by N, against the model's own continuation | against the text%n"
                        .formatted(report.model().name(), report.examples())
                        .replace(System.lineSeparator(), "\n"));
        int most = report.scores().stream().mapToInt(FutureScore::ahead).max().orElse(0);
        out.append("layer ");
        for (FutureTruth truth : FutureTruth.values()) {
            IntStream.rangeClosed(0, most)
                    .forEach(n -> out.append(String.format(Locale.ROOT, " %6s", "N=" + n)));
            out.append(truth == FutureTruth.MODEL ? "  |" : "");
        }
        for (String predictor : report.predictors()) {
            out.append('\n').append(predictor);
            for (OptionalInt layer : layers(report, predictor)) {
                out.append('\n').append(line(report, predictor, layer, most));
            }
        }
        return out.toString();
    }

    private static ImmutableSet<OptionalInt> layers(FutureLensReport report, String predictor) {
        return report.scores().stream()
                .filter(s -> s.predictor().equals(predictor))
                .map(FutureScore::layer)
                .collect(ImmutableSet.toImmutableSet());
    }

    private static String line(
            FutureLensReport report, String predictor, OptionalInt layer, int most) {
        StringBuilder out = new StringBuilder();
        out.append(
                String.format(
                        Locale.ROOT,
                        "%5s ",
                        layer.isPresent() ? String.valueOf(layer.getAsInt()) : "-"));
        for (FutureTruth truth : FutureTruth.values()) {
            for (int n = 0; n <= most; n++) {
                out.append(cell(report, predictor, layer, truth, n));
            }
            out.append(truth == FutureTruth.MODEL ? "  |" : "");
        }
        return out.toString();
    }

    private static String cell(
            FutureLensReport report,
            String predictor,
            OptionalInt layer,
            FutureTruth truth,
            int ahead) {
        return report.scores().stream()
                .filter(
                        s ->
                                s.predictor().equals(predictor)
                                        && s.layer().equals(layer)
                                        && s.truth() == truth
                                        && s.ahead() == ahead)
                .findFirst()
                .map(s -> String.format(Locale.ROOT, " %6.1f", 100 * s.precision(1)))
                .orElse("       ");
    }

    static String csv(FutureLensReport report) {
        int most = report.scores().stream().mapToInt(s -> s.hits().length()).max().orElse(0);
        StringBuilder out =
                new StringBuilder(
                        "predictor,layer,truth,ahead,examples,texts,precision_at_1_low,precision_at_1_high,surprisal_of_prediction,surprisal_error");
        IntStream.rangeClosed(1, most).forEach(k -> out.append(",precision_at_").append(k));
        for (FutureScore s : report.scores()) {
            Rate rate = s.rate(1);
            out.append('\n').append(Csv.quoted(s.predictor())).append(',');
            s.layer().ifPresent(out::append);
            out.append(
                    String.format(
                            Locale.ROOT,
                            ",%s,%d,%d,%d,%.6g,%.6g,%.6g,%.6g",
                            s.truth().name().toLowerCase(Locale.ROOT),
                            s.ahead(),
                            s.examples(),
                            s.texts(),
                            rate.low(),
                            rate.high(),
                            s.surprisalOfPrediction(),
                            s.surprisalError()));
            for (int k = 1; k <= s.hits().length(); k++) {
                out.append(String.format(Locale.ROOT, ",%.6g", s.precision(k)));
            }
        }
        return out.append('\n').toString();
    }

    static String json(FutureLensReport report) {
        JsonObject out = new JsonObject();
        out.addProperty("library", report.library().value());
        out.add("model", Json.of(report.model()));
        out.addProperty("textsHash", report.textsHash());
        out.addProperty("positionsPerText", report.positionsPerText());
        out.addProperty("seed", report.seed());
        out.addProperty("examples", report.examples());
        out.add(
                "predictors",
                Json.array(report.descriptions().entrySet(), FutureReportText::predictor));
        out.add("scores", Json.array(report.scores(), FutureReportText::score));
        return JsonSeal.add(Json.text(out));
    }

    static FutureLensReport fromJson(String json) {
        return JsonFields.read(
                json,
                "a future lens report",
                in ->
                        new FutureLensReport(
                                new LibraryVersion(in.text("library")),
                                in.model("model"),
                                in.text("textsHash"),
                                in.integer("positionsPerText"),
                                in.longInteger("seed"),
                                in.integer("examples"),
                                in
                                        .objects(
                                                "predictors",
                                                p ->
                                                        Map.entry(
                                                                p.text("name"),
                                                                p.text("description")))
                                        .stream()
                                        .collect(
                                                ImmutableMap.toImmutableMap(
                                                        Map.Entry::getKey, Map.Entry::getValue)),
                                in.objects("scores", FutureReportText::score)));
    }

    private static JsonObject predictor(Map.Entry<String, String> described) {
        JsonObject out = new JsonObject();
        out.addProperty("name", described.getKey());
        out.addProperty("description", described.getValue());
        return out;
    }

    private static JsonObject score(FutureScore s) {
        JsonObject out = new JsonObject();
        out.addProperty("predictor", s.predictor());
        s.layer().ifPresent(layer -> out.addProperty("layer", layer));
        out.addProperty("truth", s.truth().name());
        out.addProperty("ahead", s.ahead());
        out.addProperty("examples", s.examples());
        out.addProperty("texts", s.texts());
        out.add("hits", Json.numbers(s.hits().asList()));
        out.addProperty("surprisalOfPrediction", s.surprisalOfPrediction());
        out.addProperty("surprisalError", s.surprisalError());
        return out;
    }

    private static FutureScore score(JsonFields in) {
        return new FutureScore(
                in.text("predictor"),
                in.has("layer") ? OptionalInt.of(in.integer("layer")) : OptionalInt.empty(),
                FutureTruth.valueOf(in.text("truth")),
                in.integer("ahead"),
                in.integer("examples"),
                in.integer("texts"),
                in.integers("hits"),
                in.number("surprisalOfPrediction"),
                in.number("surprisalError"));
    }
}
