package dev.patchscopes.corpus;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import dev.patchscopes.text.Quoting;
import java.io.IOException;
import java.io.StringReader;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/** Reads what is wanted of a line of JSON and steps over the rest. */
final class JsonLineParser {

    private final TextFormat.JsonLines format;
    private final ImmutableSet<String> wanted;

    JsonLineParser(TextFormat.JsonLines format) {
        this.format = format;
        this.wanted =
                ImmutableSet.<String>builder()
                        .add(format.field())
                        .addAll(format.attributes())
                        .build();
    }

    Content parse(Piece piece) {
        String line = piece.text();
        if (line.isBlank()) {
            return new Content("", ImmutableMap.of());
        }
        Map<String, String> found = new LinkedHashMap<>();
        Set<String> names = new LinkedHashSet<>();
        try (JsonReader reader = new JsonReader(new StringReader(line))) {
            reader.setStrictness(Strictness.STRICT);
            if (reader.peek() != JsonToken.BEGIN_OBJECT) {
                throw damaged(piece, "not a JSON object but " + Quoting.quoteShort(line));
            }
            object(piece, reader, "", found, names);
            if (reader.peek() != JsonToken.END_DOCUMENT) {
                throw damaged(piece, "more than one JSON value");
            }
        } catch (IOException e) {
            throw new DamagedTextException(
                    piece.damage(0, "not JSON: " + reason(e) + "; " + wayOut()), e);
        }
        String text = found.remove(format.field());
        if (text == null) {
            throw damaged(
                    piece,
                    "no field %s among %s; choose one with jsonl(field)"
                            .formatted(Quoting.quote(format.field()), names));
        }
        return new Content(text, ImmutableMap.copyOf(found));
    }

    /** Reads an object, whose own path ends with a dot, or is empty. */
    private void object(
            Piece piece,
            JsonReader reader,
            String path,
            Map<String, String> found,
            Set<String> names)
            throws IOException {
        reader.beginObject();
        while (reader.hasNext()) {
            String name = path + reader.nextName();
            names.add(name);
            JsonToken token = reader.peek();
            if (name.equals(format.field())) {
                if (token != JsonToken.STRING) {
                    throw damaged(
                            piece,
                            "field %s is no string but %s; choose another with jsonl(field)"
                                    .formatted(Quoting.quote(name), token));
                }
                found.put(name, reader.nextString());
            } else if (wanted.contains(name) && isScalar(token)) {
                found.put(
                        name,
                        token == JsonToken.BOOLEAN
                                ? String.valueOf(reader.nextBoolean())
                                : reader.nextString());
            } else if (token == JsonToken.BEGIN_OBJECT && leadsToWanted(name + ".")) {
                object(piece, reader, name + ".", found, names);
            } else {
                reader.skipValue();
            }
        }
        reader.endObject();
    }

    private boolean leadsToWanted(String path) {
        return wanted.stream().anyMatch(w -> w.startsWith(path));
    }

    private static boolean isScalar(JsonToken token) {
        return token == JsonToken.STRING || token == JsonToken.NUMBER || token == JsonToken.BOOLEAN;
    }

    private static DamagedTextException damaged(Piece piece, String reason) {
        return new DamagedTextException(piece.damage(0, reason + "; " + wayOut()));
    }

    private static String wayOut() {
        return "leave such lines out with skipDamaged()";
    }

    /** The parser counts lines within the line, and advises on itself. */
    private static String reason(IOException e) {
        String message = String.valueOf(e.getMessage());
        return message.lines()
                .findFirst()
                .orElse("")
                .replaceFirst("^Use JsonReader\\S+ to accept ", "")
                .replace(" at line 1 column", " at column");
    }
}
