package dev.patchscopes.examples.shell;

import com.google.common.collect.ImmutableList;

/** The JVM that JShell runs snippets in. */
final class RemoteVm {

    private RemoteVm() {}

    /** Its options, of which none depends on who opens it. */
    static ImmutableList<String> options() {
        return ImmutableList.of(
                // JShell drives it as a debugger would, and in a debugger DJL prints no arrays.
                "-Djshell=true",
                "-Dfile.encoding=UTF-8",
                "--enable-native-access=ALL-UNNAMED",
                "-XX:+IgnoreUnrecognizedVMOptions",
                "--sun-misc-unsafe-memory-access=allow",
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
                "-Dorg.slf4j.simpleLogger.log.ai.djl.util.cuda=error");
    }
}
