package dev.patchscopes.facts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Sets;
import dev.patchscopes.model.DemoModel;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RelationTest {

    private static final Relation OPPOSITES =
            new Relation(
                    "opposite",
                    Optional.empty(),
                    ImmutableList.of("The opposite of {} is"),
                    ImmutableList.of("{} is the opposite of"),
                    new Relation.Properties("linguistic", "adjective", "adjective", true),
                    ImmutableList.of(
                            Relation.Sample.of("shut", "open"),
                            Relation.Sample.of("sharp", "blunt"),
                            Relation.Sample.of("shut", "ajar"),
                            Relation.Sample.of("wet", "dry"),
                            Relation.Sample.of("sharp", "blunt")));

    @Test
    void fillsTheSubjectAndNothingElse() {
        assertThat(Relation.prompt("The opposite of {} is", "wet"))
                .isEqualTo("The opposite of wet is");
        assertThat(Relation.prompt("{} is the opposite of", "$1 {}"))
                .isEqualTo("$1 {} is the opposite of");
        assertThat(Relation.question("{} is the opposite of", OPPOSITES.samples().get(3)))
                .isEqualTo(new Question("Wet is the opposite of", "dry"));
    }

    @Test
    void refusesTemplatesWithoutExactlyOnePlace() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Relation.prompt("The opposite is", "wet"))
                .withMessage(
                        "the template \"The opposite is\" has no place for the subject: put {} where"
                                + " it goes");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Relation.prompt("{} and {}", "wet"))
                .withMessageContaining("more than one place");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Relation.Sample.of("wet ", "dry"))
                .withMessage("the subject \"wet \" has white space at its ends: strip() it");
    }

    @Test
    void mergesRepeatedSubjects() {
        Relation merged = OPPOSITES.mergedBySubject();

        assertThat(merged.samples())
                .containsExactly(
                        new Relation.Sample("shut", "open", ImmutableList.of("ajar")),
                        Relation.Sample.of("sharp", "blunt"),
                        Relation.Sample.of("wet", "dry"));
        assertThat(merged.samples().get(0).answers()).containsExactly("open", "ajar");
        assertThat(merged.mergedBySubject()).isEqualTo(merged);
        assertThat(OPPOSITES.subjects()).containsExactly("shut", "sharp", "wet");
        assertThat(OPPOSITES.objects()).containsExactly("open", "blunt", "ajar", "dry");
    }

    @Test
    void splitsBySubject() {
        Set<ImmutableSet<String>> firstParts = new HashSet<>();
        for (long seed = 0; seed < 40; seed++) {
            Relation.Split split = OPPOSITES.splitAt(1, seed);

            assertThat(split).isEqualTo(OPPOSITES.splitAt(1, seed));
            assertThat(Sets.intersection(split.train().subjects(), split.test().subjects()))
                    .isEmpty();
            assertThat(split.train().samples().size() + split.test().samples().size())
                    .isEqualTo(OPPOSITES.samples().size());
            assertThat(split.train().samples())
                    .isEqualTo(
                            OPPOSITES
                                    .where(s -> split.train().subjects().contains(s.subject()))
                                    .samples());
            firstParts.add(split.train().subjects());
        }
        assertThat(firstParts).hasSize(3); // every subject comes first for some seed
    }

    @Test
    void splitsByShare() {
        Relation capitals = Relation.of(GroundTruth.of(DemoModel.STANDARD), "capital");
        Relation.Split split = capitals.split(0.5, 7);

        assertThat(split.train().subjects()).hasSize((capitals.subjects().size() + 1) / 2);
        assertThat(OPPOSITES.split(0.01, 1).train().subjects()).hasSize(1);
        assertThat(OPPOSITES.split(0.99, 1).test().subjects()).hasSize(1);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> OPPOSITES.split(1, 1))
                .withMessageContaining("share of 1.0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> OPPOSITES.splitAt(3, 1))
                .withMessage(
                        "3 training subjects of the 3 of \"opposite\" leave one part without any:"
                                + " 1..2 are possible");
    }

    @Test
    void takesTheRelationsOfAGroundTruth() {
        GroundTruth truth = GroundTruth.of(DemoModel.STANDARD);
        ImmutableList<Relation> all = Relation.allOf(truth);

        assertThat(all).hasSameSizeAs(truth.relations());
        assertThat(all.stream().mapToInt(r -> r.samples().size()).sum())
                .isEqualTo(truth.facts().size());
        Relation capitals = Relation.of(truth, "capital");
        assertThat(capitals.phrase()).hasValue("the capital of {}");
        assertThat(capitals.properties())
                .isEqualTo(new Relation.Properties("factual", "country", "city", false));
        assertThat(capitals.samples()).contains(Relation.Sample.of("France", "Paris"));
        assertThat(capitals.promptTemplates()).contains("The capital city of {} is");
        assertThat(capitals.zeroShotTemplates())
                .contains("It is well known that the capital of {} is");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Relation.of(truth, "capitol"))
                .withMessageStartingWith(
                        "the ground truth has no relation \"capitol\"; it has capital, currency,");
    }

    @Test
    void showsWhatItHolds() {
        assertThat(OPPOSITES)
                .hasToString(
                        "Relation[opposite, adjective -> adjective, 5 samples of 3 subjects, 1"
                                + " prompts, 1 zero-shot prompts]");
    }
}
