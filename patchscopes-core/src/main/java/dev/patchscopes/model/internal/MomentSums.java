package dev.patchscopes.model.internal;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;

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

/**
 * The centred second moments of pairs of vectors, in float64 on one device, and what is solved from
 * them there.
 *
 * <p>Batches are centred by their own means and joined by Chan, Golub and LeVeque's update
 * (Algorithms for computing the sample variance, 1983), so that large means cost no digits. Not
 * thread-safe.
 */
public final class MomentSums implements AutoCloseable {
    /** Numbers of a chunk of rows: 16 MiB in float64, which the C library keeps for the next. */
    private static final long CHUNK = 1 << 21;

    private final Device device;
    private final NDManager manager;
    private final TorchScript sum;
    private final TorchScript accumulate;
    private final TorchScript shift;
    private final NDArray upperXx; // [in, in], right above the diagonal; see xx()
    private final NDArray xy; // [in, out]
    private final double[] meanX; // [in]
    private final double[] meanY; // [out]
    private final double[] squares = new double[2]; // of x and of y, about their means
    private long rows;
    private boolean mirrored = true;
    private boolean partial; // whether numbers of pairs that are not counted may be in the sums

    /**
     * Makes room for the sums.
     *
     * @param device where the sums are kept
     * @param in width of x
     * @param out width of y
     * @return the sums, of nothing yet
     */
    public static MomentSums of(Device device, int in, int out) {
        return advice("making", in, out).get(() -> new MomentSums(device, in, out));
    }

    private MomentSums(Device device, int in, int out) {
        NativeStartup.prepare();
        this.device = device;
        meanX = new double[in];
        meanY = new double[out];
        List<AutoCloseable> made = new ArrayList<>();
        try {
            manager = opened(made, Tensors.newManager(device));
            sum = opened(made, TorchScript.load(device, MomentScripts.SUM));
            accumulate = opened(made, TorchScript.load(device, MomentScripts.ACCUMULATE));
            shift = opened(made, TorchScript.load(device, MomentScripts.SHIFT));
            upperXx = manager.zeros(new Shape(in, in), DataType.FLOAT64);
            xy = manager.zeros(new Shape(in, out), DataType.FLOAT64);
        } catch (RuntimeException | Error e) {
            for (AutoCloseable each : made) {
                closeAfter(e, each);
            }
            throw e;
        }
    }

    private static <T extends AutoCloseable> T opened(List<AutoCloseable> made, T opened) {
        made.add(opened);
        return opened;
    }

    private static void closeAfter(Throwable failure, AutoCloseable opened) {
        try {
            opened.close();
        } catch (Exception e) {
            failure.addSuppressed(e);
        }
    }

    /**
     * Refuses sums that hold part of pairs whose addition failed.
     *
     * @throws IllegalStateException if these do
     */
    public void checkWhole() {
        checkState(
                !partial,
                "an addition failed midway, so that the moments hold part of its pairs: close them and begin with new ones");
    }

    private MemoryAdvice advice(String what) {
        return advice(what, meanX.length, meanY.length);
    }

    private static MemoryAdvice advice(String what, int in, int out) {
        return MemoryAdvice.of(
                () -> "%s the moments of widths %d and %d".formatted(what, in, out),
                "close moments that are no longer needed, take narrower states (the sums are 8 in (in + out) bytes, and a fit takes about twice that again)");
    }

    /** {@return where the sums are kept} */
    public Device device() {
        return device;
    }

    /** {@return the sum of the squared distances of x from its mean} */
    public double trace() {
        return squares[0];
    }

    /** {@return how many pairs} */
    public long rows() {
        return rows;
    }

    /** {@return the mean of x, shared} */
    public double[] meanX() {
        return meanX;
    }

    /** {@return the mean of y, shared} */
    public double[] meanY() {
        return meanY;
    }

    /** {@return the sum of the squared distances of y from its mean} */
    public double yy() {
        return squares[1];
    }

    /** {@return Xc^T Xc [in, in], copied} */
    public Dense xx() {
        return advice("a copy of the products of").get(() -> LinearAlgebra.download(symmetricXx()));
    }

