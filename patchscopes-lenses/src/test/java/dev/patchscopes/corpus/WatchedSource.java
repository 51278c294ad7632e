package dev.patchscopes.corpus;

import com.google.common.collect.ImmutableList;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Bytes in memory that tell how far they were read; can fail like a broken disk. */
final class WatchedSource implements Source {

    private final String name;
    private final byte[] bytes;
    private final int breaksAt;
    private int opened;
    private int closed;
    private long read;

    WatchedSource(String name, byte[] bytes, int breaksAt) {
        this.name = name;
        this.bytes = bytes.clone();
        this.breaksAt = breaksAt;
    }

    static WatchedSource of(String name, byte[] bytes) {
        return new WatchedSource(name, bytes, Integer.MAX_VALUE);
    }

    static TextCorpus corpus(byte[] bytes) {
        return corpus(of("test", bytes));
    }

    static TextCorpus corpus(Source... sources) {
        return new TextCorpus(new Origin.Sources(ImmutableList.copyOf(sources)));
    }

    int opened() {
        return opened;
    }

    int closed() {
        return closed;
    }

    long read() {
        return read;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public InputStream open() {
        opened++;
        return new FilterInputStream(new ByteArrayInputStream(bytes)) {
            private boolean isClosed;

            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
            }

            @Override
            public int read(byte[] out, int offset, int length) throws IOException {
                if (read >= breaksAt) {
                    throw new IOException("the disk is gone");
                }
                int count = super.read(out, offset, (int) Math.min(length, breaksAt - read));
                read += Math.max(0, count);
                return count;
            }

            @Override
            public void close() throws IOException {
                closed += isClosed ? 0 : 1;
                isClosed = true;
                super.close();
            }
        };
    }
}
