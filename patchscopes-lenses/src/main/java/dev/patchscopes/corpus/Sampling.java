package dev.patchscopes.corpus;

import com.google.common.collect.AbstractIterator;
import java.util.Iterator;
import java.util.TreeMap;

/**
 * The texts with the smallest hashes, smallest first. Hashes are as good as random, so every set of
 * distinct texts is as likely as another, in an order that is as likely as another; and neither
 * depends on the order in which the texts are read. Holds no more than it gives.
 */
final class Sampling extends AbstractIterator<TextDocument> {

    private final Iterator<TextDocument> documents;
    private final int count;
    private final TextHash hash;
    private final TreeMap<Long, TextDocument> drawn = new TreeMap<>();
    private boolean read;

    Sampling(Iterator<TextDocument> documents, int count, TextHash hash) {
        this.documents = documents;
        this.count = count;
        this.hash = hash;
    }

    @Override
    protected TextDocument computeNext() {
        if (!read) {
            read = true;
            documents.forEachRemaining(this::offer);
        }
        return drawn.isEmpty() ? endOfData() : drawn.pollFirstEntry().getValue();
    }

    private void offer(TextDocument document) {
        drawn.putIfAbsent(hash.of(document.text()), document);
        if (drawn.size() > count) {
            drawn.pollLastEntry();
        }
    }
}
