package dev.patchscopes.examples;

import dev.patchscopes.LibraryVersion;

/** Prints the version of the library. */
public final class QuickStart {

    private QuickStart() {}

    /**
     * Runs the example.
     *
     * @param args not used
     */
    public static void main(String[] args) {
        System.out.println("Patchscopes for the JVM " + LibraryVersion.current());
    }
}
