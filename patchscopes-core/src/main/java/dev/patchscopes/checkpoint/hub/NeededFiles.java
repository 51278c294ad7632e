package dev.patchscopes.checkpoint.hub;

import com.google.common.collect.ImmutableList;
import java.util.Optional;
import java.util.function.Predicate;

/** Which files of a repository loading a model takes. */
final class NeededFiles {

    static final String CONFIG = "config.json";
    static final String TOKENIZER = "tokenizer.json";

    private static final ImmutableList<String> OLD_TOKENIZER =
            ImmutableList.of("vocab.json", "merges.txt");
    private static final ImmutableList<String> WISHED =
            ImmutableList.of(
                    "generation_config.json",
                    TOKENIZER,
                    "tokenizer_config.json",
                    "special_tokens_map.json");
    private static final String INDEX = ".index.json";

    /** In the order in which a checkpoint's directory is read: the first there is, and no other. */
    private static final ImmutableList<String> WEIGHTS =
            ImmutableList.of(
                    "model.safetensors",
                    "model.safetensors" + INDEX,
                    "pytorch_model.bin",
                    "pytorch_model.bin" + INDEX);

    private NeededFiles() {}

    /** Configuration and tokenizer; all small. */
    static ImmutableList<String> small(Predicate<String> listed) {
        ImmutableList.Builder<String> files = ImmutableList.builder();
        files.add(CONFIG);
        WISHED.stream().filter(listed).forEach(files::add);
        if (!listed.test(TOKENIZER)) {
            OLD_TOKENIZER.stream().filter(listed).forEach(files::add);
        }
        return files.build();
    }

    /** What would be taken if it were there. */
    static ImmutableList<String> absent(Predicate<String> listed) {
        return WISHED.stream().filter(listed.negate()).collect(ImmutableList.toImmutableList());
    }

    /** The file with the weights, or the one that tells which files have them. */
    static Optional<String> weights(Predicate<String> listed) {
        return WEIGHTS.stream().filter(listed).findFirst();
    }

    static boolean isIndex(String file) {
        return file.endsWith(INDEX);
    }

    /** Whether there is what a tokenizer is read from. */
    static boolean hasTokenizer(Predicate<String> listed) {
        return listed.test(TOKENIZER) || OLD_TOKENIZER.stream().allMatch(listed);
    }

    /** The names of files with weights, for messages. */
    static String accepted() {
        return String.join(", ", WEIGHTS);
    }
}
