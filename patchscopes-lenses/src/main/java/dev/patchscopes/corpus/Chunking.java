package dev.patchscopes.corpus;

import static com.google.common.base.Preconditions.checkArgument;

import java.util.Objects;

/**
 * How documents are cut into tokens.
 *
 * <p>Texts are tokenised whole, then cut; so a chunk may begin or end within a word. The token that
 * begins a text (BOS) counts as part of a chunk's length. Other special tokens that a checkpoint's
 * rule would add, such as one at the end, are not added.
 */
public sealed interface Chunking {

    /**
     * One chunk a document.
     *
     * @param maxTokens longest chunk, BOS included, at least 2; what is left of a document is left
     *     out
     * @param bos whether chunks begin with the token that begins a text
     */
    record Whole(int maxTokens, Bos bos) implements Chunking {
        /**
         * Checks the length.
         *
         * @param maxTokens longest chunk
         * @param bos whether chunks begin with the token that begins a text
         * @throws IllegalArgumentException if chunks could be no longer than BOS
         */
        public Whole {
            Objects.requireNonNull(bos, "bos");
            checkArgument(maxTokens >= 2, "chunks of at most %s tokens: take 2 or more", maxTokens);
        }

        /**
         * Returns the same with another rule for BOS.
         *
         * @param rule whether chunks begin with the token that begins a text
         * @return the chunking
         */
        public Whole withBos(Bos rule) {
            return new Whole(maxTokens, rule);
        }
    }

    /**
     * Chunks of one length, none of which crosses documents.
     *
     * @param length tokens of a chunk, BOS included, at least 2
     * @param minLength the shortest rest of a document to keep as a shorter chunk, BOS included,
     *     {@code 1..length}; with {@code length} there is none
     * @param bos whether chunks begin with the token that begins a text
     */
    record FixedLength(int length, int minLength, Bos bos) implements Chunking {
        /**
         * Checks the lengths.
         *
         * @param length tokens of a chunk
         * @param minLength the shortest rest to keep
         * @param bos whether chunks begin with the token that begins a text
         * @throws IllegalArgumentException if a length is out of its range
         */
        public FixedLength {
            Objects.requireNonNull(bos, "bos");
            checkArgument(length >= 2, "chunks of %s tokens: take 2 or more", length);
            checkArgument(
                    minLength >= 1 && minLength <= length,
                    "a shortest chunk of %s tokens is not in 1..%s",
                    minLength,
                    length);
        }

        /**
         * Returns the same with another rule for BOS.
         *
         * @param rule whether chunks begin with the token that begins a text
         * @return the chunking
         */
        public FixedLength withBos(Bos rule) {
            return new FixedLength(length, minLength, rule);
        }

        /**
         * Returns the same, keeping shorter rests of documents.
         *
         * @param tokens the shortest rest to keep, BOS included, {@code 1..length}
         * @return the chunking
         * @throws IllegalArgumentException if it is out of that range
         */
        public FixedLength keepingRestsOf(int tokens) {
            return new FixedLength(length, tokens, bos);
        }
    }

    /**
     * Chunks of one length across documents, as the tuned lens is trained (Belrose et al. 2023, by
     * the reference code): before every document, the first too, stands the token that ends texts,
     * and there is no BOS. A rest at the end of the corpus is left out; the reference drops one
     * after every 2,048 documents.
     *
     * @param length tokens of a chunk, at least 1
     */
    record Joined(int length) implements Chunking {
        /**
         * Checks the length.
         *
         * @param length tokens of a chunk
         * @throws IllegalArgumentException if it is less than 1
         */
        public Joined {
            checkArgument(length >= 1, "chunks of %s tokens: take 1 or more", length);
        }
    }

    /**
     * One chunk a document, however long it is, BOS by the tokenizer's rule.
     *
     * @return the chunking
     */
    static Whole documents() {
        return documents(Integer.MAX_VALUE);
    }

    /**
     * One chunk a document, cut to a length, BOS by the tokenizer's rule.
     *
     * @param maxTokens longest chunk, BOS included, at least 2
     * @return the chunking
     * @throws IllegalArgumentException if it is less than 2
     */
    static Whole documents(int maxTokens) {
        return new Whole(maxTokens, Bos.BY_TOKENIZER);
    }

    /**
     * Chunks of one length within documents, without shorter rests, BOS by the tokenizer's rule.
     *
     * @param length tokens of a chunk, BOS included, at least 2
     * @return the chunking
     * @throws IllegalArgumentException if it is less than 2
     */
    static FixedLength ofLength(int length) {
        return new FixedLength(length, length, Bos.BY_TOKENIZER);
    }

    /**
     * Chunks of one length across documents, see {@link Joined}.
     *
     * @param length tokens of a chunk, at least 1
     * @return the chunking
     * @throws IllegalArgumentException if it is less than 1
     */
    static Joined joined(int length) {
        return new Joined(length);
    }
}
