package dev.patchscopes.model.internal.family;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.model.internal.ArchitectureSpec.PositionSpec.Rotary;
import dev.patchscopes.model.internal.ArchitectureSpec.RotaryScaling;
import dev.patchscopes.model.internal.ArchitectureSpec.RotaryVariant;
import java.util.Optional;

/**
 * Rotary positions in all the spellings of config.json.
 *
 * <p>Newer files hold base, rotated fraction and scaling together in {@code rope_parameters}; older
 * ones hold base and fraction at the top and the scaling in {@code rope_scaling}, whose kind is
 * called {@code rope_type} or, older still, {@code type}.
 */
final class Rope {

    private static final String TRAINED = "original_max_position_embeddings";

    private Rope() {}

    /**
     * Rotary positions with one table for all blocks, pairs a half apart.
     *
     * @param base default base
     * @param fraction default fraction of a head that is rotated
     */
    static Rotary uniform(Settings settings, Sizes sizes, double base, double fraction) {
        Optional<Settings> parameters = settings.object("rope_parameters");
        double rotated =
                parameters
                        .flatMap(p -> boxed(p, "partial_rotary_factor"))
                        .orElseGet(
                                () ->
                                        settings.positive(
                                                fraction, "rotary_pct", "partial_rotary_factor"));
        int dims = (int) (sizes.headWidth() * rotated);
        check(settings, sizes, dims);
        double theta =
                parameters
                        .flatMap(p -> boxed(p, "rope_theta"))
                        .orElseGet(() -> settings.positive(base, "rotary_emb_base", "rope_theta"));
        RotaryVariant variant = variant(settings, theta, parameters, sizes, dims);
        return new Rotary(dims, false, false, ImmutableList.of(variant), sizes.everyBlock(0));
    }

    /** Refuses a number of rotated dimensions that cannot be cut into pairs within a head. */
    static void check(Settings settings, Sizes sizes, int dims) {
        if (dims < 2 || dims % 2 != 0 || dims > sizes.headWidth()) {
            throw settings.bad(
                    "rotary_dim (or head_dim times partial_rotary_factor)",
                    dims,
                    "must be even and in 2.." + sizes.headWidth() + ", the width of a head");
        }
    }

    /**
     * One table.
     *
     * @param parameters the table's {@code rope_parameters}; without it {@code rope_scaling} counts
     */
    static RotaryVariant variant(
            Settings settings, double base, Optional<Settings> parameters, Sizes sizes, int dims) {
        if (base <= 1) {
            throw settings.bad("rope_theta", base, "must exceed 1");
        }
        Optional<Settings> stated = parameters.or(() -> settings.object("rope_scaling"));
        return new RotaryVariant(
                base,
                stated.map(s -> scaling(settings, s, sizes, dims))
                        .orElseGet(RotaryScaling.None::new));
    }

    /**
     * How many positions a model takes. Some files state the trained length where others state the
     * stretched one; a scaling that says by how much it stretches which length settles it.
     *
     * @param context {@code max_position_embeddings}
     */
    static int reach(Rotary rotary, int context) {
        double reach = context;
        for (RotaryVariant variant : rotary.variants()) {
            double stretched = 0;
            if (variant.scaling() instanceof RotaryScaling.Dynamic dynamic) {
                stretched = dynamic.factor() * dynamic.trainedLength();
            } else if (variant.scaling() instanceof RotaryScaling.Llama3 llama3) {
                stretched = llama3.factor() * llama3.trainedLength();
            } else if (variant.scaling() instanceof RotaryScaling.Yarn yarn) {
                stretched = yarn.factor() * yarn.trainedLength();
            }
            reach = Math.max(reach, stretched);
        }
        return (int) reach;
    }

