package dev.patchscopes.corpus;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/**
 * Tells a file that cannot be read from one that reads well but is damaged: the first is unchecked
 * from here on, and never skipped.
 */
final class FileFaults extends FilterInputStream {

    private final String name;

    FileFaults(String name, InputStream in) {
        super(in);
        this.name = name;
    }

    @Override
    public int read() {
        try {
            return super.read();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + name, e);
        }
    }

    @Override
    public int read(byte[] bytes, int offset, int length) {
        try {
            return super.read(bytes, offset, length);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + name, e);
        }
    }
}
