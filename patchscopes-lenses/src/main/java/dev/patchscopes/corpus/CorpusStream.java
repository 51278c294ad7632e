package dev.patchscopes.corpus;

import static com.google.common.base.Preconditions.checkState;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Streams;
import java.util.Iterator;
import java.util.stream.Stream;

/**
 * Documents or chunks of a corpus, read as they are asked for.
 *
 * <p>Holds a file open, and native memory for a zstandard file, until it is closed; whoever asked
 * for it closes it. Goes through the corpus once; for one thread.
 *
 * <pre>{@code
 * try (CorpusStream<TextDocument> documents =
 *         TextCorpus.open(Path.of("pile.jsonl.zst")).jsonl().skipDamaged().documents()) {
 *     while (documents.hasNext()) {
 *         System.out.println(documents.next().text().length());
 *     }
 *     System.out.println(documents.skipped() + " damaged");
 * }
 * }</pre>
 *
 * @param <T> what it gives
 */
public final class CorpusStream<T> implements Iterator<T>, AutoCloseable {

    private final Iterator<T> items;
    private final DocumentIterator documents;
    private final DamageLog log;
    private boolean closed;

    CorpusStream(Iterator<T> items, DocumentIterator documents, DamageLog log) {
        this.items = items;
        this.documents = documents;
        this.log = log;
    }

    /**
     * Tells whether there is another, reading as far as it takes to know.
     *
     * @return whether there is another
     * @throws DamagedTextException if what comes next is damaged, unless that is to be skipped;
     *     nothing can be read after it
     * @throws java.io.UncheckedIOException if a file cannot be read
     * @throws java.util.concurrent.CancellationException if this thread is interrupted while a file
     *     is read; nothing can be read after it
     * @throws IllegalStateException if this is closed, or failed before
     */
    @Override
    public boolean hasNext() {
        checkState(!closed, "this stream of a corpus is closed; ask the corpus for another");
        return items.hasNext();
    }

    /**
     * Returns the next.
     *
     * @return the next
     * @throws java.util.NoSuchElementException if there is none
     * @throws DamagedTextException as {@link #hasNext()} does
     * @throws java.io.UncheckedIOException if a file cannot be read
     * @throws IllegalStateException if this is closed, or failed before
     */
    @Override
    public T next() {
        checkState(!closed, "this stream of a corpus is closed; ask the corpus for another");
        return items.next();
    }

    /**
     * Returns what is left as a stream, which closes this when it is closed.
     *
     * @return a sequential, ordered stream
     */
    public Stream<T> stream() {
        return Streams.stream(this).onClose(this::close);
    }

    /**
     * Returns how much was left out because it is damaged, of what is read so far: documents, lines
     * and, once each, rests of archives.
     *
     * @return their number; always 0 unless the corpus skips damage
     */
    public long skipped() {
        return log.count();
    }

    /**
     * Returns the first of what was left out because it is damaged.
     *
     * @return at most ten
     */
    public ImmutableList<Damage> damage() {
        return log.first();
    }

    /** Closes the file; later calls do nothing. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            documents.close();
        }
    }
}
