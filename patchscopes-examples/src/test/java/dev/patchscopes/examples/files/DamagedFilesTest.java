package dev.patchscopes.examples.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever a disk does to a file of ours, loading it is an error that names the file, or gives what
 * was saved.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DamagedFilesTest {
    private static final long SEED = Long.getLong("seed", 20);
    private static final int DRAWN = Integer.getInteger("drawn", 60);
    private static final boolean EVERY = Boolean.getBoolean("every");

    @TempDir static Path directory;
    private OwnFiles files;
    private Random random;

    @BeforeAll
    void prepare() throws IOException {
        System.out.println("-Dseed=" + SEED);
        random = new Random(SEED);
        files = new OwnFiles(directory);
    }

    @AfterAll
    void close() {
        files.close();
    }

    @TestFactory
    Stream<DynamicTest> everyKindOfFile() {
        return Stream.concat(
                Stream.of(
                        test("soft prompt", files.softPrompt()),
                        test("linear probe", files.linearProbe()),
                        test("linear relation", files.linearRelation()),
                        test("cross-model map", files.crossModelMap()),
                        test("training snapshot", files.snapshot()),
                        test("tuned lens", files.tunedLens(), "config.json"),
                        test("tuned lens", files.tunedLens(), "params.safetensors"),
                        test("tuned lens, PyTorch's file", inTorch(), "params.pt"),
                        test("model in training", files.trainedModel(), "config.json"),
                        test("model in training", files.trainedModel(), "model.safetensors")),
                files.results().entrySet().stream()
                        .map(entry -> test(entry.getKey(), entry.getValue())));
    }

    /** A lens of which only the file for PyTorch is left. */
    private OwnFiles.Kind inTorch() {
        OwnFiles.Kind both = files.tunedLens();
        return new OwnFiles.Kind() {
            @Override
            public void save(Path to, int which) throws IOException {
                both.save(to, which);
                Files.delete(to.resolve("params.safetensors"));
            }

            @Override
            public Object load(Path from) throws IOException {
                return both.load(from);
            }
        };
    }

    private DynamicTest test(String name, OwnFiles.Kind kind) {
        return test(name, kind, "");
    }

    private DynamicTest test(String name, OwnFiles.Kind kind, String part) {
        String all = part.isEmpty() ? name : name + ", " + part;
        return DynamicTest.dynamicTest(all, () -> damage(all.replaceAll("\\W", "-"), kind, part));
    }

    private void damage(String name, OwnFiles.Kind kind, String part) throws IOException {
        Path own = Files.createDirectory(directory.resolve(name));
        Path saved = own.resolve("saved");
        Path other = own.resolve("other");
        kind.save(saved, 0);
        kind.save(other, 1);
        Object expected = kind.load(saved);
        assertThat(kind.load(saved)).isEqualTo(expected);
        Path file = part.isEmpty() ? saved : saved.resolve(part);
        byte[] whole = Files.readAllBytes(file);

        int refused = 0;
        int[] at = places(whole.length).toArray();
        for (int i : at) {
            byte[] flipped = whole.clone();
            flipped[i] ^= (byte) (1 << random.nextInt(8));
            refused += refuses(kind, saved, file, flipped, expected, "bit of byte " + i) ? 1 : 0;
            flipped[i] = (byte) (whole[i] + 1 + random.nextInt(255));
            refused += refuses(kind, saved, file, flipped, expected, "byte " + i) ? 1 : 0;
        }
        System.out.printf(
                "%s: %d bytes, %d of %d changes of a byte refused, the others without effect%n",
                name, whole.length, refused, 2 * at.length);
        assertThat(refused).as("most bytes of %s mean something", name).isGreaterThan(at.length);
        for (int length : lengths(whole.length)) {
            refuses(kind, saved, file, Arrays.copyOf(whole, length), expected, "cut at " + length);
        }
        assertThat(refuses(kind, saved, file, new byte[0], expected, "empty")).isTrue();
        assertThat(refuses(kind, saved, file, new byte[whole.length], expected, "zeros")).isTrue();
        byte[] longer = Arrays.copyOf(whole, whole.length + 5);
        Arrays.fill(longer, whole.length, longer.length, (byte) 'x');
        refuses(kind, saved, file, longer, expected, "longer");
        if (name.startsWith("tuned-lens")) {
            byte[] foreign = Files.readAllBytes(other.resolve(part));
            assertThat(refuses(kind, saved, file, foreign, expected, "another's part")).isTrue();
        }
        Files.delete(file);
        Files.createDirectory(file);
        assertThat(refusal(kind, saved, expected, "a directory")).isPresent();
        Files.delete(file);
        refusal(kind, saved, expected, "missing"); // a lens has another, a training starts anew
        Files.write(file, whole);
        assertThat(kind.load(saved)).isEqualTo(expected);
    }

    /** All bytes of a small file, and of a long one those of its start, its end and some drawn. */
    private IntStream places(int length) {
        if (EVERY || length <= DRAWN) {
            return IntStream.range(0, length);
        }
        return random.ints(DRAWN, 0, length).sorted().distinct();
    }

    private List<Integer> lengths(int length) {
        return IntStream.concat(
                        IntStream.of(1, 7, 8, 9, length / 2, length - 8, length - 4, length - 1),
                        random.ints(20, 0, length))
                .filter(l -> l >= 0 && l < length)
                .boxed()
                .toList();
    }

    private static boolean refuses(
            OwnFiles.Kind kind, Path saved, Path file, byte[] content, Object expected, String what)
            throws IOException {
        Files.write(file, content);
        return refusal(kind, saved, expected, what).isPresent();
    }

    private static Optional<Exception> refusal(
            OwnFiles.Kind kind, Path saved, Object expected, String what) {
        Object loaded;
        try {
            loaded = kind.load(saved);
        } catch (RuntimeException | IOException e) {
            boolean text = kind instanceof OwnFiles.Text; // who reads the file knows its name
            if (!text && !String.valueOf(e.getMessage()).contains(saved.toString())) {
                fail(what + ": the error does not name the file", e);
            }
            return Optional.of(e);
        }
        assertThat(loaded).as(what).isEqualTo(expected);
        return Optional.empty();
    }
}
