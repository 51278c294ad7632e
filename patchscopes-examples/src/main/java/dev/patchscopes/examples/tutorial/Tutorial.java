package dev.patchscopes.examples.tutorial;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.io.MoreFiles;
import com.google.common.io.RecursiveDeleteOption;
import com.google.common.io.Resources;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * The tutorial as a static site: pages that need no server and no network.
 *
 * @param scripts what it is made of, in order
 */
record Tutorial(ImmutableList<LiterateScript> scripts) {

    /**
     * Reads the scripts of a folder.
     *
     * @param folder holds files such as {@code 1-decoding.jsh}
     * @return the tutorial
     * @throws IOException if a file cannot be read
     * @throws IllegalArgumentException if there are none, or one is not of the form of {@link
     *     LiterateScript}
     */
    static Tutorial read(Path folder) throws IOException {
        ImmutableList.Builder<LiterateScript> scripts = ImmutableList.builder();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file :
                    files.filter(file -> file.toString().endsWith(".jsh")).sorted().toList()) {
                scripts.add(LiterateScript.read(file));
            }
        }
        ImmutableList<LiterateScript> found = scripts.build();
        checkArgument(!found.isEmpty(), "no scripts *.jsh in %s", folder);
        return new Tutorial(found);
    }

    /**
     * Runs the scripts and writes the site.
     *
     * @param folder where to; files of the same names are replaced, and in its folder {@code
     *     pictures} the folders that are called as the scripts
     * @param limit how long each block of code may take
     * @param done told of each script when it has run
     * @return the sections
     * @throws dev.patchscopes.examples.shell.ScriptException if a script does not run to its end
     * @throws IOException if something cannot be written
     */
    ImmutableList<Section> build(Path folder, Duration limit, Consumer<Section> done)
            throws IOException {
        Path pictures = folder.resolve("pictures");
        Files.createDirectories(folder);
        ImmutableList.Builder<Section> run = ImmutableList.builder();
        for (LiterateScript script : scripts) {
            Path own = pictures.resolve(script.name()); // all else there may be the user's
            if (Files.exists(own)) {
                MoreFiles.deleteRecursively(own, RecursiveDeleteOption.ALLOW_INSECURE);
            }
            Section section = SectionRun.run(script, own, limit);
            run.add(section);
            done.accept(section);
        }
        ImmutableList<Section> sections = run.build();
        write(sections, folder);
        return sections;
    }

    private static void write(ImmutableList<Section> sections, Path folder) throws IOException {
        SharedCode shared = new SharedCode();
        SitePages pages = new SitePages(sections, shared);
        for (int i = 0; i < sections.size(); i++) {
            write(folder.resolve(sections.get(i).script().name() + ".html"), pages.section(i));
        }
        write(folder.resolve("index.html"), pages.index());
        write(folder.resolve("pictures.css"), shared.style());
        for (Map.Entry<String, String> script : shared.scripts().entrySet()) {
            write(folder.resolve(script.getValue()), script.getKey());
        }
        write(
                folder.resolve("site.css"),
                Resources.toString(
                        Resources.getResource(Tutorial.class, "site.css"), StandardCharsets.UTF_8));
    }

    private static void write(Path file, String text) throws IOException {
        Files.writeString(file, text, StandardCharsets.UTF_8);
    }
}
