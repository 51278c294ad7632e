package dev.patchscopes.model.golden;

import static dev.patchscopes.model.golden.Near.assertNear;
import static org.assertj.core.api.Assertions.assertThat;

import dev.patchscopes.model.Activation;
import dev.patchscopes.model.Generation;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.Site;
import dev.patchscopes.text.TokenBatch;
import java.util.Arrays;
import java.util.List;

/** Prompts of different lengths in one batch. */
class GoldenPaddingTest {

    @EachGolden
    void logitsOfAPaddedBatch(GoldenModel g) {
        TokenBatch batch = padded(g);
        Activation logits = g.capture(batch, HookPoint.logits()).get(HookPoint.logits());
        for (int row = 0; row < batch.rows(); row++) {
            g.check(
                    Kind.PADDED,
                    Quantity.LOGITS,
                    logits.doubles(row),
                    realPositions(g, batch, row),
                    "pad.logits, row " + row);
        }
    }

    @EachGolden
    void theNextTokenWhereverThePaddingStands(GoldenModel g) {
        TokenBatch batch = padded(g);
        for (TokenBatch laidOut : List.of(batch, batch.paddedRight())) {
            var acts = g.model().run(laidOut).execute();
            for (int row = 0; row < batch.rows(); row++) {
                double[] all = realPositions(g, batch, row);
                int from = all.length - g.model().vocabularySize();
                g.check(
                        Kind.PADDED,
                        Quantity.LOGITS,
                        acts.next(row).logits(),
                        Arrays.copyOfRange(all, from, all.length),
                        "pad.logits, last of row " + row);
            }
        }
    }

    @EachGolden
    void whereThePaddingStandsDoesNotMatter(GoldenModel g) {
        TokenBatch batch = padded(g);
        assertThat(batch.isPadded()).isTrue();
        HookPoint last = HookPoint.residual(g.model().layers());
        HookPoint pattern = HookPoint.of(Site.PATTERN, g.model().layers() - 1);
        HookPoint[] points = {HookPoint.logits(), last, pattern};
        var left = g.capture(batch, points);
        var right = g.capture(batch.paddedRight(), points);
        for (int row = 0; row < batch.rows(); row++) {
            var alone = g.capture(TokenBatch.of(batch.prompt(row)), points);
            for (HookPoint point : points) {
                double[] expected = left.get(point).doubles(row);
                double tolerance = 200 * g.unitRoundoff() * largest(expected);
                assertNear(
                        right.get(point).doubles(row),
                        expected,
                        tolerance,
                        "%s, row %d, padded right",
                        point,
                        row);
                assertNear(
                        alone.get(point).doubles(0),
                        expected,
                        tolerance,
                        "%s, row %d, alone",
                        point,
                        row);
            }
        }
    }

    @EachGolden
    void generationFromAPaddedBatch(GoldenModel g) {
        TokenBatch batch = padded(g);
        for (TokenBatch laidOut : List.of(batch, batch.paddedRight())) {
            List<Generation> generations =
                    g.model().generation(laidOut).maxNewTokens(6).ignoringEndOfText().run().all();
            for (int row = 0; row < batch.rows(); row++) {
                assertThat(generations.get(row).ids().toArray())
                        .as("row %d", row)
                        .isEqualTo(g.golden().rowsOfInts("pad.gen_ids")[row]);
            }
        }
    }

    private static TokenBatch padded(GoldenModel g) {
        return TokenBatch.ofPadded(
                g.golden().rowsOfInts("pad.input_ids"),
                g.golden().rowsOfInts("pad.attention_mask"),
                g.golden().rowsOfInts("pad.position_ids"));
    }

    /** The reference at a row's tokens; at padding it is arbitrary. */
    private static double[] realPositions(GoldenModel g, TokenBatch batch, int row) {
        int vocabulary = g.model().vocabularySize();
        int from = batch.start(row) * vocabulary;
        int to = from + batch.length(row) * vocabulary;
        return Arrays.copyOfRange(g.golden().row("pad.logits", row), from, to);
    }

    private static double largest(double[] values) {
        return Arrays.stream(values).map(Math::abs).max().orElseThrow();
    }
}
