package dev.patchscopes.corpus;

import java.io.ByteArrayOutputStream;
import java.util.Optional;

/** Puts lines together up to the next blank one. */
final class Paragraphs implements PieceSource {

    private final String source;
    private final PieceSource lines;
    private final int maxBytes;
    private boolean discarding;

    Paragraphs(String source, PieceSource lines, int maxBytes) {
        this.source = source;
        this.lines = lines;
        this.maxBytes = maxBytes;
    }

    @Override
    public Optional<Piece> next() {
        while (discarding) {
            // A line that is damaged again belongs to the same document, but is told all the same:
            // it may be the archive that ends here.
            Optional<Piece> line = lines.next();
            discarding = line.isPresent() && !line.get().isBlank();
        }
        Optional<Piece> first = lines.next();
        while (first.isPresent() && first.get().isBlank()) {
            first = lines.next();
        }
        return first.map(this::paragraph);
    }

    private Piece paragraph(Piece first) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        discarding = true;
        Optional<Piece> line = Optional.of(first);
        while (line.isPresent() && !line.get().isBlank()) {
            if (bytes.size() > 0) {
                bytes.write('\n');
            }
            bytes.writeBytes(line.get().bytes());
            if (bytes.size() > maxBytes) {
                throw new DamagedTextException(
                        first.damage(
                                0,
                                ("the document that begins here is longer than %d bytes; raise"
                                                + " maxDocumentBytes, or leave such documents out"
                                                + " with skipDamaged()")
                                        .formatted(maxBytes)));
            }
            line = lines.next();
        }
        discarding = false;
        return new Piece(source, bytes.toByteArray(), first.offset(), first.line());
    }

    @Override
    public void close() {
        lines.close();
    }
}
