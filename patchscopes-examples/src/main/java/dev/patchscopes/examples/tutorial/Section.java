package dev.patchscopes.examples.tutorial;

import com.google.common.collect.ImmutableList;
import java.time.Duration;
import java.util.Optional;

/**
 * A script that was run.
 *
 * @param script the script
 * @param elements its page, from the top
 * @param cover file name of its first picture among its pictures; empty if it shows none
 * @param took how long it ran, its JVM's start apart
 * @param computed how long processors worked on it, its JVM's start too; 0 if nobody knows
 */
record Section(
        LiterateScript script,
        ImmutableList<PageElement> elements,
        Optional<String> cover,
        Duration took,
        Duration computed) {

    /** How many pictures it shows. */
    long pictures() {
        return elements.stream().filter(PageElement.Picture.class::isInstance).count();
    }
}
