package dev.patchscopes.model.internal.family;

import com.google.common.collect.ImmutableSet;
import dev.patchscopes.checkpoint.ModelConfig;
import dev.patchscopes.model.internal.Architecture;

/** A family of models that share the meaning of config.json and the names of their tensors. */
interface Family {

    /** Values of {@code model_type} that belong to this family. */
    ImmutableSet<String> modelTypes();

    /**
     * What to compute and where the parameters lie.
     *
     * @param config the checkpoint's configuration
     * @throws dev.patchscopes.model.UnsupportedModelException if it asks for something unknown, or
     *     its numbers do not fit together
     */
    Architecture describe(ModelConfig config);
}
