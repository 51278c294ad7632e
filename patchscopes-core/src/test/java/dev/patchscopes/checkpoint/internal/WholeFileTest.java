package dev.patchscopes.checkpoint.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is at a name before and after. */
class WholeFileTest {

    @TempDir Path directory;

    private void assertHolds(String... names) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files.map(f -> f.getFileName().toString())).containsExactlyInAnyOrder(names);
        }
    }

    @Test
    void whatReplacesAFileKeepsItsPermissions() throws IOException {
        assumeTrue(directory.getFileSystem().supportedFileAttributeViews().contains("posix"));
        Path file = Files.writeString(directory.resolve("file"), "old");
        for (String permissions : new String[] {"rw-------", "rw-rw-r--"}) {
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
            WholeFile.write(file, "new");
            assertThat(file).hasContent("new");
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                    .isEqualTo(permissions);
        }
        assertHolds("file");
    }

    @Test
    void aLinkStaysOne() throws IOException {
        Path file = Files.writeString(directory.resolve("file"), "old");
        Path link = Files.createSymbolicLink(directory.resolve("link"), file.getFileName());
        WholeFile.write(link, "new");
        assertThat(link).isSymbolicLink();
        assertThat(file).hasContent("new");
        Files.delete(file);
        WholeFile.write(link, "newer");
        assertThat(link).isSymbolicLink();
        assertThat(file).hasContent("newer");
        assertHolds("file", "link");
    }

    @Test
    void anInterruptStopsLargeFilesAndNoTexts() throws IOException {
        Path file = directory.resolve("file");
        Thread.currentThread().interrupt();
        WholeFile.write(file, "text");
        assertThat(Thread.interrupted()).as("still interrupted").isTrue();
        assertThat(file).hasContent("text");
        assertThatThrownBy(
                        () ->
                                WholeFile.write(
                                        file,
                                        2,
                                        out -> {
                                            WholeFile.writeFully(out, ByteBuffer.wrap(new byte[1]));
                                            Thread.currentThread().interrupt();
                                            WholeFile.writeFully(out, ByteBuffer.wrap(new byte[1]));
                                        }))
                .isInstanceOf(CancellationException.class)
                .hasMessageContaining(file.toString());
        assertThat(Thread.interrupted()).as("still interrupted").isTrue();
        assertThat(file).hasContent("text");
        assertHolds("file");
    }
}
