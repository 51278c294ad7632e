package dev.patchscopes.model.internal;

import ai.djl.Device;
import ai.djl.util.cuda.CudaUtils;
import com.google.common.math.LongMath;
import com.sun.management.OperatingSystemMXBean;
import dev.patchscopes.checkpoint.Checkpoint;
import dev.patchscopes.model.ComputeType;
import dev.patchscopes.model.MemoryException;
import dev.patchscopes.model.MemoryException.Memory;
import java.lang.management.ManagementFactory;
import java.util.OptionalLong;

/**
 * The memory a model's weights will take, known before any of it is allocated.
 *
 * @param bytes bytes of all stored tensors in the compute type
 * @param type compute type
 */
record MemoryNeed(long bytes, ComputeType type) {

    /** Reads sizes only. */
    static MemoryNeed of(Checkpoint checkpoint, ComputeType type) {
        long elements = 0;
        for (String name : checkpoint.tensorNames()) {
            elements = LongMath.saturatedAdd(elements, checkpoint.tensor(name).elements());
        }
        return new MemoryNeed(LongMath.saturatedMultiply(elements, type.bytes()), type);
    }

    /** Refuses what the device could not hold even if nothing else used it. */
    void check(String model, Device device) {
        long available = of(device);
        if (available > 0 && bytes > available) {
            throw new MemoryException(
                    "the weights of %s take %.1f GiB in %s, and %s has %.1f GiB of memory: choose a smaller compute type, another device or a smaller model"
                            .formatted(
                                    model, bytes / 0x1p30, type.name(), device, available / 0x1p30),
                    device.isGpu() ? Memory.DEVICE : Memory.NATIVE,
                    OptionalLong.of(bytes));
        }
    }

    /** All memory of a device; 0 where nothing says how much there is. */
    static long of(Device device) {
        return device.isGpu() ? gpu(device) : main();
    }

    private static long gpu(Device device) {
        return CudaUtils.getGpuMemory(device).getMax();
    }

    /** All of the machine's or container's memory; 0 where the virtual machine does not tell. */
    static long main() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system
                ? system.getTotalMemorySize()
                : 0;
    }
}
