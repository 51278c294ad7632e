package dev.patchscopes.testing;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import dev.patchscopes.model.Progress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Modifier;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/**
 * Long calls, and what has to hold when one is stopped, whatever it computes.
 *
 * <p>A call runs in a thread that counts how often it is asked whether it is interrupted, and is
 * interrupted at a moment of that count, just after it has said no: the next answer must end the
 * call. How often it has to be asked is stated with the call, in numbers of blocks and texts, so
 * that a question left out is seen.
 */
public final class StoppedCalls {
    private static final long SEED = Long.getLong("stopped.seed", System.nanoTime());
    private static final int MOMENTS = 1;

    private final Map<String, Call> calls = new LinkedHashMap<>();
    private final Set<Class<?>> listening = new HashSet<>();

    /**
     * A call.
     *
     * @param questions how often its thread has to be asked at least
     * @param listens whether it asks its listener
     * @param work gives what it computes, to the last bit
     */
    private record Call(int questions, boolean listens, Function<Progress, String> work) {
        String compute(Progress progress) {
            return work.apply(progress);
        }
    }

    /** A call that can be interrupted. */
    public StoppedCalls add(String name, int questions, Supplier<String> work) {
        calls.put(name, new Call(questions, false, progress -> work.get()));
        return this;
    }

    /** A call that can be interrupted and has a listener, which the named type takes. */
    public StoppedCalls add(
            Class<?> type, String name, int questions, Function<Progress, String> work) {
        listening.add(type);
        calls.put(name, new Call(questions, true, work));
        return this;
    }

    /** All tests of all calls. */
    public Stream<DynamicTest> tests() {
        return calls.entrySet().stream()
                .map(e -> DynamicTest.dynamicTest(e.getKey(), () -> check(e.getValue())));
    }

    private static void check(Call call) throws Exception {
        System.out.println("-Dstopped.seed=" + SEED);
        Random random = new Random(SEED);
        call.compute(Progress.none()); // constants are made as they are needed
        int arrays = arrays();
        Set<Thread> threads = threads();

        Asked whole = Asked.run(call, 0, Progress.none());
        String expected = whole.result();
        assertThat(whole.questions).as("questions").isGreaterThanOrEqualTo(call.questions);

        Asked before = Asked.run(call, Asked.BEFORE, Progress.none());
        assertStoppedByInterrupt(before, "before it began");
        assertThat(before.questions).as("work of an interrupted thread").isLessThanOrEqualTo(1);

        Set<Integer> moments = new TreeSet<>(List.of(1, whole.questions - 1));
        for (int i = 0; i < MOMENTS; i++) {
            moments.add(1 + random.nextInt(Math.max(1, whole.questions - 1)));
        }
        for (int moment : moments) {
            if (moment < 1 || moment >= whole.questions) {
                continue; // asked once: there is no middle
            }
            Asked stopped = Asked.run(call, moment, Progress.none());
            assertStoppedByInterrupt(stopped, "at question " + moment);
        }
        if (call.listens) {
            checkListener(call, random);
        }
        checkLikeUsers(call);

        assertThat(call.compute(Progress.none())).as("the same call later").isEqualTo(expected);
        assertThat(arrays()).as("native arrays").isEqualTo(arrays);
        assertThat(threads()).as("threads").isSubsetOf(threads);
    }

    private static void assertStoppedByInterrupt(Asked stopped, String when) {
        assertThat(stopped.failure)
                .as(when)
                .isInstanceOf(CancellationException.class)
                .hasMessageContaining("stopped by an interrupt of its thread");
        assertThat(stopped.stillInterrupted).as("interrupted, %s", when).isTrue();
        assertThat(stopped.answeredYes)
                .as("questions until it ended, %s", when)
                .isLessThanOrEqualTo(1); // none where an interrupt closes a file
    }

    private static void checkListener(Call call, Random random) {
        Stopper never = new Stopper(Integer.MAX_VALUE);
        Asked whole = Asked.run(call, 0, never);
        whole.result();
        assertThat(never.asked).as("times the listener was asked").isPositive();
        assertThat(never.told).as("times the listener was told").isPositive();
        for (int moment : new TreeSet<>(List.of(1, 1 + random.nextInt(never.asked), never.asked))) {
            Stopper stopper = new Stopper(moment);
            Asked stopped = Asked.run(call, 0, stopper);
            assertThat(stopped.failure)
                    .as("by its listener, asked %d times", moment)
                    .isInstanceOf(CancellationException.class)
                    .hasMessageContaining("listener");
            assertThat(stopped.stillInterrupted).isFalse();
            assertThat(stopper.toldLater).as("parts finished after it said stop").isZero();
        }
    }

