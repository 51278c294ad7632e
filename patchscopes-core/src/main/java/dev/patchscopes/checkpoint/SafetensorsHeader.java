package dev.patchscopes.checkpoint;

import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.ImmutableLongArray;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * The first part of a safetensors file: a length, then JSON that places every tensor in the rest.
 *
 * <p>The checks are those of the format's own library: tensors follow one another without holes or
 * overlaps, in some order, and end where the file ends.
 *
 * @param tensors by name, in the order of the header
 * @param metadata the strings under {@code __metadata__}
 */
record SafetensorsHeader(
        ImmutableMap<String, StoredTensor> tensors, ImmutableMap<String, String> metadata) {

    static final int LENGTH_BYTES = 8;
    private static final int LONGEST = 100_000_000;
    private static final String METADATA_KEY = "__metadata__";

    static SafetensorsHeader read(DataFile file) {
        Path path = file.path();
        if (file.size() < LENGTH_BYTES) {
            throw new CorruptCheckpointException(
                    path,
                    "a safetensors file starts with the 8-byte length of its header, but this file"
                            + " has only "
                            + file.size()
                            + " bytes");
        }
        byte[] prefix = file.read(0, LENGTH_BYTES);
        FileHints.refusePlaceholder(file);
        long length = ByteBuffer.wrap(prefix).order(ByteOrder.LITTLE_ENDIAN).getLong();
        long allowed = Math.min(LONGEST, file.size() - LENGTH_BYTES);
        if (length < 0 || length > allowed) {
            throw new CorruptCheckpointException(
                    path,
                    "the header claims to have "
                            + Long.toUnsignedString(length)
                            + " bytes; at most "
                            + allowed
                            + " are possible in a file of "
                            + file.size());
        }
        byte[] json = file.read(LENGTH_BYTES, (int) length);
        if (json.length == 0 || json[0] != '{') {
            throw new CorruptCheckpointException(path, "the header does not start with '{'");
        }
        Map<String, Entry> entries = new LinkedHashMap<>();
        Map<String, String> metadata = new LinkedHashMap<>();
        StrictJson.parse(
                path,
                new ByteArrayInputStream(json),
                reader -> readEntries(path, reader, entries, metadata));
        checkCover(path, entries, file.size() - LENGTH_BYTES - length);
        ImmutableMap.Builder<String, StoredTensor> tensors = ImmutableMap.builder();
        entries.forEach(
                (name, entry) ->
                        tensors.put(name, entry.tensor(file, name, LENGTH_BYTES + length)));
        return new SafetensorsHeader(tensors.buildOrThrow(), ImmutableMap.copyOf(metadata));
    }

    private static boolean readEntries(
            Path path, JsonReader reader, Map<String, Entry> entries, Map<String, String> metadata)
            throws IOException {
        boolean metadataSeen = false;
        reader.beginObject();
        while (reader.hasNext()) {
            String name = text(path, reader.nextName());
            if (name.equals(METADATA_KEY) ? metadataSeen : entries.containsKey(name)) {
                throw new CorruptCheckpointException(path, "'" + name + "' occurs twice");
            }
            if (name.equals(METADATA_KEY)) {
                metadataSeen = true;
                readMetadata(path, reader, metadata);
            } else {
                entries.put(name, Entry.read(path, reader, name));
            }
        }
        reader.endObject();
        return true;
    }

    private static void readMetadata(Path path, JsonReader reader, Map<String, String> metadata)
            throws IOException {
        StrictJson.expect(path, reader, JsonToken.BEGIN_OBJECT, METADATA_KEY);
        reader.beginObject();
        while (reader.hasNext()) {
            String key = text(path, reader.nextName());
            StrictJson.expect(path, reader, JsonToken.STRING, METADATA_KEY + " '" + key + "'");
            if (metadata.put(key, text(path, reader.nextString())) != null) {
                throw new CorruptCheckpointException(
                        path, "'" + key + "' occurs twice in " + METADATA_KEY);
            }
        }
        reader.endObject();
    }

    /**
     * JSON may spell one half of a pair of surrogates, which no file could then be written with.
     */
    private static String text(Path path, String text) {
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
            throw new CorruptCheckpointException(
                    path, "'" + text + "' in the header has half a character");
        }
        return text;
    }

    /** Tensors in the order of their offsets must leave nothing uncovered and share nothing. */
    private static void checkCover(Path path, Map<String, Entry> entries, long dataBytes) {
        List<Map.Entry<String, Entry>> ordered = new ArrayList<>(entries.entrySet());
        ordered.sort(
                Comparator.comparingLong((Map.Entry<String, Entry> e) -> e.getValue().begin)
                        .thenComparingLong(e -> e.getValue().end));
        long covered = 0;
        String before = "the header";
        for (Map.Entry<String, Entry> next : ordered) {
            long begin = next.getValue().begin;
            if (begin != covered) {
                throw new CorruptCheckpointException(
                        path,
                        "tensor '"
                                + next.getKey()
                                + "' starts at byte "
                                + begin
                                + " of the data, "
                                + (begin < covered ? "inside " : "leaving a hole after ")
                                + before
                                + ", which ends at "
                                + covered);
            }
            covered = next.getValue().end;
            before = "'" + next.getKey() + "'";
        }
        if (covered != dataBytes) {
            throw new CorruptCheckpointException(
                    path,
                    "the header describes "
                            + covered
                            + " bytes of data, but the file has "
                            + dataBytes
                            + (covered > dataBytes ? ": it was cut short" : ""));
        }
    }

    /** One tensor's line; offsets count from the end of the header. */
    private record Entry(
            StoredType type, ImmutableLongArray shape, long elements, long begin, long end) {

        StoredTensor tensor(DataFile file, String name, long dataStart) {
            return new ContiguousTensor(file, name, type, shape, elements, dataStart + begin);
        }

        static Entry read(Path path, JsonReader reader, String name) throws IOException {
            String what = "tensor '" + name + "'";
            StrictJson.expect(path, reader, JsonToken.BEGIN_OBJECT, what);
            String dtype = null;
            ImmutableLongArray shape = null;
            ImmutableLongArray offsets = null;
            reader.beginObject();
            while (reader.hasNext()) {
                String key = reader.nextName();
                boolean repeated = false;
                switch (key) {
                    case "dtype" -> {
                        StrictJson.expect(path, reader, JsonToken.STRING, "dtype of " + what);
                        repeated = dtype != null;
                        dtype = reader.nextString();
                    }
                    case "shape" -> {
                        repeated = shape != null;
                        shape = longs(path, reader, "shape of " + what, Extents.MAX_RANK);
                    }
                    case "data_offsets" -> {
                        repeated = offsets != null;
                        offsets = longs(path, reader, "data_offsets of " + what, 2);
                    }
                    default -> reader.skipValue();
                }
                if (repeated) {
                    throw new CorruptCheckpointException(
                            path, "'" + key + "' occurs twice in " + what);
                }
            }
            reader.endObject();
            if (dtype == null || shape == null || offsets == null) {
                throw new CorruptCheckpointException(
                        path, what + " must have a dtype, a shape and data_offsets");
            }
            return checked(path, what, dtype, shape, offsets);
        }

        private static Entry checked(
                Path path,
                String what,
                String dtype,
                ImmutableLongArray shape,
                ImmutableLongArray offsets) {
            StoredType type =
                    StoredType.ofSafetensors(dtype)
                            .orElseThrow(
                                    () ->
                                            new UnsupportedCheckpointException(
                                                    path,
                                                    what
                                                            + " has dtype '"
                                                            + dtype
                                                            + "'; supported are "
                                                            + List.of(StoredType.values())));
            if (offsets.length() != 2 || offsets.get(0) > offsets.get(1)) {
                throw new CorruptCheckpointException(
                        path,
                        what + " has data_offsets " + offsets + ", not a begin and a later end");
            }
            long size = offsets.get(1) - offsets.get(0);
            OptionalLong elements = Extents.elements(shape, type);
            if (elements.isEmpty() || elements.getAsLong() * type.bytes() != size) {
                throw new CorruptCheckpointException(
                        path,
                        what
                                + " of shape "
                                + shape
                                + " and type "
                                + type
                                + " cannot have the "
                                + size
                                + " bytes that data_offsets "
                                + offsets
                                + " give it");
            }
            return new Entry(type, shape, elements.getAsLong(), offsets.get(0), offsets.get(1));
        }

        private static ImmutableLongArray longs(Path path, JsonReader reader, String what, int most)
                throws IOException {
            StrictJson.expect(path, reader, JsonToken.BEGIN_ARRAY, what);
            ImmutableLongArray.Builder values = ImmutableLongArray.builder();
            reader.beginArray();
            for (int i = 0; reader.hasNext(); i++) {
                if (i == most) {
                    throw new CorruptCheckpointException(
                            path, what + " has more than " + most + " numbers");
                }
                StrictJson.expect(path, reader, JsonToken.NUMBER, what);
                String text = reader.nextString();
                if (!text.matches("\\d{1,18}")) {
                    throw new CorruptCheckpointException(
                            path,
                            what
                                    + " has "
                                    + text.substring(0, Math.min(40, text.length()))
                                    + ", not a whole number from 0 to 10^18-1");
                }
                values.add(Long.parseLong(text));
            }
            reader.endArray();
            return values.build();
        }
    }
}
