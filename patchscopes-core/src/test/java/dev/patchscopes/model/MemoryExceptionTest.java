package dev.patchscopes.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assumptions.assumeThat;

import ai.djl.engine.EngineException;
import ai.djl.pytorch.jni.JniUtils;
import dev.patchscopes.model.MemoryException.Memory;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenizedPrompt;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Memory that runs out: what is said, what is left, and what is the caller's own. */
class MemoryExceptionTest {

    private static final TokenizedPrompt PROMPT = TestModels.prompt(191, 5);
    private static final HookPoint MID = HookPoint.residual(1);

    private static HookedModel model;

    @TempDir private Path directory;

    @BeforeAll
    static void load() {
        model = TestModels.exact("gpt2");
    }

    @AfterAll
    static void close() {
        model.close();
    }

    // ---- in processes of their own ----------------------------------------------------------

    private static void assertNothingWrong(List<String> lines, int kinds, int failures) {
        assertThat(lines).noneMatch(line -> line.startsWith("wrong"));
        assertThat(lines).endsWith("nothing left");
        List<Integer> counts =
                lines.stream()
                        .filter(line -> line.contains(" failures"))
                        .map(line -> line.replaceAll(".*: (\\d+) failures.*", "$1"))
                        .map(Integer::parseInt)
                        .toList();
        assertThat(counts).hasSize(kinds).doesNotContain(0);
        assertThat(counts.stream().mapToInt(i -> i).sum()).isGreaterThan(failures);
    }

    @Test
    void aCallThatFailsLeavesNothingWhicheverItIs() throws Exception {
        List<String> lines =
                ForkedJvm.run(
                        MemoryPoints.class, TestModels.directory("gpt2").toString(), "FLOAT32");
        assertNothingWrong(lines, 28, 500);
        assertThat(lines).contains("resumed with [1, 2] cells");
    }

    @Test
    void tooFewAddressesLeaveTheModelUsable() throws Exception {
        assumeThat(ForkedJvm.canMeasure()).isTrue();
        MemoryLimits.MODEL.write(directory, "F32");
        List<String> lines =
                ForkedJvm.run(MemoryLimits.class, AddressLimit.ENVIRONMENT, directory.toString());
        assertNothingWrong(lines, 12, 60);
        String growth = lines.get(lines.size() - 2);
        assertThat(growth).startsWith("KiB more: ");
        assertThat(Long.parseLong(growth.substring(10))).isLessThan(16 * 1024);
    }

    @Test
    void tooSmallAHeapLeavesTheModelUsable() throws Exception {
        MemoryLimits.MODEL.write(directory, "F32");
        List<String> lines = ForkedJvm.run(MemoryHeap.class, directory.toString());
        assertNothingWrong(lines, 6, 29);
    }

    // ---- what is the caller's own -----------------------------------------------------------

    private static void assertHandedOn(Function<Supplier<RuntimeException>, Runnable> use) {
        for (Throwable own :
                List.of(
                        new OutOfMemoryError("Java heap space"),
                        new EngineException(NativeFailures.TEXT),
                        new MemoryException("of mine", Memory.NATIVE, OptionalLong.empty()),
                        new IllegalStateException(
                                "of mine, too", new OutOfMemoryError("Java heap space")))) {
            boolean recording = JniUtils.isGradMode();
            Runnable used =
                    use.apply(
                            () -> {
                                if (own instanceof Error error) {
                                    throw error;
                                }
                                throw (RuntimeException) own;
                            });
            assertThat(catchThrowable(used::run)).isSameAs(own); // and makes constants
            int arrays = model.runtime().liveArrays();
            assertThat(catchThrowable(used::run)).isSameAs(own);
            assertThat(model.runtime().liveArrays()).isEqualTo(arrays);
            assertThat(JniUtils.isGradMode()).isEqualTo(recording);
        }
    }

    @Test
    void whatFunctionsOfTheCallersThrowIsHandedOn() {
        assertHandedOn(
                own ->
                        () ->
                                model.run(PROMPT)
                                        .intervene(
                                                Intervention.custom(
                                                        MID,
                                                        (v, c) -> {
                                                            throw own.get();
                                                        }))
                                        .execute());
        assertHandedOn(
                own ->
                        () ->
                                model.generation(PROMPT)
                                        .maxNewTokens(2)
                                        .intervene(
                                                Intervention.map(
                                                        MID,
                                                        Positions.last(),
                                                        v -> {
                                                            throw own.get();
                                                        }))
                                        .run());
        assertHandedOn(
                own ->
                        () ->
                                model.run(PROMPT)
                                        .gradients(
                                                logits -> {
                                                    throw own.get();
                                                },
                                                MID));
    }

