package dev.patchscopes.model.internal;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.patchscopes.model.MatrixProducts;
import dev.patchscopes.text.NativeStartup;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
                NDArray actual = new Products(256, parts, 0).linear(x, linear);
                assertThat(actual.getShape()).isEqualTo(expected.getShape());
                double[] difference = Tensors.toDoubles(Tensors.sub(expected, actual));
                for (double d : difference) {
                    assertThat(Math.abs(d)).isLessThan(1e-14);
                }
            }
            // a strided view, as slices of activations are
            NDArray view = Tensors.slice(numbers(ops, manager, random, batch, pos, 40), 2, 8, 24);
            Weights.Linear plain = new Weights.Linear(weight, Optional.empty());
            assertThat(Tensors.toDoubles(new Products(256, parts, 0).linear(view, plain)))
                    .usingComparatorWithPrecision(1e-14)
                    .containsExactly(Tensors.toDoubles(Tensors.linear(view, plain)));
            Tensors.setGradMode(recorded);
        }
    }

    @ParameterizedTest
    @CsvSource({"PLAIN", "SPLIT", "TUNED"})
    void aChoiceIsKept(MatrixProducts choice) {
        NativeStartup.prepare();
        try (NDManager manager = Tensors.newManager(Device.cpu())) {
            NDArray small = manager.zeros(new Shape(8, 8));
            assertThat(Products.of(choice, manager, List.of(small))).isEqualTo(Products.PLAIN);
            NDArray large = manager.zeros(new Shape(1024, 512));
            int arrays = manager.getManagedArrays().size();
            Products products = Products.of(choice, manager, List.of(large, large));
            if (choice == MatrixProducts.PLAIN) {
                assertThat(products).isEqualTo(Products.PLAIN);
            }
            assertThat(products.mostRows()).isIn(0, 1, 8, 64, 128, 256);
            assertThat(manager.getManagedArrays()).hasSize(arrays);
        }
    }

    private static NDArray numbers(Tensors ops, NDManager manager, Random random, long... shape) {
        Shape of = new Shape(shape);
        return ops.fromDoubles(manager, random.doubles(of.size(), -1, 1).toArray(), of);
    }
}
