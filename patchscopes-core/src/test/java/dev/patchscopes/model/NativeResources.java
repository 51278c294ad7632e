package dev.patchscopes.model;

import ai.djl.ndarray.BaseNDManager;
import ai.djl.ndarray.NDManager;
import java.lang.reflect.Field;
import java.util.Map;

/** What the engine holds in this process, whoever owns it: tensors, managers and functions. */
final class NativeResources {
    private NativeResources() {}

    static int count() {
        try (NDManager probe = NDManager.newBaseManager("PyTorch")) {
            return count(probe.getParentManager()) - 1; // without the probe
        }
    }

    private static int count(NDManager manager) {
        int all = 0;
        for (Object held : resources(manager).values()) {
            all += 1 + (held instanceof NDManager child ? count(child) : 0);
        }
        return all;
    }

    private static Map<?, ?> resources(NDManager manager) {
        try {
            Field field = BaseNDManager.class.getDeclaredField("resources");
            field.setAccessible(true);
            return (Map<?, ?>) field.get(manager);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }
}
