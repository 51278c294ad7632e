package dev.patchscopes.model;

import ai.djl.Device;
import dev.patchscopes.model.internal.ArchitectureSpec;
import dev.patchscopes.model.internal.ModelRuntime;
import java.util.Locale;

/**
 * What a model is.
 *
 * @param name short name
 * @param contentHash digest of configuration and weights
 * @param modelType the checkpoint's {@code model_type}
 * @param layers number of blocks
 * @param width {@code d_model}
 * @param heads query heads
 * @param keyValueHeads key and value heads
 * @param headWidth {@code d_head}
 * @param mlpWidth {@code d_mlp}
 * @param vocabulary {@code d_vocab}
 * @param contextLength largest number of tokens
 * @param parameters number of parameters, a tied table counted once
 * @param weightBytes bytes of the parameters in memory
 * @param computeType number format
 * @param device where it computes, such as {@code cpu} or {@code gpu(0)}
 */
public record ModelSummary(
        String name,
        String contentHash,
        String modelType,
        int layers,
        int width,
        int heads,
        int keyValueHeads,
        int headWidth,
        int mlpWidth,
        int vocabulary,
        int contextLength,
        long parameters,
        long weightBytes,
        ComputeType computeType,
        String device) {

    static ModelSummary of(String name, String contentHash, ModelRuntime runtime) {
        ArchitectureSpec spec = runtime.facts().spec();
        return new ModelSummary(
                name,
                contentHash,
                spec.modelType(),
                spec.layers(),
                spec.width(),
                spec.attention().heads(),
                spec.attention().keyValueHeads(),
                spec.attention().headWidth(),
                spec.mlp().width(),
                spec.vocabulary(),
                spec.contextLength(),
                runtime.weightBytes() / runtime.type().bytes(),
                runtime.weightBytes(),
                runtime.type(),
                deviceName(runtime.device()));
    }

    /** {@return what DJL calls the device, less the empty brackets it puts after "cpu"} */
    static String deviceName(Device device) {
        return device.toString().replace("()", "");
    }

    /** {@return a few lines} */
    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                """
                %s (%s), %,d parameters, %.1f MiB in %s on %s
                  %d blocks, d_model %d, %d heads of %d (%d for keys and values), d_mlp %d
                  vocabulary %d, context %d, content %s""",
                name,
                modelType,
                parameters,
                weightBytes / 1048576.0,
                computeType.name().toLowerCase(Locale.ROOT),
                device,
                layers,
                width,
                heads,
                headWidth,
                keyValueHeads,
                mlpWidth,
                vocabulary,
                contextLength,
                contentHash.substring(0, Math.min(12, contentHash.length())));
    }
}
