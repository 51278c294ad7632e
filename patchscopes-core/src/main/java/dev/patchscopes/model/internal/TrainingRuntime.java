package dev.patchscopes.model.internal;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.google.common.base.Throwables;
import com.google.common.collect.ImmutableList;
import com.google.common.util.concurrent.MoreExecutors;
import dev.patchscopes.checkpoint.internal.Interrupts;
import dev.patchscopes.model.ComputeType;
import dev.patchscopes.model.TrainingBatch;
import dev.patchscopes.text.NativeStartup;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntConsumer;

/**
 * Parameters in one flat tensor, and the threads that compute losses and gradients.
 *
 * <p>Rows are dealt out to workers in a fixed way and each worker gathers a gradient of its own, so
 * that results do not depend on which one is faster.
 */
public final class TrainingRuntime implements AutoCloseable {
    /** Parameters shown at a time, from a multiple of this on. */
    public static final int PIECE = 2048;

    private final Architecture architecture;
    private final ParameterLayout layout;
    private final ComputeType type;
    private final NDManager base;
    private final NDArray values;
    private final TrainingPass pass;
    private final List<Worker> workers = new ArrayList<>();
    private final ExecutorService threads;

    /**
     * Allocates parameters, all zero.
     *
     * @param architecture what to compute
     * @param type float32 or float64
     * @param workerCount threads
     */
    public TrainingRuntime(Architecture architecture, ComputeType type, int workerCount) {
        this(architecture, type, workerCount, TrainingRuntime::thread);
    }

    TrainingRuntime(
            Architecture architecture, ComputeType type, int workerCount, ThreadFactory factory) {
        NativeStartup.prepare();
        this.architecture = architecture;
        this.layout = ParameterLayout.of(ParameterShapes.of(architecture));
        this.type = type;
        this.base = Tensors.newManager(Device.cpu());
        Tensors ops = new Tensors(base, type.dataType());
        try {
            this.values = base.zeros(new Shape(layout.elements()), type.dataType());
        } catch (RuntimeException | Error e) {
            base.close();
            throw e;
        }
        this.pass = new TrainingPass(architecture, layout, ops);
        for (int i = 0; i < workerCount; i++) {
            workers.add(new Worker());
        }
        this.threads = Executors.newFixedThreadPool(workerCount, factory);
    }

    private static Thread thread(Runnable task) {
        Thread thread = new Thread(task, "training");
        thread.setDaemon(true);
        return thread;
    }

    /** A handle on the values that gathers gradients, and its owner. */
    private record Leaf(NDManager scope, NDArray handle) {}

    /** Shares the values; owns what it has gathered since gradients were last cleared. */
    private final class Worker {
        private Optional<Leaf> leaf = Optional.empty();
        private boolean gathered;

        double run(TrainingBatch rows, boolean backward) {
            boolean recorded = Tensors.isGradMode();
            Tensors.setGradMode(backward);
            try (NDManager own = base.newSubManager()) {
                double loss = pass.run(own, backward ? handle() : values, rows, backward);
                gathered |= backward;
                return loss;
            } finally {
                Tensors.setGradMode(recorded);
            }
        }

        /** A new handle has no gradient: cheaper than filling the old one's with zeros. */
        private NDArray handle() {
            if (leaf.isEmpty()) {
                NDManager scope = base.newSubManager();
                try {
                    leaf = Optional.of(new Leaf(scope, Tensors.leaf(values, scope)));
                } catch (RuntimeException | Error e) {
                    scope.close();
                    throw e;
                }
            }
            return leaf.get().handle();
        }

        /** The gradient, in a new handle; empty if none was gathered. */
        Optional<NDArray> gradient() {
            return gathered ? leaf.map(l -> l.handle().getGradient()) : Optional.empty();
        }

        void clear() {
            leaf.ifPresent(l -> l.scope().close());
            leaf = Optional.empty();
            gathered = false;
        }
    }

    /** {@return what is computed} */
    public Architecture architecture() {
        return architecture;
    }

    /** {@return number of parameters} */
    public int elements() {
        return Math.toIntExact(layout.elements());
    }

    /** {@return number format} */
    public ComputeType type() {
        return type;
    }

    /** {@return the stored tensors in the order in which they lie, names without prefix} */
    public ImmutableList<Place> places() {
        return layout.slots().stream()
                .map(
                        slot ->
                                new Place(
                                        slot.stored().name(),
                                        slot.stored().shape(),
                                        Math.toIntExact(slot.offset()),
                                        slot.stored().role()))
                .collect(ImmutableList.toImmutableList());
    }

    /**
     * A stored tensor's place.
     *
     * @param name name without prefix
     * @param shape as it is stored
     * @param offset its first element
     * @param role what it does
     */
    public record Place(String name, ImmutableList<Long> shape, int offset, ParameterRole role) {

        /** {@return number of elements} */
        public int elements() {
            return Math.toIntExact(shape.stream().reduce(1L, (a, b) -> a * b));
        }
    }

