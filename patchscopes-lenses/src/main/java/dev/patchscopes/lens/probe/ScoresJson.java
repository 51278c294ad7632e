package dev.patchscopes.lens.probe;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableDoubleArray;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.model.ComputeType;
import java.util.function.Function;

/** The JSON of scores. Numbers are written so that reading gives the same bits. */
final class ScoresJson {

    private static final Gson GSON =
            new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create();

    private ScoresJson() {}

    static String text(ProbeScores scores) {
        JsonObject out = new JsonObject();
        out.add("provenance", write(scores.provenance()));
        out.add("majority", write(scores.majority()));
        JsonArray layers = new JsonArray();
        scores.layers().forEach(layer -> layers.add(write(layer)));
        out.add("layers", layers);
        return GSON.toJson(out);
    }

    static ProbeScores parse(String json) {
        JsonObject in;
        try {
            in = JsonParser.parseString(json).getAsJsonObject();
        } catch (JsonParseException | IllegalStateException e) {
            throw new IllegalArgumentException("the text is no JSON object: " + e.getMessage(), e);
        }
        return new ProbeScores(
                provenance(get(in, "provenance", JsonElement::getAsJsonObject)),
                accuracy(in, "majority"),
                list(in, "layers", layer -> score(layer.getAsJsonObject())));
    }

    private static JsonObject write(LayerScore s) {
        JsonObject out = new JsonObject();
        out.addProperty("layer", s.layer());
        out.addProperty("c", s.c());
        out.addProperty("iterations", s.iterations());
        out.addProperty("converged", s.converged());
        out.addProperty("validationAccuracy", s.validationAccuracy());
        out.addProperty("validationLoss", s.validationLoss());
        out.add("accuracy", write(s.accuracy()));
        out.addProperty("macroF1", s.macroF1());
        out.add("shuffled", write(s.shuffled()));
        out.add("control", write(s.control()));
        out.addProperty("memory", s.memory());
        out.addProperty("selectivity", s.selectivity()); // derived; for other readers
        return out;
    }

    private static LayerScore score(JsonObject in) {
        return new LayerScore(
                integer(in, "layer"),
                number(in, "c"),
                integer(in, "iterations"),
                get(in, "converged", JsonElement::getAsBoolean),
                number(in, "validationAccuracy"),
                number(in, "validationLoss"),
                accuracy(in, "accuracy"),
                number(in, "macroF1"),
                accuracy(in, "shuffled"),
                accuracy(in, "control"),
                number(in, "memory"));
    }

    private static JsonObject write(Accuracy a) {
        JsonObject out = new JsonObject();
        out.addProperty("value", a.value());
        out.addProperty("low", a.low());
        out.addProperty("high", a.high());
        return out;
    }

    private static Accuracy accuracy(JsonObject in, String name) {
        JsonObject a = get(in, name, JsonElement::getAsJsonObject);
        return new Accuracy(number(a, "value"), number(a, "low"), number(a, "high"));
    }

    private static JsonObject write(ProbeProvenance p) {
        JsonObject model = new JsonObject();
        model.addProperty("name", p.model().name());
        model.addProperty("contentHash", p.model().contentHash());
        model.addProperty("modelType", p.model().modelType());
        model.addProperty("computeType", p.model().computeType().name());
        model.addProperty("device", p.model().device());
        JsonObject out = new JsonObject();
        out.addProperty("library", p.library().value());
        out.add("model", model);
        out.addProperty("examples", p.examples());
        JsonArray labels = new JsonArray();
        p.labels().forEach(labels::add);
        out.add("labels", labels);
        out.add("train", write(p.train()));
        out.add("validation", write(p.validation()));
        out.add("test", write(p.test()));
        out.addProperty("left", p.left());
        out.addProperty("keys", p.keys());
        out.addProperty("keysSeen", p.keysSeen());
        out.addProperty("validationShare", p.validationShare());
        out.addProperty("testShare", p.testShare());
        JsonArray cs = new JsonArray();
        p.cs().forEach(cs::add);
        out.add("cs", cs);
        out.addProperty("maxIterations", p.maxIterations());
        out.addProperty("tolerance", p.tolerance());
        out.addProperty("seed", p.seed());
        return out;
    }

    private static ProbeProvenance provenance(JsonObject in) {
        JsonObject model = get(in, "model", JsonElement::getAsJsonObject);
        return new ProbeProvenance(
                new LibraryVersion(string(in, "library")),
                new ModelIdentity(
                        string(model, "name"),
                        string(model, "contentHash"),
                        string(model, "modelType"),
                        get(model, "computeType", e -> ComputeType.valueOf(e.getAsString())),
                        string(model, "device")),
                string(in, "examples"),
                list(in, "labels", JsonElement::getAsString),
                part(in, "train"),
                part(in, "validation"),
                part(in, "test"),
                integer(in, "left"),
                integer(in, "keys"),
                number(in, "keysSeen"),
                number(in, "validationShare"),
                number(in, "testShare"),
                ImmutableDoubleArray.copyOf(list(in, "cs", JsonElement::getAsDouble)),
                integer(in, "maxIterations"),
                number(in, "tolerance"),
                get(in, "seed", e -> e.getAsBigDecimal().longValueExact()));
    }

    private static JsonObject write(ProbeProvenance.Part part) {
        JsonObject out = new JsonObject();
        out.addProperty("examples", part.examples());
        out.addProperty("groups", part.groups());
        return out;
    }

    private static ProbeProvenance.Part part(JsonObject in, String name) {
        JsonObject part = get(in, name, JsonElement::getAsJsonObject);
        return new ProbeProvenance.Part(integer(part, "examples"), integer(part, "groups"));
    }

    private static String string(JsonObject in, String name) {
        return get(in, name, JsonElement::getAsString);
    }

    private static double number(JsonObject in, String name) {
        return get(in, name, JsonElement::getAsDouble);
    }

    private static int integer(JsonObject in, String name) {
        return get(in, name, e -> e.getAsBigDecimal().intValueExact());
    }

    private static <T> ImmutableList<T> list(
            JsonObject in, String name, Function<JsonElement, T> reader) {
        return get(
                in,
                name,
                list ->
                        list.getAsJsonArray().asList().stream()
                                .map(reader)
                                .collect(ImmutableList.toImmutableList()));
    }

    private static <T> T get(JsonObject in, String name, Function<JsonElement, T> reader) {
        JsonElement element = in.get(name);
        if (element == null) {
            throw new IllegalArgumentException("field \"%s\" is missing".formatted(name));
        }
        try {
            return reader.apply(element);
        } catch (UnsupportedOperationException
                | IllegalStateException
                | NumberFormatException
                | ArithmeticException e) {
            throw new IllegalArgumentException(
                    "field \"%s\" is %s, which is of another kind".formatted(name, element), e);
        }
    }
}
