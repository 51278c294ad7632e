package dev.patchscopes.examples.soak;

import com.google.common.collect.ImmutableList;
import com.google.common.util.concurrent.Uninterruptibles;
import dev.patchscopes.model.DemoModel;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.MatrixProducts;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * Mixed work by many threads on shared models, failures among it, with a look at the process each
 * time all have paused. Every task has to give what it gave when it ran alone.
 *
 * <p>Prints a {@link SoakSample} a line, and ends with status 1 at the first wrong result.
 */
final class Soak {
    private static final int THREADS = 8;
    private static final int SAMPLES = 30;

    private final ImmutableList<SoakTask> tasks;
    private final Map<SoakTask, String> expected = new LinkedHashMap<>();
    private final AtomicLong done = new AtomicLong();
    private final AtomicReference<Optional<Throwable>> failure =
            new AtomicReference<>(Optional.empty());

    /** Held by each task under way, and alone by whoever looks at the process. */
    private final ReadWriteLock pause = new ReentrantReadWriteLock(true);

    private volatile boolean over;

    private Soak(ImmutableList<SoakTask> tasks) {
        this.tasks = tasks;
    }

    /** Arguments: seconds, seed, a folder to write into. */
    public static void main(String[] arguments) throws Exception {
        long seconds = Long.parseLong(arguments[0]);
        long seed = Long.parseLong(arguments[1]);
        Path folder = Files.createDirectories(Path.of(arguments[2]));
        try (HookedModel model =
                        DemoModel.STANDARD.load(l -> l.matrixProducts(MatrixProducts.PLAIN));
                HookedModel small =
                        DemoModel.SMALL.load(l -> l.matrixProducts(MatrixProducts.PLAIN))) {
            Soak soak =
                    new Soak(
                            ImmutableList.<SoakTask>builder()
                                    .addAll(new SoakWork(model, small, folder).tasks())
                                    .addAll(new SoakFaults(model, folder).tasks())
                                    .build());
            soak.alone();
            soak.together(seconds, seed, folder);
        }
    }

    /** Runs each task by itself, to know what it gives; twice, as it has to repeat itself. */
    private void alone() throws Exception {
        for (SoakTask task : tasks) {
            long start = System.nanoTime();
            expected.put(task, task.work().call());
            check(task, task.work().call());
            System.err.printf("%s: %.2f s%n", task.name(), (System.nanoTime() - start) / 2e9);
        }
    }

    private void check(SoakTask task, String result) {
        if (!result.equals(expected.get(task))) {
            throw new IllegalStateException(
                    "'%s' gave %s, and %s when it ran alone"
                            .formatted(task.name(), result, expected.get(task)));
        }
    }

    private void together(long seconds, long seed, Path folder) throws Exception {
        long start = System.nanoTime();
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < THREADS; t++) {
            Random random = new Random(seed + t);
            Thread thread = new Thread(() -> work(random), "soak-" + t);
            thread.start();
            threads.add(thread);
        }
        System.out.println(SoakSample.HEADER);
        for (int sample = 1; sample <= SAMPLES && failure.get().isEmpty(); sample++) {
            long at = start + TimeUnit.SECONDS.toNanos(seconds * sample) / SAMPLES;
            Uninterruptibles.sleepUninterruptibly(at - System.nanoTime(), TimeUnit.NANOSECONDS);
            pause.writeLock().lock();
            try {
                long now = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start);
                System.out.println(SoakSample.take(now, done.get(), folder).toCsv());
            } finally {
                pause.writeLock().unlock();
            }
        }
        over = true;
        for (Thread thread : threads) {
            thread.join();
        }
        if (failure.get().isPresent()) {
            failure.get().get().printStackTrace();
            System.exit(1);
        }
    }

    private void work(Random random) {
        while (!over && failure.get().isEmpty()) {
            SoakTask task = tasks.get(random.nextInt(tasks.size()));
            pause.readLock().lock();
            try {
                check(task, task.work().call());
                done.incrementAndGet();
            } catch (Throwable e) { // whatever it is, the soak has failed
                failure.compareAndSet(
                        Optional.empty(),
                        Optional.of(
                                new IllegalStateException(
                                        "'%s' failed".formatted(task.name()), e)));
            } finally {
                pause.readLock().unlock();
            }
        }
    }
}
