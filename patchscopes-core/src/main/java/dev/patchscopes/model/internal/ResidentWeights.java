package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDManager;
import dev.patchscopes.checkpoint.Checkpoint;
import java.util.ArrayList;
import java.util.List;

/** All parameters in memory for the life of the model. */
final class ResidentWeights implements WeightSource {
    private final NDManager manager;
    private final Weights.Ends ends;
    private final List<Weights.Block> blocks = new ArrayList<>();
    private final long bytes;

    private ResidentWeights(NDManager manager, WeightLoader loader, int layers, int bytesEach) {
        this.manager = manager;
        this.ends = loader.ends();
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
            NDManager base,
            Tensors ops,
            int bytesEach) {
        NDManager manager = base.newSubManager();
        try {
            WeightLoader loader = new WeightLoader(checkpoint, architecture, manager, ops);
            return new ResidentWeights(manager, loader, architecture.spec().layers(), bytesEach);
        } catch (RuntimeException | Error e) {
            manager.close();
            throw e;
        }
    }

    @Override
    public Weights.Ends ends() {
        return ends;
    }

    @Override
    public Lease block(int index) {
        Weights.Block weights = blocks.get(index);
        return new Lease() {
            @Override
            public Weights.Block weights() {
                return weights;
            }

            @Override
            public void close() {
                // resident parameters are nobody's to return
            }
        };
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
