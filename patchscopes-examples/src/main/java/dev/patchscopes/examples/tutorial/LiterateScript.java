package dev.patchscopes.examples.tutorial;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A script for JShell that is also a page to read.
 *
 * <p>It is a file {@code N-name.jsh}; N orders the pages. Lines that begin with {@code ///} are
 * prose in Markdown, without the space after it; such a line alone is an empty line. All others are
 * Java, run from top to bottom in a JShell of their own, with {@code patchscopes.jsh} as start-up
 * file: so {@code model()} and {@code show(x)} are there. The prose begins with the title, {@code
 * /// # Title}, and a paragraph that says what the page is about, which the index shows too.
 *
 * <pre>{@code
 * /// # What layers hold
 * ///
 * /// A lens reads every layer of a prompt. *This* one is the simplest.
 *
 * var model = model();
 * var reading = LogitLens.of(model).read("The capital of France is");
 * show(reading); // the picture stands here
 *
 * /// The last layer is the model's own answer:
 *
 * model.topTokens("The capital of France is", 3) // and so does the value of an expression
 * }</pre>
 *
 * <p>JShell runs a line as soon as it is complete. So an expression that goes on in the next line
 * ends in its dot, {@code CausalTracing.of(model).} and then {@code prompt("...")}, or stands in
 * parentheses; builders can also be kept in variables, as each call returns a new one.
 *
 * <p>What a statement prints, shows or, if it is an expression of which nothing is done with the
 * value, has as its value stands right after it; statements without any of these stay in one block.
 * As {@code ///} begins a comment, the file also runs in JShell itself, with the same start-up
 * file.
 *
 * @param name the file's name without {@code .jsh}
 * @param title its first heading
 * @param summary the paragraph after it, as Markdown
 * @param parts prose and code by turns
 */
record LiterateScript(String name, String title, String summary, ImmutableList<Part> parts) {

    private static final String PROSE = "///";
    private static final Pattern TITLE = Pattern.compile("# +(.+?)\\s*");
    private static final Pattern NAME = Pattern.compile("\\d+-[a-z0-9-]+");

    /**
     * Prose or code.
     *
     * @param kind which of the two
     * @param text the lines, without the {@code ///} of prose
     * @param line number of its first line in the file, from 1
     */
    record Part(Kind kind, String text, int line) {
        enum Kind {
            PROSE,
            CODE
        }
    }

    /**
     * Reads a script.
     *
     * @param file a file of the form {@code 1-name.jsh}
     * @return the script
     * @throws IOException if it cannot be read
     * @throws IllegalArgumentException if its name or its beginning is not as above
     */
    static LiterateScript read(Path file) throws IOException {
        String name = file.getFileName().toString().replaceFirst("\\.jsh$", "");
        return parse(name, Files.readString(file));
    }

    static LiterateScript parse(String name, String text) {
        checkArgument(
                NAME.matcher(name).matches(),
                "the name %s.jsh is not a number, a hyphen and a name, such as 1-decoding.jsh",
                name);
        ImmutableList<Part> parts = parts(text.lines().toList());
        checkArgument(
                !parts.isEmpty() && parts.get(0).kind() == Part.Kind.PROSE,
                "%s.jsh does not begin with a title, /// # Title",
                name);
        List<String> prose = parts.get(0).text().strip().lines().toList();
        Matcher title = TITLE.matcher(prose.get(0));
        checkArgument(
                title.matches(),
                "%s.jsh does not begin with a title, /// # Title, but with: %s",
                name,
                prose.get(0));
        String summary =
                String.join(
                        "\n",
                        prose.stream()
                                .skip(1)
                                .dropWhile(String::isBlank)
                                .takeWhile(line -> !line.isBlank())
                                .toList());
        checkArgument(
                !summary.isEmpty(),
                "%s.jsh has no paragraph after its title that says what it is about",
                name);
        return new LiterateScript(name, title.group(1), summary, parts);
    }

    private static ImmutableList<Part> parts(List<String> lines) {
        ImmutableList.Builder<Part> parts = ImmutableList.builder();
        List<String> gathered = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            Part.Kind kind = kind(lines.get(i));
            gathered.add(kind == Part.Kind.PROSE ? prose(lines.get(i)) : lines.get(i));
            if (i + 1 == lines.size() || kind(lines.get(i + 1)) != kind) {
                if (!gathered.stream().allMatch(String::isBlank)) {
                    int first = i + 2 - gathered.size();
                    parts.add(new Part(kind, String.join("\n", gathered) + "\n", first));
                }
                gathered.clear();
            }
        }
        return parts.build();
    }

    private static Part.Kind kind(String line) {
        return line.startsWith(PROSE) ? Part.Kind.PROSE : Part.Kind.CODE;
    }

    private static String prose(String line) {
        String text = line.substring(PROSE.length());
        return text.startsWith(" ") ? text.substring(1) : text;
    }
}