    @Test
    void checksOfValuesHandOnWhatFunctionsThrow() {
        Function<Supplier<RuntimeException>, Run> checked =
                own ->
                        model.run(PROMPT)
                                .intervene(
                                        Intervention.custom(
                                                MID,
                                                (v, c) -> {
                                                    throw own.get();
                                                }))
                                .checkFinite();
        assertHandedOn(own -> () -> checked.apply(own).findNonFinite());
        assertHandedOn(own -> () -> checked.apply(own).gradients(Metric.logit(1), MID));
        assertHandedOn(
                own -> () -> checked.apply(own).jacobian(0, Positions.at(1), 1, Positions.last()));
    }

    @Test
    void whatListenersThrowIsHandedOn() {
        Cell cell = Cell.of(0, Intervention.zero(MID, Positions.last()));
        assertHandedOn(
                own ->
                        () ->
                                model.sweep(BaseRun.of(PROMPT))
                                        .cells(List.of(cell))
                                        .progress(
                                                (done, all, elapsed) -> {
                                                    throw own.get();
                                                })
                                        .execute());
        assertHandedOn(
                own ->
                        () ->
                                HookedModel.loader(TestModels.directory("gpt2"))
                                        .progress(
                                                (done, all, elapsed) -> {
                                                    throw own.get();
                                                })
                                        .load()
                                        .close());
        try (TrainableModel training =
                TrainableModel.open(TestModels.directory("gpt2"), MemoryWork.training())) {
            assertHandedOn(
                    own ->
                            () ->
                                    training.update(
                                            (at, values, gradients, count) -> {
                                                throw own.get();
                                            }));
        }
    }

    @Test
    void errorsThatNoSmallerWorkAvoidsAreHandedOn() {
        OutOfMemoryError threads = new OutOfMemoryError("unable to create native thread");
        MemoryAdvice advice = MemoryAdvice.of(() -> "work", "work less");
        Supplier<Object> body =
                () -> {
                    throw threads;
                };
        assertThatThrownBy(() -> advice.get(body)).isSameAs(threads);
    }

    // ---- what is said -----------------------------------------------------------------------

    private static MemoryException translated(Throwable thrown) {
        MemoryAdvice advice =
                MemoryAdvice.of(() -> "a run of 4 prompts", "run fewer").inJava("capture fewer");
        return (MemoryException)
                catchThrowable(
                        () ->
                                advice.run(
                                        () -> {
                                            if (thrown instanceof Error error) {
                                                throw error;
                                            }
                                            throw (RuntimeException) thrown;
                                        }));
    }

    @Test
    void theMessageNamesWorkMemorySizeAndTheWayOut() {
        EngineException cpu = new EngineException(NativeFailures.TEXT);
        assertThat(translated(cpu))
                .hasMessage(
                        "a run of 4 prompts ran out of native memory when 122.1 MiB were asked for: run fewer, or give the process more memory")
                .hasCause(cpu);
        assertThat(translated(cpu).memory()).isEqualTo(Memory.NATIVE);
        assertThat(translated(cpu).bytesAsked()).hasValue(128_000_000);
        assertThat(translated(new OutOfMemoryError("Java heap space")))
                .hasMessageMatching(
                        "a run of 4 prompts ran out of the Java heap: capture fewer, or raise -Xmx, which is [0-9.]+ .iB now");
        assertThat(
                        translated(
                                new EngineException(
                                        "CUDA out of memory. Tried to allocate 20.00 GiB.")))
                .hasMessage(
                        "a run of 4 prompts ran out of GPU memory when 20.0 GiB were asked for: run fewer, or load the model on the CPU (Device.cpu()) or a GPU with more memory");
        assertThat(
                        translated(
                                new OutOfMemoryError(
                                        "Cannot reserve 900 bytes of direct buffer memory")))
                .hasMessage(
                        "a run of 4 prompts ran out of native memory when 900 bytes were asked for: run fewer, or raise -XX:MaxDirectMemorySize");
    }

    @Test
    void theWayOutOfBuffersIsTheirsHoweverDeepTheCauseIs() {
        OutOfMemoryError buffers =
                new OutOfMemoryError("Cannot reserve 900 bytes of direct buffer memory");
        for (Throwable thrown : List.of(translated(buffers), new IllegalStateException(buffers))) {
            assertThat(translated(thrown)).hasMessageEndingWith("raise -XX:MaxDirectMemorySize");
        }
    }

    @Test
    void theOutermostSaysWhatToLower() {
        MemoryAdvice inner = MemoryAdvice.of(() -> "a part", "take less of it");
        MemoryAdvice outer = MemoryAdvice.of(() -> "the whole", "ask for less");
        EngineException cause = new EngineException("std::bad_alloc");
        Runnable work =
                () ->
                        outer.run(
                                () ->
                                        inner.run(
                                                () -> {
                                                    throw cause;
                                                }));
        assertThatThrownBy(work::run)
                .isInstanceOf(MemoryException.class)
                .hasMessageStartingWith("the whole ran out of native memory: ask for less")
                .hasRootCause(cause)
                .cause()
                .hasMessageStartingWith("a part ran out");
    }
}
