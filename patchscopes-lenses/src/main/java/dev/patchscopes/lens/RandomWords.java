package dev.patchscopes.lens;

import static com.google.common.base.Preconditions.checkArgument;

import dev.patchscopes.TargetPrompt;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.text.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Words of the vocabulary for prompts that repeat words. */
final class RandomWords {
    private static final String RELATION = " -> ";

    private RandomWords() {}

    /** Each word is one token, at the start of a line and after the relation alike. */
    static TargetPrompt identityPrompt(HookedModel model, int words, long seed) {
        checkArgument(words >= 1, "%s words; give at least 1", words);
        Tokenizer tokenizer = model.tokenizer();
        SplittableRandom random = new SplittableRandom(seed);
        List<String> chosen = new ArrayList<>();
        for (int tries = 0; chosen.size() < words; tries++) {
            checkArgument(
                    tries < 1000 * words,
                    "the vocabulary of %s has too few words that are one token: %s were found of"
                            + " %s",
                    model.name(),
                    chosen.size(),
                    words);
            String word = tokenizer.label(random.nextInt(model.vocabularySize())).strip();
            if (isWord(word) && !chosen.contains(word) && isOneToken(tokenizer, word)) {
                chosen.add(word);
            }
        }
        return TargetPrompt.tokenIdentity(chosen, RELATION, "\n", "?");
    }

    private static boolean isWord(String text) {
        return text.length() > 1 && text.codePoints().allMatch(Character::isLetterOrDigit);
    }

    private static boolean isOneToken(Tokenizer tokenizer, String word) {
        return tokenizer.tokenize(word, false).length() == 1
                && tokenizer.tokenize(word + RELATION + word, false).length()
                        == 2 + tokenizer.tokenize(RELATION.stripTrailing(), false).length();
    }
}
