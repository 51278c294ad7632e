package dev.patchscopes.model;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.linear.Matrix;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenizedPrompt;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.Supplier;

/**
 * A process whose Java heap is too small for large work. Prints a line for each kind of work, and
 * lines that begin with {@code wrong}.
 */
final class MemoryHeap {
    private static final int TIMES = 5;
    private static final TokenizedPrompt LONG = TestModels.prompt(181, MemoryLimits.TOKENS);
    private static final TokenizedPrompt SHORT = TestModels.prompt(182, 60);

    private final HookedModel model;

    private MemoryHeap(HookedModel model) {
        this.model = model;
    }

    public static void main(String[] arguments) {
        Path directory = Path.of(arguments[0]);
        byte[] ballast = new byte[48 << 20]; // of a heap of 96 MiB, so that work need not be huge
        try (HookedModel model =
                HookedModel.loader(directory).device(Device.cpu()).name("big").load()) {
            MemoryHeap heap = new MemoryHeap(model);
            model.run(SHORT).capture(model.hookPoints()).execute(); // makes constants
            Supplier<Object> still = heap::answer;
            failOften(
                    "a run of 1 prompt of 600 tokens of big with",
                    "capture fewer",
                    heap::run,
                    still);
            failOften(
                    "a sweep of 300 cells on 1 base run", "than distributions", heap::sweep, still);
            failOften("a generation of at most 2 tokens", "capture fewer", heap::generation, still);
            failOften("reading 4 states of 60 rows", "keep fewer top", heap::read, still);
        }
        failOften("a matrix of 4000 x 4000", "smaller", () -> Matrix.identity(4000), () -> 0);
        TrainingSetup setup = new TrainingSetup(ComputeType.FLOAT32, 1, 64);
        failOften(
                "a model in training with weights in FLOAT32",
                "train a smaller model",
                () -> TrainableModel.open(directory, setup),
                () -> 0);
        System.out.println(
                NativeResources.count() + ballast[0] == 0 ? "nothing left" : "wrong: some left");
    }

    private Object run() {
        return model.run(LONG).capture(model.hookPoints()).execute();
    }

    private Object sweep() {
        List<Cell> cells = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            cells.add(Cell.of(0, Intervention.scale(HookPoint.residual(1), Positions.last(), i)));
        }
        return model.sweep(BaseRun.of(SHORT))
                .cells(cells)
                .reading(Reading.top(1).withDistribution())
                .execute();
    }

    private Object generation() {
        return model.generation(LONG)
                .maxNewTokens(2)
                .capture(model.hookPoints().toArray(new HookPoint[0]))
                .run();
    }

    private Object read() {
        HookPoint last = HookPoint.residual(2);
        try (TensorActivations acts = model.run(SHORT).capture(last).tensors()) {
            NDArray h = acts.get(last);
            return model.readout()
                    .top(model.vocabularySize())
                    .read(
                            Collections.nCopies(4, h),
                            h,
                            ImmutableIntArray.copyOf(Collections.nCopies(SHORT.length(), -1)));
        }
    }

    private Object answer() {
        return Arrays.toString(model.run(SHORT).execute().next().logits());
    }

    private static void failOften(
            String what, String lower, Supplier<Object> work, Supplier<Object> still) {
        String answer = still.get().toString();
        int resources = NativeResources.count();
        int failures = 0;
        for (int i = 0; i < TIMES; i++) {
            try {
                Object made = work.get();
                System.out.printf("wrong: %s fits: %s%n", what, made);
            } catch (MemoryException e) {
                failures++;
                if (e.memory() != MemoryException.Memory.JAVA_HEAP
                        || !e.getMessage().startsWith(what)
                        || !e.getMessage().contains(lower)) {
                    System.out.printf("wrong: %s: %s%n", what, e.getMessage());
                }
            }
            if (NativeResources.count() != resources || !still.get().toString().equals(answer)) {
                System.out.printf("wrong: %s leaves something, or another answer%n", what);
            }
        }
        System.out.printf("%s: %d failures%n", what, failures);
    }
}
