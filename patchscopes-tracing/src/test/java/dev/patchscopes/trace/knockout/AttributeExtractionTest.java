package dev.patchscopes.trace.knockout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import dev.patchscopes.facts.FactPrompt;
import dev.patchscopes.facts.GroundTruth;
import dev.patchscopes.model.Activations;
import dev.patchscopes.model.DemoModel;
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
        AttributeExtraction.of(model).run(facts); // weights are laid out at their first use
    }

    @AfterAll
    void close() {
        model.close();
    }

    private int largest(double[] state) {
        int best = -1;
        double most = Double.NEGATIVE_INFINITY;
        for (int token = 0; token < model.vocabularySize(); token++) {
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

    private List<Integer> extracting(Run run, boolean mlp, int predicted) {
        List<HookPoint> points = new ArrayList<>();
        for (int block = 0; block < model.layers(); block++) {
            points.add(mlp ? HookPoint.mlpOut(block) : HookPoint.attnOut(block));
        }
        Activations acts = run.capture(points).execute();
        List<Integer> out = new ArrayList<>();
        for (int block = 0; block < model.layers(); block++) {
            double[] state = acts.vectorDoubles(points.get(block), Positions.last());
            if (largest(state) == predicted) {
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
        ExtractionResult r = (to > from ? plan.blockingSubject(from, to) : plan).run(facts);
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
        ExtractionResult r = AttributeExtraction.of(model).run(facts.subList(0, 3));
        assertThat(ExtractionResult.fromJson(r.toJson())).isEqualTo(r);
        assertThat(r.toCsv().split("\n")).hasSize(1 + 2 * model.layers());
        assertThat(r.toString().split("\n")).hasSize(2 + model.layers());
        assertThatThrownBy(() -> r.mlp(model.layers())).hasMessageContaining("is not in 0..");
        assertThatThrownBy(() -> AttributeExtraction.of(model).blockingSubject(2, 2))
                .hasMessageContaining("blocks 2..2");
    }

    @Test
    void anUnembeddingOfAnotherWidthReadsNoSublayer() {
        try (HookedModel projected = TraceModels.exact("opt_350m_style")) {
            assertThatThrownBy(() -> AttributeExtraction.of(projected).run(facts))
                    .hasMessageContaining("after a projection");
        }
    }
}