    /** {@return Xc^T Yc [in, out], copied} */
    public Dense xy() {
        return advice("a copy of the products of").get(() -> LinearAlgebra.download(xy));
    }

    /**
     * Adds pairs.
     *
     * @param x [row, in]
     * @param y [row, out]
     * @throws IllegalArgumentException if a number is not finite; nothing has been added then
     */
    public void add(Dense x, Dense y) {
        advice("adding to")
                .run(
                        () -> {
                            try (NDManager scope = Tensors.newManager(device)) {
                                sum(LinearAlgebra.upload(scope, x), LinearAlgebra.upload(scope, y));
                            }
                        });
    }

    /**
     * Adds pairs.
     *
     * @param x [row, in], of any floating type, on any device
     * @param y [row, out]
     * @throws IllegalArgumentException if a number is not finite; nothing has been added then
     */
    public void add(NDArray x, NDArray y) {
        advice("adding to").run(() -> sum(x, y));
    }

    private void sum(NDArray x, NDArray y) {
        long count = x.getShape().get(0);
        if (count == 0) {
            return;
        }
        // only here: what has been added in part could not be taken back
        Interrupts.check("the sum of moments", "before %d rows were added".formatted(count));
        double[] mx = mean(x, "x");
        double[] my = mean(y, "y");
        long step = Math.max(1, CHUNK / Math.max(mx.length, my.length));
        double[] added = new double[2];
        partial = true;
        try (NDManager scope = Tensors.newManager(device)) {
            NDArray rowX = row(scope, mx);
            NDArray rowY = row(scope, my);
            for (long from = 0; from < count; from += step) {
                long to = Math.min(count, from + step);
                try (Rows chunkX = rows(x, from, to);
                        Rows chunkY = rows(y, from, to);
                        NDArray part =
                                accumulate.apply(
                                        upperXx,
                                        xy,
                                        chunkX.tensor(),
                                        chunkY.tensor(),
                                        rowX,
                                        rowY)) {
                    double[] numbers = HostValues.doubles(part);
                    added[0] += numbers[0];
                    added[1] += numbers[1];
                }
            }
        }
        join(count, mx, my, added);
    }

    /**
     * Adds all that other sums hold, which they keep.
     *
     * @param other sums of the same widths, on any device
     */
    public void add(MomentSums other) {
        if (other.rows > 0) {
            advice("adding to").run(() -> sum(other));
        }
    }

    private void sum(MomentSums other) {
        try (Rows otherXx = rows(other.upperXx, 0, other.meanX.length);
                Rows otherXy = rows(other.xy, 0, other.meanX.length)) {
            partial = true;
            Tensors.addTo(upperXx, otherXx.tensor());
            Tensors.addTo(xy, otherXy.tensor());
        }
        join(other.rows, other.meanX, other.meanY, other.squares);
    }

    /** Counts rows whose centred sums have been added, and adds what their means differ by. */
    private void join(long count, double[] mx, double[] my, double[] added) {
        double part = count / (rows + (double) count);
        double weight = rows * part;
        double[] dx = move(meanX, mx, part);
        double[] dy = move(meanY, my, part);
        if (rows > 0) {
            try (NDManager scope = Tensors.newManager(device)) {
                NDArray w = row(scope, new double[] {weight});
                shift.apply(row(scope, dx), row(scope, dy), upperXx, xy, w);
            }
        }
        mirrored = false;
        squares[0] += added[0] + weight * square(dx);
        squares[1] += added[1] + weight * square(dy);
        rows += count;
        partial = false;
    }

    /** Moves a mean part of the way to another; returns the way. */
    private static double[] move(double[] mean, double[] other, double part) {
        double[] way = new double[mean.length];
        for (int i = 0; i < mean.length; i++) {
            way[i] = other[i] - mean[i];
            mean[i] += way[i] * part;
        }
        return way;
    }

    private static double square(double[] x) {
        return Arrays.stream(x).map(value -> value * value).sum();
    }

