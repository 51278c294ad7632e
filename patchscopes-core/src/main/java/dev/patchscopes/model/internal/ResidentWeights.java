package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.google.common.base.Suppliers;
import dev.patchscopes.checkpoint.Checkpoint;
import dev.patchscopes.checkpoint.internal.Interrupts;
import dev.patchscopes.model.Progress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/** All parameters in memory for the life of the model. */
final class ResidentWeights implements WeightSource {
    /** A table of more than one part in so many of the weights is not kept twice. */
    private static final int LARGEST_SHARE = 3;

    private final NDManager manager;
    private final Weights.Ends ends;
    private final List<Weights.Block> blocks = new ArrayList<>();
    private final Map<Integer, Weights.Block> unpacked = new ConcurrentHashMap<>();
    private final long bytes;
    private Supplier<Weights.Linear> unembedding;

    private ResidentWeights(NDManager manager, WeightLoader loader, int layers, int bytesEach) {
        this.manager = manager;
        this.ends = loader.ends();
        this.unembedding = ends::unembedding;
        for (int b = 0; b < layers; b++) {
            blocks.add(loader.block(b));
        }
        loader.checkNothingLeft();
        this.bytes = loader.parameters() * bytesEach;
    }

    /** Reads a checkpoint's parameters; nothing stays allocated if that fails. */
    static ResidentWeights load(
            Checkpoint checkpoint,
            Architecture architecture,
            String name,
            NDManager base,
            Tensors ops,
            int bytesEach,
            Progress progress) {
        NDManager manager = base.newSubManager();
        try {
            WeightLoader loader =
                    new WeightLoader(checkpoint, architecture, name, manager, ops, progress);
            return new ResidentWeights(manager, loader, architecture.spec().layers(), bytesEach);
        } catch (RuntimeException | Error e) {
            manager.close();
            throw e;
        }
    }

    /**
     * Rearranges the matrices for faster products, one at a time, each in the place of the plain
     * one; before the first run.
     */
    void pack(PackedProducts products) {
        blocks.replaceAll(block -> block.map(linear -> packed(products, linear)));
        NDArray table = ends.unembedding().weight();
        long tableBytes = table.size() * table.getDataType().getNumOfBytes();
        if (tableBytes * LARGEST_SHARE <= bytes) {
            // the rows of tokens are needed as they are, too
            unembedding = Suppliers.memoize(() -> products.packed(ends.unembedding()));
        }
    }

    private static Weights.Linear packed(PackedProducts products, Weights.Linear linear) {
        Interrupts.check("the packing of weights", "between two matrices");
        Weights.Linear packed = products.packed(linear);
        if (!packed.packed()) {
            return linear;
        }
        if (!products.isCopied(packed, linear.weight())) {
            packed.weight().close();
            return linear;
        }
        linear.weight().close();
        return packed;
    }

    /** All of a block's matrices as they were, or none of them. */
    private static Weights.Block unpacked(Weights.Block block) {
        List<NDArray> made = new ArrayList<>();
        try {
            return block.map(
                    linear -> {
                        if (!linear.packed()) {
                            return linear;
                        }
                        NDArray plain = Tensors.unpacked(linear.weight());
                        made.add(plain);
                        return new Weights.Linear(plain, linear.bias());
                    });
        } catch (RuntimeException | Error e) {
            made.forEach(NDArray::close);
            throw e;
        }
    }

    @Override
    public Weights.Ends ends() {
        return ends;
    }

    @Override
    public Weights.Linear unembedding() {
        return unembedding.get();
    }

    @Override
    public Lease block(int index, boolean differentiable) {
        Weights.Block weights =
                differentiable
                        ? unpacked.computeIfAbsent(index, b -> unpacked(blocks.get(b)))
                        : blocks.get(index);
        return Lease.of(weights);
    }

    @Override
    public long bytes() {
        return bytes;
    }

    @Override
    public void close() {
        manager.close();
    }
}
