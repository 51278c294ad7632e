package dev.patchscopes.internal;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.model.TokenProbability;
import dev.patchscopes.text.CharSpan;
import dev.patchscopes.text.Token;
import java.util.function.Function;

/** Writes what several results hold; {@link JsonFields} reads it. */
public final class Json {
    // a mean over nothing is not a number, and is written as such
    private static final Gson GSON =
            new GsonBuilder().disableHtmlEscaping().serializeSpecialFloatingPointValues().create();

    private Json() {}

    /**
     * Writes an object in a line.
     *
     * @param object what to write
     * @return its text; {@link JsonFields#read} reads it
     */
    public static String text(JsonObject object) {
        return GSON.toJson(object);
    }

    /**
     * Writes a token of a prompt.
     *
     * @param token which
     * @return its JSON
     */
    public static JsonObject of(Token token) {
        JsonObject out = token.span().map(Json::of).orElseGet(JsonObject::new);
        out.addProperty("index", token.index());
        out.addProperty("id", token.id());
        out.addProperty("piece", token.piece());
        return out;
    }

    /**
     * Writes a token and its probability.
     *
     * @param token which
     * @return its JSON
     */
    public static JsonObject of(TokenProbability token) {
        JsonObject out = new JsonObject();
        out.addProperty("id", token.id());
        out.addProperty("piece", token.piece());
        out.addProperty("probability", token.probability());
        return out;
    }

    /**
     * Writes a model.
     *
     * @param model which
     * @return its JSON
     */
    public static JsonObject of(ModelIdentity model) {
        JsonObject out = new JsonObject();
        out.addProperty("name", model.name());
        out.addProperty("contentHash", model.contentHash());
        out.addProperty("modelType", model.modelType());
        out.addProperty("computeType", model.computeType().name());
        out.addProperty("device", model.device());
        return out;
    }

    /**
     * Writes a span.
     *
     * @param span of a text
     * @return its JSON, to which other fields may be added
     */
    public static JsonObject of(CharSpan span) {
        JsonObject out = new JsonObject();
        out.addProperty("start", span.start());
        out.addProperty("end", span.end());
        return out;
    }

    /**
     * Writes a list.
     *
     * @param items in order
     * @param writer writes one
     * @param <T> what they are
     * @return its JSON
     */
    public static <T> JsonArray array(
            Iterable<? extends T> items, Function<? super T, ? extends JsonElement> writer) {
        JsonArray out = new JsonArray();
        items.forEach(item -> out.add(writer.apply(item)));
        return out;
    }

    /**
     * Writes texts.
     *
     * @param texts in order
     * @return their JSON
     */
    public static JsonArray texts(Iterable<String> texts) {
        return array(texts, JsonPrimitive::new);
    }

    /**
     * Writes numbers. Reading them gives the same bits.
     *
     * @param numbers in order
     * @return their JSON
     */
    public static JsonArray numbers(Iterable<? extends Number> numbers) {
        return array(numbers, JsonPrimitive::new);
    }
}
