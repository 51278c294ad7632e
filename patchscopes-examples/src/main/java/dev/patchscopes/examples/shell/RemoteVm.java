package dev.patchscopes.examples.shell;

import com.google.common.collect.ImmutableList;

/** The JVM that JShell runs snippets in. */
final class RemoteVm {

    private RemoteVm() {}

    /** Its options: this program's, as far as they are for the engine, and what it needs itself. */
    static ImmutableList<String> options() {
        ImmutableList.Builder<String> options = ImmutableList.builder();
        System.getProperties().stringPropertyNames().stream()
                .filter(name -> name.startsWith("ai.djl."))
                .sorted()
                .forEach(name -> options.add("-D%s=%s".formatted(name, System.getProperty(name))));
        return options.add(
                        // JShell drives it as a debugger would, and in a debugger DJL prints no
                        // arrays.
                        "-Djshell=true",
                        "-Dfile.encoding=UTF-8",
                        "--enable-native-access=ALL-UNNAMED",
                        "-XX:+IgnoreUnrecognizedVMOptions",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
                        "-Dorg.slf4j.simpleLogger.log.ai.djl.util.cuda=error")
                .build();
    }
}
