package dev.patchscopes.model.internal;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Products with weights by oneDNN, which libtorch carries beside its usual library.
 *
 * <p>It multiplies by a matrix as it lies in memory, or by one rearranged once into a layout of its
 * own, which is faster for every number of rows and readable by nothing else. In float32 on a CPU
 * only, and without gradients. Thread-safe.
 */
final class PackedProducts implements Products.Way, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PackedProducts.class);

    private static final String WITH_BIAS =
            """
            def forward(self: __torch__.Function, x: Tensor, w: Tensor, b: Tensor) -> Tensor:
              none = annotate(List[Optional[number]], [])
              return ops.mkldnn._linear_pointwise(x, w, b, "none", none, "")
            """;
    private static final String WITHOUT_BIAS =
            """
            def forward(self: __torch__.Function, x: Tensor, w: Tensor) -> Tensor:
              none = annotate(List[Optional[number]], [])
              return ops.mkldnn._linear_pointwise(x, w, None, "none", none, "")
            """;
    private static final String PACK =
            """
            def forward(self: __torch__.Function, w: Tensor) -> Tensor:
              return ops.mkldnn._reorder_linear_weight(w, None)
            """;

    /** One row, as in decoding, and more than fill a block of rows. */
    private static final int[] TRIED_ROWS = {1, 33};

    private final TorchScript withBias;
    private final TorchScript withoutBias;
    private final TorchScript pack;

    private PackedProducts(TorchScript withBias, TorchScript withoutBias, TorchScript pack) {
        this.withBias = withBias;
        this.withoutBias = withoutBias;
        this.pack = pack;
    }

    /** The library, where libtorch was built with it and it computes. */
    static Optional<PackedProducts> load() {
        List<TorchScript> loaded = new ArrayList<>();
        try {
            for (String function : List.of(WITH_BIAS, WITHOUT_BIAS, PACK)) {
                loaded.add(TorchScript.load(Device.cpu(), function));
            }
            PackedProducts products =
                    new PackedProducts(loaded.get(0), loaded.get(1), loaded.get(2));
            if (products.works()) {
                return Optional.of(products);
            }
        } catch (EngineException e) {
            if (MemoryFailure.of(e).isPresent()) {
                loaded.forEach(TorchScript::close);
                throw e;
            }
            LOG.debug("this libtorch does not compute with oneDNN", e);
        }
        loaded.forEach(TorchScript::close);
        return Optional.empty();
    }

    private boolean works() {
        try (NDManager manager = Tensors.newManager(Device.cpu())) {
            NDArray weight = manager.ones(new Shape(2, 3), DataType.FLOAT32);
            NDArray x = manager.ones(new Shape(1, 1, 3), DataType.FLOAT32);
            Optional<NDArray> one = Optional.of(manager.ones(new Shape(2), DataType.FLOAT32));
            float[] sums = HostValues.floats(linear(x, new Weights.Linear(weight, one)));
            return sums[1] == 4; // 1 + 1 + 1, and the bias
        }
    }

    /**
     * The map with its weight in the library's layout, in the manager of the weight; or the map
     * itself where that would not give its products.
     *
     * <p>The library pads some matrices and then reads them as if it had not (with libtorch 2.7.1
     * those whose outputs are no multiple of 64), so every packed matrix is tried.
     */
    Weights.Linear packed(Weights.Linear plain) {
        NDArray copy = pack.apply(plain.weight());
        try {
            Weights.Linear packed = new Weights.Linear(copy, plain.bias(), true);
            if (agree(packed, plain)) {
                return packed;
            }
        } catch (RuntimeException | Error e) {
            copy.close(); // else it stays as long as the model, and the next run makes another
            throw e;
        }
        copy.close();
        return plain;
    }

    private boolean agree(Weights.Linear packed, Weights.Linear plain) {
        return IntStream.of(TRIED_ROWS).allMatch(rows -> agree(packed, plain, rows));
    }

    private boolean agree(Weights.Linear packed, Weights.Linear plain, int rows) {
        int in = Math.toIntExact(plain.weight().getShape().get(1));
        float[] values = new float[rows * in];
        SplittableRandom random = new SplittableRandom(in);
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextDouble(-1, 1);
        }
        try (NDManager scope = plain.weight().getManager().newSubManager()) {
            NDArray x = scope.create(values, new Shape(1, rows, in));
            float[] expected = HostValues.floats(Tensors.linear(x, plain));
            float[] actual = HostValues.floats(linear(x, packed));
            float largest = 0;
            float difference = 0;
            for (int i = 0; i < expected.length; i++) {
                largest = Math.max(largest, Math.abs(expected[i])); // NaN stays, and disagrees
                difference = Math.max(difference, Math.abs(expected[i] - actual[i]));
            }
            return difference <= 1e-4f * largest;
        }
    }

    /**
     * Whether a packed weight has memory of its own. Where nothing is to be rearranged it is the
     * plain one's under another name, which does not keep that alive; a change of the first number
     * shows it. Not while others use the plain weight.
     */
    boolean isCopied(Weights.Linear packed, NDArray plain) {
        Weights.Linear matrix = new Weights.Linear(packed.weight(), Optional.empty(), true);
        try (NDManager scope = plain.getManager().newSubManager()) {
            NDArray first = scope.zeros(new Shape(1, plain.getShape().get(1)));
            writeFirst(first, 1, scope);
            float before = HostValues.floats(linear(first, matrix))[0];
            writeFirst(plain, before == 1 ? 2 : 1, scope);
            float after = HostValues.floats(linear(first, matrix))[0];
            writeFirst(plain, before, scope);
            return before == after;
        }
    }

    private static void writeFirst(NDArray matrix, float value, NDManager scope) {
        NDArray one = scope.full(new Shape(1, 1), value, DataType.FLOAT32);
        Tensors.write(matrix, one, new long[] {0, 0}, new long[] {1, 1});
    }

    @Override
    public NDArray linear(NDArray x, Weights.Linear weights) {
        return weights.bias().isPresent()
                ? withBias.apply(x, weights.weight(), weights.bias().get())
                : withoutBias.apply(x, weights.weight());
    }

    @Override
    public void close() {
        pack.close();
        withoutBias.close();
        withBias.close();
    }

    @Override
    public String toString() {
        return "oneDNN";
    }
}
