package dev.patchscopes.corpus;

/**
 * How sources are read.
 *
 * @param maxDocumentBytes longest document, or line of JSON, in bytes
 * @param maxWindowLog largest zstandard window, as a power of two
 */
record Reading(TextFormat format, int maxDocumentBytes, int maxWindowLog, boolean skipDamaged) {

    /** Far above the longest documents of the Pile. */
    private static final int DEFAULT_DOCUMENT_BYTES = 64 << 20;

    /** The window that zstandard's own tool accepts unasked: 128 MiB. */
    private static final int DEFAULT_WINDOW_LOG = 27;

    static Reading ofWholeFiles() {
        return new Reading(
                new TextFormat.WholeFile(), DEFAULT_DOCUMENT_BYTES, DEFAULT_WINDOW_LOG, false);
    }

    /** Why a document is damage that is longer than allowed. */
    String tooLong() {
        return ("the document that begins here is longer than %d bytes; raise maxDocumentBytes, or"
                        + " leave such documents out with skipDamaged()")
                .formatted(maxDocumentBytes);
    }

    Reading withFormat(TextFormat chosen) {
        return new Reading(chosen, maxDocumentBytes, maxWindowLog, skipDamaged);
    }

    Reading withMaxDocumentBytes(int bytes) {
        return new Reading(format, bytes, maxWindowLog, skipDamaged);
    }

    Reading withMaxWindowLog(int log) {
        return new Reading(format, maxDocumentBytes, log, skipDamaged);
    }

    Reading skippingDamaged() {
        return new Reading(format, maxDocumentBytes, maxWindowLog, true);
    }
}
