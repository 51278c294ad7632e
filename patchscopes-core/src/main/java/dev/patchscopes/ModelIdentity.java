package dev.patchscopes;

import dev.patchscopes.model.ComputeType;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.ModelSummary;
import java.util.Locale;

/**
 * Which model a result came from, as results keep it.
 *
 * @param name short name
 * @param contentHash digest of configuration and weights
 * @param modelType the checkpoint's {@code model_type}
 * @param computeType number format the model computed in
 * @param device where it computed, such as {@code cpu} or {@code gpu(0)}
 */
public record ModelIdentity(
        String name, String contentHash, String modelType, ComputeType computeType, String device) {

    /**
     * Describes a model.
     *
     * @param model the model
     * @return its identity
     */
    public static ModelIdentity of(HookedModel model) {
        ModelSummary summary = model.summary();
        return new ModelIdentity(
                summary.name(),
                summary.contentHash(),
                summary.modelType(),
                summary.computeType(),
                summary.device());
    }

    /** {@return name, start of the digest, number format and device} */
    @Override
    public String toString() {
        return "%s (%s, %s on %s)"
                .formatted(
                        name,
                        contentHash.substring(0, Math.min(12, contentHash.length())),
                        computeType.name().toLowerCase(Locale.ROOT),
                        device);
    }
}