    /** Xc^T Xc, whole. */
    private NDArray symmetricXx() {
        if (!mirrored) {
            try (TorchScript mirror = TorchScript.load(device, MomentScripts.MIRROR)) {
                mirror.apply(upperXx).close();
            }
            mirrored = true;
        }
        return upperXx;
    }

    private double[] mean(NDArray x, String name) {
        int width = Math.toIntExact(x.getShape().get(1));
        long count = x.getShape().get(0);
        long step = Math.max(1, CHUNK / width);
        double[] mean = new double[width];
        for (long from = 0; from < count; from += step) {
            try (Rows chunk = rows(x, from, Math.min(count, from + step));
                    NDArray sums = sum.apply(chunk.tensor())) {
                double[] part = HostValues.doubles(sums);
                for (int i = 0; i < width; i++) {
                    mean[i] += part[i] / count;
                }
            }
        }
        for (int i = 0; i < width; i++) {
            checkArgument(
                    Double.isFinite(mean[i]),
                    "column %s of %s holds a number that is not finite, or that is too large to"
                            + " sum; none of its %s rows was added",
                    i,
                    name,
                    count);
        }
        return mean;
    }

    /** Rows of a tensor on the device of the sums. */
    private record Rows(NDArray tensor, AutoCloseable owner) implements AutoCloseable {
        @Override
        public void close() {
            try {
                owner.close();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private Rows rows(NDArray x, long from, long to) {
        NDArray view = Tensors.slice(x, 0, from, to);
        if (x.getDevice().equals(device)) {
            return new Rows(view, view);
        }
        try (view) {
            NDArray moved = view.toDevice(device, false);
            return new Rows(moved, moved.getManager()); // a manager of the copy's own
        }
    }

    private static NDArray row(NDManager owner, double[] values) {
        return LinearAlgebra.upload(owner, new Dense(1, values.length, values));
    }

    /**
     * A ridge solution.
     *
     * @param map A [out, in]
     * @param failed 0, or the order of the first leading minor that is not positive
     * @param pivot the smallest pivot as a share of its diagonal entry; near 0 where a column is a
     *     combination of others
     * @param diagonal that of Xc^T Xc [1, in]
     */
    public record Solution(Dense map, int failed, double pivot, Dense diagonal) {}

    /**
     * (Xc^T Xc + penalty I) A^T = Xc^T Yc.
     *
     * @param penalty added to the diagonal
     * @param residual whether Y - X takes the place of Y, which makes A the difference from the
     *     identity
     * @return the solution
     */
    public Solution ridge(double penalty, boolean residual) {
        Interrupts.check("the ridge fit", "before it began");
        return advice("a fit from").get(() -> solution(penalty, residual));
    }

    private Solution solution(double penalty, boolean residual) {
        try (NDManager scope = Tensors.newManager(device);
                TorchScript script = TorchScript.load(device, MomentScripts.RIDGE);
                NDArray target = residual ? Tensors.sub(xy, symmetricXx()) : xy.duplicate()) {
            List<NDArray> found =
                    script.applyAll(row(scope, new double[] {penalty}), symmetricXx(), target);
            return new Solution(
                    LinearAlgebra.download(found.get(0)),
                    (int) HostValues.doubles(found.get(1))[0],
                    HostValues.doubles(found.get(2))[0],
                    LinearAlgebra.download(found.get(3)));
        }
    }

    /**
     * What the squared error of a map is made of.
     *
     * @param a A [out, in]
     * @return tr(A Xc^T Xc A^T) and tr(A Xc^T Yc)
     */
    public double[] traces(Dense a) {
        return advice("an error from").get(() -> tracesOf(a));
    }

    private double[] tracesOf(Dense a) {
        try (NDManager scope = Tensors.newManager(device);
                TorchScript script = TorchScript.load(device, MomentScripts.TRACES)) {
            List<NDArray> found =
                    script.applyAll(LinearAlgebra.upload(scope, a), symmetricXx(), xy);
            return new double[] {
                HostValues.doubles(found.get(0))[0], HostValues.doubles(found.get(1))[0]
            };
        }
    }

    @Override
    public void close() {
        shift.close();
        accumulate.close();
        sum.close();
        manager.close();
    }
}
