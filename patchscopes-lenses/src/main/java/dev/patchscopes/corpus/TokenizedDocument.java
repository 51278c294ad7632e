package dev.patchscopes.corpus;

import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.text.EmptyPromptException;
import dev.patchscopes.text.TokenizedPrompt;
import dev.patchscopes.text.Tokenizer;
import java.util.Optional;

/** The tokens of a document without special ones, and where in its text each begins. */
final class TokenizedDocument {

    private final TextDocument document;
    private final TokenizedPrompt prompt;
    private final int[] starts;

    private TokenizedDocument(TextDocument document, TokenizedPrompt prompt) {
        this.document = document;
        this.prompt = prompt;
        this.starts = new int[prompt.length() + 1];
        // The text before a token's span, a space that is dropped say, is the token's as well; so
        // is that before the first.
        starts[prompt.length()] = prompt.text().length();
        int reached = 0;
        for (int i = 1; i < prompt.length(); i++) {
            int begin = prompt.token(i).span().map(span -> span.start()).orElse(reached);
            reached = Math.max(reached, begin);
            starts[i] = reached;
        }
    }

    /** Empty if the text has no token, as one that the tokenizer's normaliser empties. */
    static Optional<TokenizedDocument> of(TextDocument document, Tokenizer tokenizer) {
        try {
            return Optional.of(
                    new TokenizedDocument(document, tokenizer.tokenize(document.text(), false)));
        } catch (EmptyPromptException e) {
            return Optional.empty();
        }
    }

    TextDocument document() {
        return document;
    }

    int length() {
        return prompt.length();
    }

    ImmutableIntArray ids(int from, int to) {
        return prompt.ids().subArray(from, to);
    }

    /** The characters of tokens {@code from..to - 1}. */
    String text(int from, int to) {
        return prompt.text().substring(starts[from], starts[to]);
    }
}
