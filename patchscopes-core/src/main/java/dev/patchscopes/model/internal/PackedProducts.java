package dev.patchscopes.model.internal;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * Products with weights by oneDNN, which libtorch carries beside its usual library.
 *
 * <p>It multiplies by a matrix as it lies in memory, or by one rearranged once into a layout of its
 * own, which is faster for every number of rows and readable by nothing else. In float32 on a CPU
 * only, and without gradients. Thread-safe.
 */
final class PackedProducts implements Products.Way, AutoCloseable {
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

    private static final int TRIED_ROWS = 3;

    private final TorchScript withBias;
    private final TorchScript withoutBias;
    private final TorchScript pack;

    private PackedProducts() {
        Device cpu = Device.cpu();
        this.withBias = TorchScript.load(cpu, WITH_BIAS);
        this.withoutBias = TorchScript.load(cpu, WITHOUT_BIAS);
        this.pack = TorchScript.load(cpu, PACK);
    }

    /** The library, where libtorch was built with it and it computes. */
    static Optional<PackedProducts> load() {
        PackedProducts products;
        try {
            products = new PackedProducts();
        } catch (
                RuntimeException e) { // an unknown operator is an EngineException or wrapped in one
            return Optional.empty();
        }
        if (products.works()) {
            return Optional.of(products);
        }
        products.close();
        return Optional.empty();
    }

    private boolean works() {
        try (NDManager manager = Tensors.newManager(Device.cpu())) {
            NDArray weight = manager.ones(new Shape(2, 3), DataType.FLOAT32);
            NDArray x = manager.ones(new Shape(1, 1, 3), DataType.FLOAT32);
            NDArray bias = manager.ones(new Shape(2), DataType.FLOAT32);
            Weights.Linear plain = new Weights.Linear(weight, Optional.of(bias));
            return Tensors.toFloats(linear(x, plain))[1] == 4
                    && Tensors.toFloats(linear(x, new Weights.Linear(weight, Optional.empty())))[0]
                            == 3;
        } catch (EngineException | UnsupportedOperationException e) {
            return false;
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
        Weights.Linear packed = new Weights.Linear(copy, plain.bias(), true);
        if (agree(packed, plain)) {
            return packed;
        }
        copy.close();
        return plain;
    }

    private boolean agree(Weights.Linear packed, Weights.Linear plain) {
        int in = Math.toIntExact(plain.weight().getShape().get(1));
        float[] values = new float[TRIED_ROWS * in];
        SplittableRandom random = new SplittableRandom(in);
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextDouble(-1, 1);
        }
        try (NDManager scope = plain.weight().getManager().newSubManager()) {
            NDArray x = scope.create(values, new Shape(1, TRIED_ROWS, in));
            float[] expected = Tensors.toFloats(Tensors.linear(x, plain));
            float[] actual = Tensors.toFloats(linear(x, packed));
            float largest = 0;
            float difference = 0;
            for (int i = 0; i < expected.length; i++) {
                largest = Math.max(largest, Math.abs(expected[i])); // NaN stays
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
        try (NDManager scope = plain.getManager().newSubManager();
                NDArray corner = Tensors.box(plain, new long[] {0, 0}, new long[] {1, 1})) {
            NDArray first = scope.zeros(new Shape(1, 1, plain.getShape().get(1)));
            Tensors.write(
                    first,
                    scope.ones(new Shape(1, 1, 1)),
                    new long[] {0, 0, 0},
                    new long[] {1, 1, 1});
            Weights.Linear matrix = new Weights.Linear(packed.weight(), Optional.empty(), true);
            float before = Tensors.toFloats(linear(first, matrix))[0];
            NDArray one = scope.ones(new Shape(1, 1));
            Tensors.addTo(corner, one);
            float after = Tensors.toFloats(linear(first, matrix))[0];
            Tensors.write(
                    plain,
                    scope.full(new Shape(1, 1), before, DataType.FLOAT32),
                    new long[] {0, 0},
                    new long[] {1, 1});
            return before == after;
        }
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
