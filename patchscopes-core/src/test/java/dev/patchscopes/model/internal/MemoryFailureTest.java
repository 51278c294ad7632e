package dev.patchscopes.model.internal;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.engine.EngineException;
import dev.patchscopes.model.MemoryException.Memory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The texts that libtorch and the virtual machine have for memory that ran out. */
class MemoryFailureTest {

    private static MemoryFailure of(Throwable thrown) {
        return MemoryFailure.of(thrown).orElseThrow();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                // Linux, also macOS
                "NATIVE | 400000000000 | [enforce fail at alloc_cpu.cpp:119] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate 400000000000 bytes. Error code 12 (Cannot allocate memory)",
                // Windows
                "NATIVE | 12288 | [enforce fail at alloc_cpu.cpp:72] data. DefaultCPUAllocator: not enough memory: you tried to allocate 12288 bytes.",
                "NATIVE | | std::bad_alloc",
                "NATIVE | | bad allocation",
                "NATIVE | | unable to mmap 512 bytes from file <weights>: Cannot allocate memory (12)",
                "DEVICE | 21474836480 | CUDA out of memory. Tried to allocate 20.00 GiB. GPU 0 has a total capacity of 79.11 GiB of which 5.25 MiB is free. Process 7 has 79.09 GiB memory in use.",
                "DEVICE | 2097152 | CUDA out of memory. Tried to allocate 2.00 MiB (GPU 0; 15.90 GiB total capacity; 14.57 GiB already allocated; 1.88 MiB free; 15.05 GiB reserved in total by PyTorch)",
                "DEVICE | | CUDA error: out of memory",
                "DEVICE | | CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
                "DEVICE | | cuDNN error: CUDNN_STATUS_ALLOC_FAILED",
                "DEVICE | | cusolver error: CUSOLVER_STATUS_ALLOC_FAILED, when calling `cusolverDnCreate(handle)`",
                "DEVICE | 256 | MPS backend out of memory (MPS allocated: 8.00 GB, other allocations: 1.00 GB, max allowed: 9.07 GB). Tried to allocate 256 bytes on private pool."
            })
    void whatTheEngineSays(Memory memory, Long bytes, String text) {
        OptionalLong asked = bytes == null ? OptionalLong.empty() : OptionalLong.of(bytes);
        assertThat(of(new EngineException(text))).isEqualTo(new MemoryFailure(memory, asked));
    }

    @Test
    void aFunctionsTraceHoldsIt() {
        String text =
                """
                The following operation failed in the TorchScript interpreter.
                Traceback of TorchScript (most recent call last):
                  File "code/__torch__.py", line 6, in forward
                    u, s, vh, = torch.linalg_svd(a, False)
                                ~~~~~~~~~~~~~~~~ <--- HERE
                RuntimeError: std::bad_alloc
                """;
        assertThat(of(new EngineException(text)).memory()).isEqualTo(Memory.NATIVE);
        assertThat(of(new IllegalStateException(new EngineException(text))).memory())
                .isEqualTo(Memory.NATIVE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Java heap space",
                "GC overhead limit exceeded",
                "Requested array size exceeds VM limit",
                "Required array length too large"
            })
    void whatTheVirtualMachineSaysOfItsHeap(String text) {
        MemoryFailure expected = new MemoryFailure(Memory.JAVA_HEAP, OptionalLong.empty());
        assertThat(of(new OutOfMemoryError(text))).isEqualTo(expected);
    }

    @Test
    void buffersAreNative() {
        OutOfMemoryError thrown =
                new OutOfMemoryError(
                        "Cannot reserve 4096 bytes of direct buffer memory (allocated: 1, limit: 2)");
        assertThat(of(thrown)).isEqualTo(new MemoryFailure(Memory.NATIVE, OptionalLong.of(4096)));
        assertThat(MemoryFailure.isOfBuffers(thrown)).isTrue();
        assertThat(MemoryFailure.isOfBuffers(new OutOfMemoryError("Java heap space"))).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Metaspace",
                "Compressed class space",
                "unable to create native thread: possibly out of memory or process/resource limits reached"
            })
    void whatNoSmallerWorkWouldHelp(String text) {
        assertThat(MemoryFailure.of(new OutOfMemoryError(text))).isEmpty();
    }

    @Test
    void everythingElse() {
        assertThat(MemoryFailure.of(new OutOfMemoryError())).isEmpty();
        assertThat(MemoryFailure.of(new EngineException((String) null))).isEmpty();
        assertThat(
                        MemoryFailure.of(
                                new EngineException("mat1 and mat2 shapes cannot be multiplied")))
                .isEmpty();
        assertThat(MemoryFailure.of(new IllegalStateException("std::bad_alloc"))).isEmpty();
        assertThat(MemoryFailure.of(new UncheckedIOException(new IOException("not enough memory"))))
                .isEmpty();
        RuntimeException circle = new RuntimeException("a");
        circle.initCause(new RuntimeException("b", circle));
        assertThat(MemoryFailure.of(circle)).isEmpty();
    }
}
