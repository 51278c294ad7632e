package dev.patchscopes.checkpoint;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads one JSON object to plain immutable values, refusing whatever the standard does not allow.
 *
 * <p>Objects become {@code ImmutableMap}s, arrays {@code ImmutableList}s, both with {@code
 * Optional.empty()} for null; whole numbers become {@code Long}s, other numbers {@code Double}s.
 */
final class StrictJson {

    private static final Pattern PLACE = Pattern.compile("at line (\\d+) column (\\d+)");
    private static final Pattern WHOLE = Pattern.compile("-?\\d{1,18}");

    private StrictJson() {}

    /** What to do with one JSON document; the reader is strict and at its beginning. */
    @FunctionalInterface
    interface Visitor<T> {
        T visit(JsonReader reader) throws IOException;
    }

    /** Reads a whole small file as one object, of at most {@code largest} bytes. */
    static ImmutableMap<String, Object> readFile(Path path, int largest) {
        try (DataFile file = DataFile.open(path)) {
            return readObject(path, readAll(file, largest));
        }
    }

    static byte[] readAll(DataFile file, int largest) {
        if (file.size() > largest) {
            throw new CorruptCheckpointException(
                    file.path(),
                    file.size() + " bytes are too many for such a file; at most " + largest);
        }
        return file.read(0, (int) file.size());
    }

    static ImmutableMap<String, Object> readObject(Path path, byte[] utf8) {
        return parse(path, new ByteArrayInputStream(utf8), reader -> object(path, reader));
    }

    /** Parses one document and nothing after it; every failure names the place in the file. */
    static <T> T parse(Path path, ByteArrayInputStream utf8, Visitor<T> visitor) {
        try (Reader decoded = new InputStreamReader(utf8, StandardCharsets.UTF_8.newDecoder());
                JsonReader reader = new JsonReader(decoded)) {
            reader.setStrictness(Strictness.STRICT);
            T result = visitor.visit(reader);
            if (reader.peek() != JsonToken.END_DOCUMENT) {
                throw new CorruptCheckpointException(path, "there is text after the JSON object");
            }
            return result;
        } catch (CharacterCodingException e) {
            throw new CorruptCheckpointException(path, "the JSON is not valid UTF-8", e);
        } catch (EOFException e) {
            throw new CorruptCheckpointException(
                    path, "the JSON ends too early" + place(e.getMessage()), e);
        } catch (IOException | IllegalStateException e) {
            throw new CorruptCheckpointException(path, "malformed JSON" + place(e.getMessage()), e);
        }
    }

    /** The place of a Gson message as ours: {@code " at line 3 column 5"}. */
    private static String place(String message) {
        Matcher matcher = PLACE.matcher(message == null ? "" : message);
        return matcher.find()
                ? " at line " + matcher.group(1) + ", column " + matcher.group(2)
                : "";
    }

    static void expect(Path path, JsonReader reader, JsonToken wanted, String what)
            throws IOException {
        JsonToken found = reader.peek();
        if (found != wanted) {
            throw new CorruptCheckpointException(
                    path,
                    what
                            + " must be "
                            + describe(wanted)
                            + ", not "
                            + describe(found)
                            + " (at "
                            + reader.getPath()
                            + ")");
        }
    }

    private static String describe(JsonToken token) {
        return switch (token) {
            case BEGIN_ARRAY -> "a list";
            case BEGIN_OBJECT -> "an object";
            case STRING -> "a string";
            case NUMBER -> "a number";
            case BOOLEAN -> "true or false";
            case NULL -> "null";
            case END_ARRAY, END_OBJECT, NAME, END_DOCUMENT -> "nothing";
        };
    }

    private static ImmutableMap<String, Object> object(Path path, JsonReader reader)
            throws IOException {
        expect(path, reader, JsonToken.BEGIN_OBJECT, "the document");
        return members(path, reader);
    }

    private static ImmutableMap<String, Object> members(Path path, JsonReader reader)
            throws IOException {
        Map<String, Object> members = new LinkedHashMap<>();
        reader.beginObject();
        while (reader.hasNext()) {
            String key = reader.nextName();
            Optional<Object> value = value(path, reader);
            // As in lists, an empty Optional stands for null.
            if (members.put(key, value.isPresent() ? value.get() : value) != null) {
                throw new CorruptCheckpointException(
                        path, "the key '" + key + "' occurs twice (at " + reader.getPath() + ")");
            }
        }
        reader.endObject();
        return ImmutableMap.copyOf(members);
    }

    private static Optional<Object> value(Path path, JsonReader reader) throws IOException {
        return switch (reader.peek()) {
            case BEGIN_OBJECT -> Optional.of(members(path, reader));
            case BEGIN_ARRAY -> {
                ImmutableList.Builder<Object> list = ImmutableList.builder();
                reader.beginArray();
                while (reader.hasNext()) {
                    Optional<Object> element = value(path, reader);
                    list.add(element.isPresent() ? element.get() : element);
                }
                reader.endArray();
                yield Optional.of(list.build());
            }
            case STRING -> Optional.of(reader.nextString());
            case BOOLEAN -> Optional.of(reader.nextBoolean());
            case NUMBER -> Optional.of(number(reader.nextString()));
            case NULL -> {
                reader.nextNull();
                yield Optional.empty();
            }
            case END_ARRAY, END_OBJECT, NAME, END_DOCUMENT ->
                    throw new CorruptCheckpointException(
                            path, "a JSON value is missing at " + reader.getPath());
        };
    }

    private static Number number(String text) {
        if (WHOLE.matcher(text).matches()) {
            return Long.valueOf(text);
        }
        return Double.valueOf(text);
    }
}
