package dev.patchscopes.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.patchscopes.facts.GroundTruth;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The models that come with the library, as files; what they know is for another test. */
@Tag("trained")
class DemoModelTest {
    private static final long MOST_BYTES = 6_000_000;

    @TempDir private Path directory;

    @ParameterizedTest
    @EnumSource
    void itIsAnOrdinaryCheckpoint(DemoModel demo) {
        Path copy = demo.copyTo(directory.resolve("copy"));
        try (HookedModel bundled = demo.load();
                HookedModel copied = HookedModel.load(copy);
                HookedModel precise =
                        HookedModel.loader(copy).computeType(ComputeType.FLOAT64).load()) {
            assertThat(copied.contentHash()).isEqualTo(bundled.contentHash());
            String prompt = "The capital of France is";
            TokenProbability top = bundled.topTokens(prompt, 1).get(0);
            assertThat(copied.topTokens(prompt, 1).get(0)).isEqualTo(top);
            TokenProbability exact = precise.topTokens(prompt, 1).get(0);
            assertThat(exact.piece()).isEqualTo(top.piece()).isEqualTo(" Paris");
            assertThat(exact.probability()).isCloseTo(top.probability(), within(1e-5));
        }
    }

    @Test
    void bothReadTheSameTokens() {
        String text = "The Eiffel Tower is in Paris; naïve café, 1135 -> 1135";
        try (HookedModel standard = HookedModel.demo();
                HookedModel small = HookedModel.demoSmall()) {
            assertThat(small.tokenize(text).ids()).isEqualTo(standard.tokenize(text).ids());
            assertThat(standard.tokenizer().decode(standard.tokenize(text).ids())).isEqualTo(text);
            assertThat(small.width()).isLessThan(standard.width());
            assertThat(standard.layers()).isBetween(8, 12);
        }
    }

    @Test
    void theyAreSmall() throws IOException {
        long bytes = 0;
        for (DemoModel demo : DemoModel.values()) {
            Path copy = demo.copyTo(directory.resolve(demo.name()));
            try (Stream<Path> files = Files.list(copy)) {
                for (Path file : files.toList()) {
                    boolean again = demo == DemoModel.SMALL && file.endsWith("tokenizer.json");
                    bytes += again ? 0 : Files.size(file);
                }
            }
        }
        assertThat(bytes).isLessThanOrEqualTo(MOST_BYTES);
    }

    @Test
    void loadingLeavesNoFilesBehind() throws IOException {
        List<Path> before = temporary();
        HookedModel.demoSmall().close();
        assertThat(temporary()).isEqualTo(before);
    }

    private static List<Path> temporary() throws IOException {
        try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            return files.filter(f -> f.getFileName().toString().startsWith("patchscopes-demo"))
                    .sorted()
                    .toList();
        }
    }

    @ParameterizedTest
    @EnumSource
    void itComesWithItsCardAndItsFacts(DemoModel demo) {
        assertThat(demo.card()).startsWith("---").contains("held-out", "cannot");
        GroundTruth truth = GroundTruth.of(demo);
        assertThat(truth.facts()).hasSizeGreaterThan(1_000);
        assertThat(truth.toString()).contains("% answered");
    }

    /**
     * From the start of the virtual machine to an answer, natives unpacked; the best of some tries,
     * since other tests run beside it.
     */
    @Test
    void itAnswersWithinThreeSeconds() throws IOException, InterruptedException {
        assumeTrue(ForkedJvm.canMeasure(), "starts a process");
        double best = Double.MAX_VALUE;
        for (int i = 0; i < 8 && best >= 3; i++) {
            String line = ForkedJvm.run(FirstAnswer.class).get(0);
            assertThat(line).startsWith("Paris ");
            best = Math.min(best, Double.parseDouble(line.substring(line.indexOf(' ') + 1)));
        }
        assertThat(best).isLessThan(3);
    }

    /** Prints an answer and the seconds it took. */
    static final class FirstAnswer {
        private FirstAnswer() {}

        public static void main(String[] arguments) {
            try (HookedModel model = HookedModel.demo()) {
                String answer = model.generate("The capital of France is", 1).text().strip();
                long start = ManagementFactory.getRuntimeMXBean().getStartTime();
                System.out.println(answer + " " + (System.currentTimeMillis() - start) / 1000.0);
            }
        }
    }
}
