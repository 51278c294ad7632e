package dev.patchscopes.examples;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** The README, in the parts that a test can look at. */
final class Readme {

    static final Path FILE = Path.of("../README.md");

    private static final Pattern BLOCK =
            Pattern.compile("^```(\\w+)\n(.*?)^```$", Pattern.DOTALL | Pattern.MULTILINE);

    private final String text;

    private Readme(String text) {
        this.text = text;
    }

    /** A fenced block: its language, what it holds, and the number of its first line. */
    record Block(String language, String source, int line) {

        boolean isProgram() {
            return language.equals("java") && source.contains("\nclass ");
        }

        boolean isSnippet() {
            return language.equals("java") && !isProgram();
        }
    }

    static Readme read() {
        try {
            return new Readme(Files.readString(FILE));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    List<Block> blocks() {
        return BLOCK.matcher(text)
                .results()
                .map(
                        block ->
                                new Block(
                                        block.group(1),
                                        block.group(2),
                                        2 + (int) text.substring(0, block.start()).lines().count()))
                .toList();
    }

    List<String> find(String pattern) {
        return Pattern.compile(pattern, Pattern.MULTILINE)
                .matcher(text)
                .results()
                .map((MatchResult found) -> found.group(1))
                .toList();
    }
}
