package dev.patchscopes.report;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.checkpoint.internal.WholeFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

record FolderViewer(Path folder) implements Viewer {

    private static final Terminal TEXT = Terminal.plain(100);
    private static final Pattern NUMBERED = Pattern.compile("(\\d{3,9})(-\\d+)?\\.(html|svg|txt)");

    @Override
    public void show(Viewable viewable) {
        Page page = viewable.page();
        try {
            Files.createDirectories(folder);
            String name = String.format(Locale.ROOT, "%03d", last() + 1);
            write(name + ".txt", page.toText(TEXT));
            ImmutableList<Figure> figures =
                    page.blocks().stream()
                            .filter(Figure.class::isInstance)
                            .map(Figure.class::cast)
                            .collect(ImmutableList.toImmutableList());
            for (int i = 0; i < figures.size(); i++) {
                String suffix = i == 0 ? "" : "-" + (i + 1);
                figures.get(i).writeSvg(folder.resolve(name + suffix + ".svg"));
            }
            // last: who finds the page finds the others too
            write(name + ".html", page.toHtmlFragment());
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "cannot write what is shown into %s: %s".formatted(folder, e.getMessage()), e);
        }
    }

    /** The number of the last thing shown, 0 if there is none. */
    private int last() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> NUMBERED.matcher(file.getFileName().toString()))
                    .filter(Matcher::matches)
                    .mapToInt(matcher -> Integer.parseInt(matcher.group(1)))
                    .max()
                    .orElse(0);
        }
    }

    private void write(String name, String text) throws IOException {
        WholeFile.write(folder.resolve(name), text);
    }
}
