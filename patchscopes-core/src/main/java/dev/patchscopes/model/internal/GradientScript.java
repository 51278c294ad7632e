package dev.patchscopes.model.internal;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.training.ParameterStore;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Gradients that are returned rather than left in the leaf, so that they can be differentiated in
 * turn.
 *
 * <p>A gradient with a graph of its own must not be left in its leaf: the graph leads to the leaf
 * and the leaf to the gradient, so neither is ever released. The engine's binding knows no other
 * way, but it runs TorchScript, and the function needed is one line of it, packed here into the
 * archive that the engine reads.
 */
final class GradientScript implements AutoCloseable {
    private static final String CODE =
            """
            class Gradient(Module):
              __parameters__ = []
              __buffers__ = []
              training : bool
              def forward(self: __torch__.Gradient, y: Tensor, x: Tensor, u: Tensor) -> Tensor:
                seeds = annotate(List[Optional[Tensor]], [u])
                gradients = torch.autograd.grad([y], [x], seeds, True, True)
                return unchecked_cast(Tensor, gradients[0])
            """;

    /** A pickled object of the class above whose one attribute, training, is false. */
    private static final String PICKLED =
            "\u0080\u0002c__torch__\nGradient\nq\u0000)\u0081}(X\u0008\u0000\u0000\u0000training"
                    + "q\u0001\u0089ubq\u0002.";

    /** A pickled empty tuple. */
    private static final String NO_CONSTANTS = "\u0080\u0002).";

    private final Model model;

    private GradientScript(Model model) {
        this.model = model;
    }

    /** Loads the function; takes about a millisecond. */
    static GradientScript load(Device device) {
        Model model = Model.newInstance("gradient", device, "PyTorch");
        try {
            model.load(new ByteArrayInputStream(archive()));
            return new GradientScript(model);
        } catch (IOException e) {
            model.close();
            throw new UncheckedIOException(e);
        } catch (MalformedModelException e) {
            model.close();
            throw new IllegalStateException(e);
        }
    }

    private static byte[] archive() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            put(zip, "data.pkl", PICKLED);
            put(zip, "constants.pkl", NO_CONSTANTS);
            put(zip, "version", "10\n");
            put(zip, "byteorder", "little");
            put(zip, "code/__torch__.py", CODE);
        }
        return bytes.toByteArray();
    }

    private static void put(ZipOutputStream zip, String name, String content) throws IOException {
        zip.putNextEntry(new ZipEntry("gradient/" + name));
        zip.write(content.getBytes(StandardCharsets.ISO_8859_1));
        zip.closeEntry();
    }

    /**
     * The product of u with the Jacobian of y with respect to x, recorded. The graph is kept.
     *
     * @return a tensor of the shape of x, in y's manager
     */
    NDArray gradient(NDArray y, NDArray x, NDArray u) {
        // as if in training: elsewhere the engine makes tensors that no graph may hold
        NDArray result =
                model.getBlock()
                        .forward(
                                new ParameterStore(y.getManager(), false),
                                new NDList(y, x, u),
                                true)
                        .get(0);
        result.attach(y.getManager());
        return result;
    }

    @Override
    public void close() {
        model.close();
    }
}
