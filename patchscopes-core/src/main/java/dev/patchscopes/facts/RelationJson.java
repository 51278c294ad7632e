package dev.patchscopes.facts;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** {@link Relation}s as files. Nothing is guessed: what is missing, unknown or odd is an error. */
final class RelationJson {

    private static final Gson GSON = new GsonBuilder().disableHtmlEscaping().create();
    private static final Pattern ESCAPE = Pattern.compile("\\\\u([0-9a-fA-F]{4})");
    private static final Pattern PLACE = Pattern.compile("at line (\\d+) column (\\d+)");
    private static final ImmutableSet<String> FIELDS =
            ImmutableSet.of(
                    "name",
                    "phrase",
                    "prompt_templates",
                    "prompt_templates_zs",
                    "properties",
                    "samples");
    private static final ImmutableSet<String> PROPERTIES =
            ImmutableSet.of("relation_type", "domain_name", "range_name", "symmetric");
    private static final ImmutableSet<String> SAMPLE = ImmutableSet.of("subject", "object");

    /** A value of the file, and the way to it. */
    private record At(Path file, String path, JsonElement value) {

        IllegalArgumentException wrong(String what) {
            return new IllegalArgumentException(
                    "%s: %s%s".formatted(file, path.isEmpty() ? "the file " : path + " ", what));
        }

        private IllegalArgumentException unexpected(String wanted) {
            return wrong("is %s, expected %s".formatted(shown(), wanted));
        }

        private String shown() {
            String json = GSON.toJson(value);
            return json.length() <= 60 ? json : json.substring(0, 57) + "...";
        }

        /** The object's fields, of which no other is allowed. */
        JsonObject object(ImmutableSet<String> allowed) {
            if (!value.isJsonObject()) {
                throw unexpected("an object");
            }
            for (String key : value.getAsJsonObject().keySet()) {
                if (!allowed.contains(key)) {
                    throw wrong(
                            "has an unknown field \"%s\"; the fields are %s"
                                    .formatted(key, String.join(", ", allowed)));
                }
            }
            return value.getAsJsonObject();
        }

        At field(String name) {
            return optional(name).orElseThrow(() -> wrong("has no field \"%s\"".formatted(name)));
        }

        Optional<At> optional(String name) {
            return Optional.ofNullable(value.getAsJsonObject().get(name))
                    .map(found -> new At(file, path.isEmpty() ? name : path + "." + name, found));
        }

        String text() {
            if (!isText()) {
                throw unexpected("a text");
            }
            String text = value.getAsString().strip();
            if (text.isEmpty()) {
                throw wrong("is empty");
            }
            return text;
        }

        private boolean isText() {
            return value.isJsonPrimitive() && value.getAsJsonPrimitive().isString();
        }

        /** A text in which escapes that were escaped once too often are the characters meant. */
        String word() {
            String word =
                    ESCAPE.matcher(text())
                            .replaceAll(match -> Matcher.quoteReplacement(character(match)))
                            .strip();
            if (word.isEmpty()) {
                throw wrong("is empty");
            }
            return word;
        }

        private static String character(MatchResult escape) {
            return Character.toString((char) Integer.parseInt(escape.group(1), 16));
        }

        boolean flag() {
            if (!value.isJsonPrimitive() || !value.getAsJsonPrimitive().isBoolean()) {
                throw unexpected("true or false");
            }
            return value.getAsBoolean();
        }

        ImmutableList<At> elements() {
            if (!value.isJsonArray()) {
                throw unexpected("a list");
            }
            ImmutableList.Builder<At> out = ImmutableList.builder();
            int index = 0;
            for (JsonElement element : value.getAsJsonArray()) {
                out.add(new At(file, "%s[%d]".formatted(path, index++), element));
            }
            return out.build();
        }
    }

    private RelationJson() {}

    static Relation read(Path file) throws IOException {
        At root = new At(file, "", parse(file));
        root.object(FIELDS);
        At properties = root.field("properties");
        properties.object(PROPERTIES);
        At samples = root.field("samples");
        ImmutableList<Relation.Sample> pairs =
                samples.elements().stream()
                        .map(RelationJson::sample)
                        .collect(ImmutableList.toImmutableList());
        if (pairs.isEmpty()) {
            throw samples.wrong("is empty");
        }
        return new Relation(
                root.field("name").text(),
                root.optional("phrase").map(RelationJson::template),
                templates(root.field("prompt_templates")),
                templates(root.field("prompt_templates_zs")),
                new Relation.Properties(
                        properties.field("relation_type").text(),
                        properties.field("domain_name").text(),
                        properties.field("range_name").text(),
                        properties.field("symmetric").flag()),
                pairs);
    }

