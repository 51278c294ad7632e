package dev.patchscopes.trace.hops;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.TargetPrompt;
import dev.patchscopes.facts.Relation;
import dev.patchscopes.internal.Json;
import dev.patchscopes.internal.JsonFields;
import dev.patchscopes.internal.JsonSeal;
import dev.patchscopes.model.Execution;
import java.util.Arrays;
import java.util.stream.Collectors;

/** Reports as JSON, with a line for each question. */
final class HopJson {

    private HopJson() {}

    static String write(MultiHopReport report) {
        return JsonSeal.add(
                "{\n\"provenance\": %s,\n\"questions\": %s\n}\n"
                        .formatted(
                                Json.text(json(report.provenance())),
                                report.questions().stream()
                                        .map(reading -> Json.text(json(reading)))
                                        .collect(Collectors.joining(",\n", "[\n", "\n]"))));
    }

    private static JsonObject json(MultiHopProvenance p) {
        JsonObject out = new JsonObject();
        out.addProperty("library", p.library().value());
        out.add("model", Json.of(p.model()));
        out.addProperty("form", p.form().name());
        out.add("sourceLayers", Json.numbers(p.sourceLayers().asList()));
        out.add("targetLayers", Json.numbers(p.targetLayers().asList()));
        out.addProperty("newTokens", p.newTokens());
        out.addProperty("directTokens", p.directTokens());
        out.addProperty("countsAll", p.countsAll());
        out.addProperty("onlyFailing", p.onlyFailing());
        out.addProperty("seed", p.seed());
        out.addProperty("execution", p.execution().name());
        return out;
    }

    private static JsonObject json(HopReading reading) {
        JsonObject out = json(reading.question());
        out.addProperty("firstHop", reading.firstHop());
        out.addProperty("secondHop", reading.secondHop());
        out.addProperty("direct", reading.direct());
        out.addProperty("stepByStep", reading.stepByStep());
        reading.prompts().ifPresent(prompts -> out.add("prompts", json(prompts)));
        out.addProperty("unpatched", reading.unpatched());
        out.add("patched", Json.texts(reading.patched()));
        out.add("random", Json.texts(reading.random()));
        return out;
    }

    private static JsonObject json(HopPrompts prompts) {
        JsonObject out = new JsonObject();
        out.add("source", Json.texts(prompts.source()));
        out.addProperty("read", prompts.read());
        out.add("target", Json.texts(prompts.target()));
        out.addProperty("written", prompts.written());
        return out;
    }

    private static JsonObject json(HopQuestion question) {
        JsonObject target = new JsonObject();
        target.addProperty("text", question.target().text());
        question.target().placeholder().ifPresent(span -> target.add("placeholder", Json.of(span)));
        JsonObject out = new JsonObject();
        out.addProperty("relations", question.relations());
        out.add("first", json(question.first()));
        out.add("second", json(question.second()));
        out.addProperty("firstPrompt", question.firstPrompt());
        out.addProperty("source", question.source());
        out.add("target", target);
        out.addProperty("question", question.question());
        out.add("hop", Json.of(question.hop()));
        return out;
    }

    private static JsonObject json(Relation.Sample fact) {
        JsonObject out = new JsonObject();
        out.addProperty("subject", fact.subject());
        out.addProperty("object", fact.object());
        out.add("aliases", Json.texts(fact.aliases()));
        return out;
    }

    static MultiHopReport read(String json) {
        return JsonFields.read(
                json,
                "a multi-hop report",
                in ->
                        new MultiHopReport(
                                provenance(in.object("provenance")),
                                in.objects("questions", HopJson::reading)));
    }

    private static MultiHopProvenance provenance(JsonFields in) {
        return new MultiHopProvenance(
                new LibraryVersion(in.text("library")),
                in.model("model"),
                choice(in, "form", HopForm.values()),
                in.integers("sourceLayers"),
                in.integers("targetLayers"),
                in.integer("newTokens"),
                in.integer("directTokens"),
                in.truth("countsAll"),
                in.truth("onlyFailing"),
                in.longInteger("seed"),
                choice(in, "execution", Execution.values()));
    }

    private static <E extends Enum<E>> E choice(JsonFields in, String field, E[] all) {
        String name = in.text(field);
        return Arrays.stream(all)
                .filter(one -> one.name().equals(name))
                .findFirst()
                .orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        "%s is \"%s\", expected one of %s"
                                                .formatted(field, name, Arrays.toString(all))));
    }

    private static HopReading reading(JsonFields in) {
        return new HopReading(
                question(in),
                in.text("firstHop"),
                in.text("secondHop"),
                in.text("direct"),
                in.text("stepByStep"),
                in.optionalObject("prompts").map(HopJson::prompts),
                in.text("unpatched"),
                in.list("patched", JsonElement::getAsString),
                in.list("random", JsonElement::getAsString));
    }

    private static HopPrompts prompts(JsonFields in) {
        return new HopPrompts(
                in.list("source", JsonElement::getAsString),
                in.integer("read"),
                in.list("target", JsonElement::getAsString),
                in.integer("written"));
    }

    private static HopQuestion question(JsonFields in) {
        JsonFields target = in.object("target");
        return new HopQuestion(
                in.text("relations"),
                fact(in.object("first")),
                fact(in.object("second")),
                in.text("firstPrompt"),
                in.text("source"),
                new TargetPrompt(
                        target.text("text"),
                        target.optionalObject("placeholder").map(JsonFields::span)),
                in.text("question"),
                in.object("hop").span());
    }

    private static Relation.Sample fact(JsonFields in) {
        return new Relation.Sample(
                in.text("subject"),
                in.text("object"),
                in.list("aliases", JsonElement::getAsString));
    }
}
