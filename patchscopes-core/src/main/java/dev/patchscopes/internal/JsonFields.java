package dev.patchscopes.internal;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.model.ComputeType;
import dev.patchscopes.model.TokenProbability;
import dev.patchscopes.text.CharSpan;
import dev.patchscopes.text.Token;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Function;

/**
 * The fields of a JSON object. Whatever is missing or of another kind is an {@link
 * IllegalArgumentException} that names the field.
 */
public final class JsonFields {
    private final JsonObject object;

    private JsonFields(JsonObject object) {
        this.object = object;
    }

    /**
     * Parses a text.
     *
     * @param json an object
     * @param what what it should be the JSON of, as messages name it
     * @param reader reads the object
     * @param <T> what is read
     * @return what the reader makes of it
     * @throws IllegalArgumentException if the text is no object, or the reader misses a field
     */
    public static <T> T read(String json, String what, Function<JsonFields, T> reader) {
        try {
            JsonObject object = JsonParser.parseString(json).getAsJsonObject();
            JsonSeal.check(object);
            return reader.apply(new JsonFields(object));
        } catch (JsonParseException | IllegalStateException | IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "this is not the JSON of %s: %s".formatted(what, e.getMessage()), e);
        }
    }

    /**
     * Says whether there is a field.
     *
     * @param name its name
     * @return whether there is
     */
    public boolean has(String name) {
        return object.has(name);
    }

    /**
     * Reads a field.
     *
     * @param name its name
     * @param reader reads its value
     * @param <T> what it holds
     * @return the value
     */
    public <T> T get(String name, Function<JsonElement, T> reader) {
        JsonElement element = object.get(name);
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

    /**
     * Reads a text.
     *
     * @param name of the field
     * @return the text
     */
    public String text(String name) {
        return get(name, JsonElement::getAsString);
    }

    /**
     * Reads a number.
     *
     * @param name of the field
     * @return the number
     */
    public double number(String name) {
        return get(name, JsonElement::getAsDouble);
    }

    /**
     * Reads a whole number.
     *
     * @param name of the field
     * @return the number
     */
    public int integer(String name) {
        return get(name, e -> e.getAsBigDecimal().intValueExact());
    }

    /**
     * Reads a whole number of 64 bits.
     *
     * @param name of the field
     * @return the number
     */
    public long longInteger(String name) {
        return get(name, e -> e.getAsBigDecimal().longValueExact());
    }

    /**
     * Reads true or false.
     *
     * @param name of the field
     * @return which
     */
    public boolean truth(String name) {
        return get(name, JsonElement::getAsBoolean);
    }

    /**
     * Reads an object.
     *
     * @param name of the field
     * @return its fields
     */
    public JsonFields object(String name) {
        return new JsonFields(get(name, JsonElement::getAsJsonObject));
    }

    /**
     * Reads an object that may be missing.
     *
     * @param name of the field
     * @return its fields
     */
    public Optional<JsonFields> optionalObject(String name) {
        return has(name) ? Optional.of(object(name)) : Optional.empty();
    }

    /**
     * Reads a list.
     *
     * @param name of the field
     * @param reader reads one item
     * @param <T> what the items are
     * @return the items
     */
    public <T> ImmutableList<T> list(String name, Function<JsonElement, T> reader) {
        return get(name, list -> items(list, reader));
    }

    /**
     * Reads a list of objects.
     *
     * @param name of the field
     * @param reader reads one
     * @param <T> what they are
     * @return the items
     */
    public <T> ImmutableList<T> objects(String name, Function<JsonFields, T> reader) {
        return get(name, list -> objects(list, reader));
    }

    /**
     * Reads a list of lists of objects.
     *
     * @param name of the field
     * @param reader reads one object
     * @param <T> what they are
     * @return the rows
     */
    public <T> ImmutableList<ImmutableList<T>> rows(String name, Function<JsonFields, T> reader) {
        return get(name, rows -> items(rows, row -> objects(row, reader)));
    }

    private static <T> ImmutableList<T> objects(JsonElement list, Function<JsonFields, T> reader) {
        return items(list, e -> reader.apply(new JsonFields(e.getAsJsonObject())));
    }

    private static <T> ImmutableList<T> items(JsonElement list, Function<JsonElement, T> reader) {
        return list.getAsJsonArray().asList().stream()
                .map(reader)
                .collect(ImmutableList.toImmutableList());
    }

    /**
     * Reads what {@link Json#of(ModelIdentity)} wrote.
     *
     * @param name of the field
     * @return the model
     */
    public ModelIdentity model(String name) {
        return object(name).model();
    }

    /**
     * Reads these fields as a model.
     *
     * @return the model
     */
    public ModelIdentity model() {
        return new ModelIdentity(
                text("name"),
                text("contentHash"),
                text("modelType"),
                get("computeType", e -> computeType(e.getAsString())),
                text("device"));
    }

    /**
     * Reads these fields as a token of a prompt.
     *
     * @return the token
     */
    public Token token() {
        return new Token(
                integer("index"),
                integer("id"),
                text("piece"),
                has("start") ? Optional.of(span()) : Optional.empty());
    }

    /**
     * Reads these fields as a token and its probability.
     *
     * @return both
     */
    public TokenProbability tokenProbability() {
        return new TokenProbability(integer("id"), text("piece"), number("probability"));
    }

    /**
     * Reads whole numbers.
     *
     * @param name of the field
     * @return the numbers
     */
    public ImmutableIntArray integers(String name) {
        return ImmutableIntArray.copyOf(list(name, e -> e.getAsBigDecimal().intValueExact()));
    }

    private static ComputeType computeType(String name) {
        return Arrays.stream(ComputeType.values())
                .filter(type -> type.name().equals(name))
                .findFirst()
                .orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        "computeType is \"%s\", expected one of %s"
                                                .formatted(
                                                        name,
                                                        ImmutableList.copyOf(
                                                                ComputeType.values()))));
    }

    /** {@return the span whose fields {@link Json#of(CharSpan)} wrote} */
    public CharSpan span() {
        return new CharSpan(integer("start"), integer("end"));
    }
}
