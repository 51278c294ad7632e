package dev.patchscopes.corpus;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.util.concurrent.CancellationException;

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

    /** An interrupt closes a file under its reader; that is no fault of the file's. */
    private CancellationException stopped(ClosedByInterruptException cause) {
        CancellationException stopped =
                new CancellationException(
                        "the reading of %s was stopped by an interrupt of its thread"
                                .formatted(name));
        stopped.initCause(cause);
        return stopped;
    }

    @Override
    public int read() {
        try {
            return super.read();
        } catch (ClosedByInterruptException e) {
            throw stopped(e);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + name, e);
        }
    }

    @Override
    public int read(byte[] bytes, int offset, int length) {
        try {
            return super.read(bytes, offset, length);
        } catch (ClosedByInterruptException e) {
            throw stopped(e);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + name, e);
        }
    }
}
