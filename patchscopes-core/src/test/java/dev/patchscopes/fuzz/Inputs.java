package dev.patchscopes.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Inputs in files, read without the fuzzer, whose hooks would count as memory of the reader. */
final class Inputs {

    private Inputs() {}

    /** All files of a folder, in the order of their names. */
    static List<Path> of(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList();
        }
    }

    /** What was wrong with which input. */
    static List<String> failures(Target target, List<Path> inputs) throws IOException {
        List<String> failures = new ArrayList<>();
        for (Path input : inputs) {
            try {
                target.read(Files.readAllBytes(input));
            } catch (AssertionError e) {
                failures.add("%s of %s: %s".formatted(input, target, e.getMessage()));
            }
        }
        return failures;
    }
}
