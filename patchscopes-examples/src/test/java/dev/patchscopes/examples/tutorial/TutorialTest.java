package dev.patchscopes.examples.tutorial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Every script of the tutorial runs, and shows something. */
@Tag("trained")
class TutorialTest {

    private static final Duration LIMIT = Duration.ofMinutes(5);

    @TempDir private Path folder;

    @TestFactory
    Stream<DynamicTest> everyScriptRunsAndItsPageHasItsPictures() throws IOException {
        return Tutorial.read(Path.of("tutorial")).scripts().stream()
                .map(script -> dynamicTest(script.name(), () -> check(script)));
    }

    private void check(LiterateScript script) throws IOException {
        Path site = Files.createTempDirectory(folder, script.name());

        Section section =
                new Tutorial(ImmutableList.of(script)).build(site, LIMIT, done -> {}).get(0);

        // a clock on the wall would measure what else the machine does
        assertThat(section.computed()).isLessThan(Duration.ofSeconds(60));
        assertThat(section.pictures()).isPositive();
        assertThat(section.cover()).isPresent();
        String page = Files.readString(site.resolve(script.name() + ".html"));
        assertThat(page.split("<div class=\"picture\">", -1)).hasSize((int) section.pictures() + 1);
        assertThat(page).contains("<svg");
        assertThat(site.resolve("index.html"))
                .content()
                .contains("pictures/%s/%s".formatted(script.name(), section.cover().get()));
    }
}
