package dev.patchscopes.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Looks for files that break a reader, by coverage-guided fuzzing of every {@link Target}.
 *
 * <p>{@code -Dfuzz.seconds=600} is for how long each target runs, {@code -Dfuzz.target=torch} which
 * one alone. What it finds is in {@code target/fuzz}: the inputs kept, the log, and the input at
 * which it stopped.
 */
@Tag("fuzz")
class FuzzTest {

    private static final int SECONDS = Integer.getInteger("fuzz.seconds", 10);
    private static final String ONLY = System.getProperty("fuzz.target", "");
    private static final int AT_ONCE = 2;
    private static final Path FOLDER = Path.of("target", "fuzz");

    @Test
    void noInputBreaksAReader() throws IOException, InterruptedException, ExecutionException {
        assumeTrue(FuzzProcess.isPossible(), "the fuzzer runs on this system");
        List<String> failures = new ArrayList<>();
        ExecutorService processes = Executors.newFixedThreadPool(AT_ONCE);
        try {
            Map<FuzzProcess, Future<FuzzReport>> runs = new LinkedHashMap<>();
            for (Target target : Target.values()) {
                if (ONLY.isEmpty() || ONLY.equals(target.toString())) {
                    Path folder = Files.createDirectories(FOLDER.resolve(target.toString()));
                    FuzzProcess process = new FuzzProcess(target, folder);
                    runs.put(process, processes.submit(() -> process.run(SECONDS)));
                }
            }
            assertThat(runs).as("targets named %s", ONLY).isNotEmpty();
            for (Map.Entry<FuzzProcess, Future<FuzzReport>> run : runs.entrySet()) {
                FuzzReport report = run.getValue().get();
                System.out.println(report);
                report.failure().ifPresent(failures::add);
                failures.addAll(
                        Inputs.failures(run.getKey().target(), Inputs.of(run.getKey().kept())));
            }
        } finally {
            processes.shutdownNow();
        }
        assertThat(failures).isEmpty();
    }
}
