package dev.patchscopes.lens.tuned;

import com.google.common.collect.ImmutableMap;
import java.util.Map;

/**
 * How a lens came about, as its {@code config.json} keeps it beside what other programs read.
 *
 * @param method such as {@code residual ridge}; {@code unknown} where the file does not tell
 * @param settings what was chosen, by name
 */
public record LensOrigin(String method, ImmutableMap<String, String> settings) {
    static final String RIDGE = "residual ridge";
    static final LensOrigin UNTRAINED = new LensOrigin("untrained", ImmutableMap.of());
    static final LensOrigin UNKNOWN = new LensOrigin("unknown", ImmutableMap.of());

    /** The same with what came before it. */
    LensOrigin after(LensOrigin start) {
        ImmutableMap.Builder<String, String> all = ImmutableMap.builder();
        all.putAll(settings).put("warmStart", start.method);
        for (Map.Entry<String, String> entry : start.settings.entrySet()) {
            all.put("warmStart." + entry.getKey(), entry.getValue());
        }
        return new LensOrigin(method, all.buildOrThrow());
    }

    /** {@return method and settings} */
    @Override
    public String toString() {
        return settings.isEmpty() ? method : method + " " + settings;
    }
}
