package dev.patchscopes.examples.soak;

import ai.djl.ndarray.types.Shape;
import com.google.common.collect.ImmutableList;
import dev.patchscopes.checkpoint.CheckpointException;
import dev.patchscopes.linear.Matrix;
import dev.patchscopes.model.BaseRun;
import dev.patchscopes.model.Cell;
import dev.patchscopes.model.DemoModel;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Intervention;
import dev.patchscopes.model.InterventionException;
import dev.patchscopes.model.MatrixProducts;
import dev.patchscopes.model.MemoryException;
import dev.patchscopes.model.ModelClosedException;
import dev.patchscopes.model.NonFiniteException;
import dev.patchscopes.model.Phase;
import dev.patchscopes.model.PromptTooLongException;
import dev.patchscopes.model.Sampling;
import dev.patchscopes.model.Sweep;
import dev.patchscopes.model.SweepJournalException;
import dev.patchscopes.text.Positions;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/** Work that fails, each time in the same way: users' mistakes, broken files, changes of mind. */
final class SoakFaults {
    private static final String PROMPT = "The capital of France is";

    private final HookedModel model;
    private final Path folder;
    private final Path truncated;
    private final AtomicInteger files = new AtomicInteger();

    /**
     * @param folder for files; one stays, a checkpoint that ends too early
     */
    SoakFaults(HookedModel model, Path folder) throws IOException {
        this.model = model;
        this.folder = folder;
        this.truncated = DemoModel.SMALL.copyTo(folder.resolve("truncated"));
        Path weights = truncated.resolve("model.safetensors");
        try (FileChannel file = FileChannel.open(weights, StandardOpenOption.WRITE)) {
            file.truncate(file.size() - 1);
        }
    }

    ImmutableList<SoakTask> tasks() {
        return ImmutableList.of(
                failing("hook that throws", UserException.class, this::throwingHook),
                failing("hook that throws late", UserException.class, this::throwingWhileDecoding),
                failing("hook that gives a wrong shape", InterventionException.class, this::shape),
                failing("hook that asks for a PiB", RuntimeException.class, this::hugeArray),
                failing("cell that never applies", InterventionException.class, this::cell),
                failing("sweep stopped at once", CancellationException.class, this::cancelled),
                failing("interrupted run", CancellationException.class, this::interrupted),
                failing("interrupted sweep", CancellationException.class, this::interruptedSweep),
                failing("NaN that was looked for", NonFiniteException.class, this::nonFinite),
                failing("matrix beyond the heap", MemoryException.class, SoakFaults::hugeMatrix),
                failing("prompt too long", PromptTooLongException.class, this::tooLong),
                failing("truncated checkpoint", CheckpointException.class, this::truncated),
                failing("closed model", ModelClosedException.class, this::closed),
                failing("damaged journal", SweepJournalException.class, this::journal));
    }

    /** Work that has to end with an exception; what it says is the digest. */
    private static SoakTask failing(
            String name, Class<? extends Exception> expected, Callable<?> work) {
        return new SoakTask(
                name,
                () -> {
                    Object result;
                    try {
                        result = work.call();
                    } catch (Exception e) {
                        if (expected.isInstance(e)) {
                            return e.getClass().getName();
                        }
                        throw e;
                    }
                    throw new IllegalStateException("'%s' gave %s".formatted(name, result));
                });
    }

    private static final class UserException extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    private Object throwingHook() {
        return model.run(PROMPT)
                .capture(HookPoint.residual(8))
                .intervene(
                        Intervention.custom(
                                HookPoint.residual(5),
                                (v, c) -> {
                                    throw new UserException();
                                }))
                .execute();
    }

    private Object throwingWhileDecoding() {
        AtomicInteger calls = new AtomicInteger();
        return model.generation(PROMPT)
                .maxNewTokens(8)
                .sampling(Sampling.temperature(1, 3))
                .intervene(
                        Intervention.custom(
                                        HookPoint.z(3),
                                        (v, c) -> {
                                            if (calls.incrementAndGet() == 4) {
                                                throw new UserException();
                                            }
                                            return v;
                                        })
                                .during(Phase.DECODE))
                .run();
    }

