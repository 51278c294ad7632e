package dev.patchscopes.model.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.google.common.collect.ImmutableList;
import dev.patchscopes.model.MatrixProducts;
import dev.patchscopes.model.ModelException;
import dev.patchscopes.text.NativeStartup;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Products in parts, and with packed weights, are the products. */
class ProductsTest {
    private final Random random = new Random(11);
    private NDManager manager;
    private boolean recorded;

    @BeforeEach
    void open() {
        NativeStartup.prepare();
        manager = Tensors.newManager(Device.cpu());
        recorded = Tensors.isGradMode();
        Tensors.setGradMode(false);
    }

    @AfterEach
    void close() {
        Tensors.setGradMode(recorded);
        manager.close();
    }

    @ParameterizedTest
    @CsvSource({
        "1, 1, 4",
        "1, 7, 4",
        "1, 7, 2",
        "3, 5, 8",
        "2, 1, 3",
        "1, 9, 24",
        "5, 40, 4",
        "1, 1, 5"
    })
    void partsMakeTheWhole(int batch, int pos, int parts) {
        NDArray weight = numbers(DataType.FLOAT64, 24, 16);
        for (Weights.Linear linear : withoutAndWithBias(weight)) {
            for (NDArray x :
                    List.of(
                            numbers(DataType.FLOAT64, batch, pos, 16),
                            view(DataType.FLOAT64, batch, pos, 16))) {
                assertSame(new Products.Parts(parts).linear(x, linear), x, linear, 1e-14);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "1, 1, 64",
        "1, 7, 128",
        "3, 5, 64",
        "2, 40, 128",
        "0, 1, 64",
        "2, 3, 72",
        "1, 9, 24"
    })
    void packedWeightsGiveTheSameProducts(int batch, int pos, int out) {
        NDArray x = view(DataType.FLOAT32, batch, pos, 40);
        NDArray weight = numbers(DataType.FLOAT32, out, 40);
        try (PackedProducts library = PackedProducts.load().orElseThrow()) {
            for (Weights.Linear plain : withoutAndWithBias(weight)) {
                Weights.Linear packed = library.packed(plain);
                assertSame(library.linear(x, plain), x, plain, 1e-5);
                assertSame(library.linear(x, packed), x, plain, 1e-5);
                // other widths are padded on some processors, and stay plain there
                assertThat(packed.packed() || out % 64 != 0).isTrue();
                if (packed.packed()) {
                    assertThat(HostValues.doubles(Tensors.unpacked(packed.weight())))
                            .containsExactly(HostValues.doubles(weight));
                }
            }
        }
    }

    private static void assertSame(
            NDArray actual, NDArray x, Weights.Linear linear, double precision) {
        NDArray expected = Tensors.linear(x, linear);
        assertThat(actual.getShape()).isEqualTo(expected.getShape());
        assertThat(HostValues.doubles(actual))
                .usingComparatorWithPrecision(precision)
                .containsExactly(HostValues.doubles(expected));
    }

    @Test
    void aPackedWeightIsToldFromThePlainOneUnderAnotherName() {
        NDArray weight = numbers(DataType.FLOAT32, 64, 40);
        double[] before = HostValues.doubles(weight);
        try (PackedProducts library = PackedProducts.load().orElseThrow()) {
            Weights.Linear plain = new Weights.Linear(weight, Optional.empty());
            assertThat(library.isCopied(library.packed(plain), weight)).isTrue();
            assertThat(library.isCopied(plain, weight)).isFalse();
        }
        assertThat(HostValues.doubles(weight)).containsExactly(before);
    }

    @Test
    void anOperatorThatTheLibraryLacksIsAnEngineException() {
        String lacking =
                """
                def forward(self: __torch__.Function, x: Tensor) -> Tensor:
                  return ops.mkldnn._no_such_operator(x)
                """;
        assertThatThrownBy(() -> TorchScript.load(Device.cpu(), lacking).close())
                .isInstanceOf(EngineException.class);
    }

    @ParameterizedTest
    @EnumSource(MatrixProducts.class)
    void aChoiceIsKept(MatrixProducts choice) {
        Weights.Linear linear =
                new Weights.Linear(manager.zeros(new Shape(1024, 512)), Optional.empty());
        int arrays = manager.getManagedArrays().size();
        try (Products products = ProductsTuning.of(choice, manager, List.of(linear, linear))) {
            assertThat(products.packed().isPresent()).isEqualTo(choice == MatrixProducts.PACKED);
            assertThat(products.steps())
                    .last()
                    .extracting(Products.Step::rows)
                    .isEqualTo(Long.MAX_VALUE);
            if (choice == MatrixProducts.PLAIN) {
                assertThat(products).isEqualTo(Products.PLAIN);
            }
        }
        assertThat(manager.getManagedArrays()).hasSize(arrays);
    }

    @Test
    void eachNumberOfRowsIsServedByItsStep() {
        Weights.Linear linear =
                new Weights.Linear(numbers(DataType.FLOAT64, 4, 3), Optional.empty());
        List<Long> served = new ArrayList<>();
        Products products =
                new Products(
                        ImmutableList.of(
                                step(2, served), step(5, served), step(Long.MAX_VALUE, served)),
                        0,
                        Optional.empty());
        for (int rows : new int[] {1, 2, 3, 5, 6, 300}) {
            products.linear(numbers(DataType.FLOAT64, 1, rows, 3), linear);
        }
        assertThat(served).containsExactly(2L, 2L, 5L, 5L, Long.MAX_VALUE, Long.MAX_VALUE);
    }

    private static Products.Step step(long rows, List<Long> served) {
        return new Products.Step(
                rows,
                (x, weights) -> {
                    served.add(rows);
                    return Tensors.linear(x, weights);
                });
    }

    @Test
    void smallMatricesAreNotMeasured() {
        Weights.Linear small = new Weights.Linear(manager.zeros(new Shape(8, 8)), Optional.empty());
        assertThat(ProductsTuning.of(MatrixProducts.TUNED, manager, List.of(small)))
                .isEqualTo(Products.PLAIN);
    }

    @Test
    void packingNeedsFloat32() {
        Weights.Linear wide = new Weights.Linear(numbers(DataType.FLOAT64, 8, 8), Optional.empty());
        assertThatThrownBy(() -> ProductsTuning.of(MatrixProducts.PACKED, manager, List.of(wide)))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("MatrixProducts.TUNED");
    }

    private List<Weights.Linear> withoutAndWithBias(NDArray weight) {
        NDArray bias = numbers(weight.getDataType(), weight.getShape().get(0));
        return List.of(
                new Weights.Linear(weight, Optional.empty()),
                new Weights.Linear(weight, Optional.of(bias)));
    }

    /** Strided, as slices of activations are. */
    private NDArray view(DataType type, long batch, long pos, long width) {
        return Tensors.slice(numbers(type, batch, pos, width + 16), 2, 8, 8 + width);
    }

    private NDArray numbers(DataType type, long... shape) {
        Shape of = new Shape(shape);
        double[] values = random.doubles(of.size(), -1, 1).toArray();
        return new Tensors(manager, type).fromDoubles(manager, values, of);
    }
}
