package dev.patchscopes.lens.tuned;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.patchscopes.LibraryVersion;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.internal.TokensDigest;
import dev.patchscopes.lens.CountedParts;
import dev.patchscopes.lens.StopAfter;
import dev.patchscopes.model.Activations;
import dev.patchscopes.model.ComputeType;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.TokenDistribution;
import dev.patchscopes.text.TokenizedPrompt;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Transfer matrices against one state at a time. */
class LayerTransferTest {
    private static final long SEED = Long.getLong("seed", 66);

    @TempDir Path folder;

    @Test
    void everyNumberIsThatOfSingleStates() {
        System.out.println("-Dseed=" + SEED);
        List<TokenizedPrompt> prompts =
                List.of(TokenizedPrompt.ofIds(3, 17, 42), TokenizedPrompt.ofIds(9, 30));
        try (HookedModel model =
                        TinyModel.load(TinyModel.write(folder, SEED), ComputeType.FLOAT64);
                TunedLens lens = Lenses.random(model, SEED)) {
            LayerTransfer transfer = LayerTransfer.of(lens, prompts);
            assertThat(transfer.layers()).isEqualTo(3);
            assertThat(transfer.positions()).isEqualTo(5);
            assertThat(transfer.predictions()).isEqualTo(3);
            for (int by = 0; by < 3; by++) {
                for (int layer = 0; layer < 3; layer++) {
                    double kl = 0;
                    double surprisal = 0;
                    for (TokenizedPrompt prompt : prompts) {
                        Activations acts =
                                model.run(prompt).capture(HookPoint.residual(layer)).execute();
                        for (int pos = 0; pos < prompt.length(); pos++) {
                            double[] h = acts.get(HookPoint.residual(layer)).vectorDoubles(0, pos);
                            TokenDistribution own = model.unembed(lens.translator(layer).apply(h));
                            TokenDistribution other = model.unembed(lens.translator(by).apply(h));
                            for (int id = 0; id < own.size(); id++) {
                                kl +=
                                        own.probability(id)
                                                * (own.logProbability(id)
                                                        - other.logProbability(id));
                            }
                            if (pos + 1 < prompt.length()) {
                                surprisal -= other.logProbability(prompt.ids().get(pos + 1));
                            }
                        }
                    }
                    assertThat(transfer.divergence(by, layer)).isCloseTo(kl / 5, within(1e-12));
                    assertThat(transfer.surprisal(by, layer))
                            .isCloseTo(surprisal / 3, within(1e-12));
                }
                assertThat(transfer.divergence(by, by)).isCloseTo(0, within(1e-13));
            }
            assertThat(transfer.library()).isEqualTo(LibraryVersion.current());
            assertThat(transfer.model()).isEqualTo(ModelIdentity.of(model));
            TokensDigest digest = new TokensDigest();
            prompts.forEach(prompt -> digest.add(prompt.ids()));
            assertThat(transfer.textsHash()).isEqualTo(digest.finish());
            assertThat(LayerTransfer.of(lens, prompts.subList(0, 1)).textsHash())
                    .isNotEqualTo(transfer.textsHash());
            assertThat(LayerTransfer.fromJson(transfer.toJson())).isEqualTo(transfer);
            assertThat(transfer.toCsv().lines())
                    .hasSize(10)
                    .startsWith("translator,layer,surprisal,divergence");
            assertThat(transfer.toString().lines()).hasSize(6);
            assertThatThrownBy(() -> LayerTransfer.fromJson("{\"lens\": 1}"))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("not the JSON of transfer matrices");
            assertThatThrownBy(() -> LayerTransfer.of(lens, List.of()))
                    .hasMessageContaining("no prompt");
        }
    }

    @Test
    void promptsAreCountedAndTheMeasuringCanBeStopped() {
        List<TokenizedPrompt> prompts =
                List.of(TokenizedPrompt.ofIds(3, 17, 42), TokenizedPrompt.ofIds(9, 30));
        try (HookedModel model =
                        TinyModel.load(TinyModel.write(folder, SEED), ComputeType.FLOAT64);
                TunedLens lens = Lenses.random(model, SEED)) {
            CountedParts parts = new CountedParts();
            LayerTransfer.of(lens, prompts, parts);
            parts.assertAll(2);
            for (long before : new long[] {0, 1}) {
                assertThatThrownBy(() -> LayerTransfer.of(lens, prompts, new StopAfter(before)))
                        .isInstanceOf(CancellationException.class)
                        .hasMessageContaining("measuring of transfers was stopped");
            }
        }
    }
}
