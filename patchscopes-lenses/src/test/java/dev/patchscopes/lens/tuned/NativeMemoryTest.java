package dev.patchscopes.lens.tuned;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.internal.Steps;
import dev.patchscopes.lens.NativeMemory;
import dev.patchscopes.lens.StopAfter;
import dev.patchscopes.model.ComputeType;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Progress;
import dev.patchscopes.model.TensorActivations;
import dev.patchscopes.text.TokenizedPrompt;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nothing native outlives a fit or a measuring, whether it ends, is stopped or fails. */
class NativeMemoryTest {
    private static final long SEED = Long.getLong("seed", 67);
    private static final List<ImmutableIntArray> CHUNKS = TinyModel.chunks(SEED, 40, 8);

    @TempDir static Path folder;
    private static HookedModel model;

    @BeforeAll
    static void load() {
        System.out.println("-Dseed=" + SEED);
        model = TinyModel.load(TinyModel.write(folder, SEED), ComputeType.FLOAT32);
    }

    @AfterAll
    static void close() {
        model.close();
    }

    /** Finished once, and stopped after some numbers of parts. */
    private static void assertNothingLeft(Consumer<Progress> work, long... parts) {
        work.accept(Progress.none()); // loads what is loaded once
        int before = NativeMemory.arrays();
        work.accept(Progress.none());
        assertThat(NativeMemory.arrays()).as("finished").isEqualTo(before);
        for (long some : parts) {
            assertThatThrownBy(() -> work.accept(new StopAfter(some)))
                    .as("after %s parts", some)
                    .isInstanceOf(CancellationException.class);
            assertThat(NativeMemory.arrays()).as("after %s parts", some).isEqualTo(before);
        }
    }

    @Test
    void ofARidgeFit() {
        // passes to fit on and to choose on, and three layers
        assertNothingLeft(
                listener ->
                        TunedLens.ridge(model).onTokens(CHUNKS).progress(listener).fit().close(),
                0,
                1,
                2,
                3,
                4);
    }

    @Test
    void ofATraining() {
        assertNothingLeft(
                listener ->
                        TunedLens.train(model)
                                .onTokens(CHUNKS)
                                .steps(3)
                                .tokensPerStep(32)
                                .progress(listener)
                                .fit()
                                .close(),
                0,
                1,
                2);
    }

    @Test
    void ofTransfers() {
        List<TokenizedPrompt> prompts =
                List.of(TokenizedPrompt.ofIds(3, 17, 42), TokenizedPrompt.ofIds(9, 30));
        try (TunedLens lens = Lenses.random(model, SEED)) {
            assertNothingLeft(listener -> LayerTransfer.of(lens, prompts, listener), 0, 1);
        }
    }

    @Test
    void ofStatesOfWhichSomeCannotBeHad() {
        TokenChunks chunks = new TokenChunks(8, ImmutableList.copyOf(CHUNKS));
        try (TensorActivations acts =
                model.run(chunks.batch(new int[] {0})).capture(HookPoint.residual(1)).tensors()) {
            int before = NativeMemory.arrays();
            try (HeldOutStates states = new HeldOutStates(model, chunks, Long.MAX_VALUE)) {
                assertThatThrownBy(
                                () ->
                                        states.copies(
                                                acts,
                                                List.of(
                                                        HookPoint.residual(1),
                                                        HookPoint.residual(2))))
                        .isInstanceOf(RuntimeException.class);
                assertThat(NativeMemory.arrays()).isEqualTo(before);
                states.read(0, new Steps(Progress.none(), "a test", 1), (some, last) -> {});
            }
            assertThat(NativeMemory.arrays()).isEqualTo(before);
        }
    }
}