    /**
     * Computes the loss of rows, and adds its gradient to what has been gathered. Where that fails,
     * gradients of some of the rows may have been added, so all that was gathered is forgotten.
     *
     * @param batch rows of ids
     * @param rowsAtOnce rows a worker reads in one pass
     * @param backward whether gradients are wanted
     * @return sum of weight times negative log probability
     * @throws java.util.concurrent.CancellationException if this thread is interrupted
     */
    public double run(TrainingBatch batch, int rowsAtOnce, boolean backward) {
        int count = workers.size();
        int rows = batch.tokens().length;
        double[] losses = new double[count];
        try {
            inParallel(
                    w -> {
                        int from = rows * w / count;
                        int to = rows * (w + 1) / count;
                        for (int row = from; row < to; row += rowsAtOnce) {
                            int end = Math.min(to, row + rowsAtOnce);
                            losses[w] += workers.get(w).run(some(batch, row, end), backward);
                        }
                    },
                    true);
        } catch (RuntimeException | Error e) {
            if (backward) {
                clearGradients();
            }
            throw e;
        }
        return Arrays.stream(losses).sum();
    }

    private static TrainingBatch some(TrainingBatch batch, int from, int to) {
        return new TrainingBatch(
                Arrays.copyOfRange(batch.tokens(), from, to),
                Arrays.copyOfRange(batch.weights(), from, to),
                Arrays.copyOfRange(batch.attending(), from, to));
    }

    /**
     * Work on some of the workers' shares, each on its own thread.
     *
     * @param stoppable whether an interrupt of the caller ends the work, which then is half done
     */
    private void inParallel(IntConsumer work, boolean stoppable) {
        Interrupts.check("training", "between two passes");
        Set<Thread> busy = ConcurrentHashMap.newKeySet();
        AtomicBoolean stopped = new AtomicBoolean();
        List<Future<?>> running = new ArrayList<>();
        Optional<Throwable> failure = Optional.empty();
        for (int w = 0; w < workers.size() && failure.isEmpty(); w++) {
            int worker = w;
            Runnable share =
                    () -> {
                        busy.add(Thread.currentThread());
                        if (stopped.get()) {
                            Thread.currentThread().interrupt(); // it began too late
                        }
                        work.accept(worker);
                    };
            try {
                running.add(threads.submit(share));
            } catch (RuntimeException | Error e) { // no thread for it; others are at work
                failure = Optional.of(e);
            }
        }
        for (Future<?> future : running) { // all of them: none may work on what is then closed
            try {
                await(
                        future,
                        () -> {
                            stopped.set(stoppable);
                            if (stoppable) {
                                busy.forEach(Thread::interrupt);
                            }
                        });
            } catch (ExecutionException e) {
                failure = Optional.of(e.getCause());
            }
        }
        failure.ifPresent(
                cause -> {
                    Throwables.throwIfUnchecked(cause);
                    throw new IllegalStateException(cause);
                });
    }

    /** Waits for a share, whatever happens; an interrupt is told and stays set. */
    private static void await(Future<?> future, Runnable interrupt) throws ExecutionException {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    future.get();
                    return;
                } catch (InterruptedException e) {
                    interrupted = true;
                    interrupt.run();
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Forgets gathered gradients. */
    public void clearGradients() {
        workers.forEach(Worker::clear);
    }

    /**
     * Work on neighbouring parameters.
     *
     * @see #visit
     */
    @FunctionalInterface
    public interface Visitor {

        /**
         * Sees some parameters; what it writes to {@code values} is kept if the visit says so.
         *
         * @param at index of the first
         * @param values their values
         * @param gradients their gradients
         * @param count how many
         */
        void visit(int at, float[] values, float[] gradients, int count);
    }

    /**
     * Shows all parameters in pieces, several at a time on different threads.
     *
     * @param visitor sees each parameter once
     * @param write whether values are written back
     */
    public void visit(Visitor visitor, boolean write) {
        try (ParameterAccess access = new ParameterAccess(values, gradients())) {
            int count = workers.size();
            int chunks = (elements() + PIECE - 1) / PIECE;
            inParallel(
                    w -> {
                        int from = chunks * w / count * PIECE;
                        int to = Math.min(elements(), chunks * (w + 1) / count * PIECE);
                        access.visit(visitor, from, to, write);
                    },
                    false);
        }
    }

    private List<NDArray> gradients() {
        List<NDArray> made = new ArrayList<>();
        try {
            workers.forEach(w -> w.gradient().ifPresent(made::add));
            return made;
        } catch (RuntimeException | Error e) {
            made.forEach(NDArray::close);
            throw e;
        }
    }

    /**
     * {@return parameters or gradients}
     *
     * @param from index of the first
     * @param count how many
     * @param wantsGradients gradients rather than values
     */
    public double[] read(int from, int count, boolean wantsGradients) {
        try (ParameterAccess access = new ParameterAccess(values, gradients())) {
            return access.read(from, count, wantsGradients);
        }
    }

    /**
     * Sets parameters.
     *
     * @param from index of the first
     * @param given their values
     */
    public void write(int from, double[] given) {
        try (ParameterAccess access = new ParameterAccess(values, List.of())) {
            access.write(from, given);
        }
    }

    @Override
    public void close() {
        MoreExecutors.shutdownAndAwaitTermination(threads, Duration.ofMinutes(1));
        base.close();
    }
}
