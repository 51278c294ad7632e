package dev.patchscopes.trace.entity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.TokenRelevance;
import dev.patchscopes.facts.Entity;
import dev.patchscopes.measure.Estimate;
import dev.patchscopes.measure.HeldOutCell;
import dev.patchscopes.model.ComputeType;
import dev.patchscopes.model.Execution;
import dev.patchscopes.model.OutOfRangeException;
import dev.patchscopes.trace.LayerPair;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Scores of descriptions that are known beforehand. */
class EntityEvaluationTest {

    private static final ImmutableList<LayerPair> PAIRS =
            ImmutableList.of(new LayerPair(1, 1), new LayerPair(3, 3));

    private static EntityText said(String text) {
        return new EntityText(
                text,
                ImmutableList.of(5),
                ImmutableList.of(0.5),
                new TokenRelevance(5, "a", 0.5, 0.25));
    }

    private static ImmutableList<Description> descriptions(String... texts) {
        return ImmutableList.of(
                new Description(1, 1, said(texts[0])), new Description(3, 3, said(texts[1])));
    }

    private static DescribedEntity entity(String name, String at1, String at3, String random) {
        return new DescribedEntity(
                name,
                ImmutableList.of(name),
                0,
                said(": direct chemist"),
                descriptions(at1, at3),
                descriptions(random, random));
    }

    private static EntityReference reference(String name, String category, double popularity) {
        return new EntityReference(
                name, "polish chemist", ImmutableList.of(category), Optional.of(popularity));
    }

    private static EntityReport report(List<DescribedEntity> entities) {
        ModelIdentity model = new ModelIdentity("m", "abc", "gpt2", ComputeType.FLOAT32, "cpu");
        return new EntityReport(
                new EntityProvenance(
                        LibraryVersion.current(),
                        model,
                        model,
                        "{}",
                        "Syria: country, x",
                        ImmutableList.of("x"),
                        0,
                        PAIRS,
                        ImmutableList.of("identity", "identity"),
                        20,
                        ImmutableList.of(","),
                        false,
                        3,
                        Execution.EXACT),
                said(": an actor"),
                ImmutableList.copyOf(entities));
    }

    /** Entity i is right at layer 3, and at layer 1 if i is even; never by chance. */
    private static EntityEvaluation evaluation(int n) {
        List<DescribedEntity> entities = new ArrayList<>();
        ImmutableList.Builder<EntityReference> references = ImmutableList.builder();
        for (int i = 0; i < n; i++) {
            entities.add(
                    entity(
                            "e" + i,
                            i % 2 == 0 ? ": Polish CHEMIST" : ": chemistry",
                            ": a chemist",
                            ": nothing"));
            references.add(reference("e" + i, "chemist", (7 * i) % n));
        }
        return new EntityEvaluation(report(entities), references.build());
    }

    @Test
    void categoriesCountInWholeWords() {
        EntityEvaluation e = evaluation(10);
        assertThat(e.named().at(1, 1).hits()).isEqualTo(5);
        assertThat(e.named().table().hit(0, 0)).isTrue(); // "CHEMIST"
        assertThat(e.named().table().hit(1, 0)).isFalse(); // "chemistry"
        assertThat(e.named().at(3, 3).share()).isOne();
        assertThat(e.namedByRandom().oracle().hits()).isZero();
        assertThat(e.namedDirectly().share()).isOne();
        assertThat(e.namedByPlaceholder().share()).isZero();
        HeldOutCell best = e.named().heldOut();
        assertThat(best.sourceLayer()).isEqualTo(3);
        assertThat(best.targetLayer()).isEqualTo(3);
        assertThat(best.test().outcomes()).isEqualTo(5);
        assertThat(e.overRandom().value()).isOne();
        assertThat(e.overPlaceholder().low()).isOne();
        assertThat(e.named().pairs()).isEqualTo(PAIRS);
        assertThatThrownBy(() -> e.named().at(1, 3))
                .isInstanceOf(OutOfRangeException.class)
                .hasMessageContaining("1 -> 1, 3 -> 3");
    }

    @Test
    void entitiesWithoutCategoriesDoNotCount() {
        EntityReference plain =
                new EntityReference("a", "polish chemist", ImmutableList.of(), Optional.empty());
        EntityEvaluation e =
                new EntityEvaluation(
                        report(List.of(entity("a", "x", "x", "x"))), ImmutableList.of(plain));
        assertThat(e.named().at(1, 1).outcomes()).isZero();
        assertThat(e.patchedRouge(1, 1).words().f1().count()).isOne();
        assertThat(e.toString()).contains("none").doesNotContain("held-out");
    }

