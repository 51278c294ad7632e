package dev.patchscopes.examples.soak;

import static com.google.common.collect.ImmutableList.toImmutableList;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.report.LineChart;
import dev.patchscopes.report.Measured;
import dev.patchscopes.report.Series;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Eight threads at mixed work for two minutes, or for {@code -Dsoak.seconds=1800}: nothing grows,
 * and every result is the one that the work gives alone.
 *
 * <p>What was seen is in {@code target/soak}.
 */
@Tag("soak")
class SoakTest {

    /**
     * Resident memory may rise by this from the second quarter of the time to the last, since the
     * compiler and the arenas of threads come to rest slowly.
     */
    private static final double RESIDENT_SLACK = 0.05;

    private static final double HEAP_SLACK_KIB = 16 * 1024;

    @Test
    void nothingGrows(@TempDir Path folder) throws Exception {
        assumeThat(Path.of("/proc/self/status")).exists();
        List<SoakSample> samples = run(folder);
        List<SoakSample> early = samples.subList(samples.size() / 4, samples.size() / 2);
        List<SoakSample> late = samples.subList(samples.size() * 3 / 4, samples.size());
        System.out.printf(
                "%d tasks in %d s; resident %.0f MiB, then %.0f MiB; arrays %d%n",
                late.get(late.size() - 1).done(),
                late.get(late.size() - 1).seconds(),
                mean(early, SoakSample::residentKib) / 1024,
                mean(late, SoakSample::residentKib) / 1024,
                late.get(0).arrays());

        assertThat(samples).extracting(SoakSample::arrays).containsOnly(samples.get(0).arrays());
        assertThat(samples).extracting(SoakSample::entries).containsOnly(samples.get(0).entries());
        assertThat(mean(late, SoakSample::residentKib))
                .as("KiB resident, %s", samples)
                .isLessThan(mean(early, SoakSample::residentKib) * (1 + RESIDENT_SLACK));
        assertThat(mean(late, SoakSample::heapKib))
                .as("KiB of heap, %s", samples)
                .isLessThan(mean(early, SoakSample::heapKib) + HEAP_SLACK_KIB);
        assertThat(mean(late, SoakSample::threads))
                .as("threads, %s", samples)
                .isLessThanOrEqualTo(mean(early, SoakSample::threads));
        assertThat(mean(late, SoakSample::descriptors))
                .as("open files, %s", samples)
                .isLessThanOrEqualTo(mean(early, SoakSample::descriptors));
    }

    private static double mean(List<SoakSample> samples, ToLongFunction<SoakSample> value) {
        return samples.stream().mapToLong(value).average().orElseThrow();
    }

    private static List<SoakSample> run(Path folder) throws IOException, InterruptedException {
        String seed = System.getProperty("seed", String.valueOf(System.nanoTime()));
        System.out.println("seed " + seed);
        Process process =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Xms512m",
                                "-Xmx512m",
                                "-XX:+UseSerialGC",
                                "-XX:+AlwaysPreTouch",
                                "--enable-native-access=ALL-UNNAMED",
                                "-Dai.djl.pytorch.num_threads=1",
                                "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
                                "-cp",
                                System.getProperty("java.class.path"),
                                Soak.class.getName(),
                                System.getProperty("soak.seconds", "120"),
                                seed,
                                folder.toString())
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        List<String> lines = new ArrayList<>();
        try (BufferedReader out =
                new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
            out.lines().forEach(lines::add);
        }
        assertThat(process.waitFor()).as("exit status; %s", lines).isZero();
        List<SoakSample> samples = lines.stream().skip(1).map(SoakSample::ofCsv).toList();
        keep(lines, samples);
        return samples;
    }

    private static void keep(List<String> lines, List<SoakSample> samples) throws IOException {
        Path kept = Files.createDirectories(Path.of("target", "soak"));
        Files.write(kept.resolve("soak.csv"), lines);
        ImmutableList<Series.Point> resident =
                samples.stream()
                        .map(
                                s ->
                                        new Series.Point(
                                                s.seconds(), Measured.of(s.residentKib() / 1024.0)))
                        .collect(toImmutableList());
        LineChart.of(
                        "Memory while eight threads work",
                        "seconds",
                        "MiB",
                        List.of(new Series("resident", resident, false)))
                .writeSvg(kept.resolve("resident.svg"));
    }
}
