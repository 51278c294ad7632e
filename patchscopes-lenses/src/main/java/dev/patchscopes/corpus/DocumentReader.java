package dev.patchscopes.corpus;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.function.Function;

/** Reads the documents of a source. */
final class DocumentReader implements AutoCloseable {

    private static final byte[] LINE_END = {'\n'};

    private final String source;
    private final PieceSource pieces;
    private final Function<Piece, Content> parser;
    private long index;

    private DocumentReader(String source, PieceSource pieces, Function<Piece, Content> parser) {
        this.source = source;
        this.pieces = pieces;
        this.parser = parser;
    }

    static DocumentReader open(Source source, Reading reading) {
        String name = source.name();
        TextFormat format = reading.format();
        if (format instanceof TextFormat.JsonLines json) {
            Function<Piece, Content> parser = new JsonLineParser(json)::parse;
            return new DocumentReader(name, new Pieces(source, LINE_END, reading), parser);
        }
        if (format instanceof TextFormat.BlankLines) {
            Pieces lines = new Pieces(source, LINE_END, reading);
            Paragraphs pieces = new Paragraphs(name, lines, reading);
            return new DocumentReader(name, pieces, Content::plain);
        }
        byte[] separator =
                format instanceof TextFormat.Separator chosen
                        ? chosen.separator().getBytes(StandardCharsets.UTF_8)
                        : new byte[0];
        return new DocumentReader(name, new Pieces(source, separator, reading), Content::plain);
    }

    /** The next document; empty at the end. Goes on behind damage where there is a way. */
    Optional<TextDocument> next() {
        try {
            for (Optional<Piece> p = pieces.next(); p.isPresent(); p = pieces.next()) {
                Content content = parser.apply(p.get());
                if (!content.text().isBlank()) {
                    return Optional.of(
                            new TextDocument(
                                    content.text(), source, index++, content.attributes()));
                }
            }
            return Optional.empty();
        } catch (DamagedTextException e) {
            index++;
            throw e;
        }
    }

    @Override
    public void close() {
        pieces.close();
    }
}
