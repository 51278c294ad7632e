package dev.patchscopes.internal;

import com.google.common.hash.Hashing;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A digest in the JSON of a result, so that a text a disk has damaged is not taken for another
 * result. Spaces and line ends do not count; a text without a digest is read as it is.
 */
public final class JsonSeal {
    private static final String KEY = "sha256";
    private static final Pattern INDENTATION = Pattern.compile("\\{(\\n *)\"");

    private JsonSeal() {}

    /**
     * Adds the digest.
     *
     * @param json an object with at least one field, which may be set out in lines
     * @return the text with {@code sha256} as its last field
     */
    public static String add(String json) {
        String digest = digest(JsonParser.parseString(json).getAsJsonObject());
        int end = json.lastIndexOf('}');
        int last = end;
        while (Character.isWhitespace(json.charAt(last - 1))) {
            last--;
        }
        Matcher lines = INDENTATION.matcher(json);
        String between = lines.lookingAt() ? lines.group(1) : "";
        return "%s,%s\"%s\":%s\"%s\"%s"
                .formatted(
                        json.substring(0, last),
                        between,
                        KEY,
                        between.isEmpty() ? "" : " ",
                        digest,
                        json.substring(last));
    }

    /**
     * Compares with the digest, if there is one.
     *
     * @param object what was parsed
     * @throws IllegalArgumentException if it is not what was written
     */
    public static void check(JsonObject object) {
        if (!object.has(KEY)) {
            return;
        }
        JsonObject rest = object.deepCopy();
        String written = rest.remove(KEY).toString();
        if (!written.equals("\"%s\"".formatted(digest(rest)))) {
            throw new IllegalArgumentException(
                    "it is not as it was written, for its %s is another: take it from a copy; if it was changed on purpose, delete the field %s"
                            .formatted(KEY, KEY));
        }
    }

    private static String digest(JsonObject object) {
        return Hashing.sha256().hashString(object.toString(), StandardCharsets.UTF_8).toString();
    }
}