    /** As by a service that ends, and by one that has waited long enough: at any moment at all. */
    private static void checkLikeUsers(Call call) throws Exception {
        for (boolean ends : new boolean[] {false, true}) {
            AtomicReference<Thread> worker = new AtomicReference<>();
            ExecutorService service =
                    Executors.newSingleThreadExecutor(
                            task -> {
                                worker.set(new Thread(task));
                                return worker.get();
                            });
            CountDownLatch begun = new CountDownLatch(1);
            AtomicReference<Throwable> end = new AtomicReference<>(new AssertionError("none"));
            Future<?> future =
                    service.submit(
                            () -> {
                                try {
                                    while (true) {
                                        begun.countDown();
                                        call.compute(Progress.none());
                                    }
                                } catch (Throwable e) {
                                    end.set(e);
                                }
                            });
            assertThat(begun.await(1, TimeUnit.MINUTES)).isTrue();
            if (!ends) {
                CompletableFuture<?> late =
                        new CompletableFuture<>().orTimeout(3, TimeUnit.MILLISECONDS);
                late.handle((nothing, timeout) -> future.cancel(true)).join();
            }
            service.shutdownNow();
            assertThat(service.awaitTermination(1, TimeUnit.MINUTES)).as("ended").isTrue();
            worker.get().join();
            assertThat(end.get()).isInstanceOf(CancellationException.class);
        }
    }

    /** A run of a call. */
    private static final class Asked extends Thread {
        static final int BEFORE = -1;
        private static final StackWalker CALLER =
                StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE);

        private final Call call;
        private final int moment;
        private final Progress progress;
        private int questions;
        private int answeredYes;
        private boolean stillInterrupted;
        private String value = "";
        private Throwable failure = new AssertionError("the call was not stopped");
        private boolean finished;

        private Asked(Call call, int moment, Progress progress) {
            super("a stopped call");
            this.call = call;
            this.moment = moment;
            this.progress = progress;
        }

        static Asked run(Call call, int moment, Progress progress) {
            Asked thread = new Asked(call, moment, progress);
            thread.start();
            try {
                thread.join();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return thread;
        }

        @Override
        public void run() {
            if (moment == BEFORE) {
                interrupt();
            }
            try {
                value = call.compute(progress);
                finished = true;
            } catch (Throwable e) {
                failure = e;
            } finally {
                stillInterrupted = super.isInterrupted();
            }
        }

        @Override
        public boolean isInterrupted() {
            boolean answer = super.isInterrupted();
            boolean ours = CALLER.getCallerClass().getName().startsWith("dev.patchscopes.");
            if (ours && Thread.currentThread() == this && !finished) { // Java asks, too
                questions++;
                answeredYes += answer ? 1 : 0;
                if (questions == moment) {
                    interrupt();
                }
            }
            return answer;
        }

        String result() {
            assertThat(finished).as("undisturbed, but %s", failure).isTrue();
            return value;
        }
    }

    /** Says stop from some question on. */
    private static final class Stopper implements Progress {
        private final int moment;
        private int asked;
        private int told;
        private int toldLater;

        Stopper(int moment) {
            this.moment = moment;
        }

        @Override
        public void update(long done, long total, Duration elapsed) {
            told++;
            toldLater += asked >= moment ? 1 : 0;
        }

        @Override
        public boolean isCancelled() {
            asked++;
            return asked >= moment;
        }
    }

    // ---- what may be left behind ----------------------------------------------------------------

    private static int arrays() {
        try (NDManager probe = NDManager.newBaseManager("PyTorch")) {
            return probe.getParentManager().getManagedArrays().size();
        }
    }

    /** Without those that Java keeps for everybody. */
    private static Set<Thread> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> !thread.isDaemon() || thread.getName().equals("training"))
                .filter(thread -> thread != Thread.currentThread())
                .collect(Collectors.toSet());
    }

    // ---- which calls there are ------------------------------------------------------------------

    /** The public types compiled beside the given one that take a listener and are not here. */
    public List<String> missing(Class<?> beside) {
        List<String> missing = new ArrayList<>();
        for (Class<?> type : publicTypes(beside)) {
            boolean takesListener =
                    Arrays.stream(type.getMethods())
                            .filter(method -> method.getDeclaringClass() == type)
                            .filter(method -> Modifier.isPublic(method.getModifiers()))
                            .anyMatch(
                                    method ->
                                            Arrays.asList(method.getParameterTypes())
                                                    .contains(Progress.class));
            if (takesListener && !listening.contains(type)) {
                missing.add(type.getName());
            }
        }
        return missing;
    }

    private static boolean isPublic(Class<?> type) {
        return Modifier.isPublic(type.getModifiers())
                && (type.getEnclosingClass() == null || isPublic(type.getEnclosingClass()));
    }

    private static List<Class<?>> publicTypes(Class<?> beside) {
        try {
            Path root = Path.of(beside.getProtectionDomain().getCodeSource().getLocation().toURI());
            List<Class<?>> types = new ArrayList<>();
            try (Stream<Path> files = Files.walk(root)) {
                for (Path file : files.filter(f -> f.toString().endsWith(".class")).toList()) {
                    String name =
                            root.relativize(file)
                                    .toString()
                                    .replace('/', '.')
                                    .replace('\\', '.')
                                    .replaceAll("\\.class$", "");
                    if (name.endsWith("-info") || name.contains(".internal.")) {
                        continue;
                    }
                    Class<?> type = Class.forName(name, false, beside.getClassLoader());
                    if (isPublic(type)) {
                        types.add(type);
                    }
                }
            }
            return types;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (URISyntaxException | ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
    }
}
