package dev.patchscopes.lens;

import com.google.common.collect.ImmutableMap;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.internal.Json;
import dev.patchscopes.internal.JsonFields;
import dev.patchscopes.internal.JsonSeal;
import dev.patchscopes.measure.Estimate;

/** The JSON of a report. */
final class LensReportJson {
    private static final Gson GSON =
            new GsonBuilder()
                    .disableHtmlEscaping()
                    .serializeSpecialFloatingPointValues() // a metric that nothing counts for
                    .setPrettyPrinting()
                    .create();

    private LensReportJson() {}

    static String write(LensReport r) {
        JsonObject out = new JsonObject();
        out.addProperty("library", r.library().value());
        out.add("model", Json.of(r.model()));
        out.add("setup", setup(r.setup()));
        out.add("lenses", Json.array(r.lenses(), LensReportJson::lens));
        return JsonSeal.add(GSON.toJson(out));
    }

    static LensReport read(String json) {
        return JsonFields.read(
                json,
                "a lens report",
                in ->
                        new LensReport(
                                new LibraryVersion(in.text("library")),
                                in.model("model"),
                                setup(in.object("setup")),
                                in.objects("lenses", LensReportJson::lens)));
    }

    private static JsonObject setup(LensReport.Setup s) {
        JsonObject out = new JsonObject();
        out.addProperty("texts", s.texts());
        out.addProperty("states", s.states());
        out.addProperty("tokens", s.tokens());
        out.addProperty("bytes", s.bytes());
        out.addProperty("textsHash", s.textsHash());
        out.addProperty("positions", s.positions());
        out.addProperty("maxTokens", s.maxTokens());
        out.addProperty("seed", s.seed());
        out.addProperty("confidence", s.confidence());
        out.addProperty("resamples", s.resamples());
        return out;
    }

    private static LensReport.Setup setup(JsonFields in) {
        return new LensReport.Setup(
                in.integer("texts"),
                in.longInteger("states"),
                in.longInteger("tokens"),
                in.longInteger("bytes"),
                in.text("textsHash"),
                in.text("positions"),
                in.integer("maxTokens"),
                in.longInteger("seed"),
                in.number("confidence"),
                in.integer("resamples"));
    }

    private static JsonObject lens(LensReport.LensScores lens) {
        JsonObject out = new JsonObject();
        out.addProperty("lens", lens.lens());
        out.addProperty("description", lens.description());
        out.add("layers", Json.array(lens.layers(), LensReportJson::layer));
        return out;
    }

    private static LensReport.LensScores lens(JsonFields in) {
        return new LensReport.LensScores(
                in.text("lens"),
                in.text("description"),
                in.objects("layers", LensReportJson::layer));
    }

    private static JsonObject layer(LensReport.LayerScores layer) {
        JsonObject out = new JsonObject();
        out.addProperty("layer", layer.layer());
        layer.scores().forEach((metric, e) -> out.add(metric.name(), estimate(e)));
        return out;
    }

    private static LensReport.LayerScores layer(JsonFields in) {
        ImmutableMap.Builder<LensMetric, Estimate> scores = ImmutableMap.builder();
        for (LensMetric metric : LensMetric.values()) {
            scores.put(metric, estimate(in.object(metric.name())));
        }
        return new LensReport.LayerScores(in.integer("layer"), scores.buildOrThrow());
    }

    private static JsonObject estimate(Estimate e) {
        JsonObject out = new JsonObject();
        out.addProperty("mean", e.mean());
        out.addProperty("low", e.low());
        out.addProperty("high", e.high());
        out.addProperty("states", e.count());
        return out;
    }

    private static Estimate estimate(JsonFields in) {
        return new Estimate(
                in.number("mean"), in.number("low"), in.number("high"), in.longInteger("states"));
    }
}
