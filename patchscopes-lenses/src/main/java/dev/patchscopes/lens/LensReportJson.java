package dev.patchscopes.lens;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import dev.patchscopes.LibraryVersion;
import java.util.function.Function;

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
        out.add("model", LensReadingJson.model(r.model()));
        out.add("setup", setup(r.setup()));
        JsonArray lenses = new JsonArray();
        for (LensReport.LensScores lens : r.lenses()) {
            JsonObject one = new JsonObject();
            one.addProperty("lens", lens.lens());
            JsonArray layers = new JsonArray();
            for (LensReport.LayerScores layer : lens.layers()) {
                JsonObject scores = new JsonObject();
                scores.addProperty("layer", layer.layer());
                layer.scores().forEach((m, e) -> scores.add(m.name(), estimate(e)));
                layers.add(scores);
            }
            one.add("layers", layers);
            lenses.add(one);
        }
        out.add("lenses", lenses);
        return GSON.toJson(out);
    }

    static LensReport read(String json) {
        try {
            JsonObject in = GSON.fromJson(json, JsonObject.class);
            return new LensReport(
                    new LibraryVersion(in.get("library").getAsString()),
                    LensReadingJson.model(in.getAsJsonObject("model")),
                    setup(in.getAsJsonObject("setup")),
                    list(in.get("lenses"), LensReportJson::lens));
        } catch (JsonParseException
                | NullPointerException
                | ClassCastException
                | UnsupportedOperationException
                | IllegalStateException e) {
            throw new IllegalArgumentException(
                    "this is not the JSON of a lens report: " + e.getMessage(), e);
        }
    }

    private static JsonObject setup(LensReport.Setup s) {
        JsonObject out = new JsonObject();
        out.addProperty("texts", s.texts());
        out.addProperty("states", s.states());
        out.addProperty("tokens", s.tokens());
        out.addProperty("bytes", s.bytes());
        out.addProperty("textsHash", s.textsHash());
        out.addProperty("positions", s.positions());
        out.addProperty("seed", s.seed());
        out.addProperty("confidence", s.confidence());
        out.addProperty("resamples", s.resamples());
        return out;
    }

    private static LensReport.Setup setup(JsonObject in) {
        return new LensReport.Setup(
                in.get("texts").getAsInt(),
                in.get("states").getAsLong(),
                in.get("tokens").getAsLong(),
                in.get("bytes").getAsLong(),
                in.get("textsHash").getAsString(),
                in.get("positions").getAsString(),
                in.get("seed").getAsLong(),
                in.get("confidence").getAsDouble(),
                in.get("resamples").getAsInt());
    }

    private static LensReport.LensScores lens(JsonElement in) {
        return new LensReport.LensScores(
                in.getAsJsonObject().get("lens").getAsString(),
                list(in.getAsJsonObject().get("layers"), LensReportJson::layer));
    }

    private static LensReport.LayerScores layer(JsonElement in) {
        ImmutableMap.Builder<LensMetric, Estimate> scores = ImmutableMap.builder();
        for (LensMetric metric : LensMetric.values()) {
            scores.put(metric, estimate(in.getAsJsonObject().getAsJsonObject(metric.name())));
        }
        return new LensReport.LayerScores(
                in.getAsJsonObject().get("layer").getAsInt(), scores.buildOrThrow());
    }

    private static JsonObject estimate(Estimate e) {
        JsonObject out = new JsonObject();
        out.addProperty("mean", e.mean());
        out.addProperty("low", e.low());
        out.addProperty("high", e.high());
        out.addProperty("states", e.count());
        return out;
    }

    private static Estimate estimate(JsonObject in) {
        return new Estimate(
                in.get("mean").getAsDouble(),
                in.get("low").getAsDouble(),
                in.get("high").getAsDouble(),
                in.get("states").getAsLong());
    }

    private static <T> ImmutableList<T> list(JsonElement in, Function<JsonElement, T> reader) {
        return in.getAsJsonArray().asList().stream()
                .map(reader)
                .collect(ImmutableList.toImmutableList());
    }
}
