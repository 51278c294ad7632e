package dev.patchscopes.model.internal;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import dev.patchscopes.checkpoint.ModelConfig;
import dev.patchscopes.model.ComputeType;
import dev.patchscopes.model.Site;
import dev.patchscopes.model.golden.GoldenFiles;
import dev.patchscopes.model.internal.family.Families;
import dev.patchscopes.text.TokenBatch;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A run that asks for nothing is shown nothing, and so pays for nothing. */
class RunTapsTest {
    private static final ModelFacts FACTS =
            new ModelFacts(
                    "gpt2",
                    Families.describe(ModelConfig.read(GoldenFiles.file("gpt2", "config.json")))
                            .spec());

    @Test
    void nothingIsLookedAtUnlessAskedFor() {
        RunPlan plan =
                RunPlan.of(
                        FACTS,
                        TokenBatch.of(TokenizedPrompt.ofIds(3, 4)),
                        ImmutableSet.of(),
                        ImmutableList.of(),
                        true,
                        0);
        try (NDManager manager = Tensors.newManager(Device.cpu())) {
            Tensors ops = new Tensors(manager, DataType.FLOAT32);
            RunTaps plain = new RunTaps(FACTS.spec(), ops, plan);
            RunTaps watched =
                    new RunTaps(FACTS.spec(), ops, plan)
                            .watchedBy(Optional.of(new FiniteWatch(FACTS, ComputeType.FLOAT32)));
            for (Site site : Site.values()) {
                assertThat(plain.wants(site, 1)).as("%s", site).isFalse();
                // scores are shown apart, before they are masked
                assertThat(watched.wants(site, 1)).isEqualTo(site != Site.ATTN_SCORES);
            }
            NDArray closed = manager.zeros(new Shape(1));
            closed.close();
            plain.watchScores(0, closed); // touches nothing, or it would fail
        }
    }
}
