package dev.patchscopes.corpus;

import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;

/**
 * Seeded hashes of texts, the same in every run and on every platform. White space does not count:
 * a text with another line break at its end is the same text to everyone but a hash.
 *
 * <p>A purpose goes into the hash beside the seed. Without it a sample drawn with the seed of a
 * split, or a split of a split, would choose among texts that the first choice has already sorted.
 */
final class TextHash {

    private static final double UNIT = 0x1p-53;

    private final String purpose;
    private final long seed;

    TextHash(String purpose, long seed) {
        this.purpose = purpose;
        this.seed = seed;
    }

    /** Any long, each as likely as the other. */
    long of(String text) {
        StringBuilder bare = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (!Character.isWhitespace(c)) {
                bare.append(c);
            }
        }
        Hasher hasher = Hashing.sha256().newHasher();
        hasher.putLong(seed).putInt(purpose.length()).putUnencodedChars(purpose);
        return hasher.putUnencodedChars(bare).hash().asLong();
    }

    /** A number in [0, 1). */
    double fraction(String text) {
        return (of(text) >>> 11) * UNIT;
    }
}