    private static JsonElement parse(Path file) throws IOException {
        String text;
        try {
            text = Files.readString(file);
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException("%s: the file is not UTF-8".formatted(file), e);
        }
        try (JsonReader reader = new JsonReader(new StringReader(text))) {
            reader.setStrictness(Strictness.STRICT);
            JsonElement element = JsonParser.parseReader(reader);
            if (reader.peek() != JsonToken.END_DOCUMENT) { // a strict reader throws itself
                throw new JsonParseException("more than one document");
            }
            return element;
        } catch (JsonParseException | IOException e) {
            throw new IllegalArgumentException(
                    "%s: the file is no JSON%s".formatted(file, place(e.getMessage())), e);
        }
    }

    /** The place of a Gson message as ours: {@code " at line 3, column 5"}. */
    private static String place(String message) {
        Matcher place = PLACE.matcher(message);
        return place.find()
                ? " at line %s, column %s".formatted(place.group(1), place.group(2))
                : "";
    }

    private static ImmutableList<String> templates(At list) {
        return list.elements().stream()
                .map(RelationJson::template)
                .collect(ImmutableList.toImmutableList());
    }

    private static String template(At at) {
        String text = at.text();
        try {
            RelationChecks.template(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "%s: %s: %s".formatted(at.file(), at.path(), e.getMessage()), e);
        }
        return text;
    }

    private static Relation.Sample sample(At at) {
        at.object(SAMPLE);
        At object = at.field("object");
        ImmutableList<String> answers =
                object.value().isJsonArray()
                        ? object.elements().stream()
                                .map(At::word)
                                .collect(ImmutableList.toImmutableList())
                        : ImmutableList.of(object.word());
        if (answers.isEmpty()) {
            throw object.wrong("is an empty list");
        }
        return new Relation.Sample(
                at.field("subject").word(), answers.get(0), answers.subList(1, answers.size()));
    }

    static ImmutableList<Relation> readAll(Path directory) throws IOException {
        List<Path> files;
        try (Stream<Path> below = Files.walk(directory)) {
            files =
                    below.filter(file -> file.getFileName().toString().endsWith(".json"))
                            .filter(Files::isRegularFile)
                            .sorted()
                            .toList();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        if (files.isEmpty()) {
            throw new IllegalArgumentException(
                    "%s holds no .json file, nor does a directory below it".formatted(directory));
        }
        Map<String, Path> seen = new HashMap<>();
        ImmutableList.Builder<Relation> all = ImmutableList.builder();
        for (Path file : files) {
            Relation relation = read(file);
            Path other = seen.putIfAbsent(relation.name(), file);
            if (other != null) {
                throw new IllegalArgumentException(
                        "%s and %s both hold a relation \"%s\": give one of them another name"
                                .formatted(other, file, relation.name()));
            }
            all.add(relation);
        }
        return ImmutableList.sortedCopyOf(Comparator.comparing(Relation::name), all.build());
    }

    /** The text of a file, with a line for each sample. */
    static String text(Relation relation) {
        JsonObject properties = new JsonObject();
        properties.addProperty("relation_type", relation.properties().relationType());
        properties.addProperty("domain_name", relation.properties().domain());
        properties.addProperty("range_name", relation.properties().range());
        properties.addProperty("symmetric", relation.properties().symmetric());
        return Stream.of(
                        Optional.of(field("name", GSON.toJson(relation.name()))),
                        relation.phrase().map(p -> field("phrase", GSON.toJson(p))),
                        Optional.of(
                                field("prompt_templates", GSON.toJson(relation.promptTemplates()))),
                        Optional.of(
                                field(
                                        "prompt_templates_zs",
                                        GSON.toJson(relation.zeroShotTemplates()))),
                        Optional.of(field("properties", GSON.toJson(properties))),
                        Optional.of(field("samples", samples(relation))))
                .flatMap(Optional::stream)
                .collect(Collectors.joining(",\n", "{\n", "\n}\n"));
    }

    private static String field(String name, String json) {
        return "\"%s\": %s".formatted(name, json);
    }

    private static String samples(Relation relation) {
        return relation.samples().stream()
                .map(sample -> GSON.toJson(json(sample)))
                .collect(Collectors.joining(",\n", "[\n", "\n]"));
    }

    private static JsonObject json(Relation.Sample sample) {
        JsonObject object = new JsonObject();
        object.addProperty("subject", sample.subject());
        if (sample.aliases().isEmpty()) {
            object.addProperty("object", sample.object());
        } else {
            JsonArray answers = new JsonArray();
            sample.answers().forEach(answers::add);
            object.add("object", answers);
        }
        return object;
    }
}
