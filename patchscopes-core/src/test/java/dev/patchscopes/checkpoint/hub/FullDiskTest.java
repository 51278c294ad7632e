package dev.patchscopes.checkpoint.hub;

import static org.assertj.core.api.Assertions.assertThat;

import dev.patchscopes.testing.SmallDisk;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A disk that is full in earnest, before a download and in the middle of one. */
class FullDiskTest extends HubTestBase {
    private static final int SIZE = 1_500_000;

    @Test
    void nothingHalfIsLeftAndItGoesOnOnceThereIsRoom() throws Exception {
        byte[] weights = HubContent.bytes(SIZE, 3);
        server.put("org/name", HubContent.model(COMMIT).large(WEIGHTS, weights));
        Path disk = Files.createDirectory(directory.resolve("disk"));
        List<String> said =
                SmallDisk.run(
                        disk,
                        "2m",
                        Downloads.class,
                        server.endpoint(),
                        disk.toString(),
                        HubContent.sha256(weights));
        assertThat(said).hasSize(4);
        assertThat(said.get(0))
                .as("before")
                .contains("DISK_FULL", "takes 1.5 MB more", disk.toString(), "HF_HUB_CACHE");
        assertThat(said.get(1))
                .as("in the middle")
                .contains("DISK_FULL", "the disk is full", disk.toString(), "HF_HUB_CACHE");
        assertThat(said.get(2)).isEqualTo("nothing under a final name");
        assertThat(said.get(3)).isEqualTo("whole");
        List<String> ranges =
                server.requests("GET", "/storage/org/name/" + WEIGHTS).stream()
                        .map(request -> request.header("range").orElse("all"))
                        .toList();
        assertThat(ranges).hasSize(2).first().isEqualTo("all");
        assertThat(ranges.get(1)).as("it went on").startsWith("bytes=");
    }

    /** Tries three times, and says how each went. */
    static final class Downloads {
        private Downloads() {}

        public static void main(String[] arguments) throws IOException {
            Path disk = Path.of(arguments[1]);
            Path cache = disk.resolve("hub");
            Path filler = disk.resolve("filler");
            HubRepository repository =
                    Hub.of(Map.of("HF_ENDPOINT", arguments[0], "HF_HUB_CACHE", cache.toString()))
                            .repository("org/name");
            Files.write(filler, new byte[1_000_000]);
            System.out.println(attempt(repository, DownloadListener.none()));
            Files.delete(filler);
            System.out.println(
                    attempt(
                            repository,
                            (done, total, elapsed) -> {
                                if (done > SIZE / 2 && !Files.exists(filler)) {
                                    fill(filler);
                                }
                            }));
            Path blob = cache.resolve("models--org--name/blobs").resolve(arguments[2]);
            Path snapshot = cache.resolve("models--org--name/snapshots/" + COMMIT);
            System.out.println(
                    Files.exists(blob) || Files.exists(snapshot.resolve(WEIGHTS))
                            ? "something under a final name"
                            : "nothing under a final name");
            Files.delete(filler);
            Path weights = repository.snapshot().directory().resolve(WEIGHTS);
            System.out.println(
                    HubContent.sha256(Files.readAllBytes(weights)).equals(arguments[2])
                            ? "whole"
                            : "damaged");
        }

        private static String attempt(HubRepository repository, DownloadListener listener) {
            try {
                return "no error: " + repository.snapshot(listener).directory();
            } catch (HubException e) {
                return e.kind() + " " + e.getMessage();
            }
        }

        private static void fill(Path filler) {
            try (OutputStream out = Files.newOutputStream(filler)) {
                while (true) {
                    out.write(new byte[4096]);
                }
            } catch (IOException e) {
                return; // as meant
            }
        }
    }
}
