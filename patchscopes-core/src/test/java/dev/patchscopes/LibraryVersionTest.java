package dev.patchscopes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.UncheckedIOException;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LibraryVersionTest {

    @Test
    void isTheVersionOfTheBuild() {
        String built =
                Optional.ofNullable(System.getProperty("project.version"))
                        .orElseThrow(() -> new AssertionError("the build passes project.version"));

        assertThat(LibraryVersion.current().value()).isEqualTo(built);
        assertThat(LibraryVersion.current()).hasToString(built);
    }

    @Test
    void refusesAnUnfilledTemplate() {
        assertThatThrownBy(() -> new LibraryVersion("${project.version}"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "version \"${project.version}\" does not start with a digit; expected one"
                                + " such as 0.1.0");
        assertThatThrownBy(() -> new LibraryVersion(""))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void namesTheMissingResource() {
        assertThatThrownBy(() -> LibraryVersion.read("absent.properties"))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining(
                        "resource dev/patchscopes/absent.properties is missing from the library");
    }
}
