package dev.patchscopes.facts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.model.DemoModel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RelationFileTest {

    private static final String BARKS =
            """
            {
              "name": "sound",
              "prompt_templates": ["The {} says "],
              "prompt_templates_zs": ["What does the {} say? It says"],
              "properties": {
                "relation_type": "commonsense",
                "domain_name": "animal",
                "range_name": "sound",
                "symmetric": false
              },
              "samples": [
                {"subject": "dog ", "object": "woof"},
                {"subject": "cat", "object": ["meow", " miaou"]},
                {"subject": "dog", "object": "woof"},
                {"subject": "coq", "object": "coc\\\\u00f3ric\\\\u00F3"},
                {"subject": "\\u00e2ne", "object": "hi-han"}
              ]
            }
            """;

    @TempDir Path directory;

    private Path file(String text) throws IOException {
        return Files.writeString(directory.resolve("sound.json"), text);
    }

    @Test
    void readsAndMends() throws IOException {
        Relation relation = Relation.read(file(BARKS));

        assertThat(relation)
                .isEqualTo(
                        new Relation(
                                "sound",
                                Optional.empty(),
                                ImmutableList.of("The {} says"),
                                ImmutableList.of("What does the {} say? It says"),
                                new Relation.Properties("commonsense", "animal", "sound", false),
                                ImmutableList.of(
                                        Relation.Sample.of("dog", "woof"),
                                        new Relation.Sample(
                                                "cat", "meow", ImmutableList.of("miaou")),
                                        Relation.Sample.of("dog", "woof"),
                                        Relation.Sample.of("coq", "coc\u00f3ric\u00f3"),
                                        Relation.Sample.of("\u00e2ne", "hi-han"))));
    }

    @Test
    void readsWhatItWrote() throws IOException {
        Path file = directory.resolve("relation.json");
        Relation read = Relation.read(file(BARKS));
        read.write(file);
        assertThat(Relation.read(file)).isEqualTo(read);

        for (Relation relation : Relation.allOf(GroundTruth.of(DemoModel.STANDARD))) {
            relation.write(file);
            assertThat(Relation.read(file)).isEqualTo(relation);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"name\": \"sound\" | \"name\": 3 | name is 3, expected a text",
                "\"name\": \"sound\" | \"name\": \" \" | name is empty",
                "\"name\": \"sound\", | | the file has no field \"name\"",
                "\"name\" | \"nom\" | the file has an unknown field \"nom\"; the fields are name,",
                "[\"The {} says \"] | \"The {} says\" | prompt_templates is \"The {} says\", expected a list",
                "The {} says | It says | prompt_templates[0]: the template \"It says\" has no place",
                "the {} say? | the {} {}? | prompt_templates_zs[0]: the template \"What does the {} {}? It says\" has more",
                "\"symmetric\": false | \"symmetric\": \"no\" | properties.symmetric is \"no\", expected true or false",
                "\"range_name\": \"sound\", | | properties has no field \"range_name\"",
                "\"subject\": \"cat\" | \"subject\": [\"cat\"] | samples[1].subject is [\"cat\"], expected a text",
                "\"hi-han\" | null | samples[4].object is null, expected a text",
                "\"hi-han\" | [] | samples[4].object is an empty list",
                "\"hi-han\" | [3] | samples[4].object[0] is 3, expected a text",
                "\"hi-han\" | \"a\", \"x\": 1 | samples[4] has an unknown field \"x\"; the fields are subject, object",
            })
    void namesFileAndField(String good, String bad, String message) throws IOException {
        assertThat(BARKS).contains(good);
        Path file = file(BARKS.replace(good, bad == null ? "" : bad));

        assertThatIllegalArgumentException()
                .isThrownBy(() -> Relation.read(file))
                .withMessageStartingWith(file + ": " + message);
    }

    @Test
    void refusesWhatIsNoJson() throws IOException {
        Path cut = file(BARKS.substring(0, 200));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Relation.read(cut))
                .withMessageStartingWith(cut + ": the file is no JSON at line ");
        Path more = file(BARKS + "{}");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Relation.read(more))
                .withMessageStartingWith(more + ": the file is no JSON at line 19, column 2");
        Path list = file("[]");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Relation.read(list))
                .withMessage(list + ": the file is [], expected an object");
        Path latin = directory.resolve("latin.json");
        Files.write(latin, BARKS.replace("woof", "w\u00f6f").getBytes(StandardCharsets.ISO_8859_1));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Relation.read(latin))
                .withMessage(latin + ": the file is not UTF-8");
        assertThatThrownBy(() -> Relation.read(directory.resolve("none.json")))
                .isInstanceOf(NoSuchFileException.class);
    }

    @Test
    void readsDirectories() throws IOException {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Relation.readAll(directory))
                .withMessage(directory + " holds no .json file, nor does a directory below it");
        Path below = Files.createDirectories(directory.resolve("a/b"));
        file(BARKS);
        Files.writeString(below.resolve("z.json"), BARKS.replace("\"sound\",", "\"a noise\","));
        Files.writeString(below.resolve("notes.txt"), "not a relation");

        assertThat(Relation.readAll(directory))
                .extracting(Relation::name)
                .containsExactly("a noise", "sound");

        Path twice = Files.writeString(below.resolve("again.json"), BARKS);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Relation.readAll(directory))
                .withMessage(
                        "%s and %s both hold a relation \"sound\": give one of them another name"
                                .formatted(twice, directory.resolve("sound.json")));
        assertThatThrownBy(() -> Relation.readAll(directory.resolve("none")))
                .isInstanceOf(NoSuchFileException.class);
    }
}
