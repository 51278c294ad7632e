package dev.patchscopes.examples.soak;

import java.util.concurrent.Callable;

/**
 * One kind of work, done again and again by many threads at once.
 *
 * @param name what messages call it
 * @param work returns a digest of all it computed, which is the same each time
 */
record SoakTask(String name, Callable<String> work) {}
