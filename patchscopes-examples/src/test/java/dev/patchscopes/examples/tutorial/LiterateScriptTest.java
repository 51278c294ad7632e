package dev.patchscopes.examples.tutorial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.patchscopes.examples.tutorial.LiterateScript.Part;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LiterateScriptTest {

    @Test
    void partsProseFromCode() {
        LiterateScript script =
                LiterateScript.parse(
                        "2-two",
                        """
                        /// # Two *words*
                        ///
                        /// What it is
                        /// about.
                        ///
                        ///     indented
                        int x = 1;

                        // // a comment of four
                        // an ordinary comment
                        /// More.

                        /// And more.
                        x
                        """);

        assertThat(script.title()).isEqualTo("Two *words*");
        assertThat(script.summary()).isEqualTo("What it is\nabout.");
        assertThat(script.parts())
                .containsExactly(
                        new Part(
                                Part.Kind.PROSE,
                                "# Two *words*\n\nWhat it is\nabout.\n\n    indented\n",
                                1),
                        new Part(
                                Part.Kind.CODE,
                                "int x = 1;\n\n// // a comment of four\n// an ordinary comment\n",
                                7),
                        new Part(Part.Kind.PROSE, "More.\n", 11),
                        new Part(Part.Kind.PROSE, "And more.\n", 13),
                        new Part(Part.Kind.CODE, "x\n", 14));
    }

    @ParameterizedTest
    @CsvSource({
        "1-a, int x;, does not begin with a title",
        "1-a, /// ## Two, does not begin with a title",
        "1-a, /// # One, has no paragraph after its title",
        "a, /// # One, is not a number",
    })
    void saysWhatAScriptLacks(String name, String text, String message) {
        assertThatThrownBy(() -> LiterateScript.parse(name, text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(name + ".jsh")
                .hasMessageContaining(message);
    }
}
