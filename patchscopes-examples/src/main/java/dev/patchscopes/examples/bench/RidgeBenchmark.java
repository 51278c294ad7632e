package dev.patchscopes.examples.bench;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.patchscopes.linear.AffineMap;
import dev.patchscopes.linear.Moments;
import dev.patchscopes.text.NativeStartup;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Closed-form lenses for 12 layers from 10,000 float32 states each, with five penalties a layer,
 * beside the float64 products X^T X and X^T Y of states that are float64 already and centred.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 1)
@Measurement(iterations = 5)
@Fork(1)
public class RidgeBenchmark {
    private static final int LAYERS = 12;
    private static final int STATES = 10_000;
    private static final List<Double> PENALTIES = List.of(1.0, 10.0, 100.0, 1e3, 1e4);

    /** Width of the states. */
    @Param("768")
    public int width;

    private NDManager manager;
    private NDArray x; // [state, d_model]
    private NDArray y;
    private NDArray wideX; // the same in float64
    private NDArray wideY;

    /** Made by the harness. */
    public RidgeBenchmark() {}

    /** Makes the states. */
    @Setup(Level.Trial)
    public void setUp() {
        NativeStartup.prepare();
        manager = NDManager.newBaseManager(Device.cpu(), "PyTorch");
        x = manager.randomNormal(new Shape(STATES, width));
        y = manager.randomNormal(new Shape(STATES, width));
        wideX = x.toType(DataType.FLOAT64, true);
        wideY = y.toType(DataType.FLOAT64, true);
    }

    /** Releases them. */
    @TearDown(Level.Trial)
    public void tearDown() {
        manager.close();
    }

    /**
     * Sums and solves.
     *
     * @return a map a layer and penalty
     */
    @Benchmark
    public List<List<AffineMap>> ridge() {
        return IntStream.range(0, LAYERS).mapToObj(layer -> lens()).toList();
    }

    private List<AffineMap> lens() {
        try (Moments moments = Moments.of(width, width)) {
            moments.add(x, y);
            return moments.residualRidge(PENALTIES);
        }
    }

    /**
     * Sums only.
     *
     * @return a number that depends on the last sum
     */
    @Benchmark
    public double moments() {
        double sum = 0;
        for (int layer = 0; layer < LAYERS; layer++) {
            try (Moments moments = Moments.of(width, width)) {
                moments.add(x, y);
                sum += moments.variance();
            }
        }
        return sum;
    }

    /**
     * Multiplies.
     *
     * @return a number that depends on the last product
     */
    @Benchmark
    public double bareProducts() {
        double sum = 0;
        for (int layer = 0; layer < LAYERS; layer++) {
            try (NDArray transposed = wideX.transpose();
                    NDArray gram = transposed.matMul(wideX);
                    NDArray cross = transposed.matMul(wideY)) {
                sum += gram.getDouble(0, 0) + cross.getDouble(0, 0);
            }
        }
        return sum;
    }
}
