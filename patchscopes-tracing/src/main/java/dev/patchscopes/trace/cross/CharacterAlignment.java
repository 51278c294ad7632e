package dev.patchscopes.trace.cross;

import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.text.CharSpan;
import dev.patchscopes.text.Token;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.Optional;

/** Where two tokenisations of one text end tokens at the same character. */
final class CharacterAlignment {

    private CharacterAlignment() {}

    static AlignedPrompts of(TokenizedPrompt source, TokenizedPrompt target) {
        int[] sourceEnds = ends(source);
        int[] targetEnds = ends(target);
        ImmutableIntArray.Builder from = ImmutableIntArray.builder();
        ImmutableIntArray.Builder to = ImmutableIntArray.builder();
        int j = 0;
        for (int i = 0; i < sourceEnds.length; i++) {
            if (sourceEnds[i] < 0) {
                continue;
            }
            while (j < targetEnds.length && targetEnds[j] < sourceEnds[i]) {
                j++; // ends ascend, those of -1 go the same way
            }
            if (j < targetEnds.length && targetEnds[j] == sourceEnds[i]) {
                from.add(i);
                to.add(j);
            }
        }
        return new AlignedPrompts(source, target, from.build(), to.build());
    }

    /**
     * The character behind each token, [pos], with which a prefix of the text is complete; -1 for
     * tokens that complete none: those without characters, and all but the last of the tokens that
     * share a character. Ends that are not -1 ascend.
     */
    private static int[] ends(TokenizedPrompt prompt) {
        int[] ends = new int[prompt.length()];
        int unread = Integer.MAX_VALUE; // where the earliest of the later tokens starts
        for (int i = ends.length - 1; i >= 0; i--) {
            Optional<CharSpan> span = characters(prompt.token(i));
            ends[i] = span.isPresent() && span.get().end() <= unread ? span.get().end() : -1;
            unread = Math.min(unread, span.map(CharSpan::start).orElse(unread));
        }
        int read = 0; // characters read so far
        int complete = 0; // the last end that counts
        for (int i = 0; i < ends.length; i++) {
            read = Math.max(read, characters(prompt.token(i)).map(CharSpan::end).orElse(read));
            if (ends[i] < read || ends[i] <= complete) {
                ends[i] = -1;
            } else {
                complete = ends[i];
            }
        }
        return ends;
    }

    private static Optional<CharSpan> characters(Token token) {
        return token.span().filter(span -> !span.isEmpty());
    }
}
