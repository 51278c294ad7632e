package dev.patchscopes.model;

import ai.djl.Device;
import ai.djl.pytorch.jni.JniUtils;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Supplier;

/**
 * A process in which calls of each kind of work fail one after another, for want of native memory.
 * Prints a line for each kind of work, and lines that begin with {@code wrong}.
 */
final class MemoryPoints {

    /** Above so many calls, not every one is made to fail, but ever fewer of them. */
    private static final int ALL_UP_TO = Integer.getInteger("points", 40);

    private final Runnable still;

    private MemoryPoints(Runnable still) {
        this.still = still;
    }

    public static void main(String[] arguments) throws ReflectiveOperationException {
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
                    .failEverywhere(
                            "the gradient of 2 rows", () -> MemoryWork.accumulated(model));
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
        System.out.println(NativeResources.count() == 0 ? "nothing left" : "wrong: some left");
    }

    private static void onModel(HookedModel model) {
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
        try (MemoryWork.States states = MemoryWork.States.of(model)) {
            MemoryWork.onStates()
                    .forEach((what, work) -> points.failEverywhere(what, () -> work.apply(states)));
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
