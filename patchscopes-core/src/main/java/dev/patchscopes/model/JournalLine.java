package dev.patchscopes.model;

import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * A line of a journal: a JSON object on one line whose first field is the CRC-32C of the object
 * without that field, so that a line that was not written to its end, or changed since, is noticed.
 *
 * <pre>{@code
 * {"crc":"c6b1d5a4","cell":3,"probabilities":[0.25]}
 * }</pre>
 */
final class JournalLine {

    private static final String START = "{\"crc\":\"";
    private static final int DIGITS = 8;

    private JournalLine() {}

    /**
     * Writes an object.
     *
     * @param object has at least one field
     * @return the line in UTF-8, its line feed included
     */
    static byte[] write(JsonObject object) {
        String text = escaped(object.toString());
        String rest = text.substring(1); // after the brace, for which the check sum's field stands
        return (start(utf8(text)) + rest + "\n").getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Reads a line.
     *
     * @param line without its line feed
     * @return the object without its check sum; empty if the line is not as it was written
     */
    static Optional<JsonObject> read(byte[] line) {
        int head = START.length() + DIGITS + 2;
        if (line.length <= head) {
            return Optional.empty();
        }
        byte[] text = Arrays.copyOfRange(line, head - 1, line.length);
        text[0] = '{';
        if (!Arrays.equals(line, 0, head, utf8(start(text)), 0, head)) {
            return Optional.empty();
        }
        try {
            return Optional.of(
                    JsonParser.parseString(new String(text, StandardCharsets.UTF_8))
                            .getAsJsonObject());
        } catch (JsonParseException | IllegalStateException e) {
            return Optional.empty();
        }
    }

    private static String start(byte[] text) {
        CRC32C crc = new CRC32C();
        crc.update(text);
        return START + "%08x\",".formatted(crc.getValue());
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** With surrogates written as escapes: UTF-8 has no bytes for one without its partner. */
    private static String escaped(String json) {
        if (json.chars().noneMatch(c -> Character.isSurrogate((char) c))) {
            return json;
        }
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < json.length(); i++) {
            char c = json.charAt(i);
            if (Character.isSurrogate(c)) {
                out.append("\\u%04x".formatted((int) c));
            } else {
                out.append(c);
            }
        }
        return out.toString();
    }
}
