package dev.patchscopes.corpus;

import java.io.Serializable;
import java.util.Objects;

/**
 * A place where a source is not what it should be.
 *
 * @param source name of the file
 * @param line in the decompressed text, from 1: where the trouble is, or where reading stopped
 * @param offset in the decompressed text, in bytes from 0
 * @param reason what is wrong, what was allowed, and the way out
 * @serial exclude
 */
@SuppressWarnings("InvalidBlockTag") // the check allows the tag for classes, but not for records
public record Damage(String source, long line, long offset, String reason) implements Serializable {

    /**
     * Makes a damage.
     *
     * @param source name of the file
     * @param line in the decompressed text, from 1
     * @param offset in the decompressed text, in bytes from 0
     * @param reason what is wrong
     */
    public Damage {
        Objects.requireNonNull(source, "source");
        Objects.requireNonNull(reason, "reason");
    }

    /** Returns {@code pile.jsonl.zst, line 17 (byte 90210): not JSON: ...}. */
    @Override
    public String toString() {
        return "%s, line %d (byte %d): %s".formatted(source, line, offset, reason);
    }
}
