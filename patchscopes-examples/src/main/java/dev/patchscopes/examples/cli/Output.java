package dev.patchscopes.examples.cli;

import dev.patchscopes.report.Figure;
import dev.patchscopes.report.Page;
import dev.patchscopes.report.Terminal;
import dev.patchscopes.report.Theme;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;

/**
 * Where a result goes, and in which form.
 *
 * @param session the console
 * @param format the form
 * @param file where to; the standard output if empty
 * @param figure which figure of the page, from 1
 * @param theme colours of a figure
 */
record Output(Session session, Format format, Optional<Path> file, int figure, Theme theme) {

    /**
     * A file whose name tells the form.
     *
     * @param without what the result cannot be written as
     * @throws UsageException if it is one of these, or the file cannot be there
     */
    static Output to(Path file, Session session, Format... without) {
        checkPlace(file);
        Format format = Format.of(file);
        format.checkNoneOf(without);
        return new Output(session, format, Optional.of(file), 1, Theme.LIGHT);
    }

    /**
     * Looks whether a file can be there before any work is done.
     *
     * @throws UsageException if it cannot
     */
    static void checkPlace(Path file) {
        if (Files.isDirectory(file)) {
            throw new UsageException("%s is a directory: name a file in it".formatted(file));
        }
        Path directory = file.toAbsolutePath().getParent();
        if (!Files.isDirectory(directory)) {
            throw new UsageException(
                    "%s cannot be written: there is no directory %s; make it first"
                            .formatted(file, directory));
        }
    }

    /**
     * Writes a result.
     *
     * @throws UncheckedIOException if it cannot be written
     * @throws UsageException if it has no such figure
     */
    void write(Rendering result) {
        byte[] bytes = bytes(result);
        try {
            if (file.isPresent()) {
                write(file.get(), bytes);
                session.note("wrote %s (%,d bytes)".formatted(file.get(), bytes.length));
            } else if (format == Format.TEXT) {
                session.console().out().print(new String(bytes, StandardCharsets.UTF_8));
                session.console().out().flush();
            } else {
                session.console().out().flush();
                session.console().bytes().write(bytes);
                session.console().bytes().flush();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private byte[] bytes(Rendering result) {
        return switch (format) {
            case TEXT -> lines(text(result));
            case JSON -> lines(result.json().get());
            case CSV -> lines(result.csv().get());
            case HTML -> lines(result.page().get().toHtml());
            case MARKDOWN -> lines(result.page().get().toMarkdown());
            case SVG -> lines(figure(result.page().get()).toSvg(theme));
            case PNG -> figure(result.page().get()).toPng(theme, Figure.PNG_SCALE);
        };
    }

    /** Colours tell more than digits; where there are none, the result's own table is shorter. */
    private String text(Rendering result) {
        Terminal terminal = session.console().terminal();
        return file.isEmpty() && terminal.colors() != Terminal.Colors.NONE
                ? result.page().get().toText(terminal)
                : result.text().get();
    }

    private Figure figure(Page page) {
        List<Figure> figures =
                page.blocks().stream()
                        .filter(Figure.class::isInstance)
                        .map(Figure.class::cast)
                        .toList();
        if (figures.isEmpty()) {
            throw new UsageException("this result has no figure: choose another --format");
        }
        if (figure < 1 || figure > figures.size()) {
            throw new UsageException(
                    "--figure %d is not in 1..%d: %s"
                            .formatted(
                                    figure,
                                    figures.size(),
                                    String.join(
                                            "; ", figures.stream().map(Figure::title).toList())));
        }
        return figures.get(figure - 1);
    }

    private static byte[] lines(String text) {
        return (text.endsWith("\n") ? text : text + "\n").getBytes(StandardCharsets.UTF_8);
    }

    /** Writes beside the file and then takes its place, so that nobody ever sees half of it. */
    private static void write(Path file, byte[] bytes) throws IOException {
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            Files.write(file, bytes); // a device or a pipe, which must not be replaced
            return;
        }
        Path directory = file.toAbsolutePath().getParent();
        Path whole = directory.resolve("." + file.getFileName() + ".part");
        try {
            Files.write(whole, bytes);
            try {
                Files.move(
                        whole,
                        file,
                        StandardCopyOption.ATOMIC_MOVE,
                        StandardCopyOption.REPLACE_EXISTING);
            } catch (AtomicMoveNotSupportedException e) {
                Files.move(whole, file, StandardCopyOption.REPLACE_EXISTING);
            }
        } finally {
            Files.deleteIfExists(whole);
        }
    }
}
