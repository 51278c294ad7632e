package dev.patchscopes.corpus;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.Comparator;
import java.util.stream.Stream;

/** A file. */
record FileSource(String name, Path path) implements Source {

    @Override
    public InputStream open() throws IOException {
        return Files.newInputStream(path);
    }

    /** The file itself, or the directory's files in the order of their names. */
    static ImmutableList<Source> list(Path path, String glob) {
        if (!Files.isDirectory(path)) {
            return ImmutableList.of(new FileSource(String.valueOf(path.getFileName()), path));
        }
        PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + glob);
        try (Stream<Path> files = Files.walk(path)) {
            ImmutableList<Source> found =
                    files.filter(Files::isRegularFile)
                            .map(file -> new FileSource(relative(path, file), file))
                            .filter(file -> !isHidden(file.name()))
                            .filter(file -> matcher.matches(file.path().getFileName()))
                            .sorted(Comparator.comparing(FileSource::name))
                            .collect(ImmutableList.toImmutableList());
            if (found.isEmpty()) {
                throw new IllegalArgumentException(
                        "%s holds no file whose name matches %s; hidden ones do not count"
                                .formatted(path, glob));
            }
            return found;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot list " + path, e);
        }
    }

    /** With slashes on every platform, so that the order and the names are the same there. */
    private static String relative(Path directory, Path file) {
        return directory.relativize(file).toString().replace('\\', '/');
    }

    private static boolean isHidden(String name) {
        return name.startsWith(".") || name.contains("/.");
    }
}
