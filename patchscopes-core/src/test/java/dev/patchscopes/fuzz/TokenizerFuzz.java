package dev.patchscopes.fuzz;

import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.text.EmptyPromptException;
import dev.patchscopes.text.TokenizedPrompt;
import dev.patchscopes.text.Tokenizer;
import dev.patchscopes.text.TokenizerFormatException;
import dev.patchscopes.text.TokenizerNotFoundException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/** The input is the files of a tokenizer, between separators, in the order of {@link #FILES}. */
public final class TokenizerFuzz {

    private static final List<String> FILES =
            List.of(
                    "tokenizer.json",
                    "tokenizer_config.json",
                    "special_tokens_map.json",
                    "generation_config.json",
                    "config.json",
                    "vocab.json",
                    "merges.txt");
    private static final List<String> TEXTS =
            List.of(
                    "Hello world",
                    " a<s>b\n\n\u00e9\u4f60 12\u0301 ",
                    "\ud83d\ude00\ud800 the",
                    // Long enough for expressions that try every way to cut it.
                    "a".repeat(64) + "!");
    private static final Path DIRECTORY = Scratch.directory("tokenizer");
    private static final Property PROPERTY =
            new Property(
                    Set.of(
                            TokenizerFormatException.class,
                            TokenizerNotFoundException.class,
                            EmptyPromptException.class),
                    400,
                    8 << 20);

    private TokenizerFuzz() {}

    /**
     * Loads one tokenizer and uses it.
     *
     * @param input the files
     * @throws IOException if the scratch directory fails
     */
    public static void fuzzerTestOneInput(byte[] input) throws IOException {
        Parts parts = Parts.of(input);
        for (int i = 0; i < FILES.size(); i++) {
            parts.write(i, DIRECTORY.resolve(FILES.get(i)));
        }
        PROPERTY.holdsFor(input.length, TokenizerFuzz::use);
    }

    private static void use() {
        try (Tokenizer tokenizer = Tokenizer.load(DIRECTORY)) {
            for (int id = 0; id < Math.min(1000, tokenizer.vocabularySize()); id++) {
                if (tokenizer.piece(id).isEmpty()) {
                    throw new AssertionError("token " + id + " has an empty piece");
                }
            }
            tokenizer.prompt(ImmutableIntArray.of(0, Math.max(0, tokenizer.vocabularySize() - 1)));
            for (String text : TEXTS) {
                TokenizedPrompt prompt = tokenizer.tokenize(text);
                tokenizer.decode(prompt.ids(), true);
                tokenizer.decodeContinuation(prompt.ids(), prompt.ids());
            }
        }
    }
}
