package dev.patchscopes.checkpoint;

import java.nio.charset.StandardCharsets;

/**
 * Recognises files that are not weights at all but stand in their place after a failed download.
 */
final class FileHints {

    private static final String LFS_POINTER = "version https://git-lfs";

    private FileHints() {}

    static void refusePlaceholder(DataFile file) {
        int length = (int) Math.min(file.size(), LFS_POINTER.length());
        String start = new String(file.read(0, length), StandardCharsets.ISO_8859_1);
        if (start.equals(LFS_POINTER)) {
            throw new CorruptCheckpointException(
                    file.path(),
                    "this is a Git LFS pointer, not the weights; run 'git lfs pull' in the"
                            + " repository it was cloned to");
        }
        if (start.startsWith("<!DOCTYPE") || start.startsWith("<html")) {
            throw new CorruptCheckpointException(
                    file.path(), "this is a web page, not the weights; the download went wrong");
        }
    }
}
