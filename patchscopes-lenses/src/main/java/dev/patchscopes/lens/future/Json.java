package dev.patchscopes.lens.future;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.model.ComputeType;
import java.util.List;
import java.util.function.Function;

/** What the JSON of readings and reports have in common. */
final class Json {
    private static final Gson GSON = new GsonBuilder().disableHtmlEscaping().create();

    private Json() {}

    static String write(JsonObject object) {
        return GSON.toJson(object);
    }

    static <T> T read(String json, String what, Function<JsonObject, T> reader) {
        try {
            return reader.apply(GSON.fromJson(json, JsonObject.class));
        } catch (JsonParseException
                | NullPointerException
                | ClassCastException
                | UnsupportedOperationException
                | IllegalStateException e) {
            throw new IllegalArgumentException(
                    "this is not the JSON of %s: %s".formatted(what, e.getMessage()), e);
        }
    }

    static JsonObject model(ModelIdentity m) {
        JsonObject out = new JsonObject();
        out.addProperty("name", m.name());
        out.addProperty("contentHash", m.contentHash());
        out.addProperty("modelType", m.modelType());
        out.addProperty("computeType", m.computeType().name());
        out.addProperty("device", m.device());
        return out;
    }

    static ModelIdentity model(JsonObject in) {
        return new ModelIdentity(
                in.get("name").getAsString(),
                in.get("contentHash").getAsString(),
                in.get("modelType").getAsString(),
                ComputeType.valueOf(in.get("computeType").getAsString()),
                in.get("device").getAsString());
    }

    static JsonArray ints(ImmutableIntArray values) {
        JsonArray out = new JsonArray();
        values.forEach(out::add);
        return out;
    }

    static ImmutableIntArray ints(JsonElement in) {
        return ImmutableIntArray.copyOf(list(in, JsonElement::getAsInt));
    }

    static <T> JsonArray array(List<T> items, Function<T, JsonElement> writer) {
        JsonArray out = new JsonArray();
        items.forEach(item -> out.add(writer.apply(item)));
        return out;
    }

    static <T> ImmutableList<T> list(JsonElement in, Function<JsonElement, T> reader) {
        return in.getAsJsonArray().asList().stream()
                .map(reader)
                .collect(ImmutableList.toImmutableList());
    }
}
