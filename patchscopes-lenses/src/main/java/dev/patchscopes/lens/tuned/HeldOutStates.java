package dev.patchscopes.lens.tuned;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.google.common.math.IntMath;
import dev.patchscopes.internal.Steps;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.TensorActivations;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The states of texts, layer by layer: of as many layers as a budget allows from one pass of the
 * model, kept beside the device. Where it does not allow one, each layer is read as the model runs.
 *
 * <p>What is kept are 4 bytes a number (8 for a model that computes in float64), d_model numbers
 * for each token and layer, and as many for the last layer. Holds native memory: close it.
 */
final class HeldOutStates implements AutoCloseable {
    /** Tokens of a pass: sums cost least with a thousand rows or more. */
    private static final int TOKENS_AT_ONCE = 1024;

    private final HookedModel model;
    private final TokenChunks chunks;
    private final int layersAtOnce; // 0: none is kept
    private final List<Kept> kept = new ArrayList<>(); // a pass's states, in their order
    private int first; // layer of those kept
    private int end; // behind the last of them

    /** Layers {@code first..end-1}, then the last, each [row, d_model]. */
    record Kept(NDManager manager, List<NDArray> states) implements AutoCloseable {
        @Override
        public void close() {
            manager.close();
        }
    }

    /** Takes a layer's states and the last layer's, [row, d_model] each; they are lent. */
    interface Reader {
        void read(NDArray states, NDArray last);
    }

    /**
     * @param budget bytes that may be kept
     */
    HeldOutStates(HookedModel model, TokenChunks chunks, long budget) {
        this.model = model;
        this.chunks = chunks;
        long layer = chunks.tokens() * model.width() * Translators.typeOf(model).getNumOfBytes();
        this.layersAtOnce = (int) Math.max(0, Math.min(model.layers(), budget / layer - 1));
    }

    /** Passes of the model that reading each layer once, one after the other, takes. */
    long passes() {
        return (long) passes(chunks)
                * IntMath.divide(model.layers(), Math.max(1, layersAtOnce), RoundingMode.CEILING);
    }

    /**
     * Reads a layer, some rows at a time.
     *
     * @param layer 0..L-1; in order, so that each pass of the model is made once
     * @param steps a pass of the model is a part
     */
    void read(int layer, Steps steps, Reader reader) {
        if (layersAtOnce == 0) {
            each(
                    model,
                    chunks,
                    List.of(HookPoint.residual(layer), HookPoint.residual(model.layers())),
                    steps,
                    acts ->
                            reader.read(
                                    acts.get(HookPoint.residual(layer)),
                                    acts.get(HookPoint.residual(model.layers()))));
            return;
        }
        if (layer < first || layer >= end) {
            keep(layer, steps);
        }
        for (Kept some : kept) {
            steps.check();
            try (NDManager scope = NDManager.newBaseManager(model.device(), "PyTorch")) {
                reader.read(
                        there(some.states.get(layer - first), scope),
                        there(some.states.get(end - first), scope));
            }
        }
    }

    /** On the model's device. */
    private NDArray there(NDArray tensor, NDManager scope) {
        NDArray moved = tensor.toDevice(model.device(), false);
        if (moved != tensor) {
            moved.attach(scope);
        }
        return moved;
    }

    private void keep(int from, Steps steps) {
        close();
        first = from;
        end = Math.min(model.layers(), from + layersAtOnce);
        List<HookPoint> points = new ArrayList<>();
        IntStream.range(first, end).mapToObj(HookPoint::residual).forEach(points::add);
        points.add(HookPoint.residual(model.layers()));
        each(model, chunks, points, steps, acts -> kept.add(copies(acts, points)));
    }

    /** The caller closes them; where one cannot be had, none is kept. */
    Kept copies(TensorActivations acts, List<HookPoint> points) {
        NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch");
        Kept copies = new Kept(manager, new ArrayList<>());
        try {
            for (HookPoint point : points) {
                NDArray own = acts.get(point);
                boolean last = point.equals(HookPoint.residual(model.layers()));
                NDArray copy =
                        own.toType(last ? own.getDataType() : Translators.typeOf(model), true);
                copy.attach(manager);
                NDArray here = copy.toDevice(Device.cpu(), false);
                if (here != copy) {
                    here.attach(manager);
                    copy.close();
                }
                copies.states.add(here);
            }
            return copies;
        } catch (RuntimeException | Error e) {
            copies.close();
            throw e;
        }
    }

    /** What is done with one pass. */
    interface Visitor {
        void visit(TensorActivations acts);
    }

    /** Runs the model over chunks, a thousand tokens or so at a time; a pass is a part. */
    static void each(
            HookedModel model,
            TokenChunks chunks,
            List<HookPoint> points,
            Steps steps,
            Visitor visitor) {
        int atOnce = atOnce(chunks);
        for (int from = 0; from < chunks.count(); from += atOnce) {
            int[] which = IntStream.range(from, Math.min(chunks.count(), from + atOnce)).toArray();
            try (TensorActivations acts =
                    model.run(chunks.batch(which)).capture(points).tensors()) {
                visitor.visit(acts);
            }
            steps.done();
        }
    }

    /** How many passes that takes. */
    static int passes(TokenChunks chunks) {
        return IntMath.divide(chunks.count(), atOnce(chunks), RoundingMode.CEILING);
    }

    private static int atOnce(TokenChunks chunks) {
        return Math.max(1, TOKENS_AT_ONCE / chunks.length());
    }

    @Override
    public void close() {
        kept.forEach(Kept::close);
        kept.clear();
    }
}
