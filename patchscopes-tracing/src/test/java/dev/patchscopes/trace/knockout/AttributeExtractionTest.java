package dev.patchscopes.trace.knockout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import dev.patchscopes.facts.FactPrompt;
import dev.patchscopes.facts.GroundTruth;
import dev.patchscopes.model.Activations;
import dev.patchscopes.model.DemoModel;
import dev.patchscopes.model.Execution;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Intervention;
import dev.patchscopes.model.Run;
import dev.patchscopes.text.Positions;
import dev.patchscopes.trace.TraceModels;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Extraction is the largest product of unembedding and output, taken by hand. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AttributeExtractionTest {
    private HookedModel model;
    private List<FactPrompt> facts;
    private double[] unembedding; // [d_vocab, d_model]

    @BeforeAll
    void load() {
        model = TraceModels.exact(DemoModel.SMALL);
        facts = GroundTruth.of(DemoModel.SMALL).knownPrompts().subList(20, 60);
        try (NDManager manager = NDManager.newBaseManager(model.device(), "PyTorch")) {
            unembedding = model.readout().unembedding(manager).toDoubleArray();
        }
        AttributeExtraction.of(model).average(facts); // weights are laid out at their first use
    }

    @AfterAll
    void close() {
        model.close();
    }

    private List<Integer> extracting(Run run, boolean mlp, int predicted) {
        List<HookPoint> points = new ArrayList<>();
        for (int block = 0; block < model.layers(); block++) {
            points.add(mlp ? HookPoint.mlpOut(block) : HookPoint.attnOut(block));
        }
        Activations acts = run.capture(points).execute();
        List<Integer> out = new ArrayList<>();
        for (int block = 0; block < model.layers(); block++) {
            double[] state = acts.vectorDoubles(points.get(block), Positions.last());
            if (KnockoutFamiliesTest.largest(unembedding, state) == predicted) {
                out.add(block);
            }
        }
        return out;
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "1, 3"})
    void blocksExtractWhatTheirOutputsReadAs(int from, int to) {
        int before = TraceModels.nativeArrays();
        AttributeExtraction plan = AttributeExtraction.of(model);
        ExtractionResult r = (to > from ? plan.blockingSubject(from, to) : plan).average(facts);
        assertThat(TraceModels.nativeArrays()).isEqualTo(before);
        assertThat(r.facts()).hasSameSizeAs(facts);
        int extracted = 0;
        for (ExtractedFact fact : r.facts()) {
            Run run = model.run(fact.fact().prompt());
            assertThat(fact.predicted()).isEqualTo(run.execute().next().argMax());
            if (to > from) {
                run =
                        run.intervene(
                                Intervention.cutAttention(
                                        Positions.last(), fact.fact().positions(), from, to));
            }
            assertThat(fact.attention()).isEqualTo(extracting(run, false, fact.predicted()));
            assertThat(fact.mlp()).isEqualTo(extracting(run, true, fact.predicted()));
            extracted += fact.attention().size() + fact.mlp().size();
        }
        assertThat(extracted).isPositive();
        assertThat(r.mlp(model.layers() - 1).hits())
                .isEqualTo(
                        (int)
                                r.facts().stream()
                                        .filter(f -> f.mlp().contains(model.layers() - 1))
                                        .count());
        assertThat(r.anyMlp().hits()).isGreaterThanOrEqualTo(r.mlp(0).hits());
    }

    @Test
    void resultsAreWrittenAndRead() {
        ExtractionResult r = AttributeExtraction.of(model).average(facts.subList(0, 3));
        assertThat(ExtractionResult.fromJson(r.toJson())).isEqualTo(r);
        assertThat(r.toCsv().split("\n")).hasSize(1 + 2 * model.layers());
        assertThat(r.toString().split("\n")).hasSize(2 + model.layers());
        assertThatThrownBy(() -> r.mlp(model.layers())).hasMessageContaining("is not in 0..");
        assertThatThrownBy(() -> AttributeExtraction.of(model).blockingSubject(2, 2))
                .hasMessageContaining("blocks 2..2");
    }

    @Test
    void aSmallBudgetReadsFewFactsAtATimeAndTheSame() {
        AttributeExtraction plan = AttributeExtraction.of(model);
        List<KnownFacts.Known> known =
                KnownFacts.ask(model, facts, AttentionKnockout.of(model).sweep()).known();
        assertThat(plan.batches(known)).containsExactly(known);
        assertThat(plan.memoryBudget(1).batches(known)).hasSameSizeAs(known);
        long token = 2L * model.layers() * model.width() * 8; // float64
        int both = known.get(0).prompt().length() + known.get(1).prompt().length();
        assertThat(plan.memoryBudget(both * token).batches(known).get(0)).hasSize(2);
        assertThat(plan.memoryBudget(both * token - 1).batches(known).get(0)).hasSize(1);
        assertThat(plan.batches(List.of())).isEmpty();
        ExtractionResult r = plan.average(facts);
        ExtractionResult small =
                plan.memoryBudget(3 * token * known.get(0).prompt().length())
                        .execution(Execution.NAIVE)
                        .average(facts);
        assertThat(small.facts()).isEqualTo(r.facts());
        assertThat(small.execution()).isEqualTo(Execution.NAIVE);
        assertThat(r.execution()).isEqualTo(Execution.EXACT);
        assertThatThrownBy(() -> plan.memoryBudget(0)).hasMessageContaining("0 bytes");
    }

    @Test
    void factsTheModelDoesNotAnswerShowNothing() {
        FactPrompt fact = facts.get(0);
        List<FactPrompt> unknown = List.of(new FactPrompt(fact.prompt(), fact.span(), "zebra"));
        assertThatThrownBy(() -> AttributeExtraction.of(model).average(unknown))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("answers none of the 1 facts");
    }

    @Test
    void anUnembeddingOfAnotherWidthReadsNoSublayer() {
        try (HookedModel projected = TraceModels.exact("opt_350m_style")) {
            assertThatThrownBy(() -> AttributeExtraction.of(projected).average(facts))
                    .hasMessageContaining("after a projection");
        }
    }
}
