package dev.patchscopes.corpus;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Optional;

/** Puts lines together up to the next blank one. */
final class Paragraphs implements PieceSource {

    private final String source;
    private final PieceSource lines;
    private final Reading reading;
    private boolean discarding;

    Paragraphs(String source, PieceSource lines, Reading reading) {
        this.source = source;
        this.lines = lines;
        this.reading = reading;
    }

    @Override
    public Optional<Piece> next() {
        while (discarding) {
            // A line that is damaged again belongs to the same document, but is told all the same:
            // it may be the archive that ends here.
            Optional<Piece> line = lines.next();
            discarding = line.isPresent() && !line.get().isBlank();
        }
        // Until a document is whole, what goes wrong spoils all of it.
        discarding = true;
        Optional<Piece> first = lines.next();
        while (first.isPresent() && first.get().isBlank()) {
            first = lines.next();
        }
        Optional<Piece> paragraph = first.map(this::paragraph);
        discarding = false;
        return paragraph;
    }

    private Piece paragraph(Piece first) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        Optional<Piece> line = Optional.of(first);
        while (line.isPresent() && !line.get().isBlank()) {
            if (bytes.size() > 0) {
                bytes.write('\n');
            }
            bytes.writeBytes(line.get().bytes());
            if (bytes.size() > reading.maxDocumentBytes()) {
                throw new DamagedTextException(first.damage(0, reading.tooLong()));
            }
            line = lines.next();
        }
        return new Piece(source, withoutReturn(bytes.toByteArray()), first.offset(), first.line());
    }

    /** Drops what is left of the last CRLF, whose LF ended the line. */
    private static byte[] withoutReturn(byte[] bytes) {
        int last = bytes.length - 1;
        return bytes[last] == '\r' ? Arrays.copyOf(bytes, last) : bytes;
    }

    @Override
    public void close() {
        lines.close();
    }
}
