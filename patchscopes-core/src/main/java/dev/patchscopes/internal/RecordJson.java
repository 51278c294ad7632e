package dev.patchscopes.internal;

import com.google.common.collect.ImmutableList;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.Strictness;
import com.google.gson.TypeAdapter;
import com.google.gson.TypeAdapterFactory;
import com.google.gson.reflect.TypeToken;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.io.StringReader;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;

/**
 * Records as JSON, component by component; what is missing is an error. Numbers are written so that
 * reading gives the same bits.
 */
public final class RecordJson {

    private static final Gson GSON =
            new GsonBuilder()
                    .disableHtmlEscaping()
                    .serializeSpecialFloatingPointValues() // log-probabilities reach -infinity
                    .setPrettyPrinting()
                    .registerTypeAdapterFactory(new Lists())
                    .registerTypeAdapterFactory(new Complete())
                    .create();

    private RecordJson() {}

    /**
     * Writes a record.
     *
     * @param value of components that are records, texts, numbers, truths, enums, or lists of such
     * @return its JSON
     */
    public static String write(Record value) {
        return JsonSeal.add(GSON.toJson(value) + "\n");
    }

    /**
     * Reads what {@link #write} wrote.
     *
     * @param json the text
     * @param type the record's type
     * @param source names the text in messages
     * @param <T> the record's type
     * @return an equal record
     * @throws IllegalArgumentException if a component is missing or of another kind
     */
    public static <T extends Record> T read(String json, Class<T> type, String source) {
        try {
            JsonElement element = JsonParser.parseString(json);
            if (element.isJsonNull()) {
                throw new IllegalArgumentException(source + " is empty");
            }
            if (element.isJsonObject()) {
                check(element.getAsJsonObject(), source);
            }
            return GSON.fromJson(element, type);
        } catch (JsonParseException | IllegalStateException e) {
            throw new IllegalArgumentException(
                    "%s is no %s: %s".formatted(source, type.getSimpleName(), cause(e)), e);
        }
    }

    private static void check(JsonObject object, String source) {
        try {
            JsonSeal.check(object);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("%s: %s".formatted(source, e.getMessage()), e);
        }
    }

    private static String cause(Throwable e) {
        Throwable deepest = e;
        while (deepest.getCause() != null) {
            deepest = deepest.getCause();
        }
        return deepest.getMessage();
    }

    /** Guava's lists, which Gson can write but not make. */
    private static final class Lists implements TypeAdapterFactory {
        @Override
        @SuppressWarnings("unchecked") // T is ImmutableList<E>, with E of the adapter
        public <T> TypeAdapter<T> create(Gson gson, TypeToken<T> type) {
            if (type.getRawType() != ImmutableList.class
                    || !(type.getType() instanceof ParameterizedType list)) {
                return null;
            }
            TypeAdapter<?> element =
                    gson.getAdapter(TypeToken.get(list.getActualTypeArguments()[0]));
            return (TypeAdapter<T>) new ListAdapter<>(element);
        }
    }

    private static final class ListAdapter<E> extends TypeAdapter<ImmutableList<E>> {
        private final TypeAdapter<E> element;

        ListAdapter(TypeAdapter<E> element) {
            this.element = element;
        }

        @Override
        public void write(JsonWriter out, ImmutableList<E> list) throws IOException {
            out.beginArray();
            for (E e : list) {
                element.write(out, e);
            }
            out.endArray();
        }

        @Override
        public ImmutableList<E> read(JsonReader in) throws IOException {
            ImmutableList.Builder<E> list = ImmutableList.builder();
            in.beginArray();
            while (in.hasNext()) {
                if (in.peek() == JsonToken.NULL) {
                    throw new JsonParseException("a list has no value at " + in.getPath());
                }
                list.add(element.read(in));
            }
            in.endArray();
            return list.build();
        }
    }

    /** Refuses records without one of their components, which Gson would leave null or zero. */
    private static final class Complete implements TypeAdapterFactory {
        @Override
        public <T> TypeAdapter<T> create(Gson gson, TypeToken<T> type) {
            if (!type.getRawType().isRecord()) {
                return null;
            }
            TypeAdapter<T> plain = gson.getDelegateAdapter(this, type);
            TypeAdapter<JsonElement> tree = gson.getAdapter(JsonElement.class);
            return new TypeAdapter<>() {
                @Override
                public void write(JsonWriter out, T value) throws IOException {
                    plain.write(out, value);
                }

                @Override
                public T read(JsonReader in) throws IOException {
                    String path = in.getPath();
                    JsonElement element = tree.read(in);
                    if (!element.isJsonObject()) {
                        throw new JsonParseException(path + " is no JSON object");
                    }
                    for (RecordComponent part : type.getRawType().getRecordComponents()) {
                        JsonElement value = element.getAsJsonObject().get(part.getName());
                        if (value == null || value.isJsonNull()) {
                            throw new JsonParseException(
                                    "field \"%s\" is missing from %s"
                                            .formatted(part.getName(), path));
                        }
                    }
                    JsonReader again = new JsonReader(new StringReader(element.toString()));
                    again.setStrictness(Strictness.LENIENT); // numbers that are none, or infinite
                    return plain.read(again);
                }
            };
        }
    }
}
