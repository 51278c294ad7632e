package dev.patchscopes.examples.demo.tokenizer;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Cuts a text into the words within which pairs are merged: letters or other marks with the space
 * before them, single digits, white space.
 */
final class WordSplitter {

    /** Means the same to Java (with Unicode classes) and to the readers of tokenizer.json. */
    static final String PATTERN = " ?\\p{L}+| ?\\p{N}| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

    private static final Pattern WORD = Pattern.compile(PATTERN, Pattern.UNICODE_CHARACTER_CLASS);

    private static final byte[] REPLACEMENT = "\uFFFD".getBytes(StandardCharsets.UTF_8);

    private WordSplitter() {}

    /** The words of a text, which together are the text. */
    static List<String> words(String text) {
        List<String> words = new ArrayList<>();
        Matcher matcher = WORD.matcher(text);
        while (matcher.find()) {
            words.add(matcher.group());
        }
        return words;
    }

    /** A word in UTF-8; a surrogate without its partner becomes U+FFFD. */
    static byte[] bytes(String word) {
        try {
            ByteBuffer buffer =
                    StandardCharsets.UTF_8
                            .newEncoder()
                            .replaceWith(REPLACEMENT)
                            .onMalformedInput(CodingErrorAction.REPLACE)
                            .encode(CharBuffer.wrap(word));
            byte[] bytes = new byte[buffer.remaining()];
            buffer.get(bytes);
            return bytes;
        } catch (CharacterCodingException e) {
            throw new AssertionError("malformed input is replaced", e);
        }
    }
}
