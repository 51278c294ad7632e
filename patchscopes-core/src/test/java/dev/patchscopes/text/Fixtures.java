package dev.patchscopes.text;

import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Small tokenizers written for these tests, one directory each, and prompts made by hand. */
final class Fixtures {

    private Fixtures() {}

    /** {@code byte-level}, {@code metaspace}, {@code word-level} or {@code unigram}. */
    static Path directory(String name) {
        URL resource = Fixtures.class.getResource(name + "/tokenizer.json");
        try {
            return Path.of(resource.toURI()).getParent();
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    static Tokenizer load(String name) {
        return Tokenizer.load(directory(name));
    }

    /** A prompt whose pieces, put together, are its text; ids count from 10. */
    static TokenizedPrompt prompt(String... pieces) {
        String text = String.join("", pieces);
        Token[] tokens = new Token[pieces.length];
        int at = 0;
        for (int i = 0; i < pieces.length; i++) {
            CharSpan span = new CharSpan(at, at + pieces[i].length());
            tokens[i] = new Token(i, 10 + i, pieces[i], Optional.of(span));
            at = span.end();
        }
        return TokenizedPrompt.of(text, Arrays.asList(tokens));
    }

    static TokenizedPrompt eiffel() {
        return prompt("The", " E", "iff", "el", " Tower", " is", " in");
    }

    static List<String> pieces(TokenizedPrompt prompt) {
        return prompt.tokens().stream().map(Token::piece).toList();
    }

    static List<String> spans(TokenizedPrompt prompt) {
        return prompt.tokens().stream()
                .map(t -> t.span().map(CharSpan::toString).orElse("-"))
                .toList();
    }
}
