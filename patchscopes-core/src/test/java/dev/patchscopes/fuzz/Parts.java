package dev.patchscopes.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Several files in one input, between record separators (U+001E, which JSON does not allow).
 *
 * @param files the contents in order; an empty one stands for no file
 */
record Parts(List<byte[]> files) {

    static final byte SEPARATOR = 0x1e;

    static Parts of(byte[] input) {
        List<byte[]> files = new ArrayList<>();
        int start = 0;
        for (int i = 0; i <= input.length; i++) {
            if (i == input.length || input[i] == SEPARATOR) {
                files.add(Arrays.copyOfRange(input, start, i));
                start = i + 1;
            }
        }
        return new Parts(files);
    }

    boolean has(int index) {
        return index < files.size() && files.get(index).length > 0;
    }

    /** Writes a part to a file, or deletes the file if there is no such part. */
    void write(int index, Path file) throws IOException {
        if (has(index)) {
            Files.write(file, files.get(index));
        } else {
            Files.deleteIfExists(file);
        }
    }
}
