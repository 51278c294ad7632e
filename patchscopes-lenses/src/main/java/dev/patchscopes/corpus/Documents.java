package dev.patchscopes.corpus;

import com.google.common.collect.AbstractIterator;
import java.util.Iterator;
import java.util.Optional;

/** The documents of several sources, one open at a time. */
final class Documents extends AbstractIterator<TextDocument> implements DocumentIterator {

    private final Iterator<Source> sources;
    private final Reading reading;
    private final DamageLog log;
    private Optional<DocumentReader> current = Optional.empty();

    Documents(Iterable<Source> sources, Reading reading, DamageLog log) {
        this.sources = sources.iterator();
        this.reading = reading;
        this.log = log;
    }

    @Override
    protected TextDocument computeNext() {
        while (current.isPresent() || sources.hasNext()) {
            if (current.isEmpty()) {
                current = Optional.of(DocumentReader.open(sources.next(), reading));
            }
            try {
                Optional<TextDocument> next = current.get().next();
                if (next.isPresent()) {
                    return next.get();
                }
                close();
            } catch (DamagedTextException e) {
                log.accept(e);
            }
        }
        return endOfData();
    }

    @Override
    public void close() {
        Optional<DocumentReader> reader = current;
        current = Optional.empty();
        reader.ifPresent(DocumentReader::close);
    }
}
