package dev.patchscopes.corpus;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdIOException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.CancellationException;

/**
 * Cuts the unpacked bytes of a source at a separator, reading no further than a block beyond the
 * piece asked for. Bytes, not characters: UTF-8 text can be searched for UTF-8 text so, and a
 * damaged character spoils its own piece only.
 */
final class Pieces implements PieceSource {

    private static final int BLOCK = 8192;
    private static final byte[] BYTE_ORDER_MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};

    private final String source;
    private final byte[] separator;
    private final Reading reading;
    private final InputStream raw;

    /** The unpacked bytes, once the first is asked for. */
    private Optional<InputStream> unpacked = Optional.empty();

    private final byte[] block = new byte[BLOCK];
    private int from;
    private int to;

    private byte[] buffer = new byte[256];
    private int size;
    private long offset;
    private long lines = 1;
    private boolean discarding;
    private boolean ended;

    /**
     * @param separator empty for a single piece
     */
    Pieces(Source source, byte[] separator, Reading reading) {
        this.source = source.name();
        this.separator = separator.clone();
        this.reading = reading;
        try {
            this.raw = new FileFaults(source.name(), source.open());
        } catch (IOException e) {
            throw new UncheckedIOException("cannot open " + source.name(), e);
        }
    }

    @Override
    public Optional<Piece> next() {
        if (discarding) {
            discard();
        }
        long start = offset;
        long line = lines;
        size = 0;
        while (take()) {
            if (endsWithSeparator()) {
                return Optional.of(piece(start, line, size - separator.length));
            }
            // What may be the beginning of a separator is not yet part of the piece.
            if (size >= (long) reading.maxDocumentBytes() + Math.max(1, separator.length)) {
                if (separator.length == 0) {
                    ended = true;
                    from = to;
                } else {
                    discarding = true;
                }
                throw tooLong(start, line);
            }
        }
        if (size > reading.maxDocumentBytes()) {
            throw tooLong(start, line);
        }
        return size == 0 ? Optional.empty() : Optional.of(piece(start, line, size));
    }

    /** Goes to the end of a piece that is too long, holding no more than may be its separator. */
    private void discard() {
        do {
            int tail = Math.min(size, Math.max(0, separator.length - 1));
            System.arraycopy(buffer, size - tail, buffer, 0, tail);
            size = tail;
            discarding = take() && !endsWithSeparator();
        } while (discarding);
    }

    private DamagedTextException tooLong(long start, long line) {
        return new DamagedTextException(new Damage(source, line, start, reading.tooLong()));
    }

    private Piece piece(long start, long line, int end) {
        int length = BYTE_ORDER_MARK.length;
        boolean marked =
                start == 0
                        && end >= length
                        && Arrays.equals(buffer, 0, length, BYTE_ORDER_MARK, 0, length);
        int skip = marked ? length : 0;
        return new Piece(source, Arrays.copyOfRange(buffer, skip, end), start + skip, line);
    }

    /** Moves the next byte into the buffer; false at the end. */
    private boolean take() {
        if (from == to && !fill()) {
            return false;
        }
        if (size == buffer.length) {
            buffer = Arrays.copyOf(buffer, Math.multiplyExact(size, 2));
        }
        byte b = block[from++];
        buffer[size++] = b;
        offset++;
        lines += b == '\n' ? 1 : 0;
        return true;
    }

    private boolean endsWithSeparator() {
        int length = separator.length;
        return length > 0
                && size >= length
                && buffer[size - 1] == separator[length - 1]
                && Arrays.equals(buffer, size - length, size, separator, 0, length);
    }

    private boolean fill() {
        if (ended) {
            return false;
        }
        if (Thread.currentThread().isInterrupted()) {
            throw new CancellationException(
                    "the reading of %s was stopped by an interrupt of its thread after %d bytes of text"
                            .formatted(source, offset));
        }
        from = 0;
        to = 0;
        try {
            if (unpacked.isEmpty()) {
                unpacked = Optional.of(Compression.unpack(raw, reading.maxWindowLog()));
            }
            to = Math.max(0, unpacked.get().read(block));
            ended = to == 0;
            return !ended;
        } catch (IOException e) {
            // Nothing can be found again behind a fault in an archive, and a cut document is none.
            ended = true;
            size = 0;
            throw new DamagedTextException(new Damage(source, lines, offset, reason(e)), e);
        }
    }

    private String reason(IOException e) {
        if (!(e instanceof ZstdIOException zstd)) {
            return String.valueOf(e.getMessage());
        }
        if (zstd.getErrorCode() != Zstd.errFrameParameterWindowTooLarge()) {
            return "zstandard: " + zstd.getMessage();
        }
        return ("zstandard: the frame needs a window of more than %d MiB; allow up to 2048 with"
                        + " maxWindowMiB, and have as much memory")
                .formatted(1L << (reading.maxWindowLog() - 20));
    }

    /** Closes the file and frees what unpacking holds. */
    @Override
    public void close() {
        try {
            if (unpacked.isPresent()) {
                unpacked.get().close();
            }
            raw.close();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot close " + source, e);
        }
    }
}
