package dev.patchscopes.model.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.patchscopes.model.MatrixProducts;
import dev.patchscopes.model.ModelException;
import dev.patchscopes.text.NativeStartup;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Products in parts are the products. */
class ProductsTest {

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
        NativeStartup.prepare();
        Random random = new Random(11);
        try (NDManager manager = Tensors.newManager(Device.cpu())) {
            boolean recorded = Tensors.isGradMode();
            Tensors.setGradMode(false);
            Tensors ops = new Tensors(manager, DataType.FLOAT64);
            NDArray x = numbers(ops, manager, random, batch, pos, 16);
            NDArray weight = numbers(ops, manager, random, 24, 16);
            for (Optional<NDArray> bias :
                    List.of(
                            Optional.<NDArray>empty(),
                            Optional.of(numbers(ops, manager, random, 24)))) {
                Weights.Linear linear = new Weights.Linear(weight, bias);
                NDArray expected = Tensors.linear(x, linear);
                NDArray actual = new Products.Parts(parts).linear(x, linear);
                assertThat(actual.getShape()).isEqualTo(expected.getShape());
                double[] difference = Tensors.toDoubles(Tensors.sub(expected, actual));
                for (double d : difference) {
                    assertThat(Math.abs(d)).isLessThan(1e-14);
                }
            }
            // a strided view, as slices of activations are
            NDArray view = Tensors.slice(numbers(ops, manager, random, batch, pos, 40), 2, 8, 24);
            Weights.Linear plain = new Weights.Linear(weight, Optional.empty());
            assertThat(Tensors.toDoubles(new Products.Parts(parts).linear(view, plain)))
                    .usingComparatorWithPrecision(1e-14)
                    .containsExactly(Tensors.toDoubles(Tensors.linear(view, plain)));
            Tensors.setGradMode(recorded);
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
        NativeStartup.prepare();
        Random random = new Random(12);
        try (NDManager manager = Tensors.newManager(Device.cpu());
                PackedProducts library = PackedProducts.load().orElseThrow()) {
            boolean recorded = Tensors.isGradMode();
            Tensors.setGradMode(false);
            Tensors ops = new Tensors(manager, DataType.FLOAT32);
            NDArray view = Tensors.slice(numbers(ops, manager, random, batch, pos, 56), 2, 8, 48);
            NDArray weight = numbers(ops, manager, random, out, 40);
            for (Optional<NDArray> bias :
                    List.of(
                            Optional.<NDArray>empty(),
                            Optional.of(numbers(ops, manager, random, out)))) {
                Weights.Linear plain = new Weights.Linear(weight, bias);
                Weights.Linear packed = library.packed(plain);
                double[] expected = Tensors.toDoubles(Tensors.linear(view, plain));
                for (Weights.Linear form : List.of(plain, packed)) {
                    NDArray actual = library.linear(view, form);
                    assertThat(actual.getShape()).isEqualTo(new Shape(batch, pos, out));
                    assertThat(Tensors.toDoubles(actual))
                            .usingComparatorWithPrecision(1e-5)
                            .containsExactly(expected);
                }
                // other widths are padded on some processors, and stay plain there
                assertThat(packed.packed() || out % 64 != 0).isTrue();
                if (packed.packed()) {
                    assertThat(Tensors.toDoubles(Tensors.unpacked(packed.weight())))
                            .containsExactly(Tensors.toDoubles(weight));
                }
            }
            Tensors.setGradMode(recorded);
        }
    }

    @ParameterizedTest
    @EnumSource(MatrixProducts.class)
    void aChoiceIsKept(MatrixProducts choice) {
        NativeStartup.prepare();
        try (NDManager manager = Tensors.newManager(Device.cpu())) {
            NDArray large = manager.zeros(new Shape(1024, 512));
            Weights.Linear linear = new Weights.Linear(large, Optional.empty());
            int arrays = manager.getManagedArrays().size();
            try (Products products =
                    ProductsTuning.of(choice, manager, List.of(linear, linear), linear)) {
                switch (choice) {
                    case PLAIN -> assertThat(products).isEqualTo(Products.PLAIN);
                    case SPLIT -> assertThat(products.packed()).isEmpty();
                    case PACKED -> assertThat(products.packed()).isPresent();
                    case TUNED -> assertThat(products.steps()).isNotEmpty();
                }
            }
            assertThat(manager.getManagedArrays()).hasSize(arrays);
        }
    }

    @Test
    void smallMatricesAreNotMeasured() {
        NativeStartup.prepare();
        try (NDManager manager = Tensors.newManager(Device.cpu())) {
            Weights.Linear small =
                    new Weights.Linear(manager.zeros(new Shape(8, 8)), Optional.empty());
            assertThat(ProductsTuning.of(MatrixProducts.TUNED, manager, List.of(small), small))
                    .isEqualTo(Products.PLAIN);
        }
    }

    @Test
    void packingNeedsFloat32() {
        NativeStartup.prepare();
        try (NDManager manager = Tensors.newManager(Device.cpu())) {
            Weights.Linear wide =
                    new Weights.Linear(
                            manager.zeros(new Shape(8, 8), DataType.FLOAT64), Optional.empty());
            assertThatThrownBy(
                            () ->
                                    ProductsTuning.of(
                                            MatrixProducts.PACKED, manager, List.of(wide), wide))
                    .isInstanceOf(ModelException.class)
                    .hasMessageContaining("MatrixProducts.TUNED");
        }
    }

    private static NDArray numbers(Tensors ops, NDManager manager, Random random, long... shape) {
        Shape of = new Shape(shape);
        return ops.fromDoubles(manager, random.doubles(of.size(), -1, 1).toArray(), of);
    }
}
