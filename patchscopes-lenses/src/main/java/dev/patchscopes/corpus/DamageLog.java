package dev.patchscopes.corpus;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;

/** Decides what damage does, and counts it. Of one stream, like the stream for one thread. */
final class DamageLog {

    /** Enough to see a pattern; a corpus that is damaged throughout must not fill memory. */
    private static final int KEPT = 10;

    private final boolean skip;
    private final List<Damage> first = new ArrayList<>();
    private long count;

    DamageLog(boolean skip) {
        this.skip = skip;
    }

    /** Rethrows unless damage is to be skipped. */
    void accept(DamagedTextException e) {
        if (!skip) {
            throw e;
        }
        count++;
        if (first.size() < KEPT) {
            first.add(e.damage());
        }
    }

    long count() {
        return count;
    }

    ImmutableList<Damage> first() {
        return ImmutableList.copyOf(first);
    }
}
