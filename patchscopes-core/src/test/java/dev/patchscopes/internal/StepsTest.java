package dev.patchscopes.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.patchscopes.model.Progress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;

class StepsTest {

    private final List<String> heard = new ArrayList<>();
    private boolean stop;

    private final Progress listener =
            new Progress() {
                @Override
                public void update(long done, long total, Duration elapsed) {
                    heard.add(done + " of " + total);
                }

                @Override
                public boolean isCancelled() {
                    return stop;
                }
            };

    @Test
    void partsOfPartsAreCountedOnAfterThoseBefore() {
        Steps steps = new Steps(listener, "the work", 6);
        steps.done();
        Progress parts = steps.inParts();
        parts.update(1, 3, Duration.ZERO);
        parts.update(3, 3, Duration.ZERO);
        steps.done(3);
        steps.inParts().update(1, 1, Duration.ZERO);
        steps.done(1);
        steps.done();

        assertThat(heard).containsExactly("1 of 6", "2 of 6", "4 of 6", "5 of 6", "6 of 6");
    }

    @Test
    void whatIsWithinAPartTellsNothingAndStopsWithTheWhole() {
        Progress within = new Steps(listener, "the work", 2).within();
        within.update(1, 2, Duration.ZERO);
        assertThat(heard).isEmpty();
        assertThat(within.isCancelled()).isFalse();
        stop = true;
        assertThat(within.isCancelled()).isTrue();
    }

    @Test
    void aListenerStopsTheWorkBeforeAndBetweenParts() {
        Steps steps = new Steps(listener, "the work", 2);
        stop = true;
        assertThatThrownBy(steps::done)
                .isInstanceOf(CancellationException.class)
                .hasMessage("the work was stopped by its listener after 1 of 2 parts");
        assertThatThrownBy(() -> new Steps(listener, "the work", 2))
                .hasMessage("the work was stopped by its listener after 0 of 2 parts");
    }
}
