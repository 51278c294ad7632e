package dev.patchscopes.checkpoint.hub;

import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** The digests that name content on the hub. */
final class ContentDigest {

    private static final int SHA256_DIGITS = 64;
    private static final int BUFFER = 1 << 16;

    private ContentDigest() {}

    /** Whether a file has a digest: SHA-256 of 64 digits, or Git's of a blob, of 40. */
    static boolean matches(String digest, Path file) throws IOException {
        return digest.length() == SHA256_DIGITS
                ? of(Hashing.sha256().newHasher(), file).equals(digest)
                : gitBlob(file).equals(digest);
    }

    // Git's names are SHA-1; they guard against accidents, as does everything of that format.
    @SuppressWarnings("deprecation")
    private static String gitBlob(Path file) throws IOException {
        Hasher hasher = Hashing.sha1().newHasher();
        hasher.putString("blob " + Files.size(file) + "\0", StandardCharsets.US_ASCII);
        return of(hasher, file);
    }

    private static String of(Hasher hasher, Path file) throws IOException {
        byte[] buffer = new byte[BUFFER];
        try (InputStream in = Files.newInputStream(file)) {
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                hasher.putBytes(buffer, 0, read);
            }
        }
        return hasher.hash().toString();
    }
}
