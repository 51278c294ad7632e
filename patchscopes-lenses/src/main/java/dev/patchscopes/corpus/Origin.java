package dev.patchscopes.corpus;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.nio.file.Path;
import java.util.Iterator;

/** Where the documents of a corpus come from. */
interface Origin {

    DocumentIterator open(Reading reading, DamageLog log);

    /** A file, or the files of a directory whose names match; listed when reading begins. */
    record Files(Path path, String glob) implements Origin {
        @Override
        public DocumentIterator open(Reading reading, DamageLog log) {
            return new Documents(FileSource.list(path, glob), reading, log);
        }

        @Override
        public String toString() {
            return path.toString();
        }
    }

    /** Sources that are known already. */
    record Sources(ImmutableList<Source> sources) implements Origin {
        @Override
        public DocumentIterator open(Reading reading, DamageLog log) {
            return new Documents(sources, reading, log);
        }

        @Override
        public String toString() {
            return sources.size() + " sources";
        }
    }

    /** Texts in memory. */
    record Texts(ImmutableList<String> texts) implements Origin {

        static final String NAME = "memory";

        @Override
        public DocumentIterator open(Reading reading, DamageLog log) {
            return new InMemory(texts.stream().filter(text -> !text.isBlank()).iterator());
        }

        @Override
        public String toString() {
            return texts.size() + " texts";
        }
    }

    /** Numbers texts as a source would. */
    final class InMemory implements DocumentIterator {

        private final Iterator<String> texts;
        private long index;

        InMemory(Iterator<String> texts) {
            this.texts = texts;
        }

        @Override
        public boolean hasNext() {
            return texts.hasNext();
        }

        @Override
        public TextDocument next() {
            return new TextDocument(texts.next(), Texts.NAME, index++, ImmutableMap.of());
        }

        @Override
        public void close() {
            // Nothing is open.
        }
    }
}
