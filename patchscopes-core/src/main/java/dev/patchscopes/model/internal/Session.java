package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDManager;
import java.util.concurrent.locks.Lock;

/**
 * The use of a model by one run: keeps the model open, sets whether graphs are recorded on this
 * thread, and owns the run's tensors. Closing undoes all three.
 */
final class Session implements AutoCloseable {
    private final Lock hold;
    private final NDManager manager;
    private final boolean recordedBefore;

    /**
     * @param hold already locked; unlocked on close
     * @param base parent of the run's tensors
     * @param record whether graphs are recorded. libtorch keeps the switch per thread and starts it
     *     on for every thread but the one that loaded it, so a run states what it wants
     */
    Session(Lock hold, NDManager base, boolean record) {
        this.hold = hold;
        this.manager = base.newSubManager();
        this.recordedBefore = Tensors.isGradMode();
        Tensors.setGradMode(record);
    }

    /** Owner of the run's tensors. */
    NDManager manager() {
        return manager;
    }

    @Override
    public void close() {
        try {
            manager.close();
        } finally {
            Tensors.setGradMode(recordedBefore);
            hold.unlock();
        }
    }
}
