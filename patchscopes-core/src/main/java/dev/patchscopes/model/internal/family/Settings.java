package dev.patchscopes.model.internal.family;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSortedSet;
import dev.patchscopes.checkpoint.ModelConfig;
import dev.patchscopes.model.UnsupportedModelException;
import dev.patchscopes.model.internal.ArchitectureSpec.Activation;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * A configuration read with the checks every family needs: alternative spellings, defaults, ranges.
 *
 * <p>Where several keys are given they are spellings of one setting, and the first one that has a
 * value counts.
 */
final class Settings {

    /**
     * Far above any real model, low enough that nothing sized by config.json alone can exhaust us.
     */
    private static final int LARGEST_SIZE = 1 << 24;

    /** Likewise: every block takes several kilobytes of names before a weight is seen. */
    private static final int LARGEST_COUNT = 1 << 11;

    private static final ImmutableMap<String, Activation> ACTIVATIONS =
            ImmutableMap.<String, Activation>builder()
                    .put("gelu", Activation.GELU)
                    .put("gelu_python", Activation.GELU)
                    .put("gelu_new", Activation.GELU_TANH)
                    .put("gelu_fast", Activation.GELU_FAST)
                    .put("gelu_pytorch_tanh", Activation.GELU_TANH)
                    .put("gelu_accurate", Activation.GELU_TANH)
                    .put("gelu_python_tanh", Activation.GELU_TANH)
                    .put("quick_gelu", Activation.QUICK_GELU)
                    .put("silu", Activation.SILU)
                    .put("swish", Activation.SILU)
                    .put("relu", Activation.RELU)
                    .buildOrThrow();

    private final ModelConfig config;

    Settings(ModelConfig config) {
        this.config = config;
    }

    String modelType() {
        return config.modelType();
    }

    /** Whether one of the keys is present with a value other than null. */
    boolean has(String... keys) {
        return find(keys).isPresent();
    }

    /** Whether the key is present, be it with the value null. */
    boolean mentions(String key) {
        return config.mentions(key);
    }

    /** A number of blocks or heads. */
    int count(int fallback, String... keys) {
        return atLeastOne(LARGEST_COUNT, keys).orElse(fallback);
    }

    /** A number of blocks or heads, if given. */
    OptionalInt count(String... keys) {
        return atLeastOne(LARGEST_COUNT, keys);
    }

    /** A width, a number of tokens or of positions. */
    int size(int fallback, String... keys) {
        return atLeastOne(LARGEST_SIZE, keys).orElse(fallback);
    }

    /** A width, a number of tokens or of positions, if given. */
    OptionalInt size(String... keys) {
        return atLeastOne(LARGEST_SIZE, keys);
    }

    /** A number that must be positive. */
    double positive(double fallback, String... keys) {
        return positive(keys).orElse(fallback);
    }

    /** A number that must be positive, if given. */
    OptionalDouble positive(String... keys) {
        Optional<String> key = find(keys);
        if (key.isEmpty()) {
            return OptionalDouble.empty();
        }
        double value = config.number(key.get());
        if (!(value > 0) || Double.isInfinite(value)) {
            throw bad(key.get(), value, "must be a finite number above 0");
        }
        return OptionalDouble.of(value);
    }

    /** A number that must be positive; null in the file is none, an absent key the default. */
    OptionalDouble positiveUnlessNull(double fallback, String key) {
        return mentions(key) ? positive(key) : OptionalDouble.of(fallback);
    }

    /** A whole number that may be anything from 0 on. */
    int whole(int fallback, String key) {
        int value = config.integer(key, fallback);
        if (value < 0) {
            throw bad(key, value, "must not be negative");
        }
        return value;
    }

    boolean flag(boolean fallback, String key) {
        return has(key) ? config.bool(key) : fallback;
    }

    Optional<String> word(String... keys) {
        return find(keys).map(config::string);
    }

    /** A list of words; empty if absent. */
    ImmutableList<String> words(String key) {
        return config.strings(key);
    }

    /** A list of anything; empty if absent. */
    ImmutableList<Object> list(String key) {
        return config.list(key);
    }

    /** A list of positive numbers; empty if absent. */
    ImmutableList<Double> positives(String key) {
        ImmutableList<Double> values = ImmutableList.copyOf(config.numbers(key).asList());
        for (double value : values) {
            if (!(value > 0) || Double.isInfinite(value)) {
                throw bad(key, value, "must hold finite numbers above 0");
            }
        }
        return values;
    }

    /** A nested object; empty if absent or null. */
    Optional<Settings> object(String key) {
        return has(key) ? config.object(key).map(Settings::new) : Optional.empty();
    }

    /** The activation that one of the keys names. */
    Activation activation(String fallback, String... keys) {
        Optional<String> key = find(keys);
        String name = key.map(config::string).orElse(fallback);
        Activation activation = ACTIVATIONS.get(name);
        if (activation == null) {
            throw bad(
                    key.orElse(keys[0]),
                    "\"" + name + "\"",
                    "is no activation known here; known are "
                            + String.join(", ", ImmutableSortedSet.copyOf(ACTIVATIONS.keySet())));
        }
        return activation;
    }

    /** An exception that names the key, its value and what was wrong with it. */
    UnsupportedModelException bad(String key, Object value, String complaint) {
        return new UnsupportedModelException(
                "config.json says " + key + " = " + value + ", which " + complaint);
    }

    private OptionalInt atLeastOne(int largest, String... keys) {
        Optional<String> key = find(keys);
        if (key.isEmpty()) {
            return OptionalInt.empty();
        }
        int value = config.integer(key.get());
        if (value < 1 || value > largest) {
            throw bad(key.get(), value, "is not in 1.." + largest);
        }
        return OptionalInt.of(value);
    }

    private Optional<String> find(String... keys) {
        for (String key : keys) {
            if (config.has(key)) {
                return Optional.of(key);
            }
        }
        return Optional.empty();
    }
}
