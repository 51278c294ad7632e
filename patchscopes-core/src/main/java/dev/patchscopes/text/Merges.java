package dev.patchscopes.text;

import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** The merges of a tokenizer, which are not kept; read again for the few that ask. */
final class Merges {

    private Merges() {}

    /** The second halves of all merges of a tokenizer's {@code model} section. */
    static List<String> secondHalves(String file, TokenizerJson json) {
        List<String> seconds = new ArrayList<>();
        try (JsonReader in = TokenizerJson.reader(json.source())) {
            in.beginObject();
            while (in.hasNext()) {
                if (in.nextName().equals("model")) {
                    in.beginObject();
                    while (in.hasNext()) {
                        if (in.nextName().equals("merges") && in.peek() == JsonToken.BEGIN_ARRAY) {
                            readSeconds(in, seconds);
                        } else {
                            in.skipValue();
                        }
                    }
                    in.endObject();
                } else {
                    in.skipValue();
                }
            }
            in.endObject();
        } catch (IOException | IllegalStateException e) {
            throw new TokenizerFormatException(
                    file
                            + " has merges that are not pairs of pieces: "
                            + TokenizerJson.firstLine(e),
                    e);
        }
        return seconds;
    }

    /** {@code "a b"} or {@code ["a", "b"]}. */
    private static void readSeconds(JsonReader in, List<String> seconds) throws IOException {
        in.beginArray();
        while (in.hasNext()) {
            if (in.peek() == JsonToken.BEGIN_ARRAY) {
                in.beginArray();
                in.skipValue();
                seconds.add(in.nextString());
                in.endArray();
            } else {
                String merge = in.nextString();
                seconds.add(merge.substring(merge.indexOf(' ') + 1));
            }
        }
        in.endArray();
    }
}
