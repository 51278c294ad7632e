package dev.patchscopes.model.golden;

import static org.assertj.core.api.Assertions.assertThat;

import dev.patchscopes.model.Activation;
import dev.patchscopes.model.Activations;
import dev.patchscopes.model.EdgeCut;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.Intervention;
import dev.patchscopes.text.Positions;
import java.util.ArrayList;
import java.util.List;

/** Attention edges cut before the softmax. */
class GoldenKnockoutTest {

    @EachGolden
    void logitsAndTheRenormalisedPattern(GoldenModel g) {
        for (int i = 0; i < 3; i++) {
            String name = "knock." + i;
            int[] blocks = g.golden().ints(name + ".layers");
            HookPoint pattern = HookPoint.pattern(blocks[0]);
            Activations acts =
                    g.model()
                            .run(g.batch("knock.input_ids"))
                            .capture(HookPoint.logits(), pattern)
                            .intervene(cuts(g, name))
                            .execute();
            double[] logits = acts.get(HookPoint.logits()).doubles(0);
            g.check(Kind.KNOCKOUT, Quantity.LOGITS, logits, name + ".logits");
            Activation weights = acts.get(pattern);
            g.check(
                    Kind.PATTERN,
                    Quantity.PATTERN,
                    weights.doubles(0),
                    name + ".attn." + blocks[0]);
            for (int[] edge : g.golden().rowsOfInts(name + ".edges")) {
                for (int head : g.golden().ints(name + ".heads")) {
                    assertThat(weights.get(0, head, edge[0], edge[1])).isZero();
                }
            }
        }
    }

    private static List<EdgeCut> cuts(GoldenModel g, String name) {
        int[] blocks = g.golden().ints(name + ".layers");
        int[] heads = g.golden().ints(name + ".heads");
        List<EdgeCut> cuts = new ArrayList<>();
        for (int[] edge : g.golden().rowsOfInts(name + ".edges")) {
            EdgeCut cut =
                    Intervention.cutAttention(
                            Positions.at(edge[0]), Positions.at(edge[1]), blocks[0], blocks[1]);
            cuts.add(heads.length == g.model().heads() ? cut : cut.heads(heads));
        }
        return cuts;
    }
}
