package dev.patchscopes.lens.tuned;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Folders of two files that belong together are read together, whoever is killed. */
class FolderSwapTest {
    private static final long SEED = Long.getLong("seed", 20);
    private static final Set<String> FILES = Set.of("a", "b");
    private static final int KILLS = 8;

    @TempDir Path directory;

    private static void write(Path folder, String content) throws IOException {
        Files.createDirectory(folder);
        for (String name : FILES) {
            Files.writeString(folder.resolve(name), content);
        }
    }

    private static void save(Path folder, String content) throws IOException {
        Path fresh = folder.resolveSibling("fresh" + content);
        write(fresh, content);
        new FolderSwap(folder, FILES).replaceBy(fresh);
    }

    /** What is read, which is the same in all files. */
    private static String read(Path folder) throws IOException {
        Path readable = new FolderSwap(folder, FILES).readable();
        String content = Files.readString(readable.resolve("a"));
        assertThat(readable.resolve("b")).hasContent(content);
        return content;
    }

    @Test
    void whatAKilledSaveLeavesIsReadAndReplaced() throws IOException {
        Path folder = directory.resolve("lens");
        save(folder, "1");
        save(folder, "2");
        assertThat(read(folder)).isEqualTo("2");
        Path old = directory.resolve(".lens.old");
        Files.move(folder, old); // killed before the new one was there
        assertThat(read(folder)).isEqualTo("2");
        save(folder, "3");
        assertThat(read(folder)).isEqualTo("3");
        write(old, "2"); // killed before the old one was deleted
        assertThat(read(folder)).isEqualTo("3");
        save(folder, "4");
        assertThat(read(folder)).isEqualTo("4");
        try (Stream<Path> left = Files.list(directory)) {
            assertThat(left).containsExactly(folder);
        }
    }

    @Test
    void aLinkStaysOneAndWhatItLeadsToIsReplaced() throws IOException {
        Path disk = Files.createDirectory(directory.resolve("disk"));
        Path folder = disk.resolve("lens");
        Path link = Files.createSymbolicLink(directory.resolve("link"), folder);
        for (String content : new String[] {"1", "2"}) {
            FolderSwap swap = new FolderSwap(link, FILES);
            Path fresh = swap.fresh();
            assertThat(fresh).hasParentRaw(folder.getParent());
            write(fresh, content);
            swap.replaceBy(fresh);
            assertThat(link).isSymbolicLink();
            assertThat(read(link)).isEqualTo(content);
            assertThat(read(folder)).isEqualTo(content);
        }
        Files.move(folder, disk.resolve(".lens.old")); // killed before the new one was there
        assertThat(read(link)).isEqualTo("2");
        try (Stream<Path> left = Files.list(directory)) {
            assertThat(left).containsExactlyInAnyOrder(disk, link);
        }
    }

    /** Saves without end. */
    static final class Saver {
        private Saver() {}

        public static void main(String[] folder) throws IOException {
            for (int i = Integer.parseInt(folder[1]); ; i++) {
                save(Path.of(folder[0]), Integer.toString(i));
            }
        }
    }

    @Test
    void aKilledProcessLeavesTheOldOrTheNew() throws Exception {
        System.out.println("-Dseed=" + SEED);
        Random random = new Random(SEED);
        Path folder = directory.resolve("lens");
        save(folder, "0");
        int between = 0;
        for (int kill = 0; kill < KILLS; kill++) {
            int before = Integer.parseInt(read(folder));
            Process process =
                    new ProcessBuilder(
                                    Path.of(System.getProperty("java.home"), "bin", "java")
                                            .toString(),
                                    "-Xmx32m",
                                    "-XX:TieredStopAtLevel=1",
                                    "-XX:+UseSerialGC",
                                    "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
                                    "-cp",
                                    System.getProperty("java.class.path"),
                                    Saver.class.getName(),
                                    folder.toString(),
                                    Integer.toString((kill + 1) * 1_000_000))
                            .redirectError(ProcessBuilder.Redirect.INHERIT)
                            .start();
            try {
                while (process.isAlive() && newest(folder) == before) {
                    Thread.sleep(1);
                }
                Thread.sleep(random.nextInt(60));
                assertThat(process.isAlive()).isTrue();
            } finally {
                process.destroyForcibly().waitFor();
            }
            between += Files.exists(folder) ? 0 : 1;
            assertThat(Integer.parseInt(read(folder))).isGreaterThan(before);
        }
        System.out.printf("%d kills, %d of them between the two moves%n", KILLS, between);
    }

    private static int newest(Path folder) throws InterruptedException {
        try {
            return Integer.parseInt(Files.readString(folder.resolve("a")));
        } catch (IOException e) { // being replaced
            Thread.sleep(1);
            return newest(folder);
        }
    }

    @Test
    void manyWhoSaveAtOnceTakeTurns() throws Exception {
        Path folder = directory.resolve("lens");
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<?>> saves =
                    IntStream.range(0, 40)
                            .<Future<?>>mapToObj(
                                    i ->
                                            threads.submit(
                                                    () -> {
                                                        save(folder, Integer.toString(i));
                                                        return null;
                                                    }))
                            .toList();
            for (Future<?> each : saves) {
                each.get();
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(Integer.parseInt(read(folder))).isBetween(0, 39);
        try (Stream<Path> left = Files.list(directory)) {
            assertThat(left).containsExactly(folder);
        }
    }
}
