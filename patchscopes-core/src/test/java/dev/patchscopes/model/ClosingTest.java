package dev.patchscopes.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** The end of a model's life. */
class ClosingTest {

    private static final TokenizedPrompt PROMPT = TestModels.prompt(95, 5);
    private static final HookPoint MID = HookPoint.residual(1);

    @Test
    void aClosedModelSaysSo() {
        HookedModel model = TestModels.load("gpt2", ComputeType.FLOAT32);
        Run run = model.run(PROMPT);
        GenerationRequest request = model.generation(PROMPT);
        model.close();
        model.close();
        for (ThrowingCallable use :
                List.<ThrowingCallable>of(
                        run::execute,
                        request::run,
                        () -> model.run(PROMPT).execute(),
                        () -> run.gradients(Metric.logit(1), MID),
                        () -> run.jacobian(0, Positions.last(), 1, Positions.last()),
                        () -> model.unembed(new float[48]),
                        model::tokenizer,
                        () -> model.run("text"))) {
            assertThatThrownBy(use)
                    .isInstanceOf(ModelClosedException.class)
                    .hasMessage("gpt2 is closed: load it again, or close it after its last use");
        }
        // what it is can still be asked
        assertThat(model.toString()).contains("gpt2, 3 blocks");
        assertThat(model.summary().layers()).isEqualTo(3);
    }

    @Test
    void closingLeavesNoArrays() {
        TestModels.load("gpt2", ComputeType.FLOAT32).close(); // the engine is up
        int before = TestModels.nativeArrays();
        try (HookedModel model = TestModels.load("gpt2", ComputeType.FLOAT32)) {
            model.run(PROMPT).capture(model.hookPoints()).logits().execute();
            model.run(PROMPT).gradients(Metric.logit(1), MID);
            model.generation(PROMPT).maxNewTokens(3).run();
            assertThat(TestModels.nativeArrays()).isGreaterThan(before);
        }
        assertThat(TestModels.nativeArrays()).isEqualTo(before);
    }

    @Test
    void aRunCannotCloseItsModel() {
        try (HookedModel model = TestModels.load("gpt2", ComputeType.FLOAT32)) {
            Runnable end = model::close;
            Edit closing =
                    Intervention.custom(
                            MID,
                            (value, context) -> {
                                end.run();
                                return value;
                            });
            for (ThrowingCallable use :
                    List.<ThrowingCallable>of(
                            () -> model.run(PROMPT).intervene(closing).execute(),
                            () -> model.generation(PROMPT).intervene(closing).run(),
                            () ->
                                    model.run(PROMPT)
                                            .intervene(closing)
                                            .gradients(Metric.logit(1), MID))) {
                assertThatThrownBy(use)
                        .isInstanceOf(ModelException.class)
                        .hasMessageContaining("gpt2 cannot be closed from inside one of its own");
            }
            assertThat(model.run(PROMPT).execute().topTokens(1)).hasSize(1);
        }
    }

    @Test
    void closingWaitsForRunsUnderWay() throws Exception {
        HookedModel model = TestModels.load("gpt2", ComputeType.FLOAT32);
        double[] expected = model.run(PROMPT).execute().next().logits();
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        Edit slow =
                Intervention.custom(
                        MID,
                        (value, context) -> {
                            inside.countDown();
                            await(goOn);
                            return value;
                        });
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            Future<double[]> run =
                    threads.submit(
                            () -> model.run(PROMPT).intervene(slow).execute().next().logits());
            await(inside);
            Future<?> close = threads.submit(model::close);
            assertThatThrownBy(() -> close.get(200, TimeUnit.MILLISECONDS))
                    .isInstanceOf(TimeoutException.class);
            goOn.countDown();
            assertThat(run.get(30, TimeUnit.SECONDS)).containsExactly(expected);
            close.get(30, TimeUnit.SECONDS);
            assertThatThrownBy(() -> model.run(PROMPT).execute())
                    .isInstanceOf(ModelClosedException.class);
        } finally {
            goOn.countDown();
            threads.shutdownNow();
            model.close();
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            if (!latch.await(30, TimeUnit.SECONDS)) {
                throw new IllegalStateException("waited for 30 seconds");
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void runsNest() {
        try (HookedModel model = TestModels.exact("gpt2")) {
            TokenizedPrompt other = TestModels.prompt(96, 4);
            double[] inner = model.run(other).execute().next().logits();
            double[][] seen = new double[2][];
            Edit nesting =
                    Intervention.custom(
                            MID,
                            (value, context) -> {
                                seen[0] = model.run(other).execute().next().logits();
                                seen[1] =
                                        model.run(other)
                                                .gradients(Metric.logit(3), MID)
                                                .of(MID)
                                                .doubles(0);
                                return value;
                            });
            Gradients outer = model.run(PROMPT).intervene(nesting).gradients(Metric.logit(3), MID);
            assertThat(seen[0]).containsExactly(inner);
            assertThat(seen[1])
                    .containsExactly(
                            model.run(other).gradients(Metric.logit(3), MID).of(MID).doubles(0));
            // the run around them went on recording
            assertThat(outer.of(MID).doubles(0))
                    .containsExactly(
                            model.run(PROMPT).gradients(Metric.logit(3), MID).of(MID).doubles(0));
        }
    }
}
