package dev.patchscopes.fuzz;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.patchscopes.checkpoint.CheckpointException;
import dev.patchscopes.checkpoint.SafetensorsFile;
import dev.patchscopes.checkpoint.StoredTensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The input is a safetensors file or, if it starts like one, the header of one, to which the length
 * before and as much data as its offsets ask for are added, so that the fuzzer need not keep them
 * in step, or a {@link SafetensorsPlan} of one.
 */
public final class SafetensorsFuzz {

    private static final int LENGTH_BYTES = 8;
    private static final int MOST_DATA = 1 << 12;

    /** The end of a tensor, however the rest of the header looks. */
    private static final Pattern OFFSETS =
            Pattern.compile("\"data_offsets\"\\s*:\\s*\\[\\s*\\d{1,9}\\s*,\\s*(\\d{1,9})");

    private static final Path DIRECTORY = Scratch.directory("safetensors");
    private static final Path FILE = DIRECTORY.resolve("input.safetensors");
    private static final Path COPY = DIRECTORY.resolve("copy.safetensors");
    private static final Property OPENING =
            new Property(Set.of(CheckpointException.class), 100, 1 << 18);

    /** What was opened can be read. */
    private static final Property READING = new Property(Set.of(), 100, 1 << 18);

    private SafetensorsFuzz() {}

    /**
     * Reads one input.
     *
     * @param input a file or a header
     * @throws IOException if the scratch directory fails
     */
    public static void fuzzerTestOneInput(byte[] input) throws IOException {
        byte[] file = input;
        if (input.length > 0 && input[0] == SafetensorsPlan.MARK) {
            file = framed(SafetensorsPlan.header(input));
        } else if (input.length > 0 && input[0] == '{') {
            file = framed(input);
        }
        Files.write(FILE, file);
        if (OPENING.holdsFor(file.length, () -> SafetensorsFile.open(FILE).close())) {
            READING.holdsFor(file.length, SafetensorsFuzz::readAll);
            checkAgainst(file);
        }
    }

    private static byte[] framed(byte[] header) {
        int data = 0;
        Matcher offsets = OFFSETS.matcher(new String(header, StandardCharsets.ISO_8859_1));
        while (offsets.find()) {
            data = Math.max(data, Integer.parseInt(offsets.group(1)));
        }
        ByteBuffer file =
                ByteBuffer.allocate(LENGTH_BYTES + header.length + Math.min(data, MOST_DATA))
                        .order(ByteOrder.LITTLE_ENDIAN);
        file.putLong(header.length).put(header);
        for (int i = 0; file.hasRemaining(); i++) {
            file.put((byte) (i * 37));
        }
        return file.array();
    }

    private static void readAll() {
        try (SafetensorsFile file = SafetensorsFile.open(FILE)) {
            file.tensors().values().forEach(Readings::readAll);
        }
    }

    /**
     * Every tensor must be the bytes that its own line of the header names, as another parser reads
     * it; all of them together must be the whole data once; and writing them again must give the
     * same tensors.
     */
    private static void checkAgainst(byte[] input) throws IOException {
        int headerBytes = (int) ByteBuffer.wrap(input).order(ByteOrder.LITTLE_ENDIAN).getLong();
        String json = new String(input, LENGTH_BYTES, headerBytes, StandardCharsets.UTF_8);
        JsonObject header = JsonParser.parseString(json).getAsJsonObject();
        int data = LENGTH_BYTES + headerBytes;
        boolean[] covered = new boolean[input.length - data];
        try (SafetensorsFile file = SafetensorsFile.open(FILE)) {
            for (StoredTensor tensor : file.tensors().values()) {
                JsonArray offsets =
                        header.getAsJsonObject(tensor.name()).getAsJsonArray("data_offsets");
                int begin = offsets.get(0).getAsInt();
                int end = offsets.get(1).getAsInt();
                byte[] stored = Readings.bytes(tensor);
                check(
                        Arrays.equals(stored, Arrays.copyOfRange(input, data + begin, data + end)),
                        tensor + " is not the bytes its header names");
                for (int i = begin; i < end; i++) {
                    check(!covered[i], tensor + " shares byte " + i);
                    covered[i] = true;
                }
            }
            for (int i = 0; i < covered.length; i++) {
                check(covered[i], "byte " + i + " of the data belongs to no tensor");
            }
            Files.write(COPY, rewritten(file));
            try (SafetensorsFile copy = SafetensorsFile.open(COPY)) {
                check(copy.metadata().equals(file.metadata()), "metadata changed");
                check(
                        copy.tensorNames().asList().equals(file.tensorNames().asList()),
                        "names changed");
                for (StoredTensor tensor : file.tensors().values()) {
                    StoredTensor again = copy.tensor(tensor.name());
                    check(
                            again.toString().equals(tensor.toString())
                                    && Arrays.equals(Readings.bytes(again), Readings.bytes(tensor)),
                            tensor + " changed");
                }
            }
        }
    }

    private static byte[] rewritten(SafetensorsFile file) throws IOException {
        JsonObject header = new JsonObject();
        JsonObject metadata = new JsonObject();
        file.metadata().forEach(metadata::addProperty);
        header.add("__metadata__", metadata);
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        for (StoredTensor tensor : file.tensors().values()) {
            JsonObject line = new JsonObject();
            line.addProperty("dtype", tensor.type().name());
            JsonArray shape = new JsonArray();
            tensor.shape().forEach(shape::add);
            line.add("shape", shape);
            JsonArray offsets = new JsonArray();
            offsets.add(data.size());
            data.writeBytes(Readings.bytes(tensor));
            offsets.add(data.size());
            line.add("data_offsets", offsets);
            header.add(tensor.name(), line);
        }
        byte[] json = header.toString().getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(
                ByteBuffer.allocate(LENGTH_BYTES)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(json.length)
                        .array());
        out.write(json);
        data.writeTo(out);
        return out.toByteArray();
    }

    private static void check(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }
}
