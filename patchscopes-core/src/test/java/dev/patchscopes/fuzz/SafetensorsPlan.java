package dev.patchscopes.fuzz;

import java.nio.charset.StandardCharsets;
import java.util.StringJoiner;

/**
 * A header in few bytes, for arrangements of tensors that changes of the text hardly ever reach: of
 * every three bytes after the mark, one is where a tensor begins, one how many bytes it has, and
 * one how far that is from the truth.
 */
final class SafetensorsPlan {

    static final byte MARK = (byte) 0xff;

    private static final int MOST_TENSORS = 8;

    private SafetensorsPlan() {}

    static byte[] header(byte[] plan) {
        StringJoiner lines = new StringJoiner(",", "{", "}");
        for (int i = 1; i + 2 < plan.length && i < 3 * MOST_TENSORS; i += 3) {
            int begin = plan[i] & 63;
            int size = plan[i + 1] & 31;
            lines.add(
                    "\"%d\":{\"dtype\":\"U8\",\"shape\":[%d],\"data_offsets\":[%d,%d]}"
                            .formatted(i, size, begin, begin + size + plan[i + 2]));
        }
        return lines.toString().getBytes(StandardCharsets.UTF_8);
    }
}
