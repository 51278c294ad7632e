package dev.patchscopes.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every committed input, those of former findings among them, through its target. */
class SeedsTest {

    @ParameterizedTest
    @EnumSource
    void everySeedIsReadOrRefused(Target target) throws IOException {
        List<String> failures = new ArrayList<>();
        List<Path> seeds;
        try (Stream<Path> files = Files.list(target.seeds())) {
            seeds = files.sorted().toList();
        }
        assertThat(seeds).hasSizeGreaterThan(2);
        for (Path seed : seeds) {
            try {
                target.read(Files.readAllBytes(seed));
            } catch (AssertionError e) {
                failures.add(seed.getFileName() + ": " + e.getMessage());
            }
        }
        assertThat(failures).as("inputs of %s", target).isEmpty();
    }
}
