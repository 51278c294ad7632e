package dev.patchscopes.corpus;

import com.google.common.collect.ImmutableMap;

/** What a piece says, once it is read by its format. */
record Content(String text, ImmutableMap<String, String> attributes) {

    /** Plain text: line ends are the same on every platform. */
    static Content plain(Piece piece) {
        return new Content(piece.text().replace("\r\n", "\n"), ImmutableMap.of());
    }
}
