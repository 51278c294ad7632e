package dev.patchscopes.facts;

import com.google.common.collect.ImmutableList;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import dev.patchscopes.facts.GroundTruth.KnownFact;
import dev.patchscopes.facts.GroundTruth.RelationPrompts;
import dev.patchscopes.facts.GroundTruth.TwoHop;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/** {@link GroundTruth} as JSON, with a line for each relation, fact, question and entity. */
final class GroundTruthJson {

    private static final Gson GSON = new GsonBuilder().disableHtmlEscaping().create();
    private static final int FORMAT = 1;

    private GroundTruthJson() {}

    /** The text of a file. */
    static String text(GroundTruth truth) {
        return "{\n\"format\": %d,\n\"seed\": %d,\n%s,\n%s,\n%s,\n%s\n}\n"
                .formatted(
                        FORMAT,
                        truth.seed(),
                        list("relations", truth.relations(), GroundTruthJson::json),
                        list("facts", truth.facts(), GroundTruthJson::json),
                        list("twoHop", truth.twoHop(), GroundTruthJson::json),
                        list("entities", truth.entities(), GSON::toJsonTree));
    }

    private static <T> String list(String key, List<T> items, Function<T, JsonElement> json) {
        return items.stream()
                .map(item -> GSON.toJson(json.apply(item)))
                .collect(Collectors.joining(",\n", "\"" + key + "\": [\n", "\n]"));
    }

    private static JsonObject json(RelationPrompts relation) {
        JsonObject object = new JsonObject();
        object.addProperty("name", relation.name());
        object.addProperty("subject", relation.subject());
        object.addProperty("object", relation.object());
        object.addProperty("phrase", relation.phrase());
        object.add("trained", array(relation.trained(), JsonPrimitive::new));
        object.add("heldOut", array(relation.heldOut(), JsonPrimitive::new));
        return object;
    }

    private static JsonObject json(KnownFact fact) {
        JsonObject object = new JsonObject();
        object.addProperty("relation", fact.relation());
        object.addProperty("subject", fact.subject());
        object.addProperty("object", fact.object());
        object.add("answered", array(fact.answered(), JsonPrimitive::new));
        return object;
    }

    private static JsonObject json(TwoHop hops) {
        JsonObject object = new JsonObject();
        object.add("relations", array(hops.relations(), JsonPrimitive::new));
        object.addProperty("subject", hops.subject());
        object.addProperty("bridge", hops.bridge());
        object.addProperty("answer", hops.direct().answer());
        object.addProperty("trained", hops.trained());
        object.add(
                "prompts",
                array(hops.questions(), question -> new JsonPrimitive(question.prompt())));
        object.add("answered", array(hops.answered(), JsonPrimitive::new));
        return object;
    }

    private static <T> JsonArray array(List<T> items, Function<T, JsonPrimitive> json) {
        JsonArray array = new JsonArray();
        items.forEach(item -> array.add(json.apply(item)));
        return array;
    }

    /**
     * What {@link #text} wrote.
     *
     * @param name says in an error where it came from
     */
    static GroundTruth parse(String text, String name) {
        try {
            JsonObject root = JsonParser.parseString(text).getAsJsonObject();
            int format = root.get("format").getAsInt();
            if (format != FORMAT) {
                throw new IllegalArgumentException(
                        "the facts of %s have format %d; only %d can be read"
                                .formatted(name, format, FORMAT));
            }
            return new GroundTruth(
                    root.get("seed").getAsLong(),
                    items(root, "relations", e -> relation(e.getAsJsonObject())),
                    items(root, "facts", e -> fact(e.getAsJsonObject())),
                    items(root, "twoHop", e -> twoHop(e.getAsJsonObject())),
                    items(root, "entities", e -> entity(e.getAsJsonObject())));
        } catch (JsonParseException
                | IllegalStateException
                | NullPointerException
                | ClassCastException
                | IndexOutOfBoundsException
                | NumberFormatException
                | UnsupportedOperationException e) {
            throw new IllegalArgumentException(
                    "%s does not hold facts as GroundTruth.write writes them".formatted(name), e);
        }
    }

    private static Entity entity(JsonObject object) {
        return new Entity(
                object.get("name").getAsString(),
                object.get("kind").getAsString(),
                object.get("category").getAsString(),
                object.get("description").getAsString());
    }

    private static RelationPrompts relation(JsonObject object) {
        return new RelationPrompts(
                object.get("name").getAsString(),
                object.get("subject").getAsString(),
                object.get("object").getAsString(),
                object.get("phrase").getAsString(),
                items(object, "trained", JsonElement::getAsString),
                items(object, "heldOut", JsonElement::getAsString));
    }

    private static KnownFact fact(JsonObject object) {
        return new KnownFact(
                object.get("relation").getAsString(),
                object.get("subject").getAsString(),
                object.get("object").getAsString(),
                items(object, "answered", JsonElement::getAsBoolean));
    }

    private static TwoHop twoHop(JsonObject object) {
        String bridge = object.get("bridge").getAsString();
        String answer = object.get("answer").getAsString();
        ImmutableList<String> prompts = items(object, "prompts", JsonElement::getAsString);
        return new TwoHop(
                items(object, "relations", JsonElement::getAsString),
                object.get("subject").getAsString(),
                bridge,
                object.get("trained").getAsBoolean(),
                new Question(prompts.get(0), answer),
                new Question(prompts.get(1), bridge),
                new Question(prompts.get(2), answer),
                items(object, "answered", JsonElement::getAsBoolean));
    }

    private static <T> ImmutableList<T> items(
            JsonObject object, String key, Function<JsonElement, T> item) {
        return object.getAsJsonArray(key).asList().stream()
                .map(item)
                .collect(ImmutableList.toImmutableList());
    }
}
