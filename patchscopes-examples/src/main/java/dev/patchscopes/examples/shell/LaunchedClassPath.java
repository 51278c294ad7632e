package dev.patchscopes.examples.shell;

import com.google.common.base.Splitter;
import java.io.File;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The class path this program runs on, for a JVM of its own to run on too. */
final class LaunchedClassPath {

    private LaunchedClassPath() {}

    /** The class path, without what is not there: JShell refuses that. */
    static String get() {
        return entries(LaunchedClassPath.class.getClassLoader())
                .filter(Files::exists)
                .map(Path::toString)
                .distinct()
                .collect(Collectors.joining(File.pathSeparator));
    }

    /** Inside Maven, java.class.path is Maven's own; the class loader knows. */
    private static Stream<Path> entries(ClassLoader loader) {
        if (loader instanceof URLClassLoader urls) {
            return Arrays.stream(urls.getURLs())
                    .filter(url -> url.getProtocol().equals("file"))
                    .map((URL url) -> Path.of(URI.create(url.toString())));
        }
        return Splitter.on(File.pathSeparatorChar)
                .omitEmptyStrings()
                .splitToStream(System.getProperty("java.class.path"))
                .map(Path::of);
    }
}
