package dev.patchscopes.model.internal;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * A function of tensors that the engine's binding does not know but its library does.
 *
 * <p>The binding runs TorchScript, so such a function is a few lines of it, packed into the archive
 * that the engine reads. Thread-safe.
 */
final class TorchScript implements AutoCloseable {
    private static final String HEAD =
            """
            class Function(Module):
              __parameters__ = []
              __buffers__ = []
              training : bool
            """;

    /** A pickled object of the class above whose one attribute, training, is false. */
    private static final String PICKLED =
            "\u0080\u0002c__torch__\nFunction\nq\u0000)\u0081}(X\u0008\u0000\u0000\u0000training"
                    + "q\u0001\u0089ubq\u0002.";

    /** A pickled empty tuple. */
    private static final String NO_CONSTANTS = "\u0080\u0002).";

    /**
     * The binding copies what it reads through a buffer of 4 MiB, and where there is no room for
     * that it ends the process; so as much again is asked for first in a way that can fail.
     */
    private static final long BUFFERS = 8L << 20;

    private final Model model;

    private TorchScript(Model model) {
        this.model = model;
    }

    /**
     * Loads a function; takes about a millisecond.
     *
     * @param forward the method {@code forward} of a class {@code __torch__.Function}, indented by
     *     two spaces
     * @throws RuntimeException where the library lacks what the function calls
     */
    static TorchScript load(Device device, String forward) {
        try (NDManager probe = Tensors.newManager(Device.cpu())) {
            probe.create(new Shape(BUFFERS), DataType.UINT8);
        }
        Model model = Model.newInstance("function", device, "PyTorch");
        try {
            model.load(new ByteArrayInputStream(archive(HEAD + forward.indent(2))));
            return new TorchScript(model);
        } catch (IOException e) {
            model.close();
            throw new UncheckedIOException(e);
        } catch (MalformedModelException e) {
            model.close();
            throw new IllegalStateException(e);
        } catch (RuntimeException | Error e) {
            model.close();
            throw e;
        }
    }

    private static byte[] archive(String code) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            put(zip, "data.pkl", PICKLED);
            put(zip, "constants.pkl", NO_CONSTANTS);
            put(zip, "version", "10\n");
            put(zip, "byteorder", "little");
            put(zip, "code/__torch__.py", code);
        }
        return bytes.toByteArray();
    }

    private static void put(ZipOutputStream zip, String name, String content) throws IOException {
        zip.putNextEntry(new ZipEntry("function/" + name));
        zip.write(content.getBytes(StandardCharsets.ISO_8859_1));
        zip.closeEntry();
    }

    /** The function's value, in the manager of the first argument. */
    NDArray apply(NDArray... arguments) {
        // as if in training: elsewhere the engine makes tensors that no graph may hold
        ParameterStore none = new ParameterStore(arguments[0].getManager(), false);
        NDArray result = model.getBlock().forward(none, new NDList(arguments), true).get(0);
        result.attach(arguments[0].getManager());
        return result;
    }

    /**
     * The function's values where it is a {@code List[Tensor]}, in the first argument's manager.
     */
    List<NDArray> applyAll(NDArray... arguments) {
        ParameterStore none = new ParameterStore(arguments[0].getManager(), false);
        NDList results = model.getBlock().forward(none, new NDList(arguments), true);
        results.attach(arguments[0].getManager());
        return List.copyOf(results);
    }

    @Override
    public void close() {
        model.close();
    }
}
