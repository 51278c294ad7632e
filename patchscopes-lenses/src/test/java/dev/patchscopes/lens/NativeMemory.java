package dev.patchscopes.lens;

import ai.djl.ndarray.NDManager;

/** What native memory is held. */
public final class NativeMemory {
    private NativeMemory() {}

    /** Native arrays and managers alive in this process, whoever owns them. */
    public static int arrays() {
        try (NDManager probe = NDManager.newBaseManager("PyTorch")) {
            return probe.getParentManager().getManagedArrays().size();
        }
    }
}
