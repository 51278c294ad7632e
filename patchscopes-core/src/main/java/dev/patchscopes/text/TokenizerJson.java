package dev.patchscopes.text;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.io.CharStreams;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.io.StringReader;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What this library needs of a {@code tokenizer.json}: the vocabulary, the added tokens and the
 * small sections around them.
 *
 * <p>Vocabulary and merges are most of the file (half a million merges in some checkpoints), so
 * they are streamed: the merges are never parsed into objects, and a changed file is written by
 * copying.
 *
 * @param source the file's text
 * @param vocabulary raw piece to id, in file order, added tokens not included
 * @param addedTokens entries of {@code added_tokens}
 * @param model the model section without vocabulary and merges
 * @param sections the other top-level sections by name
 */
record TokenizerJson(
        String source,
        ImmutableMap<String, Integer> vocabulary,
        ImmutableList<AddedToken> addedTokens,
        JsonObject model,
        ImmutableMap<String, JsonElement> sections) {

    /** No tokenizer comes near this; an id beyond it would only make tables absurdly large. */
    static final int MAX_ID = 1 << 24;

    /** Ids may have gaps, but tables of all of them must not grow far beyond the file. */
    private static final int MOST_UNUSED = 1 << 20;

    private static final int IDS_PER_TOKEN = 16;

    /** The native library ends the process, from some places, beyond 128. */
    private static final int DEEPEST = 100;

    private static final Gson GSON = new GsonBuilder().serializeNulls().create();

    /** A token that is matched in the text before the model sees it. */
    record AddedToken(int id, String content, boolean special) {}

    /**
     * Reads a tokenizer.
     *
     * @throws TokenizerFormatException naming {@code file}, if the text is not a tokenizer
     */
    static TokenizerJson parse(String file, String json) {
        try (JsonReader in = reader(json)) {
            Map<String, Integer> vocabulary = new LinkedHashMap<>();
            JsonObject model = new JsonObject();
            Map<String, JsonElement> sections = new LinkedHashMap<>();
            Set<String> names = new HashSet<>();
            in.beginObject();
            while (in.hasNext()) {
                String name = in.nextName();
                // Another parser might believe the other one.
                if (!names.add(name)) {
                    throw new TokenizerFormatException(
                            file + " has the section " + Quoting.quoteShort(name) + " twice");
                }
                if (name.equals("model")) {
                    readModel(in, model, vocabulary);
                } else {
                    sections.put(name, JsonParser.parseReader(in));
                }
            }
            in.endObject();
            if (in.peek() != JsonToken.END_DOCUMENT) {
                throw new TokenizerFormatException(file + " has text after its JSON object");
            }
            if (vocabulary.isEmpty()) {
                throw new TokenizerFormatException(
                        file + " has no vocabulary in its \"model\" section");
            }
            TokenizerJson tokenizer =
                    new TokenizerJson(
                            json,
                            ImmutableMap.copyOf(vocabulary),
                            readAddedTokens(
                                    sections.getOrDefault("added_tokens", JsonNull.INSTANCE)),
                            model,
                            ImmutableMap.copyOf(sections));
            tokenizer.checkGaps(file);
            return tokenizer;
        } catch (IOException | RuntimeException e) {
            if (e instanceof TokenizerFormatException format) {
                throw format;
            }
            throw new TokenizerFormatException(
                    file + " is not a readable tokenizer file: " + firstLine(e), e);
        }
    }

    /** As strict as the native library, so that both see the same in a file. */
    static JsonReader reader(String json) {
        JsonReader in = new JsonReader(new StringReader(json));
        in.setStrictness(Strictness.STRICT);
        in.setNestingLimit(DEEPEST);
        return in;
    }

    /** The parser adds lines of advice to its programmer. */
    static String firstLine(Exception e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    }

    private void checkGaps(String file) {
        int tokens = vocabulary.size() + addedTokens.size();
        int highest = -1;
        for (int id : vocabulary.values()) {
            highest = Math.max(highest, id);
        }
        for (AddedToken token : addedTokens) {
            highest = Math.max(highest, token.id());
        }
        int allowed = (int) Math.min(MAX_ID, MOST_UNUSED + (long) IDS_PER_TOKEN * tokens);
        if (highest > allowed) {
            throw new TokenizerFormatException(
                    file
                            + " has the token id "
                            + highest
                            + ", but only "
                            + tokens
                            + " tokens; ids up to "
                            + allowed
                            + " are plausible");
        }
    }

    private static void readModel(JsonReader in, JsonObject model, Map<String, Integer> vocabulary)
            throws IOException {
        in.beginObject();
        while (in.hasNext()) {
            String name = in.nextName();
            switch (name) {
                case "vocab" -> readVocabulary(in, vocabulary);
                case "merges" -> in.skipValue();
                default -> model.add(name, JsonParser.parseReader(in));
            }
        }
        in.endObject();
    }

    /** {@code {piece: id}}, or {@code [[piece, score]]} with the index as id (Unigram). */
    private static void readVocabulary(JsonReader in, Map<String, Integer> vocabulary)
            throws IOException {
        if (in.peek() == JsonToken.BEGIN_OBJECT) {
            in.beginObject();
            while (in.hasNext()) {
                vocabulary.put(in.nextName(), checkedId(in.nextInt()));
            }
            in.endObject();
            return;
        }
        in.beginArray();
        for (int id = 0; in.hasNext(); id++) {
            in.beginArray();
            vocabulary.put(in.nextString(), checkedId(id));
            in.skipValue();
            in.endArray();
        }
        in.endArray();
    }

    private static ImmutableList<AddedToken> readAddedTokens(JsonElement section) {
        ImmutableList.Builder<AddedToken> tokens = ImmutableList.builder();
        if (section.isJsonArray()) {
            for (JsonElement element : section.getAsJsonArray()) {
                JsonObject token = element.getAsJsonObject();
                tokens.add(
                        new AddedToken(
                                checkedId(token.get("id").getAsInt()),
                                token.get("content").getAsString(),
                                token.has("special") && token.get("special").getAsBoolean()));
            }
        }
        return tokens.build();
    }

    private static int checkedId(int id) {
        if (id < 0 || id > MAX_ID) {
            throw new IllegalArgumentException("token id " + id + " is not in 0.." + MAX_ID);
        }
        return id;
    }

    /** A top-level section other than the model; JSON null if the file has none. */
    JsonElement section(String name) {
        return sections.getOrDefault(name, JsonNull.INSTANCE);
    }

    /** The id of a token by its text in the file, added tokens first. */
    Optional<Integer> rawId(String content) {
        return addedTokens.stream()
                .filter(token -> token.content().equals(content))
                .map(AddedToken::id)
                .findFirst()
                .or(() -> Optional.ofNullable(vocabulary.get(content)));
    }

    /** Whether a section is, or is a sequence that contains, an entry of the given type. */
    boolean contains(String section, String type) {
        return containsType(section(section), type);
    }

    private static boolean containsType(JsonElement element, String type) {
        if (element.isJsonArray()) {
            for (JsonElement child : element.getAsJsonArray()) {
                if (containsType(child, type)) {
                    return true;
                }
            }
            return false;
        }
        if (!element.isJsonObject()) {
            return false;
        }
        JsonObject object = element.getAsJsonObject();
        JsonElement own = object.get("type");
        return (own != null && own.isJsonPrimitive() && own.getAsString().equals(type))
                || object.entrySet().stream()
                        .anyMatch(e -> isNested(e.getValue()) && containsType(e.getValue(), type));
    }

    private static boolean isNested(JsonElement element) {
        return element.isJsonObject() || element.isJsonArray();
    }

    /**
     * The tokenizer with some top-level sections replaced or added.
     *
     * @throws TokenizerFormatException naming {@code file}, if what was skipped so far is malformed
     */
    TokenizerJson withSections(String file, Map<String, JsonElement> changed) {
        StringBuilder text = new StringBuilder(source.length() + 1024);
        try (JsonReader in = reader(source);
                JsonWriter out = new JsonWriter(CharStreams.asWriter(text))) {
            Map<String, JsonElement> left = new LinkedHashMap<>(changed);
            in.beginObject();
            out.beginObject();
            while (in.hasNext()) {
                String name = in.nextName();
                out.name(name);
                if (left.containsKey(name)) {
                    GSON.toJson(left.remove(name), out);
                    in.skipValue();
                } else {
                    copy(in, out);
                }
            }
            for (Map.Entry<String, JsonElement> section : left.entrySet()) {
                out.name(section.getKey());
                GSON.toJson(section.getValue(), out);
            }
            in.endObject();
            out.endObject();
        } catch (IOException | IllegalStateException e) {
            throw new TokenizerFormatException(
                    file + " is not a readable tokenizer file: " + firstLine(e), e);
        }
        Map<String, JsonElement> all = new LinkedHashMap<>(sections);
        all.putAll(changed);
        return new TokenizerJson(
                text.toString(),
                vocabulary,
                readAddedTokens(all.getOrDefault("added_tokens", JsonNull.INSTANCE)),
                model,
                ImmutableMap.copyOf(all));
    }

    private static void copy(JsonReader in, JsonWriter out) throws IOException {
        switch (in.peek()) {
            case BEGIN_OBJECT -> {
                in.beginObject();
                out.beginObject();
                while (in.hasNext()) {
                    out.name(in.nextName());
                    copy(in, out);
                }
                in.endObject();
                out.endObject();
            }
            case BEGIN_ARRAY -> {
                in.beginArray();
                out.beginArray();
                while (in.hasNext()) {
                    copy(in, out);
                }
                in.endArray();
                out.endArray();
            }
            case STRING -> out.value(in.nextString());
            // Numbers are copied as written: a score must not lose digits on the way.
            case NUMBER -> out.jsonValue(in.nextString());
            case BOOLEAN -> out.value(in.nextBoolean());
            default -> {
                in.nextNull();
                out.nullValue();
            }
        }
    }

    /** The {@code added_tokens} section with special tokens appended. */
    JsonArray addedTokensWith(Map<String, Integer> specials) {
        JsonElement section = section("added_tokens");
        JsonArray tokens =
                section.isJsonArray() ? section.getAsJsonArray().deepCopy() : new JsonArray();
        specials.forEach(
                (content, id) -> {
                    JsonObject token = new JsonObject();
                    token.addProperty("id", id);
                    token.addProperty("content", content);
                    token.addProperty("single_word", false);
                    token.addProperty("lstrip", false);
                    token.addProperty("rstrip", false);
                    token.addProperty("normalized", false);
                    token.addProperty("special", true);
                    tokens.add(token);
                });
        return tokens;
    }
}
