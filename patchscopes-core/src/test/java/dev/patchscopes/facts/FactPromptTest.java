package dev.patchscopes.facts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.patchscopes.model.DemoModel;
import dev.patchscopes.text.CharSpan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FactPromptTest {

    @Test
    void aTemplateSaysWhereItsSubjectIs() {
        FactPrompt fact = FactPrompt.of("in Paris, people of {} like Paris", "Paris", "bread");
        assertThat(fact.prompt()).isEqualTo("In Paris, people of Paris like Paris");
        assertThat(fact.span()).isEqualTo(new CharSpan(20, 25));
        assertThat(fact.subject()).isEqualTo("Paris");
        assertThat(fact.question()).isEqualTo(new Question(fact.prompt(), "bread"));
        assertThat(fact).hasToString("In Paris, people of [Paris] like Paris ... bread");
    }

    @Test
    void aTemplateHasOnePlace() {
        assertThatThrownBy(() -> FactPrompt.of("The capital is", "Japan", "Tokyo"))
                .hasMessageContaining("needs {} once");
        assertThatThrownBy(() -> FactPrompt.of("{} and {}", "Japan", "Tokyo"))
                .hasMessageContaining("needs {} once");
    }

    @Test
    void aSubjectIsFoundWhereItOccursOnce() {
        assertThat(FactPrompt.find("The capital of Japan is", "Japan", "Tokyo"))
                .isEqualTo(FactPrompt.of("The capital of {} is", "Japan", "Tokyo"));
        assertThatThrownBy(() -> FactPrompt.find("Japan, oh Japan is", "Japan", "Tokyo"))
                .hasMessageContaining("more than once");
        assertThatThrownBy(() -> FactPrompt.find("The capital is", "Japan", "Tokyo"))
                .hasMessageContaining("not part of");
    }

    @Test
    void charactersAreOnesOfThePrompt() {
        assertThatThrownBy(() -> new FactPrompt("Japan", new CharSpan(2, 6), "Tokyo"))
                .hasMessageContaining("which has 5");
        assertThatThrownBy(() -> new FactPrompt("Japan", new CharSpan(2, 2), "Tokyo"))
                .hasMessageContaining("none of");
        assertThatThrownBy(() -> new FactPrompt("Japan", new CharSpan(0, 5), " "))
                .hasMessageContaining("blank");
    }

    @Test
    void factFilesAreRead(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("facts.json");
        Files.writeString(
                file,
                """
                [{"known_id": 0, "subject": "Lyon", "attribute": "France", "template": "{} is in",
                  "prediction": " France, a", "prompt": "Lyon is in", "relation_id": "P17"},
                 {"subject": "Oslo", "attribute": "Norway", "prompt": "To see Oslo, go to "}]
                """);
        assertThat(FactPrompt.read(file))
                .containsExactly(
                        FactPrompt.of("{} is in", "Lyon", "France"),
                        FactPrompt.of("To see {}, go to", "Oslo", "Norway"));
        Files.writeString(file, "[{\"subject\": \"Oslo\", \"prompt\": \"To see Oslo, go to\"}]");
        assertThatThrownBy(() -> FactPrompt.read(file)).hasMessageContaining("\"attribute\"");
        Files.writeString(file, "{");
        assertThatThrownBy(() -> FactPrompt.read(file)).hasMessageContaining("no list of facts");
    }

    @Test
    void knownPromptsAreTheHeldOutOnesOfKnownFacts() {
        GroundTruth truth = GroundTruth.of(DemoModel.STANDARD);
        assertThat(truth.knownPrompts())
                .hasSizeGreaterThan(200)
                .extracting(FactPrompt::question)
                .containsExactlyElementsOf(
                        truth.facts().stream()
                                .filter(GroundTruth.KnownFact::isKnown)
                                .flatMap(fact -> truth.heldOut(fact).stream())
                                .toList());
    }
}
