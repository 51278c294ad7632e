package dev.patchscopes.trace.knockout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.Iterables;
import dev.patchscopes.facts.FactPrompt;
import dev.patchscopes.model.Activations;
import dev.patchscopes.model.Execution;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenizedPrompt;
import dev.patchscopes.trace.TraceModels;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Facts of random tokens in every family: means are over single knockouts, by either execution. */
class KnockoutFamiliesTest {
    private static final int FACTS = 3;
    private static final ImmutableList<Integer> SUBJECT = ImmutableList.of(1, 2);
    private static final ImmutableList<KnockoutSettings.Stated> OWN =
            ImmutableList.of(
                    new KnockoutSettings.Stated("own", Positions.at(3, 4), Positions.at(0, 2)));

    static List<String> families() {
        return TraceModels.families();
    }

    /** All but the one whose unembedding matrix reads a projection of the states. */
    static List<String> withoutProjection() {
        return families().stream().filter(name -> !name.equals("opt_350m_style")).toList();
    }

    private static TokenizedPrompt prompt(int fact) {
        return TraceModels.prompt(11 + fact, 6);
    }

    private static KnownFacts.Known known(int fact, int answer) {
        return new KnownFacts.Known(
                FactPrompt.of("{} is", "subject " + fact, "it"),
                prompt(fact),
                SUBJECT,
                answer,
                "it");
    }

    private static List<AveragedFact> measure(HookedModel model, Execution execution) {
        List<KnownFacts.Known> facts = new ArrayList<>();
        for (int i = 0; i < FACTS; i++) {
            facts.add(known(i, model.run(prompt(i)).execute().next().argMax()));
        }
        KnockoutSweep sweep = AttentionKnockout.of(model).window(2).execution(execution).sweep();
        return new FactAverage(sweep, OWN).measure(facts, sweep, new Random(4));
    }

    @ParameterizedTest
    @MethodSource("families")
    void averagedFactsAreSingleKnockoutsByEitherExecution(String name) {
        int before = TraceModels.nativeArrays();
        try (HookedModel model = TraceModels.exact(name)) {
            List<AveragedFact> exact = measure(model, Execution.EXACT);
            List<AveragedFact> naive = measure(model, Execution.NAIVE);
            for (int i = 0; i < FACTS; i++) {
                KnockoutCase own = exact.get(i).measured();
                int[] control =
                        Iterables.getOnlyElement(own.curve(AttentionKnockout.RANDOM).edges())
                                .keys()
                                .stream()
                                .mapToInt(k -> k)
                                .toArray();
                assertThat(control).hasSameSizeAs(SUBJECT).doesNotContain(1, 2, 5);
                KnockoutCase single =
                        AttentionKnockout.of(model)
                                .prompt(prompt(i))
                                .subject(Positions.at(1, 2))
                                .edges("control", Positions.last(), Positions.at(control))
                                .edges("own", Positions.at(3, 4), Positions.at(0, 2))
                                .window(2)
                                .run()
                                .measured();
                assertThat(own.base()).isCloseTo(single.base(), within(1e-9));
                for (KnockoutCurve curve : own.curves()) {
                    String group =
                            curve.name().equals(AttentionKnockout.RANDOM)
                                    ? "control"
                                    : curve.name();
                    for (int centre = 0; centre < model.layers(); centre++) {
                        double value = curve.values().get(centre);
                        assertThat(single.curve(group).values().get(centre))
                                .as("%s around %s", group, centre)
                                .isCloseTo(value, within(1e-9));
                        assertThat(naive.get(i).measured().curve(curve.name()).values().get(centre))
                                .as("naive %s around %s", group, centre)
                                .isCloseTo(value, within(1e-9));
                    }
                }
            }
        }
        assertThat(TraceModels.nativeArrays()).isEqualTo(before);
    }

    @ParameterizedTest
    @MethodSource("withoutProjection")
    void blocksExtractWhatTheirOutputsReadAs(String name) {
        try (HookedModel model = TraceModels.exact(name);
                NDManager manager = NDManager.newBaseManager(model.device(), "PyTorch")) {
            var weights = model.readout().unembedding(manager); // [d_vocab, d_model]
            double[] unembedding = weights.toDoubleArray();
            List<KnownFacts.Known> facts = new ArrayList<>();
            List<int[]> attention = new ArrayList<>();
            List<int[]> mlp = new ArrayList<>();
            for (int i = 0; i < FACTS; i++) {
                attention.add(read(model, prompt(i), unembedding, false));
                mlp.add(read(model, prompt(i), unembedding, true));
                // an answer that some block extracts
                int block = i % model.layers();
                facts.add(known(i, (i < 2 ? attention : mlp).get(i)[block]));
            }
            List<ExtractedFact> read = AttributeExtraction.of(model).read(facts, weights);
            for (int i = 0; i < FACTS; i++) {
                int answer = facts.get(i).answer();
                assertThat(read.get(i).attention()).isEqualTo(at(attention.get(i), answer));
                assertThat(read.get(i).mlp()).isEqualTo(at(mlp.get(i), answer));
            }
            assertThat(read.get(0).attention()).contains(0);
        }
    }

    /** The token each block's output at the last token reads as, {@code [L]}. */
    private static int[] read(
            HookedModel model, TokenizedPrompt prompt, double[] unembedding, boolean mlp) {
        int[] out = new int[model.layers()];
        for (int block = 0; block < out.length; block++) {
            HookPoint point = mlp ? HookPoint.mlpOut(block) : HookPoint.attnOut(block);
            Activations acts = model.run(prompt).capture(point).execute();
            out[block] = largest(unembedding, acts.vectorDoubles(point, Positions.last()));
        }
        return out;
    }

    /** The row of the unembedding matrix with the largest product. */
    static int largest(double[] unembedding, double[] state) {
        int best = -1;
        double most = Double.NEGATIVE_INFINITY;
        for (int token = 0; token < unembedding.length / state.length; token++) {
            double sum = 0;
            for (int i = 0; i < state.length; i++) {
                sum += unembedding[token * state.length + i] * state[i];
            }
            if (sum > most) {
                most = sum;
                best = token;
            }
        }
        return best;
    }

    private static List<Integer> at(int[] tokens, int answer) {
        List<Integer> out = new ArrayList<>();
        for (int block = 0; block < tokens.length; block++) {
            if (tokens[block] == answer) {
                out.add(block);
            }
        }
        return out;
    }
}
