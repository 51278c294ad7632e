package dev.patchscopes;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableDoubleArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.patchscopes.internal.JsonSeal;
import java.util.Arrays;
import java.util.function.Function;

/**
 * A JSON object read field by field; what is missing or of another kind is an error that says so.
 */
record JsonFields(String path, JsonObject object) {

    static JsonFields parse(String json) {
        try {
            JsonFields fields = of("the text", JsonParser.parseString(json));
            JsonSeal.check(fields.object);
            return fields;
        } catch (JsonParseException e) {
            throw new IllegalArgumentException("the text is no JSON: " + e.getMessage(), e);
        }
    }

    private static JsonFields of(String path, JsonElement element) {
        if (!element.isJsonObject()) {
            throw new IllegalArgumentException(path + " is no JSON object");
        }
        return new JsonFields(path, element.getAsJsonObject());
    }

    JsonFields child(String name) {
        return of(at(name), get(name));
    }

    String string(String name) {
        return value(name, "a text", JsonElement::getAsString);
    }

    int integer(String name) {
        return value(name, "a whole number", e -> e.getAsBigDecimal().intValueExact());
    }

    long wide(String name) {
        return value(name, "a whole number", e -> e.getAsBigDecimal().longValueExact());
    }

    double number(String name) {
        return value(name, "a number", JsonElement::getAsDouble);
    }

    <E extends Enum<E>> E constant(String name, Class<E> type) {
        return value(
                name,
                "one of " + Arrays.toString(type.getEnumConstants()),
                e -> Enum.valueOf(type, e.getAsString()));
    }

    ImmutableList<String> strings(String name) {
        return list(name, (path, e) -> converted(path, e, "a text", JsonElement::getAsString));
    }

    ImmutableDoubleArray numbers(String name) {
        return ImmutableDoubleArray.copyOf(
                list(name, (path, e) -> converted(path, e, "a number", JsonElement::getAsDouble)));
    }

    <T> ImmutableList<T> objects(String name, Function<JsonFields, T> reader) {
        return list(name, (path, e) -> reader.apply(of(path, e)));
    }

    boolean has(String name) {
        return object.has(name);
    }

    private <T> ImmutableList<T> list(String name, ElementReader<T> reader) {
        JsonElement array = get(name);
        if (!array.isJsonArray()) {
            throw new IllegalArgumentException(at(name) + " is no list");
        }
        ImmutableList.Builder<T> out = ImmutableList.builder();
        int index = 0;
        for (JsonElement element : array.getAsJsonArray()) {
            out.add(reader.read("%s[%d]".formatted(at(name), index++), element));
        }
        return out.build();
    }

    @FunctionalInterface
    private interface ElementReader<T> {
        T read(String path, JsonElement element);
    }

    private <T> T value(String name, String kind, Function<JsonElement, T> reader) {
        return converted(at(name), get(name), kind, reader);
    }

    private static <T> T converted(
            String path, JsonElement element, String kind, Function<JsonElement, T> reader) {
        try {
            return reader.apply(element);
        } catch (UnsupportedOperationException
                | IllegalStateException
                | IllegalArgumentException
                | ArithmeticException e) {
            throw new IllegalArgumentException(
                    "%s is %s, expected %s".formatted(path, element, kind), e);
        }
    }

    private JsonElement get(String name) {
        JsonElement element = object.get(name);
        if (element == null) {
            throw new IllegalArgumentException(
                    "field \"%s\" is missing from %s".formatted(name, path));
        }
        return element;
    }

    private String at(String name) {
        return path.equals("the text") ? name : path + "." + name;
    }
}
