package dev.patchscopes.examples.cli;

import dev.patchscopes.report.Page;
import java.util.function.Supplier;

/**
 * A result in all its forms, each made when it is asked for.
 *
 * @param text in a few lines
 * @param json all of it
 * @param csv its numbers
 * @param page its pictures
 */
record Rendering(
        Supplier<String> text, Supplier<String> json, Supplier<String> csv, Supplier<Page> page) {}