    @Test
    void rougeIsAMeanWithItsStandardError() {
        EntityEvaluation e = evaluation(16); // F1 at layer 1: 1, 0, 1, 0, ...
        Estimate f1 = e.patchedRouge(1, 1).words().f1();
        double radius = 1.959963984540054 * Math.sqrt(16 * 0.25 / 15 / 16);
        assertThat(f1.mean()).isCloseTo(0.5, within(1e-12));
        assertThat(f1.low()).isCloseTo(0.5 - radius, within(1e-12));
        assertThat(f1.high()).isCloseTo(0.5 + radius, within(1e-12));
        assertThat(f1.count()).isEqualTo(16);
        // "a chemist" for "polish chemist"
        assertThat(e.patchedRouge(3, 3).sequence().precision().mean())
                .isCloseTo(0.5, within(1e-12));
        assertThat(e.randomRouge(3, 3).sequence().f1().mean()).isZero();
        assertThat(e.placeholderRouge().words().f1().mean()).isZero();
        assertThat(e.directRouge().words().recall().mean()).isCloseTo(0.5, within(1e-12));
    }

    @Test
    void jsonHasADescriptionForEachPair() {
        EntityEvaluation e = evaluation(2);
        assertThat(EntityReport.fromJson(e.report().toJson())).isEqualTo(e.report());
        JsonObject evaluation = JsonParser.parseString(e.toJson()).getAsJsonObject();
        evaluation.remove("sha256"); // it is changed on purpose
        JsonObject report = evaluation.getAsJsonObject("report");
        report.getAsJsonArray("entities")
                .get(1)
                .getAsJsonObject()
                .getAsJsonArray("random")
                .remove(0);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> EntityReport.fromJson(report.toString()))
                .withMessageContaining("of e1 are of layers [3 -> 3]");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> EntityEvaluation.fromJson(evaluation.toString()))
                .withMessageContaining("those computed are [1 -> 1, 3 -> 3]");
    }

    /** One value shows no spread. */
    @Test
    void aSingleEntityHasNoInterval() {
        Estimate f1 = evaluation(1).patchedRouge(1, 1).words().f1();
        assertThat(f1.mean()).isOne();
        assertThat(f1.low()).isNaN();
        assertThat(f1.high()).isNaN();
    }

    @Test
    void numbersAreWrittenAlikeInEveryCountry() {
        Locale before = Locale.getDefault();
        Locale.setDefault(Locale.GERMANY);
        try {
            assertThat(new Description(1, 3, said(": a"))).hasToString(" 1 ->  3  p 0.50  a");
        } finally {
            Locale.setDefault(before);
        }
    }

    @Test
    void splitsByPopularity() {
        EntityEvaluation e = evaluation(5); // popularity 0, 2, 4, 1, 3
        assertThat(names(e.halves().least())).containsExactly("e0", "e3");
        assertThat(names(e.halves().most())).containsExactly("e2", "e4");
        assertThat(names(e.most(1))).containsExactly("e2");
        assertThat(names(e.least(3))).containsExactly("e0", "e1", "e3");
        assertThat(e.most(1).named().at(1, 1).share()).isOne();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> e.least(6))
                .withMessageContaining("known of 5 of 5");
    }

    private static List<String> names(EntityEvaluation e) {
        assertThat(e.report().entities().stream().map(DescribedEntity::name).toList())
                .isEqualTo(e.references().stream().map(EntityReference::name).toList());
        return e.references().stream().map(EntityReference::name).toList();
    }

    @Test
    void referencesGoWithDescriptions() {
        EntityReport report = report(List.of(entity("a", "x", "x", "x")));
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () ->
                                new EntityEvaluation(
                                        report, ImmutableList.of(reference("b", "chemist", 1))))
                .withMessageContaining("[a]");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> reference("a", " chemist", 1))
                .withMessageContaining("white space");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> reference("a", "chemist", Double.NaN))
                .withMessageContaining("popularity of a");
        assertThat(EntityReference.of(new Entity("Lima", "city", "city", "Capital of Peru")))
                .isEqualTo(
                        new EntityReference(
                                "Lima",
                                "Capital of Peru",
                                ImmutableList.of("city"),
                                Optional.empty()));
    }

    @Test
    void showsDescriptionsWithoutTheColon() {
        assertThat(said(": Polish chemist ").description()).isEqualTo("Polish chemist");
        assertThat(said(" is x").description()).isEqualTo("is x");
        assertThat(said("")).hasToString("[5]");
    }
}
