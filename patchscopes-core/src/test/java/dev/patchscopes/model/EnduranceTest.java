package dev.patchscopes.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import ai.djl.Device;
import dev.patchscopes.checkpoint.MissingTensorException;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenBatch;
import dev.patchscopes.text.TokenizedPrompt;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A service runs for months: neither arrays nor memory may grow with the number of runs. */
class EnduranceTest {

    private static final int RUNS = 10_000;
    private static final int WARM_UP = 3_000;

    /**
     * Memory the process may take beyond what it took after the warm-up, most of it the compiler's.
     * A leaked array shows in the count of arrays; 4 KiB a run would be 40 MiB here.
     */
    private static final long SLACK_KIB = 24 * 1024;

    private static final HookPoint MID = HookPoint.residual(1);

    private static void oneRun(HookedModel model, int number, Random random) {
        TokenizedPrompt prompt = TestModels.prompt(number, 2 + number % 7);
        switch (number % 10) {
            case 0 -> model.run(prompt).execute();
            case 1 -> model.run(prompt).capture(MID, HookPoint.pattern(0)).execute();
            case 2 ->
                    model.run(TokenBatch.of(prompt, TestModels.prompt(number, 9)))
                            .intervene(
                                    Intervention.interpolate(
                                            MID,
                                            Positions.last(),
                                            random.nextDouble(),
                                            TestModels.vector(number, model.width())))
                            .execute();
            case 3 ->
                    model.run(prompt)
                            .intervene(
                                    Intervention.scale(
                                            HookPoint.z(0), Positions.all(), random.nextDouble()),
                                    Intervention.mean(HookPoint.mlpOut(1), Positions.at(0)),
                                    Intervention.projectOut(
                                            HookPoint.attnOut(1),
                                            Positions.last(),
                                            TestModels.vector(number, model.width())))
                            .execute();
            case 4 ->
                    model.generation(prompt)
                            .maxNewTokens(3)
                            .capture(MID)
                            .sampling(Sampling.temperature(1, number))
                            .run();
            case 5 ->
                    model.run(prompt)
                            .intervene(
                                    Intervention.cutAttention(
                                            Positions.last(), Positions.all(), 0, 2),
                                    Intervention.custom(HookPoint.scores(2), (v, c) -> v.mul(0.5)))
                            .execute();
            case 6 -> model.run(prompt).gradients(Metric.logProbability(7), MID, HookPoint.q(1));
            case 7 ->
                    model.run(prompt)
                            .vjp(
                                    1,
                                    Positions.last(),
                                    3,
                                    Positions.last(),
                                    random.doubles(model.width()).toArray());
            case 8 ->
                    assertThatThrownBy(
                                    () ->
                                            model.run(prompt)
                                                    .intervene(
                                                            Intervention.custom(
                                                                    HookPoint.residual(2),
                                                                    (v, c) -> v.transpose()))
                                                    .execute())
                            .isInstanceOf(InterventionException.class);
            default ->
                    assertThatThrownBy(
                                    () ->
                                            model.generation(prompt)
                                                    .maxNewTokens(2)
                                                    .intervene(
                                                            Intervention.zero(MID, Positions.at(0))
                                                                    .during(Phase.DECODE))
                                                    .run())
                            .isInstanceOf(InterventionException.class);
        }
    }

    /** Prints the arrays alive and resident memory in KiB, before and after. */
    static final class Runs {
        private Runs() {}

        public static void main(String[] arguments) throws IOException {
            try (HookedModel model =
                    HookedModel.loader(Path.of(arguments[0])).device(Device.cpu()).load()) {
                Random random = new Random(111);
                int number = 0;
                for (int until : new int[] {WARM_UP, WARM_UP + RUNS}) {
                    for (; number < until; number++) {
                        oneRun(model, number, random);
                    }
                    report(model.runtime().liveArrays());
                }
            }
        }
    }

    /** The same for loads that fail. */
    static final class FailingLoads {
        private FailingLoads() {}

        public static void main(String[] arguments) throws IOException {
            for (int number = 0; number < 300; number++) {
                assertThatThrownBy(() -> HookedModel.load(arguments[0]))
                        .isInstanceOf(MissingTensorException.class);
                if (number == 99 || number == 299) {
                    report(TestModels.nativeArrays());
                }
            }
        }
    }

    private static void report(int arrays) throws IOException {
        System.gc(); // hands back direct buffers
        System.out.println(arrays);
        System.out.println(ForkedJvm.memoryKib("VmRSS"));
    }

    private static void assertFlat(Class<?> main, Path directory) throws Exception {
        assumeThat(ForkedJvm.canMeasure()).isTrue();
        long[] seen =
                ForkedJvm.run(main, directory.toString()).stream()
                        .mapToLong(Long::parseLong)
                        .toArray();
        assertThat(seen).hasSize(4);
        assertThat(seen[2]).as("arrays").isEqualTo(seen[0]);
        assertThat(seen[3] - seen[1]).as("KiB more").isLessThan(SLACK_KIB);
    }

    @Test
    void tenThousandRunsLeaveNothing() throws Exception {
        assertFlat(Runs.class, TestModels.directory("gpt2"));
    }

    @Test
    void failingLoadsLeaveNothing(@TempDir Path directory) throws Exception {
        // fails at the last tensor; 200 models of 0.4 MB would be 76 MiB
        CheckpointCopy.of("gpt2", directory).without("transformer.h.2.mlp.c_proj.bias").write();
        assertFlat(FailingLoads.class, directory);
    }
}
