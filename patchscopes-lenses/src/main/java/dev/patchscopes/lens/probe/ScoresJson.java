package dev.patchscopes.lens.probe;

import com.google.common.primitives.ImmutableDoubleArray;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.internal.Json;
import dev.patchscopes.internal.JsonFields;
import dev.patchscopes.internal.JsonSeal;
import dev.patchscopes.measure.Rate;

/** The JSON of scores. Numbers are written so that reading gives the same bits. */
final class ScoresJson {

    private static final Gson GSON =
            new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create();

    private ScoresJson() {}

    static String text(ProbeScores scores) {
        JsonObject out = new JsonObject();
        out.add("provenance", write(scores.provenance()));
        out.add("majority", write(scores.majority()));
        out.add("layers", Json.array(scores.layers(), ScoresJson::write));
        return JsonSeal.add(GSON.toJson(out));
    }

    static ProbeScores parse(String json) {
        return JsonFields.read(
                json,
                "the scores of probes",
                in ->
                        new ProbeScores(
                                provenance(in.object("provenance")),
                                rate(in, "majority"),
                                in.objects("layers", ScoresJson::score)));
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

    private static LayerScore score(JsonFields in) {
        return new LayerScore(
                in.integer("layer"),
                in.number("c"),
                in.integer("iterations"),
                in.truth("converged"),
                in.number("validationAccuracy"),
                in.number("validationLoss"),
                rate(in, "accuracy"),
                in.number("macroF1"),
                rate(in, "shuffled"),
                rate(in, "control"),
                in.number("memory"));
    }

    private static JsonObject write(Rate rate) {
        JsonObject out = new JsonObject();
        out.addProperty("hits", rate.hits());
        out.addProperty("examples", rate.outcomes());
        out.addProperty("groups", rate.subjects());
        out.addProperty("share", rate.share()); // derived, as the interval is; for other readers
        out.addProperty("low", rate.low());
        out.addProperty("high", rate.high());
        return out;
    }

    private static Rate rate(JsonFields in, String name) {
        JsonFields rate = in.object(name);
        return new Rate(rate.integer("hits"), rate.integer("examples"), rate.integer("groups"));
    }

    private static JsonObject write(ProbeProvenance p) {
        JsonObject out = new JsonObject();
        out.addProperty("library", p.library().value());
        out.add("model", Json.of(p.model()));
        out.addProperty("examples", p.examples());
        out.add("labels", Json.texts(p.labels()));
        out.add("train", write(p.train()));
        out.add("validation", write(p.validation()));
        out.add("test", write(p.test()));
        out.addProperty("left", p.left());
        out.addProperty("keys", p.keys());
        out.addProperty("keysSeen", p.keysSeen());
        out.addProperty("validationShare", p.validationShare());
        out.addProperty("testShare", p.testShare());
        out.add("cs", Json.numbers(p.cs().asList()));
        out.addProperty("maxIterations", p.maxIterations());
        out.addProperty("tolerance", p.tolerance());
        out.addProperty("seed", p.seed());
        return out;
    }

    private static ProbeProvenance provenance(JsonFields in) {
        return new ProbeProvenance(
                new LibraryVersion(in.text("library")),
                in.model("model"),
                in.text("examples"),
                in.list("labels", JsonElement::getAsString),
                part(in, "train"),
                part(in, "validation"),
                part(in, "test"),
                in.integer("left"),
                in.integer("keys"),
                in.number("keysSeen"),
                in.number("validationShare"),
                in.number("testShare"),
                ImmutableDoubleArray.copyOf(in.list("cs", JsonElement::getAsDouble)),
                in.integer("maxIterations"),
                in.number("tolerance"),
                in.longInteger("seed"));
    }

    private static JsonObject write(ProbeProvenance.Part part) {
        JsonObject out = new JsonObject();
        out.addProperty("examples", part.examples());
        out.addProperty("groups", part.groups());
        return out;
    }

    private static ProbeProvenance.Part part(JsonFields in, String name) {
        JsonFields part = in.object(name);
        return new ProbeProvenance.Part(part.integer("examples"), part.integer("groups"));
    }
}
