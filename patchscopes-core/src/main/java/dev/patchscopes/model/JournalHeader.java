package dev.patchscopes.model;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.patchscopes.text.Quoting;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The first line of a journal: which sweep it belongs to.
 *
 * @param fingerprint what the sweep is recognised by, see {@link SweepFingerprint}
 * @param cells number of cells
 * @param model the model's name, for readers of the file and messages
 * @param library the version of the library that began the file, for the same
 */
record JournalHeader(String fingerprint, int cells, String model, String library) {

    private static final String KIND = "patchscopes sweep";
    private static final int FORMAT = 1;
    private static final int SHOWN = 40;
    private static final String WAY_OUT = ": delete the file, or choose another path";

    byte[] line() {
        JsonObject out = new JsonObject();
        out.addProperty("journal", KIND);
        out.addProperty("format", FORMAT);
        out.addProperty("fingerprint", fingerprint);
        out.addProperty("cells", cells);
        out.addProperty("model", model);
        out.addProperty("library", library);
        return JournalLine.write(out);
    }

    /**
     * Compares with a file's first line.
     *
     * @param line the line; its line feed is there
     * @throws SweepJournalException if it belongs to another sweep, or to no sweep
     */
    void check(Path file, byte[] line) {
        JsonObject in = JournalLine.read(line).orElseThrow(() -> noJournal(file, line));
        if (!text(in, "journal").equals(KIND)) {
            throw noJournal(file, line);
        }
        if (!text(in, "format").equals(Integer.toString(FORMAT))) {
            throw new SweepJournalException(
                    "%s is a journal of format %s, begun by version %s of this library; this is version %s, which reads format %d%s"
                            .formatted(
                                    file,
                                    text(in, "format"),
                                    text(in, "library"),
                                    library,
                                    FORMAT,
                                    WAY_OUT));
        }
        if (!text(in, "cells").equals(Integer.toString(cells))) {
            throw new SweepJournalException(
                    "%s holds a sweep of %s cells on %s, this one has %d cells on %s%s"
                            .formatted(
                                    file,
                                    text(in, "cells"),
                                    text(in, "model"),
                                    cells,
                                    model,
                                    WAY_OUT));
        }
        if (!text(in, "fingerprint").equals(fingerprint)) {
            throw new SweepJournalException(
                    "%s holds another sweep (fingerprint %s, on %s) than this one (fingerprint %s, on %s); they differ in the model, base runs, cells, reading or generation%s"
                            .formatted(
                                    file,
                                    text(in, "fingerprint"),
                                    text(in, "model"),
                                    fingerprint,
                                    model,
                                    WAY_OUT));
        }
    }

    static SweepJournalException noJournal(Path file, byte[] line) {
        if (line.length == 0) {
            return new SweepJournalException(
                    "%s is no journal of a sweep, for it begins with an empty line%s"
                            .formatted(file, WAY_OUT));
        }
        String start =
                new String(line, 0, Math.min(SHOWN, line.length), StandardCharsets.ISO_8859_1);
        return new SweepJournalException(
                "%s is no journal of a sweep, or its first line is damaged: it begins with %s, expected a line of JSON with its check sum%s"
                        .formatted(file, Quoting.quote(start), WAY_OUT));
    }

    private static String text(JsonObject in, String field) {
        return Optional.ofNullable(in.get(field))
                .filter(JsonElement::isJsonPrimitive)
                .map(JsonElement::getAsString)
                .orElse("none");
    }
}
