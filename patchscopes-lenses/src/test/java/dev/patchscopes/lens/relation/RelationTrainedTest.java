package dev.patchscopes.lens.relation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.patchscopes.Layers;
import dev.patchscopes.facts.GroundTruth;
import dev.patchscopes.facts.Relation;
import dev.patchscopes.model.DemoModel;
import dev.patchscopes.model.HookedModel;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * What the paper found, on the demo model. Measured with seed 42 on 30 capitals, recall@1 by the
 * first token: linear relation 0.83 [0.66, 0.93], of the embedding 0.80, zero shot 0.93, learned
 * affine 0.17, translation 0.10 [0.03, 0.26], logit lens and corner 0; edits on top: linear
 * relation 0.97, substituted subject 1.00, all others 0. Not asserted, as it does not hold on this
 * small model: that later layers or examples as context serve much better than embeddings and bare
 * questions.
 */
@Tag("trained")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RelationTrainedTest {
    private HookedModel model;
    private Relation capitals;
    private RelationReport report;

    @BeforeAll
    void run() {
        model = HookedModel.demo();
        capitals = Relation.of(GroundTruth.of(DemoModel.STANDARD), "capital");
        report =
                RelationEvaluation.of(model)
                        .relation(capitals)
                        .layers(Layers.at(1, 2, 4))
                        .ranks(8, 24, 40, 64)
                        .mostSamples(30)
                        .trials(1)
                        .seed(42)
                        .run();
    }

    @AfterAll
    void close() {
        model.close();
    }

    private double recall(FaithfulnessMethod method) {
        return report.recall(method, AnswerRule.FIRST_TOKEN, 1).share();
    }

    private double edited(EditMethod method) {
        return report.edited(method, EditSuccess.TOP_BY_FIRST_TOKEN).share();
    }

    @Test
    void theLinearRelationIsFaithfulAndBaselinesAreNot() {
        assertThat(
                        report.recall(FaithfulnessMethod.LINEAR_RELATION, AnswerRule.FIRST_TOKEN, 1)
                                .low())
                .isGreaterThan(
                        report.recall(FaithfulnessMethod.TRANSLATION, AnswerRule.FIRST_TOKEN, 1)
                                .high());
        for (FaithfulnessMethod baseline :
                new FaithfulnessMethod[] {
                    FaithfulnessMethod.LOGIT_LENS,
                    FaithfulnessMethod.TRANSLATION,
                    FaithfulnessMethod.CORNER,
                    FaithfulnessMethod.LEARNED_AFFINE
                }) {
            assertThat(recall(FaithfulnessMethod.LINEAR_RELATION))
                    .as("%s", baseline)
                    .isGreaterThan(recall(baseline) + 0.3);
        }
        assertThat(recall(FaithfulnessMethod.LINEAR_RELATION))
                .isLessThanOrEqualTo(recall(FaithfulnessMethod.LANGUAGE_MODEL));
    }

    @Test
    void editsThroughItComeOutAndControlsDoNot() {
        assertThat(edited(EditMethod.LINEAR_RELATION))
                .isGreaterThan(edited(EditMethod.RANDOM_SUBJECT) + 0.3)
                .isGreaterThan(edited(EditMethod.RANDOM_DIRECTION) + 0.3)
                .isGreaterThan(edited(EditMethod.SUBSTITUTE_OBJECT) + 0.3);
        // Putting the other subject itself there is the most an edit can hope for.
        assertThat(edited(EditMethod.SUBSTITUTE_SUBJECT))
                .isGreaterThanOrEqualTo(edited(EditMethod.LINEAR_RELATION));
    }

    @Test
    void theAttributeIsReadWhereTheModelSaysSomethingElse() {
        RelationTrial chosen = report.trials().get(0);
        LinearRelation lre =
                LinearRelation.of(model)
                        .relation(capitals)
                        .examples(chosen.examples())
                        .layer(chosen.layer())
                        .beta(chosen.beta())
                        .fit();
        AttributeReading reading =
                AttributeLens.of(model, lre)
                        .expecting("Tokyo")
                        .read("The currency of Japan is the");
        assertThat(reading.next().get(0).piece()).isEqualTo(" yen");
        int subject = reading.tokens().indexOf(" Japan");
        assertThat(reading.at(chosen.layer(), subject).top().get(0).piece()).isEqualTo(" Tokyo");
        assertThat(reading.hits(AnswerRule.FIRST_TOKEN, 1))
                .filteredOn(cell -> cell.position() < subject)
                .isEmpty();
    }

    @Test
    void anEditMakesTheModelSayTheOthersObject() {
        LinearRelation lre = LinearRelation.of(model).relation(capitals).layer(2).fit();
        EditResult result = lre.edit(24).run("Japan", "France");
        assertThat(result.before().get(0).piece()).isEqualTo(" Tokyo");
        assertThat(result.top().get(0).piece()).isEqualTo(" Paris");
        assertThat(result.isSuccess()).isTrue();
        assertThat(result.isPreferred()).isTrue();
        assertThat(result.toString()).contains("Japan as France");
    }
}
