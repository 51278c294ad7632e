package dev.patchscopes.fuzz;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * The fuzzer on one target, in a process of its own: a crash of native code ends only that one.
 *
 * <p>Its folder keeps the inputs that reached something new, so that a longer run goes on from an
 * earlier one, and what it found.
 */
final class FuzzProcess {

    private static final String FUZZER = "com.code_intelligence.jazzer.Jazzer";

    /** Where coverage counts: what reads files, and the parser below it. */
    private static final String INSTRUMENTED =
            String.join(
                    ":",
                    "dev.patchscopes.checkpoint.*",
                    "dev.patchscopes.text.*",
                    "dev.patchscopes.model.internal.family.*",
                    "com.google.gson.**");

    /** Far below what a claimed size could ask for, far above what the targets need. */
    private static final String HEAP = "-Xmx256m";

    /** Resident memory, native code's and the fuzzer's own tables included. */
    private static final int MOST_RESIDENT_MIB = 1500;

    /**
     * Reading takes milliseconds; this leaves room for a machine that is busy with other things.
     */
    private static final int SLOWEST_INPUT_SECONDS = 25;

    private static final int LONGEST_INPUT = 8192;

    /** How long starting and instrumenting may take, on a machine busy with other things. */
    private static final int PATIENCE_SECONDS = 300;

    private final Target target;
    private final Path folder;

    FuzzProcess(Target target, Path folder) {
        this.target = target;
        this.folder = folder;
    }

    /** Whether the fuzzer has native code for this system. */
    static boolean isPossible() {
        String system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        boolean intel = Set.of("amd64", "x86_64").contains(System.getProperty("os.arch"));
        return system.startsWith("mac")
                || (intel && (system.startsWith("linux") || system.startsWith("windows")));
    }

    Target target() {
        return target;
    }

    /** Where the inputs are that reached something new. */
    Path kept() {
        return folder.resolve("corpus");
    }

    /** Runs to the end of the time or to the first finding. */
    FuzzReport run(int seconds) throws IOException, InterruptedException {
        Path corpus = Files.createDirectories(kept());
        for (Path old : findings()) {
            Files.delete(old);
        }
        Path log = folder.resolve("log.txt");
        Process process =
                new ProcessBuilder(command(seconds, corpus))
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile())
                        .start();
        boolean ended;
        try {
            ended = process.waitFor(seconds + PATIENCE_SECONDS, TimeUnit.SECONDS);
        } finally {
            process.destroyForcibly();
        }
        List<Path> findings = findings();
        return FuzzReport.of(
                target,
                ended ? process.exitValue() : -1,
                log,
                findings.isEmpty() ? Optional.empty() : Optional.of(findings.get(0)));
    }

    private List<String> command(int seconds, Path corpus) {
        List<String> command = new ArrayList<>();
        if (Files.isExecutable(Path.of("/usr/bin/nice"))) {
            command.addAll(List.of("/usr/bin/nice", "-n", "10"));
        }
        command.addAll(
                List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        HEAP,
                        "-XX:+UseSerialGC",
                        "-XX:+EnableDynamicAgentLoading",
                        "-XX:+IgnoreUnrecognizedVMOptions",
                        "--enable-native-access=ALL-UNNAMED",
                        "-D" + Property.HOOKED + "=true",
                        "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
                        "-cp",
                        System.getProperty("java.class.path"),
                        FUZZER,
                        "--target_class=" + target.type().getName(),
                        "--instrumentation_includes=" + INSTRUMENTED,
                        "--custom_hook_includes=" + INSTRUMENTED,
                        "--reproducer_path=" + folder,
                        "-artifact_prefix=" + folder + "/",
                        "-dict=" + target.dictionary(),
                        "-max_total_time=" + seconds,
                        "-timeout=" + SLOWEST_INPUT_SECONDS,
                        "-rss_limit_mb=" + MOST_RESIDENT_MIB,
                        "-max_len=" + LONGEST_INPUT,
                        "-print_final_stats=1",
                        corpus.toString(),
                        target.seeds().toString()));
        return command;
    }

    /** The inputs at which a run stopped; the fuzzer names them by what happened. */
    private List<Path> findings() throws IOException {
        List<Path> findings = new ArrayList<>();
        try (DirectoryStream<Path> files =
                Files.newDirectoryStream(folder, "{crash,timeout,oom,leak,slow-unit}-*")) {
            files.forEach(findings::add);
        }
        return findings;
    }
}
