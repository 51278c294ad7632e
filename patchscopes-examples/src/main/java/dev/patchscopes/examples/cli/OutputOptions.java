package dev.patchscopes.examples.cli;

import dev.patchscopes.report.Theme;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Options of commands that give a result: in which form, and where to. */
final class OutputOptions {

    @Option(
            names = {"-f", "--format"},
            paramLabel = "FORMAT",
            converter = NameConverter.OfFormat.class,
            description = {
                "text, json, csv, html, markdown, svg or png; as --output's name ends, or text,"
                        + " unless given. svg and png are the page's first figure"
            })
    private Optional<Format> format = Optional.empty();

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE",
            description = {
                "where to, instead of the standard output; written whole or not at all, and"
                        + " replaced if it exists"
            })
    private Optional<Path> file = Optional.empty();

    @Option(
            names = "--figure",
            paramLabel = "N",
            description = "which figure of the page is written as svg or png, counted from 1")
    private Optional<Integer> figure = Optional.empty();

    @Option(names = "--dark", description = "draw svg and png for a dark ground")
    private boolean dark;

    /**
     * Checks the choices before any work is done.
     *
     * @param session knows whether somebody looks
     * @param without what the command cannot give
     * @throws UsageException if they do not fit
     */
    Output plan(Session session, Format... without) {
        file.ifPresent(Output::checkPlace);
        Format chosen = format.or(() -> file.map(Format::of)).orElse(Format.TEXT);
        chosen.checkNoneOf(without);
        if (file.isEmpty() && !chosen.isReadable() && session.console().outIsTerminal()) {
            throw new UsageException(
                    "%s is not for a terminal: give --output FILE, or send the output to a file"
                            .formatted(NameConverter.name(chosen)));
        }
        if ((figure.isPresent() || dark) && !chosen.isFigure()) {
            throw new UsageException(
                    "--figure and --dark are for svg and png, and the format is %s"
                            .formatted(NameConverter.name(chosen)));
        }
        Theme theme = dark ? Theme.DARK : Theme.LIGHT;
        return new Output(session, chosen, file, figure.orElse(1), theme);
    }
}
