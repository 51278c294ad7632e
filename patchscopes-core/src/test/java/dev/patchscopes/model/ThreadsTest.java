package dev.patchscopes.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.pytorch.jni.JniUtils;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenBatch;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One model, many threads: the same bits as one thread gets. */
class ThreadsTest {

    private static final int THREADS = 8;
    private static final int ROUNDS = 5;
    private static final HookPoint MID = HookPoint.residual(2);

    /** A piece of work that gives the same numbers every time, or the message of its failure. */
    private static List<Callable<Object>> work(HookedModel model) {
        TokenizedPrompt prompt = TestModels.prompt(101, 6);
        TokenBatch batch = TestModels.batch(102, 3, 8, 5);
        float[] vector = TestModels.vector(103, model.width());
        return List.of(
                () -> model.run(prompt).execute().next().logits(),
                () -> model.run(batch).capture(MID).execute().get(MID).doubles(1),
                () ->
                        model.run(prompt)
                                .intervene(Intervention.replace(MID, Positions.at(2), vector))
                                .capture(HookPoint.pattern(2))
                                .execute()
                                .get(HookPoint.pattern(2))
                                .doubles(0),
                () ->
                        model.run(batch)
                                .intervene(
                                        Intervention.cutAttention(
                                                Positions.last(), Positions.at(0), 0, 2))
                                .execute()
                                .next(2)
                                .logits(),
                () ->
                        model.generation(batch)
                                .maxNewTokens(5)
                                .sampling(Sampling.temperature(1, 5))
                                .run()
                                .all()
                                .toString(),
                () ->
                        model.run(prompt)
                                .gradients(Metric.logProbability(4), HookPoint.z(1))
                                .of(HookPoint.z(1))
                                .doubles(0),
                () -> model.run(prompt).jacobian(1, Positions.at(1), 3, Positions.last())[7],
                () ->
                        model.run(prompt)
                                .jvp(
                                        1,
                                        Positions.at(1),
                                        3,
                                        Positions.last(),
                                        new Random(3).doubles(model.width()).toArray()),
                () -> model.unembed(vector).logits(),
                () -> failure(() -> model.run(TestModels.prompt(1, 70)).execute()),
                () ->
                        failure(
                                () ->
                                        model.run(prompt)
                                                .intervene(
                                                        Intervention.add(
                                                                MID, Positions.last(), 1, 2))
                                                .execute()));
    }

    private static String failure(Callable<?> call) {
        try {
            return String.valueOf(call.call());
        } catch (Exception e) {
            return e.toString();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "llama_gqa_llama3"})
    void mixedWorkGivesTheSameBitsAsAlone(String name) throws Exception {
        try (HookedModel model = TestModels.load(name, ComputeType.FLOAT32)) {
            List<Callable<Object>> work = work(model);
            List<Object> alone = new ArrayList<>();
            for (Callable<Object> task : work) {
                alone.add(task.call());
            }
            int arrays = model.runtime().liveArrays();
            ExecutorService threads = Executors.newFixedThreadPool(THREADS);
            try {
                CyclicBarrier together = new CyclicBarrier(THREADS);
                List<Future<?>> running = new ArrayList<>();
                for (int t = 0; t < THREADS; t++) {
                    int offset = t;
                    running.add(
                            threads.submit(
                                    () -> {
                                        together.await(30, TimeUnit.SECONDS);
                                        for (int i = 0; i < ROUNDS * work.size(); i++) {
                                            // every thread in its own order: what ran before on a
                                            // thread, with or without a graph, must not matter
                                            int task = (offset + i * 3) % work.size();
                                            assertThat(work.get(task).call())
                                                    .as("task %d", task)
                                                    .isEqualTo(alone.get(task));
                                        }
                                        return null;
                                    }));
                }
                for (Future<?> thread : running) {
                    thread.get(120, TimeUnit.SECONDS);
                }
            } finally {
                threads.shutdownNow();
            }
            assertThat(model.runtime().liveArrays()).isEqualTo(arrays);
        }
    }

    /**
     * libtorch keeps the switch per thread; a run sets what it needs and puts back what it found.
     */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void recordingIsTheRunsOwnAffair(boolean recordingBefore) throws Exception {
        try (HookedModel model = TestModels.load("gpt2", ComputeType.FLOAT32)) {
            TokenizedPrompt prompt = TestModels.prompt(104, 4);
            List<Boolean> inside = new ArrayList<>();
            Edit looking =
                    Intervention.custom(
                            MID,
                            (value, context) -> {
                                inside.add(JniUtils.isGradMode());
                                return value;
                            });
            Edit failing = Intervention.add(MID, Positions.last(), 1, 2);
            ExecutorService thread = Executors.newSingleThreadExecutor();
            try {
                List<Callable<Object>> uses =
                        List.of(
                                () -> model.run(prompt).intervene(looking).execute(),
                                () ->
                                        model.run(prompt)
                                                .intervene(looking)
                                                .gradients(Metric.logit(3), MID),
                                () -> model.generation(prompt).intervene(looking).run(),
                                () ->
                                        failure(
                                                () ->
                                                        model.run(prompt)
                                                                .intervene(looking, failing)
                                                                .gradients(Metric.logit(3), MID)),
                                () -> model.run(prompt).intervene(looking).execute());
                for (Callable<Object> use : uses) {
                    boolean after =
                            thread.submit(
                                            () -> {
                                                JniUtils.setGradMode(recordingBefore);
                                                use.call();
                                                return JniUtils.isGradMode();
                                            })
                                    .get(30, TimeUnit.SECONDS);
                    assertThat(after).isEqualTo(recordingBefore);
                }
            } finally {
                thread.shutdownNow();
            }
            assertThat(inside).containsExactly(false, true, false, true, false);
        }
    }
}
