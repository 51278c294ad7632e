package dev.patchscopes.testing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A main method in a process of its own that sees a small disk, in memory, at a directory. */
public final class SmallDisk {
    private static final String MOUNT = "mount -t tmpfs -o size=%s none \"$0\" && exec \"$@\"";

    private SmallDisk() {}

    /**
     * Runs it, or skips the test where the system has no name spaces for users.
     *
     * @param at an empty directory
     * @param size as mount takes it
     * @return the lines it printed
     */
    public static List<String> run(Path at, String size, Class<?> main, String... arguments)
            throws IOException, InterruptedException {
        assumeTrue(
                canMount(at, size),
                "no small disk here: unshare -Ur -m and mount -t tmpfs do not work");
        List<String> command =
                new ArrayList<>(
                        List.of(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Xmx256m",
                                "-XX:+UseSerialGC",
                                "-XX:TieredStopAtLevel=1",
                                "--enable-native-access=ALL-UNNAMED",
                                "-Dai.djl.pytorch.num_threads=1",
                                "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
                                "-cp",
                                System.getProperty("java.class.path"),
                                main.getName()));
        command.addAll(List.of(arguments));
        Process process = start(at, size, command);
        List<String> lines =
                new String(process.getInputStream().readAllBytes(), UTF_8).lines().toList();
        assertThat(process.waitFor()).as("exit status, after %s", lines).isZero();
        return lines;
    }

    private static boolean canMount(Path at, String size) throws InterruptedException {
        try {
            return start(at, size, List.of("true")).waitFor() == 0;
        } catch (IOException e) { // no such program
            return false;
        }
    }

    private static Process start(Path at, String size, List<String> command) throws IOException {
        List<String> all =
                new ArrayList<>(List.of("unshare", "-Ur", "-m", "sh", "-c", MOUNT.formatted(size)));
        all.add(at.toString());
        all.addAll(command);
        return new ProcessBuilder(all).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    }
}
