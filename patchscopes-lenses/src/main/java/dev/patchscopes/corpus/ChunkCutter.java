package dev.patchscopes.corpus;

import static com.google.common.base.Preconditions.checkArgument;

import dev.patchscopes.text.TokenizedPrompt;
import dev.patchscopes.text.Tokenizer;
import java.util.Iterator;
import java.util.OptionalInt;

/** Cuts documents into chunks. */
interface ChunkCutter {

    Iterator<TextChunk> cut(Iterator<TextDocument> documents);

    static ChunkCutter of(Chunking chunking, Tokenizer tokenizer) {
        if (chunking instanceof Chunking.Joined joined) {
            int end = endOfText(tokenizer);
            return documents -> new JoinedChunks(documents, tokenizer, end, joined.length());
        }
        if (chunking instanceof Chunking.Whole whole) {
            OptionalInt bos = bos(whole.bos(), tokenizer);
            return documents ->
                    new ChunksWithin(documents, tokenizer, bos, whole.maxTokens(), 1, true);
        }
        Chunking.FixedLength fixed = (Chunking.FixedLength) chunking;
        OptionalInt bos = bos(fixed.bos(), tokenizer);
        return documents ->
                new ChunksWithin(
                        documents, tokenizer, bos, fixed.length(), fixed.minLength(), false);
    }

    private static OptionalInt bos(Bos rule, Tokenizer tokenizer) {
        return switch (rule) {
            case NEVER -> OptionalInt.empty();
            case ALWAYS -> {
                checkArgument(
                        tokenizer.bos().isPresent(),
                        "%s names no token that begins a text; choose Bos.BY_TOKENIZER or NEVER",
                        tokenizer);
                yield tokenizer.bos();
            }
            case BY_TOKENIZER -> addsBos(tokenizer) ? tokenizer.bos() : OptionalInt.empty();
        };
    }

    /** A tokenizer may have a BOS and yet not put it before texts (GPT-2). */
    private static boolean addsBos(Tokenizer tokenizer) {
        TokenizedPrompt full = tokenizer.tokenize("a", true);
        return full.length() > tokenizer.tokenize("a", false).length()
                && tokenizer.bos().equals(OptionalInt.of(full.token(0).id()));
    }

    private static int endOfText(Tokenizer tokenizer) {
        checkArgument(
                !tokenizer.eos().isEmpty(),
                "%s names no token that ends a text, which joined documents stand apart by; choose"
                        + " Chunking.ofLength",
                tokenizer);
        return tokenizer.eos().get(0);
    }
}
