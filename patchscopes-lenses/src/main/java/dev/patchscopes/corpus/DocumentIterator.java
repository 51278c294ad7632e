package dev.patchscopes.corpus;

import java.util.Iterator;

/** Documents that hold a file open. */
interface DocumentIterator extends Iterator<TextDocument>, AutoCloseable {

    @Override
    void close();
}
