package dev.patchscopes.checkpoint;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.primitives.ImmutableDoubleArray;
import com.google.common.primitives.ImmutableIntArray;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The values of a {@code config.json}, read by type; immutable.
 *
 * <p>A key whose value is null counts as absent, except that {@link #mentions} sees it: for a few
 * keys a missing value means the family's default and null means none. A number that is whole is an
 * integer however it is spelled ({@code 64}, {@code 64.0}). Methods without a default require the
 * key; all of them throw {@link ConfigException}, naming the file, the key, the value and what was
 * expected, if the value is of another kind.
 *
 * <pre>{@code
 * ModelConfig config = checkpoint.config();
 * int width = config.integer("hidden_size");
 * double eps = config.number("rms_norm_eps", 1e-6);
 * Optional<ModelConfig> scaling = config.object("rope_scaling");
 * }</pre>
 */
public final class ModelConfig {

    private static final int LARGEST_FILE = 1 << 24;

    private final Path file;
    private final String prefix;
    private final ImmutableMap<String, Object> values;

    private ModelConfig(Path file, String prefix, ImmutableMap<String, Object> values) {
        this.file = file;
        this.prefix = prefix;
        this.values = values;
    }

    /**
     * Reads a configuration file.
     *
     * @param file a JSON file holding one object
     * @return its values
     * @throws CheckpointNotFoundException if there is no such file
     * @throws CorruptCheckpointException if it is not JSON (the line is given) or not an object
     */
    public static ModelConfig read(Path file) {
        return new ModelConfig(file, "", StrictJson.readFile(file, LARGEST_FILE));
    }

    /**
     * Reads a configuration from a string.
     *
     * @param name stands for the file in error messages
     * @param json the text of one JSON object
     * @return its values
     * @throws CorruptCheckpointException if it is not JSON or not an object
     */
    public static ModelConfig parse(String name, String json) {
        Path file = Path.of(name);
        byte[] utf8 = json.getBytes(StandardCharsets.UTF_8);
        return new ModelConfig(file, "", StrictJson.readObject(file, utf8));
    }

    /**
     * Returns the family of the model.
     *
     * @return the value of {@code model_type}, such as {@code "gpt2"}
     */
    public String modelType() {
        return string("model_type");
    }

    /**
     * Tells whether a key is there with a value other than null.
     *
     * @param key the key
     * @return true if it has a value
     */
    public boolean has(String key) {
        return value(key).isPresent();
    }

    /**
     * Tells whether a key is there, be it with the value null.
     *
     * @param key the key
     * @return true if the file has the key
     */
    public boolean mentions(String key) {
        return values.containsKey(key);
    }

    /**
     * Returns the keys that have a value other than null, in the order of the file.
     *
     * @return the keys
     */
    public ImmutableSet<String> keys() {
        return values.keySet().stream().filter(this::has).collect(ImmutableSet.toImmutableSet());
    }

    /**
     * Returns a required whole number.
     *
     * @param key the key
     * @return its value
     */
    public int integer(String key) {
        return required(key, "an integer", ModelConfig::asInteger);
    }

    /**
     * Returns a whole number.
     *
     * @param key the key
     * @param whenAbsent the value if the key is absent or null
     * @return its value
     */
    public int integer(String key, int whenAbsent) {
        return optional(key, "an integer", ModelConfig::asInteger).orElse(whenAbsent);
    }

    /**
     * Returns a required number.
     *
     * @param key the key
     * @return its value
     */
    public double number(String key) {
        return required(key, "a number", ModelConfig::asNumber);
    }

    /**
     * Returns a number.
     *
     * @param key the key
     * @param whenAbsent the value if the key is absent or null
     * @return its value
     */
    public double number(String key, double whenAbsent) {
        return optional(key, "a number", ModelConfig::asNumber).orElse(whenAbsent);
    }

    /**
     * Returns a required truth value.
     *
     * @param key the key
     * @return its value
     */
    public boolean bool(String key) {
        return required(key, "true or false", cast(Boolean.class));
    }

    /**
     * Returns a truth value.
     *
     * @param key the key
     * @param whenAbsent the value if the key is absent or null
     * @return its value
     */
    public boolean bool(String key, boolean whenAbsent) {
        return optional(key, "true or false", cast(Boolean.class)).orElse(whenAbsent);
    }

    /**
     * Returns a required string.
     *
     * @param key the key
     * @return its value
     */
    public String string(String key) {
        return required(key, "a string", cast(String.class));
    }

    /**
     * Returns a string.
     *
     * @param key the key
     * @param whenAbsent the value if the key is absent or null
     * @return its value
     */
    public String string(String key, String whenAbsent) {
        return optional(key, "a string", cast(String.class)).orElse(whenAbsent);
    }

    /**
     * Returns a list of strings.
     *
     * @param key the key
     * @return its elements, empty if the key is absent
     */
    public ImmutableList<String> strings(String key) {
        return listOf(key, "a list of strings", cast(String.class));
    }

    /**
     * Returns a list of numbers.
     *
     * @param key the key
     * @return its elements, empty if the key is absent
     */
    public ImmutableDoubleArray numbers(String key) {
        return ImmutableDoubleArray.copyOf(listOf(key, "a list of numbers", ModelConfig::asNumber));
    }

    /**
     * Returns a list of whole numbers; a single one counts as a list of itself, as token ids need.
     *
     * @param key the key
     * @return its elements, empty if the key is absent
     */
    public ImmutableIntArray integers(String key) {
        Optional<Integer> single = value(key).flatMap(ModelConfig::asInteger);
        if (single.isPresent()) {
            return ImmutableIntArray.of(single.get());
        }
        return ImmutableIntArray.copyOf(
                listOf(key, "an integer or a list of integers", ModelConfig::asInteger));
    }

    /**
     * Returns a list of anything, for values whose elements are of several kinds.
     *
     * @param key the key
     * @return its elements, empty if the key is absent: {@code String}, {@code Boolean}, {@code
     *     Long} (whole numbers), {@code Double}, {@code ImmutableList} or {@code ModelConfig}, and
     *     {@code Optional.empty()} for null
     */
    public ImmutableList<Object> list(String key) {
        return optional(key, "a list", cast(ImmutableList.class))
                .map(list -> wrapAll(key, list))
                .orElse(ImmutableList.of());
    }

    /**
     * Returns a nested object.
     *
     * @param key the key
     * @return its values, empty if the key is absent or null
     */
    public Optional<ModelConfig> object(String key) {
        return optional(key, "an object", value -> asObject(prefix + key + ".", value));
    }

    /** {@code ModelConfig[llama, 23 keys, from config.json]}. */
    @Override
    public String toString() {
        return "ModelConfig["
                + (values.get("model_type") instanceof String type ? type + ", " : "")
                + keys().size()
                + " keys, from "
                + file
                + "]";
    }

    /**
     * The values with keys in order, for hashing: the same for files that differ in layout only.
     */
    String canonical() {
        return canonical(values);
    }

    private static String canonical(Object value) {
        if (value instanceof Optional) {
            return "null";
        }
        if (value instanceof Map<?, ?> map) {
            return map.entrySet().stream()
                    .map(entry -> quote(entry.getKey()) + ":" + canonical(entry.getValue()))
                    .sorted()
                    .collect(Collectors.joining(",", "{", "}"));
        }
        if (value instanceof List<?> list) {
            return list.stream()
                    .map(ModelConfig::canonical)
                    .collect(Collectors.joining(",", "[", "]"));
        }
        return value instanceof String ? quote(value) : value.toString();
    }

    private static String quote(Object text) {
        return '"' + text.toString().replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }

    private <T> T required(String key, String expected, Function<Object, Optional<T>> as) {
        return optional(key, expected, as).orElseThrow(() -> missing(key, expected));
    }

    private <T> Optional<T> optional(
            String key, String expected, Function<Object, Optional<T>> as) {
        Optional<Object> value = value(key);
        if (value.isEmpty()) {
            return Optional.empty();
        }
        Optional<T> typed = as.apply(value.get());
        if (typed.isEmpty()) {
            throw wrongKind(key, value.get(), expected);
        }
        return typed;
    }

    /** The value of a key; null in the file is kept as an empty Optional, and is none. */
    private Optional<Object> value(String key) {
        Object value = values.get(key);
        return value instanceof Optional ? Optional.empty() : Optional.ofNullable(value);
    }

    private <T> ImmutableList<T> listOf(
            String key, String expected, Function<Object, Optional<T>> as) {
        Object value = value(key).orElse(ImmutableList.of());
        if (!(value instanceof List<?> list)) {
            throw wrongKind(key, value, expected);
        }
        ImmutableList.Builder<T> typed = ImmutableList.builder();
        for (Object element : list) {
            typed.add(as.apply(element).orElseThrow(() -> wrongKind(key, value, expected)));
        }
        return typed.build();
    }

    private ConfigException missing(String key, String expected) {
        return new ConfigException(
                file,
                "'"
                        + prefix
                        + key
                        + "' is missing; expected "
                        + expected
                        + NearestName.to(key, keys())
                                .map(name -> ". The nearest key is '" + prefix + name + "'")
                                .orElse(""));
    }

    private ConfigException wrongKind(String key, Object value, String expected) {
        String shown = canonical(value);
        return new ConfigException(
                file,
                "'"
                        + prefix
                        + key
                        + "' is "
                        + (shown.length() <= 80 ? shown : shown.substring(0, 80) + "...")
                        + "; expected "
                        + expected);
    }

    private static <T> Function<Object, Optional<T>> cast(Class<T> type) {
        return value -> type.isInstance(value) ? Optional.of(type.cast(value)) : Optional.empty();
    }

    private static Optional<Integer> asInteger(Object value) {
        if (value instanceof Long whole && whole.intValue() == whole) {
            return Optional.of(whole.intValue());
        }
        if (value instanceof Double real && real.intValue() == real) {
            return Optional.of(real.intValue());
        }
        return Optional.empty();
    }

    private static Optional<Double> asNumber(Object value) {
        return value instanceof Number number
                ? Optional.of(number.doubleValue())
                : Optional.empty();
    }

    private Optional<ModelConfig> asObject(String path, Object value) {
        if (!(value instanceof Map<?, ?> map)) {
            return Optional.empty();
        }
        ImmutableMap.Builder<String, Object> members = ImmutableMap.builder();
        map.forEach((key, member) -> members.put((String) key, member));
        return Optional.of(new ModelConfig(file, path, members.buildOrThrow()));
    }

    private ImmutableList<Object> wrapAll(String path, List<?> list) {
        ImmutableList.Builder<Object> wrapped = ImmutableList.builder();
        for (Object element : list) {
            if (element instanceof List<?> inner) {
                wrapped.add(wrapAll(path, inner));
            } else {
                Optional<ModelConfig> object = asObject(prefix + path + "[].", element);
                wrapped.add(object.isPresent() ? object.get() : element);
            }
        }
        return wrapped.build();
    }
}
