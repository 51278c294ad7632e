package dev.patchscopes.lens.relation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableSet;
import dev.patchscopes.Patchscope;
import dev.patchscopes.PatchscopeResult;
import dev.patchscopes.facts.Relation;
import dev.patchscopes.lens.StopAfter;
import dev.patchscopes.linear.LowRank;
import dev.patchscopes.linear.Matrix;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Intervention;
import dev.patchscopes.model.OutOfRangeException;
import dev.patchscopes.model.TokenDistribution;
import dev.patchscopes.text.Positions;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Identities that hold for any weights, in float64. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LinearRelationTest {
    private static final int LAYER = 2;

    /** Another seed may be given: -Dseed=42. */
    private final long seed = Long.getLong("seed", System.nanoTime());

    private HookedModel model;
    private LinearRelation lre;

    @BeforeAll
    void fit() {
        model = Capitals.exactModel();
        lre = builder(3).fit();
    }

    @AfterAll
    void close() {
        model.close();
    }

    private LinearRelationBuilder builder(int examples) {
        return LinearRelation.of(model)
                .relation(Capitals.relation())
                .examples(Capitals.pairs(examples))
                .layer(LAYER);
    }

    private SubjectStates states(LinearRelation of, String subject) {
        return SubjectStates.read(
                        model, of.context().ask(model, subject), ImmutableSet.of(of.layer()))
                .states();
    }

    private static void same(TokenDistribution actual, TokenDistribution expected, double within) {
        double[] difference = Baselines.minus(actual.logits(), expected.logits());
        assertThat(Arrays.stream(difference).map(Math::abs).max().orElseThrow()).isLessThan(within);
    }

    @Test
    void oneExampleGivesTheModelsOwnAnswerForItsSubject() {
        LinearRelation one = builder(1).beta(1).fit();
        String subject = Capitals.pairs(1).get(0).subject();
        RelationPrompt prompt = one.context().ask(model, subject);
        assertThat(prompt.tokens().text()).doesNotContain("\n"); // its own pair is left out
        same(one.predict(subject), model.run(prompt.tokens()).execute().next(), 1e-9);
        // and another beta gives another answer
        assertThat(one.withBeta(2).predict(subject).entropy())
                .isNotEqualTo(one.predict(subject).entropy());
    }

    @Test
    void theExpansionIsExactWhereItWasMade() {
        LinearRelation one = builder(1).beta(1).fit();
        SubjectStates at = states(one, Capitals.pairs(1).get(0).subject());
        assertThat(one.apply(at.at(LAYER))).containsExactly(at.object(), within(1e-10));
    }

    @Test
    void theMapIsTheMeanOfItsExamples() {
        Matrix weight = null;
        double[] bias = new double[model.width()];
        for (Relation.Sample pair : Capitals.pairs(3)) {
            SubjectStates at = states(lre, pair.subject());
            Matrix jacobian =
                    Matrix.ofRows(
                                    model.run(at.prompt().tokens())
                                            .jacobian(
                                                    LAYER,
                                                    at.prompt().subjectToken(),
                                                    model.layers(),
                                                    Positions.last()))
                            .scaled(1.0 / 3);
            weight = weight == null ? jacobian : weight.plus(jacobian);
            double[] moved = jacobian.times(at.at(LAYER));
            for (int i = 0; i < bias.length; i++) {
                bias[i] += at.object()[i] / 3 - moved[i];
            }
        }
        assertThat(lre.weight().minus(weight).norm()).isLessThan(1e-10 * weight.norm());
        assertThat(lre.bias()).containsExactly(bias, within(1e-9));
    }

    @Test
    void theWeightIsTheSlopeOfTheModelItself() {
        LinearRelation one = builder(1).fit();
        RelationPrompt prompt = one.context().ask(model, Capitals.pairs(1).get(0).subject());
        double[] direction = new Random(seed).doubles(model.width(), -1, 1).toArray();
        double step = 1e-5;
        double[] up = last(prompt, direction, step);
        double[] down = last(prompt, direction, -step);
        double[] slope = one.weight().times(direction);
        for (int i = 0; i < slope.length; i++) {
            assertThat((up[i] - down[i]) / (2 * step))
                    .as("seed %s", seed)
                    .isCloseTo(slope[i], within(1e-6 * (1 + Math.abs(slope[i]))));
        }
    }

    private double[] last(RelationPrompt prompt, double[] direction, double by) {
        HookPoint end = HookPoint.residual(model.layers());
        return model.run(prompt.tokens())
                .intervene(
                        Intervention.add(
                                HookPoint.residual(LAYER),
                                prompt.subjectToken(),
                                Arrays.stream(direction).map(x -> by * x).toArray()))
                .capture(end)
                .execute()
                .vectorDoubles(end, Positions.last());
    }

    @Test
    void nothingReachesTheObjectFromTheLastLayerOfAnEarlierToken() {
        LinearRelation end =
                LinearRelation.of(model)
                        .relation(Capitals.relation())
                        .examples(Capitals.pairs(2))
                        .layer(model.layers())
                        .fit();
        assertThat(end.weight().norm()).isZero();
        SubjectStates a = states(end, Capitals.pairs(2).get(0).subject());
        SubjectStates b = states(end, Capitals.pairs(2).get(1).subject());
        for (int i = 0; i < model.width(); i++) {
            assertThat(end.bias()[i]).isCloseTo((a.object()[i] + b.object()[i]) / 2, within(1e-12));
        }
        assertThatThrownBy(() -> end.edit(1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("rank 1");
    }

    @Test
    void asAMappingItIsTheSameMap() {
        double[] h = states(lre, "Japan").at(LAYER);
        assertThat(lre.asMapping().apply(h)).containsExactly(lre.apply(h), within(1e-9));
        LinearRelation small = lre.truncated(5);
        assertThat(small.asMapping().apply(h)).containsExactly(small.apply(h));
    }

    @Test
    void asAPatchscopeItPredictsTheSame() {
        for (LinearRelation form : List.of(lre, lre.truncated(7))) {
            RelationPrompt prompt = form.context().ask(model, "Japan");
            // Any prompt's last token will do: only norm and unembedding follow.
            for (String target : List.of(prompt.tokens().text(), "Any other text")) {
                PatchscopeResult result =
                        Patchscope.on(model)
                                .sourcePrompt(prompt.tokens())
                                .sourcePosition(prompt.subjectToken())
                                .sourceLayer(form.layer())
                                .mapping(form.asMapping())
                                .targetPrompt(target)
                                .targetLayer(model.layers())
                                .maxNewTokens(0)
                                .build()
                                .run();
                same(result.patched().next(), form.predict("Japan"), 1e-9);
            }
        }
    }

    @Test
    void anEditMovesTheLinearObjectWithinTheLeadingDirections() {
        double[] dz = new Random(seed).doubles(model.width(), -1, 1).toArray();
        for (int rank : new int[] {1, 4, 17}) {
            double[] dh = lre.edit(rank).step(new double[model.width()], dz);
            Matrix u = lre.weight().svd().u().firstColumns(rank);
            double[] projected = u.times(u.transposedTimes(dz)); // U_r U_r^T dz
            assertThat(lre.weight().times(dh))
                    .as("rank %s, seed %s", rank, seed)
                    .containsExactly(projected, within(1e-8));
        }
    }

    @Test
    void asAPatchscopeAnEditDoesTheSame() {
        RelationEdit edit = lre.edit(20);
        EditResult result = edit.run("Japan", "Italy");
        SubjectStates japan = states(lre, "Japan");
        double[] step = edit.step(japan.object(), states(lre, "Italy").object());
        RelationPrompt prompt = japan.prompt();
        TokenDistribution patched =
                Patchscope.on(model)
                        .sourcePrompt(prompt.tokens())
                        .sourcePosition(prompt.subjectToken())
                        .sourceLayer(LAYER)
                        .mapping(edit.asMapping(step))
                        .targetPrompt(prompt.tokens())
                        .targetPosition(prompt.subjectToken())
                        .targetLayer(LAYER)
                        .maxNewTokens(0)
                        .build()
                        .run()
                        .patched()
                        .next();
        for (int i = 0; i < result.top().size(); i++) {
            assertThat(patched.top(3).get(i).id()).isEqualTo(result.top().get(i).id());
            assertThat(patched.top(3).get(i).probability())
                    .isCloseTo(result.top().get(i).probability(), within(1e-9));
        }
        assertThat(result.before().get(0).probability())
                .isCloseTo(
                        model.run(prompt.tokens()).execute().topTokens(1).get(0).probability(),
                        within(1e-12));
    }

    @Test
    void allOfTheRankIsTheWholeMap() {
        double[] h = states(lre, "Japan").at(LAYER);
        assertThat(lre.truncated(model.width()).apply(h))
                .containsExactly(lre.apply(h), within(1e-8));
        assertThat(lre.truncated(3).rank()).hasValue(3);
        assertThat(lre.rank()).isEmpty();
        LowRank best = lre.weight().svd().truncated(3);
        assertThat(lre.truncated(3).weight()).isEqualTo(best.toMatrix());
    }

    @Test
    void anotherFactorTakesNoOtherDecomposition() {
        Weight.Whole weight = (Weight.Whole) lre.kept();
        Weight.Whole other = (Weight.Whole) lre.withBeta(2).withBeta(3).kept();
        assertThat(other.svd().get()).isSameAs(weight.svd().get());
    }

    @Test
    void aTruncatedMapIsEditedAndTruncatedAsTheWholeIs() {
        double[] z = new Random(5).doubles(model.width(), -1, 1).toArray();
        double[] none = new double[model.width()];
        LinearRelation six = lre.truncated(6);
        for (int rank : new int[] {1, 4, 6}) {
            double[] whole = lre.edit(rank).step(none, z);
            double largest = Baselines.norm(whole);
            assertThat(six.edit(rank).step(none, z))
                    .as("rank %s", rank)
                    .containsExactly(whole, within(1e-10 * largest));
            assertThat(six.truncated(rank).weight()).isEqualTo(lre.truncated(rank).weight());
        }
        assertThat(six.truncated(7).rank()).hasValue(6);
        assertThat(six.withBeta(2).kept()).isSameAs(six.kept());
        for (int rank : new int[] {0, 7}) {
            assertThatThrownBy(() -> six.edit(rank))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("rank %d is not in 1..6".formatted(rank));
        }
        for (int rank : new int[] {0, model.width() + 1}) {
            assertThatThrownBy(() -> six.truncated(rank))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("rank %d".formatted(rank));
        }
    }

    @Test
    void theSeedDrawsTheExamples() {
        LinearRelationBuilder drawn =
                LinearRelation.of(model).relation(Capitals.relation()).examples(2).layer(0);
        LinearRelation first = drawn.seed(1).fit();
        assertThat(drawn.layer(1).beta(9).toString()).contains("layer 1, beta 9");
        assertThat(drawn.toString()).contains("layer 0, beta 2.25"); // choices are made in a copy
        assertThat(first.provenance().examples()).hasSize(2);
        assertThat(drawn.seed(1).fit().provenance()).isEqualTo(first.provenance());
        assertThat(drawn.seed(2).fit().provenance()).isNotEqualTo(first.provenance());
    }

    @Test
    void zeroShotAsksAboutEachSubjectAlone() {
        LinearRelation bare = builder(2).zeroShot().fit();
        assertThat(bare.context().ask(model, "Japan").tokens().text())
                .isEqualTo(
                        Relation.prompt(Capitals.relation().zeroShotTemplates().get(0), "Japan"));
        assertThat(bare.provenance().examples()).hasSize(2);
    }

    @Test
    void aListenerHearsOfExamplesAndCanStop() {
        long[] seen = new long[2];
        builder(2)
                .progress(
                        (done, total, elapsed) -> {
                            seen[0] = done;
                            seen[1] = total;
                        })
                .fit();
        assertThat(seen).containsExactly(2, 2);
        assertThatThrownBy(() -> builder(2).progress(new StopAfter(1)).fit())
                .isInstanceOf(CancellationException.class)
                .hasMessageContaining("1 of 2");
    }

    @Test
    void whatIsMissingOrOutOfRangeIsSaid() {
        assertThatThrownBy(() -> LinearRelation.of(model).layer(1).fit())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(".relation(relation)");
        assertThatThrownBy(() -> builder(1).layer(7))
                .isInstanceOf(OutOfRangeException.class)
                .hasMessageContaining("0..6");
        assertThatThrownBy(() -> builder(1).examples(500).fit())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("500");
        assertThatThrownBy(() -> lre.apply(new double[3]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected 64");
    }
}
