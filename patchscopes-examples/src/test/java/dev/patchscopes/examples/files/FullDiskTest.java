package dev.patchscopes.examples.files;

import static org.assertj.core.api.Assertions.assertThat;

import dev.patchscopes.model.BaseRun;
import dev.patchscopes.model.Cell;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Intervention;
import dev.patchscopes.model.Sweep;
import dev.patchscopes.report.Page;
import dev.patchscopes.testing.SmallDisk;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenizedPrompt;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Saving to a disk that is full in earnest. */
class FullDiskTest {
    @TempDir Path directory;

    @Test
    void whatWasThereStaysAndTheErrorSaysWhatIsMissing() throws Exception {
        Path disk = Files.createDirectory(directory.resolve("disk"));
        Path outside = Files.createDirectory(directory.resolve("outside"));
        List<String> said =
                SmallDisk.run(disk, "1m", Saver.class, disk.toString(), outside.toString());
        assertThat(said).hasSize(8);
        for (int i = 0; i < 8; i += 2) {
            assertThat(said.get(i))
                    .as("%d of %s", i, said)
                    .contains(disk.toString(), "its disk is full", "bytes free)", "make room")
                    .matches(".* takes \\d+ bytes.*");
            assertThat(said.get(i + 1)).isEqualTo("as before, and then as it should be");
        }
    }

    /** Each of the two things is done by hand first, then on a full disk, then with room again. */
    static final class Saver {
        private final Path disk;
        private final Path filler;

        private Saver(Path disk) {
            this.disk = disk;
            this.filler = disk.resolve("filler");
        }

        public static void main(String[] arguments) throws IOException {
            Saver saver = new Saver(Path.of(arguments[0]));
            try (OwnFiles files = new OwnFiles(Path.of(arguments[1]))) {
                saver.attempt("lens", files.tunedLens());
                saver.attempt("prompt.safetensors", files.softPrompt());
                saver.attempt("page.html", new Pages());
                saver.attempt("sweep", new Sweeps(files.model()));
            }
        }

        private void attempt(String name, OwnFiles.Kind kind) throws IOException {
            Path file = disk.resolve(name);
            kind.save(file, 0);
            Object before = kind.load(file);
            fill();
            String error = "no error";
            try {
                kind.save(file, 1);
            } catch (UncheckedIOException | IOException e) {
                error = e.getMessage();
            }
            System.out.println(error.replaceAll("\\s", " "));
            Files.delete(filler);
            boolean same = kept(before, kind.load(file));
            kind.save(file, 1);
            Path elsewhere = Files.createTempDirectory("elsewhere").resolve(name);
            kind.save(elsewhere, 1);
            boolean right = kind.load(file).equals(kind.load(elsewhere));
            System.out.println(
                    same && right && left().equals(List.of(name))
                            ? "as before, and then as it should be"
                            : "same %s, right %s, left %s".formatted(same, right, left()));
            for (Path each : list(file)) {
                Files.delete(each);
            }
        }

        /** Of a sweep, cells may have found room before the disk was full. */
        private static boolean kept(Object before, Object after) {
            return after.equals(before)
                    || (before instanceof List<?> cells
                            && after instanceof List<?> more
                            && more.containsAll(cells));
        }

        private List<String> left() throws IOException {
            try (Stream<Path> all = Files.list(disk)) {
                return all.map(path -> path.getFileName().toString()).sorted().toList();
            }
        }

        private static List<Path> list(Path file) throws IOException {
            try (Stream<Path> all = Files.walk(file)) {
                return all.sorted(java.util.Comparator.reverseOrder()).toList();
            }
        }

        private void fill() {
            try (OutputStream out = Files.newOutputStream(filler)) {
                while (true) {
                    out.write(new byte[4096]);
                }
            } catch (IOException e) {
                return; // as meant
            }
        }
    }

    private static final class Pages implements OwnFiles.Kind {
        @Override
        public void save(Path to, int which) throws IOException {
            Page.of("page " + which).writeHtml(to);
        }

        @Override
        public Object load(Path from) throws IOException {
            return Files.readString(from);
        }
    }

    /** A sweep of which the first half is finished before the disk is full. */
    private record Sweeps(HookedModel model) implements OwnFiles.Kind {
        private Sweep sweep() {
            return model.sweep(BaseRun.of(TokenizedPrompt.ofIds(7, 30, 12, 4)))
                    .cells(
                            IntStream.range(0, 96)
                                    .mapToObj(
                                            i ->
                                                    Cell.of(
                                                            0,
                                                            Intervention.scale(
                                                                    HookPoint.residual(i % 4),
                                                                    Positions.at(i / 4 % 4),
                                                                    2 + i)))
                                    .toList());
        }

        @Override
        public void save(Path to, int which) throws IOException {
            if (which == 0) {
                sweep().resume(to).execute();
                List<String> lines = Files.readAllLines(to);
                Files.writeString(to, String.join("\n", lines.subList(0, 6)) + "\n");
            } else {
                sweep().resume(to).execute();
            }
        }

        /** The lines of the cells that are whole, in whatever order they were finished. */
        @Override
        public Object load(Path from) throws IOException {
            String text = Files.readString(from);
            return text.substring(0, text.lastIndexOf('\n')).lines().sorted().toList();
        }
    }
}
