package dev.patchscopes.model.golden;

import static org.assertj.core.api.Assertions.assertThat;

import dev.patchscopes.model.Activations;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.Intervention;
import dev.patchscopes.model.Site;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenBatch;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Causal tracing: the subject's embeddings corrupted by noise, and single states restored to what
 * they are in the clean run. The corrupted copies of all positions of a layer run in one batch.
 */
class GoldenTracingTest {

    @EachGolden
    void cleanAndCorruptedProbability(GoldenModel g) {
        Trace trace = new Trace(g, HookPoint.embed());
        double clean = g.model().run(trace.prompt).execute().next().probability(trace.token);
        g.check(Kind.TRACE, Quantity.PROBABILITY, new double[] {clean}, "trace.p_clean");
        double[] corrupted = trace.probabilities(1, List.of());
        g.check(Kind.TRACE, Quantity.PROBABILITY, corrupted, "trace.p_corrupt_each");
        double mean = Arrays.stream(corrupted).average().orElseThrow();
        g.check(Kind.TRACE, Quantity.PROBABILITY, new double[] {mean}, "trace.p_corrupt");
    }

    @EachGolden
    void theTracedTokenIsTheCleanPrediction(GoldenModel g) {
        Trace trace = new Trace(g, HookPoint.embed());
        assertThat(g.model().run(trace.prompt).execute().next().argMax()).isEqualTo(trace.token);
    }

    /** A norm or a projection after the embedding changes what the noise does; nothing else. */
    @EachGolden
    void noiseOnTheFirstResidualInstead(GoldenModel g) {
        var embedding = g.architecture().spec().embedding();
        if (embedding.width() != g.model().width()) {
            assertThat(g.golden().shape("trace.noise")[2]).isEqualTo(embedding.width());
            return;
        }
        double[] atEmbedding = new Trace(g, HookPoint.embed()).probabilities(1, List.of());
        double[] atResidual = new Trace(g, HookPoint.residual(0)).probabilities(1, List.of());
        double difference = Quantity.PROBABILITY.deviation(atResidual, atEmbedding);
        if (embedding.normed()) {
            assertThat(difference).isGreaterThan(1e-3);
        } else {
            assertThat(difference).isLessThan(100 * g.unitRoundoff());
        }
    }

    @EachGolden
    void restoredResiduals(GoldenModel g) {
        double[] grid = new Trace(g, HookPoint.embed()).grid(Site.RESID_POST, 1);
        g.check(Kind.TRACE, Quantity.PROBABILITY, grid, "trace.grid_hidden_w1");
    }

    @EachGolden
    void restoredMlpOutputs(GoldenModel g) {
        double[] grid = new Trace(g, HookPoint.embed()).grid(Site.MLP_PROJ, 2);
        g.check(Kind.TRACE, Quantity.PROBABILITY, grid, "trace.grid_mlp_w2");
    }

    @EachGolden
    void restoredAttentionOutputs(GoldenModel g) {
        double[] grid = new Trace(g, HookPoint.embed()).grid(Site.ATTN_PROJ, 3);
        g.check(Kind.TRACE, Quantity.PROBABILITY, grid, "trace.grid_attn_w3");
    }

    /** A prompt, its subject, and noise for a few corrupted copies. */
    private static final class Trace {
        private final GoldenModel g;
        private final HookPoint corrupted;
        private final TokenizedPrompt prompt;
        private final int token;
        private final int samples;
        private final Positions subject;

        Trace(GoldenModel g, HookPoint corrupted) {
            this.g = g;
            this.corrupted = corrupted;
            prompt = g.batch("trace.input_ids").prompt(0);
            token = g.golden().ints("trace.token")[0];
            samples = g.golden().shape("trace.noise")[0];
            int[] range = g.golden().ints("trace.subject");
            subject = Positions.range(range[0], range[1]);
        }

        /** Mean probability [layer, pos] with a site restored in a window of blocks. */
        double[] grid(Site site, int window) {
            int layers = g.model().layers();
            List<HookPoint> points = HookPoint.blocks(site, 0, layers);
            Activations clean = g.capture(TokenBatch.of(prompt), points);
            double[] grid = new double[layers * prompt.length()];
            for (int block = 0; block < layers; block++) {
                int from = Math.max(0, block - window / 2);
                int to = Math.min(layers, block + (window + 1) / 2);
                List<Intervention> restorations = new ArrayList<>();
                for (HookPoint point : points.subList(from, to)) {
                    for (int pos = 0; pos < prompt.length(); pos++) {
                        double[] state = clean.vectorDoubles(point, Positions.at(pos));
                        restorations.add(
                                Intervention.replace(point, Positions.at(pos), state)
                                        .rows(copiesFor(pos)));
                    }
                }
                double[] each = probabilities(prompt.length(), restorations);
                for (int pos = 0; pos < prompt.length(); pos++) {
                    grid[block * prompt.length() + pos] =
                            Arrays.stream(copiesFor(pos))
                                    .mapToDouble(row -> each[row])
                                    .average()
                                    .orElseThrow();
                }
            }
            return grid;
        }

        /** The rows of the batch that restore a position, one a noise sample. */
        private int[] copiesFor(int pos) {
            return IntStream.range(pos * samples, (pos + 1) * samples).toArray();
        }

        /**
         * The token's probability in every corrupted copy.
         *
         * @param sets how many times the noise samples are run
         */
        double[] probabilities(int sets, List<Intervention> restorations) {
            TokenBatch batch = GoldenModel.repeated(prompt, sets * samples);
            List<Intervention> interventions = new ArrayList<>();
            for (int sample = 0; sample < samples; sample++) {
                int first = sample;
                float[] noise = new float[g.golden().row("trace.noise", sample).length];
                double[] values = g.golden().row("trace.noise", sample);
                for (int i = 0; i < noise.length; i++) {
                    noise[i] = (float) values[i];
                }
                int[] rows = IntStream.range(0, sets).map(set -> set * samples + first).toArray();
                interventions.add(Intervention.add(corrupted, subject, noise).rows(rows));
            }
            interventions.addAll(restorations);
            Activations acts = g.model().run(batch).intervene(interventions).execute();
            return IntStream.range(0, batch.rows())
                    .mapToDouble(row -> acts.next(row).probability(token))
                    .toArray();
        }
    }
}