    private static RotaryScaling scaling(
            Settings settings, Settings scaling, Sizes sizes, int dims) {
        String type = scaling.word("rope_type", "type").orElse("default");
        // Early Phi-3 files name the per-dimension scaling by its two forerunners.
        if (type.equals("su") || (type.equals("yarn") && scaling.has("short_factor"))) {
            type = "longrope";
        }
        return switch (type) {
            case "default" -> new RotaryScaling.None();
            case "linear" -> new RotaryScaling.Linear(required(scaling, "factor"));
            case "dynamic" -> dynamic(scaling, sizes, dims);
            case "llama3" -> llama3(scaling, sizes);
            case "yarn" -> yarn(settings, scaling, sizes);
            case "longrope" -> longRope(settings, scaling, sizes, dims);
            default ->
                    throw settings.bad(
                            "rope_type",
                            "\"" + type + "\"",
                            "is no scaling known here; known are default, linear, dynamic, llama3,"
                                    + " yarn, longrope");
        };
    }

    private static RotaryScaling dynamic(Settings scaling, Sizes sizes, int dims) {
        if (dims == 2) {
            throw scaling.bad("rope_type", "\"dynamic\"", "needs more than 2 rotated dimensions");
        }
        return new RotaryScaling.Dynamic(required(scaling, "factor"), sizes.context());
    }

    private static RotaryScaling llama3(Settings scaling, Sizes sizes) {
        double low = required(scaling, "low_freq_factor");
        double high = required(scaling, "high_freq_factor");
        if (high <= low) {
            throw scaling.bad("high_freq_factor", high, "must exceed low_freq_factor = " + low);
        }
        return new RotaryScaling.Llama3(
                required(scaling, "factor"), low, high, scaling.size(sizes.context(), TRAINED));
    }

    private static RotaryScaling yarn(Settings settings, Settings scaling, Sizes sizes) {
        int trained =
                scaling.size(TRAINED).orElseGet(() -> settings.size(sizes.context(), TRAINED));
        double factor = scaling.positive((double) sizes.context() / trained, "factor");
        double attention =
                scaling.positive("attention_factor")
                        .orElseGet(
                                () -> {
                                    if (!scaling.has("mscale") || !scaling.has("mscale_all_dim")) {
                                        return magnitude(factor, 1);
                                    }
                                    return magnitude(factor, scaling.positive(1, "mscale"))
                                            / magnitude(
                                                    factor, scaling.positive(1, "mscale_all_dim"));
                                });
        return new RotaryScaling.Yarn(
                factor,
                scaling.positive(32, "beta_fast"),
                scaling.positive(1, "beta_slow"),
                trained,
                attention,
                scaling.flag(true, "truncate"));
    }

    /** YaRN's temperature (section 3.4 of the paper), as a factor on cosines and sines. */
    private static double magnitude(double factor, double scale) {
        return factor <= 1 ? 1 : 0.1 * scale * Math.log(factor) + 1;
    }

    private static RotaryScaling longRope(
            Settings settings, Settings scaling, Sizes sizes, int dims) {
        int trained =
                scaling.size(TRAINED).orElseGet(() -> settings.size(sizes.context(), TRAINED));
        if (trained < 2) {
            throw scaling.bad(TRAINED, trained, "must be at least 2");
        }
        double factor = scaling.positive((double) sizes.context() / trained, "factor");
        double attention =
                scaling.positive(
                        factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(trained)),
                        "attention_factor");
        return new RotaryScaling.LongRope(
                divisors(scaling, "short_factor", dims),
                divisors(scaling, "long_factor", dims),
                trained,
                attention);
    }

    private static ImmutableList<Double> divisors(Settings scaling, String key, int dims) {
        ImmutableList<Double> values = scaling.positives(key);
        if (values.size() != dims / 2) {
            throw scaling.bad(
                    key,
                    "a list of " + values.size(),
                    "must hold one number for each of the " + dims / 2 + " rotated pairs");
        }
        return values;
    }

    private static double required(Settings scaling, String key) {
        return scaling.positive(key)
                .orElseThrow(() -> scaling.bad(key, "nothing", "this rope_type needs"));
    }

    private static Optional<Double> boxed(Settings settings, String key) {
        return settings.has(key) ? Optional.of(settings.positive(1, key)) : Optional.empty();
    }
}
