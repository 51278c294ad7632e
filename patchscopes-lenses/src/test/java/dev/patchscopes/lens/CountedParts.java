package dev.patchscopes.lens;

import static org.assertj.core.api.Assertions.assertThat;

import dev.patchscopes.model.Progress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/** A listener that keeps what it hears. */
public final class CountedParts implements Progress {
    private final List<Long> done = new ArrayList<>();
    private final List<Long> totals = new ArrayList<>();

    @Override
    public void update(long finished, long total, Duration elapsed) {
        done.add(finished);
        totals.add(total);
    }

    /** It heard of every part once, in order, up to the last. */
    public void assertAll(long parts) {
        assertThat(done).isEqualTo(LongStream.rangeClosed(1, parts).boxed().toList());
        assertThat(totals).containsOnly(parts);
    }
}
