package dev.patchscopes.model.internal.family;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSortedMap;
import com.google.common.collect.ImmutableSortedSet;
import dev.patchscopes.checkpoint.ModelConfig;
import dev.patchscopes.model.UnsupportedModelException;
import dev.patchscopes.model.internal.Architecture;

/** The families this library can compute, by {@code model_type}. */
public final class Families {

    private static final ImmutableSortedMap<String, Family> BY_TYPE =
            index(
                    ImmutableList.of(
                            new Bloom(),
                            new Falcon(),
                            new Gemma(),
                            new Gemma2(),
                            new Gemma3(),
                            new Gpt2(),
                            new GptJ(),
                            new GptNeo(),
                            new GptNeoX(),
                            new Llama(),
                            new Mistral(),
                            new Olmo2(),
                            new Opt(),
                            new Phi(),
                            new Phi3(),
                            new Qwen2(),
                            new Qwen3(),
                            new StableLm()));

    private Families() {}

    /**
     * Returns the architecture a configuration describes.
     *
     * @param config the checkpoint's configuration
     * @return what to compute and where the parameters lie
     * @throws UnsupportedModelException if no family has the {@code model_type}, or the
     *     configuration asks its family for something unknown or impossible
     */
    public static Architecture describe(ModelConfig config) {
        String type = config.modelType();
        Family family = BY_TYPE.get(type);
        if (family == null) {
            throw new UnsupportedModelException(
                    "config.json says model_type = \""
                            + type
                            + "\", which is not supported; did you mean \""
                            + NearestType.to(type, BY_TYPE.keySet())
                            + "\"? Supported are "
                            + String.join(", ", BY_TYPE.keySet()));
        }
        return family.describe(config);
    }

    /**
     * Returns every {@code model_type} that is supported.
     *
     * @return the types in alphabetical order
     */
    public static ImmutableSortedSet<String> modelTypes() {
        return ImmutableSortedSet.copyOf(BY_TYPE.keySet());
    }

    private static ImmutableSortedMap<String, Family> index(ImmutableList<Family> families) {
        ImmutableSortedMap.Builder<String, Family> types = ImmutableSortedMap.naturalOrder();
        for (Family family : families) {
            for (String type : family.modelTypes()) {
                types.put(type, family);
            }
        }
        return types.buildOrThrow();
    }
}
