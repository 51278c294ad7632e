package dev.patchscopes.fuzz;

import dev.patchscopes.checkpoint.CheckpointException;
import dev.patchscopes.checkpoint.StoredTensor;
import dev.patchscopes.checkpoint.TorchFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * The input is a file of {@code torch.save} if it starts like one; otherwise it is the pickle of
 * one, around which the archive is built, so that the fuzzer need not keep the archive in order.
 */
public final class TorchFuzz {

    /** What a view that repeats elements may amount to, whatever the file's size. */
    private static final long HARMLESS_BYTES = 1 << 24;

    private static final Path FILE = Scratch.directory("torch").resolve("pytorch_model.bin");
    private static final Property OPENING =
            new Property(Set.of(CheckpointException.class), 400, 1 << 19);

    /** What was opened can be read; a strided tensor is read through a window of its own. */
    private static final Property READING = new Property(Set.of(), 400, 1 << 23);

    private TorchFuzz() {}

    /**
     * Reads one input.
     *
     * @param input a file or a pickle
     * @throws IOException if the scratch directory fails
     */
    public static void fuzzerTestOneInput(byte[] input) throws IOException {
        boolean whole = StoredZip.isStart(input) || isLegacyStart(input);
        byte[] file = whole ? input : TorchArchive.of(input);
        Files.write(FILE, file);
        if (OPENING.holdsFor(file.length, () -> TorchFile.open(FILE).close())) {
            READING.holdsFor(file.length, () -> readAll(file.length, whole));
        }
    }

    private static boolean isLegacyStart(byte[] input) {
        return input.length > 3
                && input[0] == (byte) 0x80
                && input[1] == 2
                && input[2] == (byte) 0x8a
                && input[3] == 10;
    }

    private static void readAll(int fileBytes, boolean whole) {
        try (TorchFile file = TorchFile.open(FILE)) {
            List<StoredTensor> tensors = file.tensors().values().asList();
            for (StoredTensor tensor : tensors) {
                if (tensor.bytes() > Math.max(fileBytes, HARMLESS_BYTES)) {
                    throw new AssertionError(tensor + " is larger than the file can hold");
                }
            }
            // A pickle can name one storage a thousand times; the rest is read no other way.
            for (StoredTensor tensor : tensors.subList(0, Math.min(8, tensors.size()))) {
                Readings.readAll(tensor);
                if (!whole && !TorchArchive.isWithinStorages(Readings.some(tensor))) {
                    throw new AssertionError(tensor + " reaches beyond its storage");
                }
            }
        }
    }
}
