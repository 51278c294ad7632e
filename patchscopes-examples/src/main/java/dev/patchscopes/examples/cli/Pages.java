package dev.patchscopes.examples.cli;

import dev.patchscopes.report.Page;
import dev.patchscopes.report.Viewable;

/** Until results are views themselves. */
final class Pages {
    private Pages() {}

    static Page of(Object result) {
        return ((Viewable) result).page();
    }
}
