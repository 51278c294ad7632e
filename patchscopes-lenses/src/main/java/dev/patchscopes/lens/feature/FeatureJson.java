package dev.patchscopes.lens.feature;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.TargetPrompt;
import dev.patchscopes.facts.Relation;
import dev.patchscopes.model.ComputeType;
import dev.patchscopes.text.CharSpan;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Reports as JSON, with a line for each sample. */
final class FeatureJson {

    private static final Gson GSON = new GsonBuilder().disableHtmlEscaping().create();

    private FeatureJson() {}

    static String write(FeatureExtractionReport report) {
        return "{\n\"provenance\": %s,\n\"placeholder\": %s,\n\"samples\": %s\n}\n"
                .formatted(
                        GSON.toJson(json(report.provenance())),
                        GSON.toJson(report.placeholderAnswer()),
                        report.samples().stream()
                                .map(reading -> GSON.toJson(json(reading)))
                                .collect(Collectors.joining(",\n", "[\n", "\n]")));
    }

    private static JsonObject json(FeatureProvenance p) {
        JsonObject model = new JsonObject();
        model.addProperty("name", p.model().name());
        model.addProperty("contentHash", p.model().contentHash());
        model.addProperty("modelType", p.model().modelType());
        model.addProperty("computeType", p.model().computeType().name());
        model.addProperty("device", p.model().device());
        JsonObject target = span(p.target().placeholder().orElseThrow());
        target.addProperty("text", p.target().text());
        JsonObject out = new JsonObject();
        out.addProperty("library", p.library().value());
        out.add("model", model);
        out.addProperty("relation", p.relation());
        out.add("target", target);
        out.add("sourceLayers", array(p.sourceLayers().asList(), JsonPrimitive::new));
        out.add("targetLayers", array(p.targetLayers().asList(), JsonPrimitive::new));
        out.addProperty("newTokens", p.newTokens());
        out.addProperty("directTokens", p.directTokens());
        out.addProperty("countsAll", p.countsAll());
        out.addProperty("seed", p.seed());
        return out;
    }

    private static JsonObject json(SampleReading reading) {
        FeatureSample sample = reading.sample();
        JsonObject out = span(sample.mention());
        out.addProperty("subject", sample.fact().subject());
        out.addProperty("object", sample.fact().object());
        out.add("aliases", array(sample.fact().aliases(), JsonPrimitive::new));
        out.addProperty("sentence", sample.sentence());
        out.addProperty("direct", reading.direct());
        out.add("patched", array(reading.patched(), JsonPrimitive::new));
        out.add("random", array(reading.random(), JsonPrimitive::new));
        return out;
    }

    private static JsonObject span(CharSpan span) {
        JsonObject out = new JsonObject();
        out.addProperty("start", span.start());
        out.addProperty("end", span.end());
        return out;
    }

    private static <T> JsonArray array(List<T> items, Function<T, JsonPrimitive> json) {
        JsonArray array = new JsonArray();
        items.forEach(item -> array.add(json.apply(item)));
        return array;
    }

    static FeatureExtractionReport read(String json) {
        try {
            JsonObject root = JsonParser.parseString(json).getAsJsonObject();
            return new FeatureExtractionReport(
                    provenance(root.getAsJsonObject("provenance")),
                    root.get("placeholder").getAsString(),
                    list(root, "samples", e -> reading(e.getAsJsonObject())));
        } catch (JsonParseException
                | IllegalStateException
                | NullPointerException
                | ClassCastException
                | UnsupportedOperationException
                | NumberFormatException e) {
            throw new IllegalArgumentException(
                    "the text is not JSON as FeatureExtractionReport.toJson() writes it", e);
        }
    }

    private static FeatureProvenance provenance(JsonObject in) {
        JsonObject model = in.getAsJsonObject("model");
        JsonObject target = in.getAsJsonObject("target");
        return new FeatureProvenance(
                new LibraryVersion(in.get("library").getAsString()),
                new ModelIdentity(
                        model.get("name").getAsString(),
                        model.get("contentHash").getAsString(),
                        model.get("modelType").getAsString(),
                        ComputeType.valueOf(model.get("computeType").getAsString()),
                        model.get("device").getAsString()),
                in.get("relation").getAsString(),
                new TargetPrompt(target.get("text").getAsString(), Optional.of(span(target))),
                ImmutableIntArray.copyOf(list(in, "sourceLayers", JsonElement::getAsInt)),
                ImmutableIntArray.copyOf(list(in, "targetLayers", JsonElement::getAsInt)),
                in.get("newTokens").getAsInt(),
                in.get("directTokens").getAsInt(),
                in.get("countsAll").getAsBoolean(),
                in.get("seed").getAsLong());
    }

    private static SampleReading reading(JsonObject in) {
        return new SampleReading(
                new FeatureSample(
                        new Relation.Sample(
                                in.get("subject").getAsString(),
                                in.get("object").getAsString(),
                                list(in, "aliases", JsonElement::getAsString)),
                        in.get("sentence").getAsString(),
                        span(in)),
                in.get("direct").getAsString(),
                list(in, "patched", JsonElement::getAsString),
                list(in, "random", JsonElement::getAsString));
    }

    private static CharSpan span(JsonObject in) {
        return new CharSpan(in.get("start").getAsInt(), in.get("end").getAsInt());
    }

    private static <T> ImmutableList<T> list(
            JsonObject in, String key, Function<JsonElement, T> item) {
        return in.getAsJsonArray(key).asList().stream()
                .map(item)
                .collect(ImmutableList.toImmutableList());
    }
}
