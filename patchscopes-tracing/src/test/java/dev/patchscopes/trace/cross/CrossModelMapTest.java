package dev.patchscopes.trace.cross;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.Layers;
import dev.patchscopes.Patchscope;
import dev.patchscopes.linear.AffineMap;
import dev.patchscopes.linear.Matrix;
import dev.patchscopes.model.DemoModel;
import dev.patchscopes.model.Execution;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.OutOfRangeException;
import dev.patchscopes.model.Progress;
import dev.patchscopes.model.Reading;
import dev.patchscopes.model.TokenDistribution;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenizedPrompt;
import dev.patchscopes.trace.TraceModels;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What holds of fitted maps whatever the weights are. */
class CrossModelMapTest {
    /** Small enough to leave the maps exact to some digits. */
    private static final MapKind EXACT = MapKind.affine(1e-12);

    static List<String> families() {
        return TraceModels.families();
    }

    private static List<AlignedPrompts> same(int texts, int length) {
        return IntStream.range(0, texts)
                .mapToObj(seed -> TraceModels.prompt(seed, length))
                .map(prompt -> AlignedPrompts.of(prompt, prompt))
                .toList();
    }

    private static TokenDistribution patched(Patchscope scope) {
        return scope.run().next();
    }

    @ParameterizedTest
    @MethodSource("families")
    void aModelIsMappedToItselfByTheIdentity(String name) {
        try (HookedModel model = TraceModels.exact(name)) {
            int middle = model.layers() / 2;
            int before = TraceModels.nativeArrays();
            CrossModelMap map =
                    CrossModelMap.between(model, model)
                            .pairs(
                                    new LayerPair(middle, middle),
                                    new LayerPair(model.layers(), model.layers()))
                            .kind(EXACT)
                            .prompts(same(40, 7))
                            .patched(3)
                            .fit();
            assertThat(TraceModels.nativeArrays()).isEqualTo(before);
            for (LayerPair pair : map.pairs()) {
                assertThat(map.report().at(pair.source(), pair.target()).heldOutVariance())
                        .as(name + pair)
                        .isCloseTo(1, within(1e-6));
                AlignedPrompts text = same(200, 6).get(199);
                TokenDistribution own = model.run(text.target()).execute().next();
                assertThat(
                                patched(map.asPatchscope(model, model, text, pair))
                                        .logits())
                        .as(name + pair)
                        .containsExactly(own.logits(), within(1e-3));
                assertThat(
                                map.scores()
                                        .orElseThrow()
                                        .at(pair.source(), pair.target())
                                        .mapped()
                                        .withSource()
                                        .share())
                        .isEqualTo(1);
            }
        }
    }
}
