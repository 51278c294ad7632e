package dev.patchscopes.model.internal;

import static com.google.common.base.Preconditions.checkArgument;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.patchscopes.checkpoint.internal.Interrupts;
import dev.patchscopes.model.MemoryAdvice;
import dev.patchscopes.text.NativeStartup;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Dense float64 linear algebra on the CPU, by the LAPACK that libtorch carries.
 *
 * <p>Takes and gives arrays of the program: each call copies its operands to native memory, and
 * holds none of it when it returns. Thread-safe.
 */
public final class LinearAlgebra {
    /** Loads about as fast as a product of a few hundred rows, so nothing keeps the functions. */
    private static final String SVD =
            """
            def forward(self: __torch__.Function, a: Tensor) -> List[Tensor]:
              u, s, vh, = torch.linalg_svd(a, False)
              v = torch.contiguous(torch.transpose(vh, 0, 1))
              return [torch.contiguous(u), torch.unsqueeze(s, 0), v]
            """;

    private static final String EIGH =
            """
            def forward(self: __torch__.Function, a: Tensor) -> List[Tensor]:
              w, q, = torch.linalg_eigh(a, "L")
              return [torch.unsqueeze(w, 0), torch.contiguous(q)]
            """;

    private static final String SOLVE =
            """
            def forward(self: __torch__.Function, a: Tensor, b: Tensor) -> List[Tensor]:
              x, info, = torch.linalg_solve_ex(a, b)
              status = torch.reshape(torch.to(info, 7), [1, 1])
              return [torch.contiguous(x), status]
            """;

    private static final String CHOLESKY_SOLVE =
            """
            def forward(self: __torch__.Function, a: Tensor, b: Tensor) -> List[Tensor]:
              l, info, = torch.linalg_cholesky_ex(a)
              x = torch.cholesky_solve(b, l)
              status = torch.reshape(torch.to(info, 7), [1, 1])
              return [torch.contiguous(x), status]
            """;

    /** Bytes in the largest buffer of the Java virtual machine, in numbers. */
    private static final long MOST_NUMBERS = Integer.MAX_VALUE / Double.BYTES;

    private LinearAlgebra() {}

    /**
     * A product.
     *
     * @param a [m, k]
     * @param b [k, n]
     * @return a b [m, n]
     */
    public static Dense product(Dense a, Dense b) {
        return advice("the product", a, b)
                .get(
                        () -> {
                            try (NDManager scope = open()) {
                                return download(Tensors.matmul(upload(scope, a), upload(scope, b)));
                            }
                        });
    }

    /**
     * A product with a transposed matrix.
     *
     * @param a [k, m]
     * @param b [k, n]
     * @return a^T b [m, n]
     */
    public static Dense transposedProduct(Dense a, Dense b) {
        return advice("the product", a, b)
                .get(
                        () -> {
                            try (NDManager scope = open()) {
                                NDArray transposed = Tensors.transpose(upload(scope, a), 0, 1);
                                return download(Tensors.matmul(transposed, upload(scope, b)));
                            }
                        });
    }

    /**
     * The thin singular value decomposition.
     *
     * @param a [m, n]; finite
     * @return U [m, k], s [1, k] descending and V [n, k], with k the smaller of m and n
     */
    public static List<Dense> svd(Dense a) {
        return call("the singular value decomposition", SVD, a);
    }

    /**
     * The eigendecomposition of a symmetric matrix, of which the lower triangle is read.
     *
     * @param a [n, n]; finite
     * @return the eigenvalues [1, n] ascending, and the eigenvectors [n, n], one a column
     */
    public static List<Dense> eigh(Dense a) {
        return call("the eigendecomposition", EIGH, a);
    }

    /**
     * A X = B by LU decomposition.
     *
     * @param a [n, n]; finite
     * @param b [n, k]; finite
     * @return X [n, k], of use only where the second, [1, 1], is 0
     */
    public static List<Dense> solve(Dense a, Dense b) {
        return call("the solution", SOLVE, a, b);
    }

    /**
     * A X = B by Cholesky decomposition; the lower triangle of A is read.
     *
     * @param a [n, n] symmetric; finite
     * @param b [n, k]; finite
     * @return X [n, k], of use only where the second, [1, 1], is 0; else that is the order of the
     *     first leading minor which is not positive
     */
    public static List<Dense> choleskySolve(Dense a, Dense b) {
        return call("the solution", CHOLESKY_SOLVE, a, b);
    }

    private static List<Dense> call(String what, String function, Dense... operands) {
        return advice(what, operands).get(() -> compute(function, operands));
    }

    private static MemoryAdvice advice(String what, Dense... operands) {
        return MemoryAdvice.of(
                () ->
                        "%s of %s"
                                .formatted(
                                        what,
                                        Arrays.stream(operands)
                                                .map(
                                                        m ->
                                                                "%d x %d"
                                                                        .formatted(
                                                                                m.rows(),
                                                                                m.columns()))
                                                .collect(Collectors.joining(" and "))),
                "take smaller matrices (8 bytes a number, in Java and again in native memory while it is computed)");
    }

    private static List<Dense> compute(String function, Dense... operands) {
        try (NDManager scope = open();
                TorchScript script = TorchScript.load(Device.cpu(), function)) {
            NDArray[] arguments = new NDArray[operands.length];
            for (int i = 0; i < operands.length; i++) {
                arguments[i] = upload(scope, operands[i]);
            }
            List<Dense> results = new ArrayList<>();
            for (NDArray result : script.applyAll(arguments)) {
                results.add(download(result));
                result.close();
            }
            return results;
        }
    }

    private static NDManager open() {
        Interrupts.check("the computation with matrices", "before it began");
        NativeStartup.prepare();
        return Tensors.newManager(Device.cpu());
    }

    /** A copy of a matrix in the manager, on its device. */
    static NDArray upload(NDManager owner, Dense matrix) {
        checkSize(matrix.rows(), matrix.columns());
        return new Tensors(owner, DataType.FLOAT64)
                .fromDoubles(owner, matrix.values(), new Shape(matrix.rows(), matrix.columns()));
    }

    /** A copy of a contiguous float64 tensor of two dimensions. */
    static Dense download(NDArray matrix) {
        Shape shape = matrix.getShape();
        checkSize(shape.get(0), shape.get(1));
        return new Dense(
                Math.toIntExact(shape.get(0)),
                Math.toIntExact(shape.get(1)),
                HostValues.doubles(matrix));
    }

    private static void checkSize(long rows, long columns) {
        checkArgument(
                rows * columns <= MOST_NUMBERS,
                "a matrix of %s x %s has more than the %s numbers that can be copied to native"
                        + " memory at once",
                rows,
                columns,
                MOST_NUMBERS);
    }
}
