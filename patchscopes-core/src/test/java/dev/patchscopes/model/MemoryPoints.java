package dev.patchscopes.model;

import ai.djl.Device;
import ai.djl.pytorch.jni.JniUtils;
import dev.patchscopes.text.Positions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;

/**
 * A process in which calls of each kind of work fail one after another, for want of native memory.
 * Prints a line for each kind of work, and lines that begin with {@code wrong}.
 */
final class MemoryPoints {

    /** Above so many calls, not every one is made to fail, but ever fewer of them. */
    private static final int ALL_UP_TO = Integer.getInteger("points", 15);

    private final Runnable still;

    private MemoryPoints(Runnable still) {
        this.still = still;
    }

    public static void main(String[] arguments) throws ReflectiveOperationException, IOException {
        NativeFailures.install();
        Path directory = Path.of(arguments[0]);
        MemoryPoints alone = new MemoryPoints(() -> {});
        MemoryWork.alone(directory).forEach(alone::failEverywhere);
        try (TrainableModel model = TrainableModel.open(directory, MemoryWork.training())) {
            Runnable forgotten =
                    () -> {
                        if (model.gradientNorm() != 0) {
                            System.out.println("wrong: gradients of part of a batch are left");
                        }
                    };
            new MemoryPoints(forgotten)
                    .failEverywhere("the gradient of 2 rows", () -> MemoryWork.accumulated(model));
        }
        for (int i = 1; i < arguments.length; i++) {
            try (HookedModel model =
                    HookedModel.loader(directory)
                            .device(Device.cpu())
                            .computeType(ComputeType.valueOf(arguments[i]))
                            .load()) {
                onModel(model);
            }
        }
        packed(directory);
        System.out.println(NativeResources.count() == 0 ? "nothing left" : "wrong: some left");
    }

    /** Weights that are laid out anew when they are first used leave nothing where that fails. */
    private static void packed(Path directory) {
        for (int n = 1; n < 80; n += 2) { // each layout is several calls
            try (HookedModel model =
                    HookedModel.loader(directory)
                            .device(Device.cpu())
                            .matrixProducts(MatrixProducts.PACKED)
                            .load()) {
                double[] u = new double[model.width()];
                assertSteady("unembedding with packed weights", n, () -> model.unembed(u));
                Run run = model.run(MemoryWork.PROMPT);
                assertSteady(
                        "a derivative with packed weights",
                        n,
                        () -> run.vjp(0, Positions.at(1), 1, Positions.last(), u));
            }
        }
    }

    /** The first times may make constants of the model. */
    private static void assertSteady(String what, int n, Runnable work) {
        int[] held = new int[4];
        for (int i = 0; i < held.length; i++) {
            NativeFailures.failAt(n);
            try {
                work.run();
                NativeFailures.disarm();
                return; // it has fewer calls
            } catch (MemoryException e) {
                held[i] = NativeResources.count();
            }
        }
        if (held[3] != held[2]) {
            System.out.printf("wrong: %s at %d holds %s%n", what, n, Arrays.toString(held));
        }
    }

    private static void onModel(HookedModel model) throws IOException {
        String answer = answer(model);
        MemoryPoints points =
                new MemoryPoints(
                        () -> {
                            if (!answer(model).equals(answer)) {
                                System.out.println("wrong: another answer");
                            }
                        });
        MemoryWork.onModels()
                .forEach((what, work) -> points.failEverywhere(what, () -> work.apply(model)));
        resume(model);
        try (MemoryWork.States states = MemoryWork.States.of(model)) {
            MemoryWork.onStates()
                    .forEach((what, work) -> points.failEverywhere(what, () -> work.apply(states)));
        }
    }

    /** A sweep that fails keeps its finished cells, and goes on from them. */
    private static void resume(HookedModel model) throws IOException {
        String whole = MemoryWork.stated(model, Execution.NAIVE, 2).execute().toString();
        Path directory = Files.createTempDirectory("points");
        Path file = directory.resolve("sweep.journal");
        Set<Long> kept = new TreeSet<>();
        boolean failed = true;
        for (int n = 1; failed; n += 1 + n / ALL_UP_TO) {
            NativeFailures.failAt(n);
            Sweep sweep = MemoryWork.stated(model, Execution.NAIVE, 2).resume(file);
            try {
                sweep.execute();
                failed = false;
                NativeFailures.disarm();
            } catch (MemoryException e) {
                if (!e.getMessage().contains("the sweep goes on from there")) {
                    System.out.printf("wrong: %s%n", e.getMessage());
                }
                Resumed resumed = new Resumed(kept);
                if (!sweep.progress(resumed).execute().toString().equals(whole)) {
                    System.out.printf("wrong: resumed after %d, a sweep gives other cells%n", n);
                }
            }
            Files.delete(file);
        }
        Files.delete(directory);
        System.out.printf("resumed with %s cells%n", kept);
    }

    private record Resumed(Set<Long> kept) implements Progress {
        @Override
        public void update(long done, long total, Duration elapsed) {}

        @Override
        public void resumed(long done) {
            kept.add(done);
        }
    }

    private static String answer(HookedModel model) {
        return Arrays.toString(model.run(MemoryWork.PROMPT).execute().next().logits());
    }

    private void failEverywhere(String what, Supplier<Object> work) {
        String expected = work.get().toString();
        int resources = NativeResources.count();
        boolean recording = JniUtils.isGradMode();
        int failures = 0;
        int n = 1;
        for (; fails(what, n, work, expected); n += 1 + n / ALL_UP_TO) {
            failures++;
            still.run();
            int left = NativeResources.count();
            if (left != resources || JniUtils.isGradMode() != recording) {
                System.out.printf("wrong: %s at %d: %d more held%n", what, n, left - resources);
                resources = left;
                JniUtils.setGradMode(recording);
            }
        }
        System.out.printf("%s: %d failures of %d%n", what, failures, n - 1);
    }

    private static boolean fails(String what, int n, Supplier<Object> work, String expected) {
        NativeFailures.failAt(n);
        try {
            String got = work.get().toString();
            if (!NativeFailures.disarm()) {
                System.out.printf("wrong: %s at %d: nothing was thrown%n", what, n);
                return true;
            }
            if (!got.equals(expected)) {
                System.out.printf("wrong: %s: another result in the end%n", what);
            }
            return false;
        } catch (MemoryException e) {
            if (!e.getMessage().startsWith(what)
                    || e.memory() != MemoryException.Memory.NATIVE
                    || e.bytesAsked().orElse(0) != NativeFailures.BYTES) {
                System.out.printf("wrong: %s at %d: %s%n", what, n, e.getMessage());
            }
        } catch (RuntimeException e) {
            System.out.printf("wrong: %s at %d: %s%n", what, n, e);
        }
        return true;
    }
}
