package dev.patchscopes.fuzz;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** A pickle of protocol 2, written instruction by instruction. */
final class PickleSeed {

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    PickleSeed() {
        code("\u0080\2");
    }

    /** Bytes given as the characters of the same number. */
    PickleSeed code(String bytes) {
        out.writeBytes(bytes.getBytes(StandardCharsets.ISO_8859_1));
        return this;
    }

    PickleSeed text(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        out.write('X');
        out.writeBytes(
                ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(utf8.length).array());
        out.writeBytes(utf8);
        return this;
    }

    /** A key and a tensor, as in a dictionary of weights. */
    PickleSeed named(String name) {
        return text(name).tensor();
    }

    /** A view of shape [2, 3] of the sixteen floats of storage 0, transposed. */
    PickleSeed tensor() {
        return code("ctorch._utils\n_rebuild_tensor_v2\n((")
                .text("storage")
                .code("ctorch\nFloatStorage\n")
                .text("0")
                .text("cpu")
                .code("K\20tQK\1K\2K\3\u0086K\1K\2\u0086\u0089ccollections\nOrderedDict\n)RtR");
    }

    byte[] end() {
        return code(".").bytes();
    }

    byte[] bytes() {
        return out.toByteArray();
    }
}
