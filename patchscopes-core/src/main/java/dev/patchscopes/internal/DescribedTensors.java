package dev.patchscopes.internal;

import static com.google.common.base.Preconditions.checkArgument;

import dev.patchscopes.checkpoint.SafetensorsFile;
import dev.patchscopes.checkpoint.SafetensorsWriter;
import dev.patchscopes.checkpoint.StoredTensor;
import dev.patchscopes.checkpoint.internal.OwnFile;
import java.nio.file.Path;
import java.util.Arrays;

/** A safetensors file of ours, with a record in its metadata that says what the numbers are. */
public final class DescribedTensors implements AutoCloseable {
    private static final String FORMAT = "format";
    private static final String DESCRIPTION = "description";

    private final SafetensorsFile file;

    private DescribedTensors(SafetensorsFile file) {
        this.file = file;
    }

    /**
     * Begins a file.
     *
     * @param format what kind of file it is, and which version
     * @param description a record, as {@link RecordJson} writes it
     * @return to add tensors to, and to write
     */
    public static SafetensorsWriter writer(String format, Record description) {
        return new SafetensorsWriter()
                .metadata(FORMAT, format)
                .metadata(DESCRIPTION, RecordJson.write(description));
    }

    /**
     * Opens a file.
     *
     * @param file the file
     * @param format what it has to be
     * @param writer what to call to have it anew, for messages
     * @return the file, to be closed by the caller
     * @throws IllegalArgumentException if it is damaged or of another format
     * @throws dev.patchscopes.checkpoint.CheckpointNotFoundException if there is no such file
     */
    public static DescribedTensors open(Path file, String format, String writer) {
        SafetensorsFile in = OwnFile.open(file, writer);
        try {
            String found = String.valueOf(in.metadata().get(FORMAT));
            checkArgument(
                    found.equals(format),
                    "%s has format \"%s\", expected \"%s\": name a file that %s wrote",
                    file,
                    found,
                    format,
                    writer);
            return new DescribedTensors(in);
        } catch (RuntimeException | Error e) {
            in.close();
            throw e;
        }
    }

    /**
     * Reads what the numbers are.
     *
     * @param <T> the record
     * @param type the record
     * @return the description
     * @throws IllegalArgumentException if it is damaged
     */
    public <T extends Record> T description(Class<T> type) {
        return RecordJson.read(
                file.metadata().getOrDefault(DESCRIPTION, ""), type, file.path().toString());
    }

    /**
     * Reads a tensor.
     *
     * @param name its name
     * @param shape the shape it has to have
     * @return its values, row-major
     * @throws IllegalArgumentException if it has another shape
     * @throws dev.patchscopes.checkpoint.CheckpointException if there is none of that name
     */
    public double[] values(String name, long... shape) {
        StoredTensor tensor = file.tensor(name);
        checkArgument(
                Arrays.equals(tensor.shape().toArray(), shape),
                "tensor '%s' of %s has shape %s, expected %s",
                name,
                file.path(),
                tensor.shape(),
                Arrays.toString(shape));
        return tensor.toDoubles();
    }

    /** Closes the file. */
    @Override
    public void close() {
        file.close();
    }
}
