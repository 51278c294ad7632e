package dev.patchscopes.text;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The text files of a model directory. */
record ModelFiles(Path directory) {

    /** Several times the longest vocabulary with its merges. */
    private static final long LARGEST = 1 << 28;

    boolean has(String name) {
        return Files.isRegularFile(directory.resolve(name));
    }

    /** The text of a file that exists. */
    String text(String name) {
        Path file = directory.resolve(name);
        try {
            if (Files.size(file) > LARGEST) {
                throw new TokenizerFormatException(
                        file
                                + " has "
                                + Files.size(file)
                                + " bytes; at most "
                                + LARGEST
                                + " are supported");
            }
            return Files.readString(file);
        } catch (CharacterCodingException e) {
            throw new TokenizerFormatException(file + " is not UTF-8 text", e);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file, e);
        }
    }

    /** The JSON object in a file; empty if there is no such file. */
    JsonObject object(String name) {
        if (!has(name)) {
            return new JsonObject();
        }
        Path file = directory.resolve(name);
        try {
            JsonElement element = JsonParser.parseString(text(name));
            if (element.isJsonObject()) {
                return element.getAsJsonObject();
            }
        } catch (JsonParseException e) {
            throw new TokenizerFormatException(file + " is not valid JSON: " + e.getMessage(), e);
        }
        throw new TokenizerFormatException(file + " does not hold a JSON object");
    }
}
