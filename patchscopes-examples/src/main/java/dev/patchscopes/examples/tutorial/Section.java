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
 */
record Section(
        LiterateScript script,
        ImmutableList<PageElement> elements,
        Optional<String> cover,
        Duration took) {

    /** How many pictures it shows. */
    long pictures() {
        return elements.stream().filter(PageElement.Picture.class::isInstance).count();
    }
}
