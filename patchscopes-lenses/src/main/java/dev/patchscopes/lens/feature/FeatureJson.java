package dev.patchscopes.lens.feature;

import com.google.common.primitives.ImmutableIntArray;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.TargetPrompt;
import dev.patchscopes.facts.Relation;
import dev.patchscopes.internal.Json;
import dev.patchscopes.internal.JsonFields;
import dev.patchscopes.internal.JsonSeal;
import java.util.Optional;
import java.util.stream.Collectors;

/** Reports as JSON, with a line for each sample. */
final class FeatureJson {

    private static final Gson GSON = new GsonBuilder().disableHtmlEscaping().create();

    private FeatureJson() {}

    static String write(FeatureExtractionReport report) {
        return JsonSeal.add(
                "{\n\"provenance\": %s,\n\"placeholder\": %s,\n\"samples\": %s\n}\n"
                        .formatted(
                                GSON.toJson(json(report.provenance())),
                                GSON.toJson(report.placeholderAnswer()),
                                report.samples().stream()
                                        .map(reading -> GSON.toJson(json(reading)))
                                        .collect(Collectors.joining(",\n", "[\n", "\n]"))));
    }

    private static JsonObject json(FeatureProvenance p) {
        JsonObject target = Json.of(p.target().placeholder().orElseThrow());
        target.addProperty("text", p.target().text());
        JsonObject out = new JsonObject();
        out.addProperty("library", p.library().value());
        out.add("model", Json.of(p.model()));
        out.addProperty("relation", p.relation());
        out.add("target", target);
        out.add("sourceLayers", Json.numbers(p.sourceLayers().asList()));
        out.add("targetLayers", Json.numbers(p.targetLayers().asList()));
        out.addProperty("newTokens", p.newTokens());
        out.addProperty("directTokens", p.directTokens());
        out.addProperty("countsAll", p.countsAll());
        out.addProperty("seed", p.seed());
        return out;
    }

    private static JsonObject json(SampleReading reading) {
        FeatureSample sample = reading.sample();
        JsonObject out = Json.of(sample.mention());
        out.addProperty("subject", sample.fact().subject());
        out.addProperty("object", sample.fact().object());
        out.add("aliases", Json.texts(sample.fact().aliases()));
        out.addProperty("sentence", sample.sentence());
        out.addProperty("direct", reading.direct());
        out.add("patched", Json.texts(reading.patched()));
        out.add("random", Json.texts(reading.random()));
        return out;
    }

    static FeatureExtractionReport read(String json) {
        return JsonFields.read(
                json,
                "a feature extraction report",
                in ->
                        new FeatureExtractionReport(
                                provenance(in.object("provenance")),
                                in.text("placeholder"),
                                in.objects("samples", FeatureJson::reading)));
    }

    private static FeatureProvenance provenance(JsonFields in) {
        JsonFields target = in.object("target");
        return new FeatureProvenance(
                new LibraryVersion(in.text("library")),
                in.model("model"),
                in.text("relation"),
                new TargetPrompt(target.text("text"), Optional.of(target.span())),
                ImmutableIntArray.copyOf(in.list("sourceLayers", JsonElement::getAsInt)),
                ImmutableIntArray.copyOf(in.list("targetLayers", JsonElement::getAsInt)),
                in.integer("newTokens"),
                in.integer("directTokens"),
                in.truth("countsAll"),
                in.longInteger("seed"));
    }

    private static SampleReading reading(JsonFields in) {
        return new SampleReading(
                new FeatureSample(
                        new Relation.Sample(
                                in.text("subject"),
                                in.text("object"),
                                in.list("aliases", JsonElement::getAsString)),
                        in.text("sentence"),
                        in.span()),
                in.text("direct"),
                in.list("patched", JsonElement::getAsString),
                in.list("random", JsonElement::getAsString));
    }
}