    private Object shape() {
        return model.run(PROMPT)
                .intervene(Intervention.custom(HookPoint.residual(2), (v, c) -> v.transpose()))
                .execute();
    }

    private Object hugeArray() {
        return model.run(PROMPT)
                .intervene(
                        Intervention.custom(
                                HookPoint.residual(2),
                                (v, c) -> v.getManager().ones(new Shape(1L << 48))))
                .execute();
    }

    private Sweep sweep() {
        List<Cell> cells = new ArrayList<>();
        for (int layer = 0; layer < 4; layer++) {
            cells.add(
                    Cell.of(
                            0,
                            Intervention.replace(
                                    HookPoint.residual(layer),
                                    Positions.last(),
                                    SoakWork.vector(layer, model.width()))));
        }
        return model.sweep(BaseRun.of(model.tokenize(PROMPT))).cells(cells);
    }

    private Object cell() {
        return model.sweep(BaseRun.of(model.tokenize(PROMPT)))
                .cells(
                        List.of(
                                Cell.of(
                                        0,
                                        Intervention.replace(
                                                HookPoint.residual(1),
                                                Positions.last(),
                                                new float[3]))))
                .execute();
    }

    private Object cancelled() {
        return sweep().progress(new StopAfter(new AtomicInteger(), 0)).execute();
    }

    /** Interrupted in the middle by its own hook; the flag has to be there at the end. */
    private Object interrupted() {
        return whileInterrupted(
                () ->
                        model.generation(PROMPT)
                                .maxNewTokens(4)
                                .intervene(interrupting(HookPoint.residual(4)))
                                .run());
    }

    private Object interruptedSweep() {
        return whileInterrupted(
                () ->
                        model.sweep(
                                        new BaseRun(
                                                model.tokenize(PROMPT),
                                                ImmutableList.of(
                                                        interrupting(HookPoint.residual(2)))))
                                .cells(
                                        List.of(
                                                Cell.of(
                                                        0,
                                                        Intervention.zero(
                                                                HookPoint.residual(3),
                                                                Positions.last()))))
                                .execute());
    }

    private static Intervention interrupting(HookPoint point) {
        return Intervention.custom(
                point,
                (v, c) -> {
                    Thread.currentThread().interrupt();
                    return v;
                });
    }

    private static Object whileInterrupted(Supplier<Object> work) {
        try {
            return work.get();
        } catch (CancellationException e) {
            if (!Thread.interrupted()) {
                throw new IllegalStateException("the thread is no longer interrupted", e);
            }
            throw e;
        } finally {
            Thread.interrupted(); // whatever happened, the next task is not to be stopped
        }
    }

    private Object nonFinite() {
        float[] damaged = SoakWork.vector(1, model.width());
        damaged[3] = Float.POSITIVE_INFINITY;
        return model.run(PROMPT)
                .intervene(Intervention.replace(HookPoint.residual(3), Positions.last(), damaged))
                .checkFinite()
                .execute();
    }

    private static Object hugeMatrix() {
        return Matrix.identity(40_000);
    }

    private Object tooLong() {
        return model.generate("word ".repeat(model.contextLength()), 1);
    }

    private Object truncated() {
        return HookedModel.load(truncated);
    }

    private Object closed() {
        HookedModel own =
                DemoModel.SMALL.load(loader -> loader.matrixProducts(MatrixProducts.PLAIN));
        own.close();
        return own.run(PROMPT);
    }

    private Object journal() throws IOException {
        Path journal = folder.resolve("fault-%d.journal".formatted(files.incrementAndGet()));
        Sweep sweep = sweep().resume(journal);
        try {
            sweep.execute();
            byte[] bytes = Files.readAllBytes(journal);
            bytes[bytes.length / 2] ^= 1;
            Files.write(journal, bytes);
            return sweep.execute();
        } finally {
            Files.deleteIfExists(journal);
        }
    }
}
