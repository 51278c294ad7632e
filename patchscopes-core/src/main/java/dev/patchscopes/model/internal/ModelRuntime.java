package dev.patchscopes.model.internal;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.math.LongMath;
import dev.patchscopes.checkpoint.Checkpoint;
import dev.patchscopes.model.ComputeType;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.Intervention;
import dev.patchscopes.model.MatrixProducts;
import dev.patchscopes.model.ModelClosedException;
import dev.patchscopes.model.ModelException;
import dev.patchscopes.model.Progress;
import dev.patchscopes.model.PromptTooLongException;
import dev.patchscopes.text.NativeStartup;
import dev.patchscopes.text.TokenBatch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;

/**
 * A loaded model: weights, the computation, and the rules for using them from many threads.
 *
 * <p>Runs share the weights and nothing else. Closing waits for runs under way.
 */
public final class ModelRuntime implements AutoCloseable {
    private final ModelFacts facts;
    private final ComputeType type;
    private final NDManager base;
    private final Tensors ops;
    private final WeightSource weights;
    private final Transformer transformer;
    private final ConcurrentMap<Integer, ReadoutScript> readouts = new ConcurrentHashMap<>();
    private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
    private boolean closed;

    private ModelRuntime(
            ModelFacts facts, ComputeType type, NDManager base, Tensors ops, WeightSource weights) {
        this.facts = facts;
        this.type = type;
        this.base = base;
        this.ops = ops;
        this.weights = weights;
        this.transformer = new Transformer(facts.name(), facts.spec(), weights);
    }

    /**
     * Loads a model's weights.
     *
     * @param checkpoint weights; read here and not kept
     * @param architecture what to compute
     * @param name name for messages
     * @param device where
     * @param type number format
     * @param products how to multiply by weights
     * @param progress hears of the bytes read, and can stop the loading
     * @return the model; the caller closes it
     */
    public static ModelRuntime load(
            Checkpoint checkpoint,
            Architecture architecture,
            String name,
            Device device,
            ComputeType type,
            MatrixProducts products,
            Progress progress) {
        NativeStartup.prepare();
        NDManager base = Tensors.newManager(device);
        boolean recorded = Tensors.isGradMode();
        Tensors.setGradMode(false);
        try {
            MemoryNeed.of(checkpoint, type).check(name, base.getDevice());
            Tensors ops = new Tensors(base, type.dataType());
            ResidentWeights weights =
                    ResidentWeights.load(
                            checkpoint, architecture, name, base, ops, type.bytes(), progress);
            Products how = ProductsTuning.of(products, base, sample(weights, architecture.spec()));
            return packed(
                    new ModelFacts(name, architecture.spec()), type, base, ops.with(how), weights);
        } catch (RuntimeException | Error e) {
            base.close();
            throw e;
        } finally {
            Tensors.setGradMode(recorded);
        }
    }

    /** A large matrix of each of the first blocks. */
    private static List<Weights.Linear> sample(WeightSource weights, ArchitectureSpec spec) {
        List<Weights.Linear> out = new ArrayList<>();
        for (int b = 0; b < Math.min(4, spec.layers()); b++) {
            try (WeightSource.Lease lease = weights.block(b, false)) {
                out.add(lease.weights().mlpIn());
            }
        }
        return out;
    }

    /** The model, its weights packed if its products want them so. */
    private static ModelRuntime packed(
            ModelFacts facts,
            ComputeType type,
            NDManager base,
            Tensors ops,
            ResidentWeights weights) {
        try {
            ops.products().packed().ifPresent(weights::pack);
            return new ModelRuntime(facts, type, base, ops, weights);
        } catch (RuntimeException | Error e) {
            ops.products().close();
            throw e;
        }
    }

    /**
     * Chooses a device.
     *
     * @param wanted the user's choice; the first GPU, else the CPU, without one
     * @return the device
     */
    public static Device device(Optional<Device> wanted) {
        NativeStartup.prepare();
        int gpus = Tensors.gpus();
        Device device = wanted.orElse(gpus > 0 ? Device.gpu() : Device.cpu());
        if (device.isGpu() && device.getDeviceId() >= gpus) {
            throw new ModelException(
                    "%s was asked for, and this machine has %d usable GPUs: choose Device.cpu(), or put libtorch with CUDA on the class path"
                            .formatted(device, gpus));
        }
        return device;
    }

    /** {@return what the model is} */
    public ModelFacts facts() {
        return facts;
    }

    /** {@return number format} */
    public ComputeType type() {
        return type;
    }

    /** {@return where the model computes} */
    public Device device() {
        return base.getDevice();
    }

    /** {@return bytes of the parameters} */
    public long weightBytes() {
        return weights.bytes();
    }

    /**
     * {@return native arrays the model and its runs own; the same before and after a run, once the
     * model's constants exist, which runs make as they need them}
     */
    public int liveArrays() {
        try (Session session = open(false)) {
            return session.manager().getParentManager().getManagedArrays().size();
        }
    }

