package dev.patchscopes.model;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A class's main method in a process of its own, and the memory a process takes. */
final class ForkedJvm {

    private static final Path STATUS = Path.of("/proc/self/status");

    private ForkedJvm() {}

    /** Whether the system tells a process its memory. */
    static boolean canMeasure() {
        return Files.exists(STATUS);
    }

    /**
     * Runs a main method with this process's class path, a heap that never changes size, and
     * without the optimising compiler, whose own memory comes and goes by tens of MiB: so resident
     * memory follows native memory alone.
     *
     * @return the lines it printed
     */
    static List<String> run(Class<?> main, String... arguments)
            throws IOException, InterruptedException {
        return run(main, Map.of(), arguments);
    }

    /** The same with variables of the environment. */
    static List<String> run(Class<?> main, Map<String, String> environment, String... arguments)
            throws IOException, InterruptedException {
        Process process = start(main, environment, arguments);
        try (BufferedReader out =
                new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
            List<String> lines = out.lines().toList();
            assertThat(process.waitFor()).as("exit status of %s", main).isZero();
            return lines;
        }
    }

    /** Starts such a process; the caller ends it. */
    static Process start(Class<?> main, String... arguments) throws IOException {
        return start(main, Map.of(), arguments);
    }

    private static Process start(
            Class<?> main, Map<String, String> environment, String... arguments)
            throws IOException {
        List<String> command =
                new ArrayList<>(
                        List.of(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Xms96m",
                                "-Xmx96m",
                                "-XX:+UseSerialGC",
                                "-XX:+AlwaysPreTouch",
                                "-XX:TieredStopAtLevel=1",
                                "--enable-native-access=ALL-UNNAMED",
                                "-Dai.djl.pytorch.num_threads=1",
                                "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
                                "-cp",
                                System.getProperty("java.class.path"),
                                main.getName()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().putAll(environment);
        return builder.start();
    }

    /** {@code VmRSS} (now) or {@code VmHWM} (the peak) of this process, in KiB. */
    static long memoryKib(String field) throws IOException {
        return Files.readAllLines(STATUS).stream()
                .filter(line -> line.startsWith(field + ":"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElseThrow();
    }
}
