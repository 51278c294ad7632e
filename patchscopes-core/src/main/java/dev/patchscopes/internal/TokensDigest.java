package dev.patchscopes.internal;

import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import com.google.common.primitives.ImmutableIntArray;

/** A digest of texts' tokens, by which a report tells whether another is of the same texts. */
public final class TokensDigest {
    private static final int SHOWN = 16; // hexadecimal digits: 64 bits

    private final Hasher hasher = Hashing.sha256().newHasher();

    /**
     * Adds a text.
     *
     * @param ids its tokens
     */
    public void add(ImmutableIntArray ids) {
        hasher.putInt(ids.length());
        ids.forEach(hasher::putInt);
    }

    /**
     * Ends the digest; nothing can be added to it then.
     *
     * @return the start of a SHA-256 digest of all texts in their order, in hexadecimal digits
     */
    public String finish() {
        return hasher.hash().toString().substring(0, SHOWN);
    }
}
