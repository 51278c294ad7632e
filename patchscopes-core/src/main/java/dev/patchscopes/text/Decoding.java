package dev.patchscopes.text;

import com.google.common.primitives.ImmutableIntArray;
import java.util.Arrays;
import java.util.function.Function;

/** Token ids to text, on top of the native decoder. */
final class Decoding {

    private static final String REPLACEMENT = "\uFFFD";

    private final Vocabulary vocabulary;
    private final Function<long[], String> engine;

    Decoding(Vocabulary vocabulary, Function<long[], String> engine) {
        this.vocabulary = vocabulary;
        this.engine = engine;
    }

    String decode(ImmutableIntArray ids, boolean keepSpecialTokens) {
        int[] kept =
                ids.stream()
                        .filter(this::isKnown)
                        .filter(id -> keepSpecialTokens || !vocabulary.isSpecial(id))
                        .toArray();
        int unfinished = unfinishedBytes(kept);
        int[] whole = Arrays.copyOf(kept, kept.length - unfinished);
        String text = engine.apply(Arrays.stream(whole).asLongStream().toArray());
        return unfinished == 0 ? text : text + REPLACEMENT;
    }

    String decodeContinuation(ImmutableIntArray prefix, ImmutableIntArray continuation) {
        String before = decode(prefix, false);
        String after =
                decode(
                        ImmutableIntArray.builder(prefix.length() + continuation.length())
                                .addAll(prefix)
                                .addAll(continuation)
                                .build(),
                        false);
        if (after.startsWith(before)) {
            return after.substring(before.length());
        }
        // The prefix ended within a character, or a decoder that joins words changed its end.
        int common = 0;
        while (common < Math.min(before.length(), after.length())
                && before.charAt(common) == after.charAt(common)) {
            common++;
        }
        if (common > 0 && Character.isHighSurrogate(after.charAt(common - 1))) {
            common--;
        }
        return after.substring(common);
    }

    /**
     * Byte-fallback tokens at the end that begin a character without finishing it. The native
     * decoder would turn the whole run of byte tokens before them into replacement characters.
     */
    private int unfinishedBytes(int[] ids) {
        int from = ids.length;
        while (from > 0 && vocabulary.byteValue(ids[from - 1]).isPresent()) {
            from--;
        }
        byte[] bytes = new byte[ids.length - from];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) vocabulary.byteValue(ids[from + i]).getAsInt();
        }
        return ReadableBytes.unfinished(bytes);
    }

    private boolean isKnown(int id) {
        if (id < 0) {
            throw new UnknownTokenException("token id " + id + " is negative");
        }
        return id < vocabulary.size() && vocabulary.isAssigned(id);
    }
}