    /**
     * What a run read.
     *
     * @param captures by point
     * @param logits the last token's logits of each prompt; empty if not asked for
     */
    public record Outcome(
            ImmutableMap<HookPoint, Captured> captures, ImmutableList<double[]> logits) {}

    /**
     * Runs prompts once.
     *
     * @param batch prompts
     * @param captures what to read
     * @param interventions what to change
     * @param wantsLogits whether to compute the last token's logits
     * @param checkFinite whether to stop where values are not finite
     * @return what was read
     */
    public Outcome run(
            TokenBatch batch,
            ImmutableSet<HookPoint> captures,
            ImmutableList<Intervention> interventions,
            boolean wantsLogits,
            boolean checkFinite) {
        try (Session session = open(false)) {
            checkBatch(batch, 0);
            RunPlan plan = RunPlan.of(facts, batch, captures, interventions, wantsLogits, 0);
            RunTaps taps = new RunTaps(facts.spec(), ops, plan).watchedBy(watch(checkFinite));
            Prefill prefill = prefill(session.manager(), ops, taps, plan, KeyValueStore.NONE);
            ImmutableList<double[]> logits =
                    wantsLogits ? rowsOf(prefill.lastLogits(plan)) : ImmutableList.of();
            return new Outcome(taps.finish("the prompt was read once"), logits);
        }
    }

    /** Watches a run for values that are not finite, if it is asked to. */
    Optional<FiniteWatch> watch(boolean checkFinite) {
        return checkFinite ? Optional.of(new FiniteWatch(facts, type)) : Optional.empty();
    }

    /** The state after the prompt has been read. */
    record Prefill(NDArray residual, NDArray logits, Columns columns) {

        /** The logits of each prompt's last token, [batch, 1, d_vocab]. */
        NDArray lastLogits(RunPlan plan) {
            return plan.logits() == RunPlan.LogitRows.ALL ? lastPositions(logits, columns) : logits;
        }
    }

    /** Reads the prompts of a plan. */
    Prefill prefill(
            NDManager run, Tensors operations, RunTaps taps, RunPlan plan, KeyValueStore store) {
        Columns columns = columns(plan.batch(), !(store instanceof KvCache));
        Pass pass = pass(run, operations, taps, columns, store);
        taps.begin(run, columns, false);
        NDArray ids =
                operations.fromLongs(
                        run,
                        plan.batch().ids(),
                        new Shape(plan.batch().rows(), plan.batch().columns()));
        NDArray x = transformer.embed(ids, pass); // [batch, pos, d_model]
        x = transformer.blocks(x, 0, plan.lastLayer(), pass);
        NDArray logits = x;
        if (plan.logits() == RunPlan.LogitRows.ALL) {
            logits = transformer.logits(x, pass); // [batch, pos, d_vocab]
        } else if (plan.logits() == RunPlan.LogitRows.LAST) {
            logits = transformer.logits(lastPositions(x, columns), pass); // [batch, 1, d_vocab]
        }
        taps.end();
        return new Prefill(x, logits, columns);
    }

    Pass pass(NDManager run, Tensors operations, Taps taps, Columns columns, KeyValueStore store) {
        PositionTables positions = PositionTables.of(run, operations, facts.spec(), columns);
        AttentionMasks masks = new AttentionMasks(run, operations, facts.spec(), columns);
        return new Pass(
                run,
                operations,
                taps,
                positions.learnedRows(),
                new CausalCore(facts.spec(), positions, masks, store));
    }

    /** The columns of a batch's prompts; rows that will not grow end with their last token. */
    static Columns columns(TokenBatch batch, boolean bounded) {
        int rows = batch.rows();
        int[] starts = new int[rows];
        int[] ends = new int[rows];
        long[][] positions = new long[rows][batch.columns()];
        for (int row = 0; row < rows; row++) {
            starts[row] = batch.start(row);
            ends[row] = bounded ? batch.start(row) + batch.length(row) : Integer.MAX_VALUE;
            for (int c = 0; c < batch.columns(); c++) {
                positions[row][c] = batch.positionId(row, c);
            }
        }
        return new Columns(starts, ends, 0, positions);
    }

    /** The residual of each prompt's last token, [batch, 1, d_model]. */
    static NDArray lastPositions(NDArray x, Columns columns) {
        int rows = columns.rows();
        int[] last = new int[rows];
        for (int row = 0; row < rows; row++) {
            last[row] = columns.end(row) - 1 - columns.from();
        }
        if (Arrays.stream(last).distinct().count() == 1) {
            return Tensors.slice(x, 1, last[0], last[0] + 1);
        }
        NDArray[] parts = new NDArray[rows];
        for (int row = 0; row < rows; row++) {
            try (NDArray one = Tensors.slice(x, 0, row, row + 1)) {
                parts[row] = Tensors.slice(one, 1, last[row], last[row] + 1);
            }
        }
        return Tensors.concat(0, parts);
    }

