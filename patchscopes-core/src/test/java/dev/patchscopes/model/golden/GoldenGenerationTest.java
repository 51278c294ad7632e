package dev.patchscopes.model.golden;

import static org.assertj.core.api.Assertions.assertThat;

import dev.patchscopes.model.Activation;
import dev.patchscopes.model.Generations;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.Arrays;

/** Greedy continuation of one prompt. */
class GoldenGenerationTest {

    @EachGolden
    void tokensAndTheLogitsThatChoseThem(GoldenModel g) {
        int[] prompt = g.golden().ints("gen.prompt");
        int[] expected = g.golden().ints("gen.ids");
        Generations generations =
                g.model()
                        .generation(TokenizedPrompt.ofIds(prompt))
                        .maxNewTokens(expected.length)
                        .ignoringEndOfText()
                        .capture(HookPoint.logits())
                        .run();
        assertThat(generations.first().ids().toArray()).isEqualTo(expected);
        Activation logits = generations.activations().get(HookPoint.logits());
        assertThat(logits.shape(0).get(0)).isEqualTo(prompt.length + expected.length - 1);
        for (int step = 0; step < expected.length; step++) {
            g.check(
                    Kind.GENERATION,
                    Quantity.LOGITS,
                    logits.vectorDoubles(0, prompt.length - 1 + step),
                    g.golden().row("gen.step_logits", step),
                    "gen.step_logits, step " + step);
        }
    }

    @EachGolden
    void withoutTheCache(GoldenModel g) {
        int[] ids = g.golden().ints("gen.prompt");
        int[] expected = g.golden().ints("gen.ids");
        for (int step = 0; step < expected.length; step++) {
            var next = g.model().run(TokenizedPrompt.ofIds(ids)).execute().next();
            assertThat(next.argMax()).as("step %d", step).isEqualTo(expected[step]);
            g.check(
                    Kind.GENERATION,
                    Quantity.LOGITS,
                    next.logits(),
                    g.golden().row("gen.step_logits", step),
                    "gen.step_logits without cache, step " + step);
            ids = Arrays.copyOf(ids, ids.length + 1);
            ids[ids.length - 1] = expected[step];
        }
    }
}
