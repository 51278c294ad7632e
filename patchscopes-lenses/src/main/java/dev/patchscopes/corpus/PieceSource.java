package dev.patchscopes.corpus;

import java.util.Optional;

/** Gives the pieces of a source one after another. */
interface PieceSource extends AutoCloseable {

    /**
     * The next piece; empty at the end. After a {@link DamagedTextException} the next call goes on
     * behind the damage, if there is a way to go on.
     */
    Optional<Piece> next();

    @Override
    void close();
}