    /** The rows of [batch, 1, d_vocab]. */
    static ImmutableList<double[]> rowsOf(NDArray logits) {
        int rows = Math.toIntExact(logits.getShape().get(0));
        int width = Math.toIntExact(logits.getShape().get(2));
        double[] all = HostValues.doubles(logits);
        checkNumbers(all, width);
        ImmutableList.Builder<double[]> out = ImmutableList.builder();
        for (int row = 0; row < rows; row++) {
            out.add(Arrays.copyOfRange(all, row * width, (row + 1) * width));
        }
        return out.build();
    }

    /** Refuses logits from which nothing can be read. */
    static void checkNumbers(double[] logits, int width) {
        for (int i = 0; i < logits.length; i++) {
            if (Double.isNaN(logits[i]) || logits[i] == Double.POSITIVE_INFINITY) {
                throw new ModelException(
                        "the logits of prompt %d are no distribution, one is %s: checkFinite() names the first place where values are not finite. Look at what was edited, or load the model with ComputeType.FLOAT32 if it computes in float16, which overflows beyond 65504"
                                .formatted(
                                        i / width, Double.isNaN(logits[i]) ? "NaN" : "infinite"));
            }
        }
    }

    void checkBatch(TokenBatch batch, int generated) {
        checkAttention(batch);
        for (int row = 0; row < batch.rows(); row++) {
            facts.checkLength(batch.length(row), generated);
            long largest = 0;
            for (int token = 0; token < batch.length(row); token++) {
                largest = Math.max(largest, batch.positionId(row, batch.column(row, token)));
            }
            facts.checkPosition(largest + generated);
        }
        for (long id : batch.ids()) {
            facts.checkId(id);
        }
    }

    /**
     * Reads a residual as the model reads its last one.
     *
     * @param residual [d_model]
     * @return logits [d_vocab]
     */
    public double[] unembed(double[] residual) {
        try (Session session = open(false)) {
            NDManager run = session.manager();
            Columns one = new Columns(new int[1], new int[] {1}, 0, new long[1][1]);
            Pass pass = pass(run, ops, Taps.NONE, one, KeyValueStore.NONE);
            NDArray x = ops.fromDoubles(run, residual, new Shape(1, 1, residual.length));
            return rowsOf(transformer.logits(x, pass)).get(0);
        }
    }

    /** Refuses prompts whose attention scores could not be held, before anything is computed. */
    private void checkAttention(TokenBatch batch) {
        long columns = batch.columns();
        long pairs = LongMath.saturatedMultiply(batch.rows(), columns * columns);
        long bytes =
                LongMath.saturatedMultiply(
                        pairs, 2L * facts.spec().attention().heads() * type.bytes());
        long memory = MemoryNeed.of(base.getDevice());
        if (pairs > Integer.MAX_VALUE - 8 || (memory > 0 && bytes > memory)) {
            throw new PromptTooLongException(
                    "the attention scores of %d prompts of up to %d tokens take %.1f GiB in each block of %s: shorten the prompts, or run fewer at once"
                            .formatted(batch.rows(), columns, bytes / 0x1p30, facts.name()));
        }
    }

    Tensors ops() {
        return ops;
    }

    /**
     * The reductions that keep so many of the most probable tokens; kept, since loading is slow.
     */
    ReadoutScript readout(int top) {
        return readouts.computeIfAbsent(
                top,
                k ->
                        ReadoutScript.load(
                                device(),
                                facts.spec().vocabulary(),
                                k,
                                Math.max(Float.BYTES, type.bytes())));
    }

    Weights.Ends ends() {
        return weights.ends();
    }

    Transformer transformer() {
        return transformer;
    }

    /**
     * Works while the model stays open: closing it waits until the work is done.
     *
     * @param <T> type of the result
     * @param work what to do
     * @return its result
     * @throws ModelClosedException if the model is closed already
     */
    public <T> T whileOpen(Supplier<T> work) {
        lock.readLock().lock();
        try {
            checkOpen();
            return work.get();
        } finally {
            lock.readLock().unlock();
        }
    }

    private void checkOpen() {
        if (closed) {
            throw new ModelClosedException(
                    "%s is closed: load it again, or close it after its last use"
                            .formatted(facts.name()));
        }
    }

    /**
     * Starts using the model.
     *
     * @param record whether graphs are recorded
     */
    Session open(boolean record) {
        lock.readLock().lock();
        try {
            checkOpen();
            return new Session(lock.readLock(), base, record);
        } catch (RuntimeException | Error e) {
            lock.readLock().unlock();
            throw e;
        }
    }

    /**
     * Releases the weights once runs under way have ended. Closing twice does nothing.
     *
     * @throws ModelException if called from inside one of the model's own runs
     */
    @Override
    public void close() {
        if (lock.getReadHoldCount() > 0) {
            throw new ModelException(
                    "%s cannot be closed from inside one of its own runs: close it after the run"
                            .formatted(facts.name()));
        }
        lock.writeLock().lock();
        try {
            if (!closed) {
                closed = true;
                try {
                    readouts.values().forEach(ReadoutScript::close);
                    weights.close();
                    base.close();
                } finally {
                    ops.products().close();
                }
            }
        } finally {
            lock.writeLock().unlock();
        }
    }
}
