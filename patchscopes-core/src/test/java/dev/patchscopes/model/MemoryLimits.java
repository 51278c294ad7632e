package dev.patchscopes.model;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.linear.Matrix;
import dev.patchscopes.linear.Moments;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenizedPrompt;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * A process that is given too little native memory for large work, a little more each time, until
 * the work is done. Prints a line for each kind of work, and lines that begin with {@code wrong}.
 */
final class MemoryLimits {
    static final int TOKENS = 600;
    static final RandomGpt2 MODEL = new RandomGpt2(2, 128, 50304, 640);

    private static final TokenizedPrompt LONG = TestModels.prompt(181, TOKENS);
    private static final TokenizedPrompt SHORT = TestModels.prompt(182, 5);
    private static final long LEAST = 1L << 19;

    private final HookedModel model;
    private final Path directory;
    private final String answer;

    private MemoryLimits(HookedModel model, Path directory) {
        this.model = model;
        this.directory = directory;
        this.answer = answer();
    }

    public static void main(String[] arguments) throws IOException {
        Path directory = Path.of(arguments[0]);
        try (HookedModel model =
                HookedModel.loader(directory).device(Device.cpu()).name("big").load()) {
            MemoryLimits limits = new MemoryLimits(model, directory);
            for (Map.Entry<String, Supplier<Object>> work : limits.work().entrySet()) {
                limits.untilItWorks(work.getKey(), work.getValue());
            }
            limits.oftenAgain();
        }
        System.out.println(NativeResources.count() == 0 ? "nothing left" : "wrong: some left");
    }

    private Map<String, Supplier<Object>> work() {
        HookPoint mid = HookPoint.residual(1);
        Map<String, Supplier<Object>> all = new LinkedHashMap<>();
        all.put(
                "a run of 1 prompt of 600 tokens of big with 3 captures",
                () ->
                        Arrays.toString(
                                model.run(LONG)
                                        .capture(mid, HookPoint.z(1), HookPoint.residual(2))
                                        .execute()
                                        .vector(mid, Positions.last())));
        all.put(
                "a generation of at most 3 tokens after 1 prompt of 600 tokens",
                () -> model.generation(LONG).maxNewTokens(3).run().first().ids());
        all.put("a sweep of 40 cells on 1 base run of big", () -> sweep(1L << 30));
        all.put("a sweep of 40 cells on 1 base run", () -> sweep(1L << 24));
        all.put(
                "the gradient at 1 point of a run of 1 prompt",
                () ->
                        Arrays.toString(
                                model.run(LONG)
                                        .gradients(Metric.logit(3), mid)
                                        .of(mid)
                                        .doubles(0)));
        all.put(
                "3 vector-Jacobian products between two places",
                () ->
                        Arrays.deepToString(
                                model.run(LONG)
                                        .vjp(
                                                1,
                                                Positions.at(2),
                                                2,
                                                Positions.last(),
                                                new double[3][model.width()])));
        all.put("reading 2 states of 600 rows with big", this::read);
        all.put(
                "loading again in FLOAT32",
                () -> {
                    HookedModel.loader(directory).device(Device.cpu()).name("again").load().close();
                    return "loaded";
                });
        all.put("a model in training", () -> training().size());
        all.put("the singular value decomposition of 600 x 600", () -> square().svd().u());
        all.put("the product of 600 x 600", () -> square().times(square()));
        all.put(
                "the moments of widths 600 and 600",
                () -> {
                    try (Moments moments = Moments.of(600, 600)) {
                        moments.add(square(), square().scaled(2));
                        return moments.ridge(1).matrix();
                    }
                });
        return all;
    }

    private TrainableModel training() {
        TrainableModel made =
                TrainableModel.open(directory, new TrainingSetup(ComputeType.FLOAT32, 1, TOKENS));
        made.close();
        return made;
    }

    private static Matrix square() {
        return MemoryWork.random(600, 600, 183);
    }

    private Object sweep(long budget) {
        HookPoint mid = HookPoint.residual(1);
        List<Cell> cells = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            cells.add(Cell.of(0, Intervention.zero(mid, Positions.at(400 + i))));
        }
        return model.sweep(BaseRun.of(LONG)).cells(cells).memoryBudget(budget).execute().stream()
                .map(CellResult::top)
                .toList();
    }

    private Object read() {
        HookPoint last = HookPoint.residual(2);
        try (TensorActivations acts = model.run(LONG).capture(last).tensors()) {
            NDArray h = acts.get(last);
            ImmutableIntArray none = ImmutableIntArray.copyOf(Collections.nCopies(TOKENS, -1));
            return model.readout().read(List.of(h, h), h, none).entropy(1, TOKENS - 1);
        }
    }

    private String answer() {
        return Arrays.toString(model.run(SHORT).execute().next().logits());
    }

    private void untilItWorks(String what, Supplier<Object> work) throws IOException {
        String expected = work.get().toString();
        int resources = NativeResources.count();
        int failures = 0;
        for (long room = LEAST; ; room += room / 2) {
            try {
                String got = AddressLimit.in(room, work).toString();
                if (!got.equals(expected)) {
                    System.out.printf("wrong: %s: another result in the end%n", what);
                }
                break;
            } catch (MemoryException e) {
                failures++;
                check(what, resources, e);
            }
        }
        System.out.printf("%s: %d failures%n", what, failures);
    }

    private void check(String what, int resources, MemoryException e) {
        boolean inside = e.getMessage().startsWith("a run of 1 prompt"); // of a readout
        if (e.memory() != MemoryException.Memory.NATIVE
                || !(inside || e.getMessage().contains(what.substring(0, 12)))) {
            System.out.printf("wrong: %s: %s%n", what, e.getMessage());
        }
        if (NativeResources.count() != resources) {
            System.out.printf("wrong: %s leaves something%n", what);
        }
        if (!answer().equals(answer)) {
            System.out.printf("wrong: another answer after %s%n", what);
        }
    }

    /** Resident memory in KiB by which failures after the first twenty have added. */
    private void oftenAgain() throws IOException {
        long before = 0;
        for (int i = 0; i < 45; i++) {
            if (i == 20) {
                before = ForkedJvm.memoryKib("VmRSS");
            }
            try {
                AddressLimit.in((1L << 20) + i * (1L << 17), () -> sweep(1L << 30));
                System.out.println("wrong: a sweep needs no memory");
            } catch (MemoryException e) {
                check("a sweep of 40", NativeResources.count(), e);
            }
        }
        System.out.println("KiB more: " + (ForkedJvm.memoryKib("VmRSS") - before));
    }
}
