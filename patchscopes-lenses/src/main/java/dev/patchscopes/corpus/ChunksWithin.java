package dev.patchscopes.corpus;

import com.google.common.collect.AbstractIterator;
import com.google.common.collect.Iterators;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.text.Tokenizer;
import java.util.Collections;
import java.util.Iterator;
import java.util.OptionalInt;

/** Chunks that cross no documents. */
final class ChunksWithin extends AbstractIterator<TextChunk> {

    private final Iterator<TextDocument> documents;
    private final Tokenizer tokenizer;
    private final OptionalInt bos;
    private final int body;
    private final int minBody;
    private final boolean onlyFirst;
    private Iterator<TextChunk> current = Collections.emptyIterator();

    ChunksWithin(
            Iterator<TextDocument> documents,
            Tokenizer tokenizer,
            OptionalInt bos,
            int length,
            int minLength,
            boolean onlyFirst) {
        this.documents = documents;
        this.tokenizer = tokenizer;
        this.bos = bos;
        int added = bos.isPresent() ? 1 : 0;
        this.body = length - added;
        this.minBody = Math.max(1, minLength - added);
        this.onlyFirst = onlyFirst;
    }

    @Override
    protected TextChunk computeNext() {
        while (!current.hasNext() && documents.hasNext()) {
            current =
                    TokenizedDocument.of(documents.next(), tokenizer)
                            .map(this::chunks)
                            .orElse(Collections.emptyIterator());
        }
        return current.hasNext() ? current.next() : endOfData();
    }

    private Iterator<TextChunk> chunks(TokenizedDocument tokens) {
        int[] from = {0};
        Iterator<TextChunk> all =
                new AbstractIterator<>() {
                    @Override
                    protected TextChunk computeNext() {
                        int begin = from[0];
                        int end = (int) Math.min((long) begin + body, tokens.length());
                        from[0] = end;
                        return end - begin < minBody ? endOfData() : chunk(tokens, begin, end);
                    }
                };
        return onlyFirst ? Iterators.limit(all, 1) : all;
    }

    private TextChunk chunk(TokenizedDocument tokens, int begin, int end) {
        ImmutableIntArray.Builder ids = ImmutableIntArray.builder(end - begin + 1);
        bos.ifPresent(ids::add);
        ids.addAll(tokens.ids(begin, end));
        TextDocument document = tokens.document();
        return new TextChunk(
                ids.build(), tokens.text(begin, end), document.source(), document.index(), begin);
    }
}
