package dev.patchscopes.corpus;

import com.google.common.collect.AbstractIterator;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.text.Tokenizer;
import java.util.Iterator;
import java.util.Optional;

/** Chunks of all documents as one sequence. */
final class JoinedChunks extends AbstractIterator<TextChunk> {

    private final Iterator<TextDocument> documents;
    private final Tokenizer tokenizer;
    private final int endOfText;
    private final int length;
    private Optional<TokenizedDocument> current = Optional.empty();

    /** Next token of the current document; -1 for the one that stands before it. */
    private int at;

    JoinedChunks(Iterator<TextDocument> documents, Tokenizer tokenizer, int endOfText, int length) {
        this.documents = documents;
        this.tokenizer = tokenizer;
        this.endOfText = endOfText;
        this.length = length;
    }

    @Override
    protected TextChunk computeNext() {
        ImmutableIntArray.Builder ids = ImmutableIntArray.builder();
        StringBuilder text = new StringBuilder();
        Optional<TextDocument> first = Optional.empty();
        int offset = 0;
        int filled = 0;
        while (filled < length) {
            if (!advance()) {
                return endOfData();
            }
            TokenizedDocument tokens = current.orElseThrow();
            if (first.isEmpty()) {
                first = Optional.of(tokens.document());
                offset = Math.max(0, at);
            }
            if (at < 0) {
                ids.add(endOfText);
                at = 0;
                filled++;
            } else {
                int end = Math.min(tokens.length(), at + length - filled);
                ids.addAll(tokens.ids(at, end));
                text.append(tokens.text(at, end));
                filled += end - at;
                at = end;
            }
        }
        TextDocument document = first.orElseThrow();
        return new TextChunk(
                ids.build(), text.toString(), document.source(), document.index(), offset);
    }

    /** Moves to a document with tokens left; false at the end of the corpus. */
    private boolean advance() {
        while (current.isEmpty() || at == current.get().length()) {
            if (!documents.hasNext()) {
                return false;
            }
            current = TokenizedDocument.of(documents.next(), tokenizer);
            at = -1;
        }
        return true;
    }
}
