package dev.patchscopes.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every committed input, those of former findings among them, through its target. */
class SeedsTest {

    @ParameterizedTest
    @EnumSource
    void everySeedIsReadOrRefused(Target target) throws IOException {
        List<Path> seeds = Inputs.of(target.seeds());
        assertThat(seeds).hasSizeGreaterThan(2);
        assertThat(Inputs.failures(target, seeds)).isEmpty();
    }
}
