package dev.patchscopes.examples.cli;

import dev.patchscopes.model.Progress;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * Long work: shows how far it has come and how long it will take, where somebody looks, and ends it
 * when the program is stopped. The bar is gone when the work ends.
 */
final class Work implements Progress, AutoCloseable {

    private static final int WIDTH = 78;
    private static final Duration BETWEEN_DRAWINGS = Duration.ofMillis(100);

    private final Session session;
    private final String task;
    private Optional<ProgressBar> bar = Optional.empty();
    private long resumed;
    private Duration drawn = Duration.ZERO;
    private volatile Optional<Duration> remaining = Optional.empty();

    private Work(Session session, String task) {
        this.session = session;
        this.task = task;
    }

    /**
     * Does work; its bar is gone when it is done.
     *
     * @param task what it is called beside its bar
     */
    static <T> T run(Session session, String task, Function<Progress, T> work) {
        try (Work shown = new Work(session, task)) {
            return work.apply(shown);
        }
    }

    @Override
    public void resumed(long done) {
        resumed = done;
        session.note("going on: %d parts were finished before".formatted(done));
    }

    @Override
    public void update(long done, long total, Duration elapsed) {
        if (!session.console().errIsTerminal() || session.switches().isQuiet()) {
            return;
        }
        boolean first = bar.isEmpty();
        ProgressBar shown = bar.orElseGet(() -> start(total));
        bar = Optional.of(shown);
        shown.maxHint(total);
        shown.stepTo(done);
        remaining = Progress.remaining(resumed, done, total, elapsed);
        if (first || elapsed.minus(drawn).compareTo(BETWEEN_DRAWINGS) >= 0) {
            drawn = elapsed;
            shown.refresh();
        }
    }

    private ProgressBar start(long total) {
        return new ProgressBarBuilder()
                .setTaskName(task)
                .setInitialMax(total)
                .startsFrom(resumed, Duration.ZERO)
                .setStyle(ProgressBarStyle.ASCII)
                .setConsumer(new ConsoleProgressBarConsumer(session.console().err(), WIDTH))
                .setEtaFunction(state -> remaining)
                .clearDisplayOnFinish()
                .build();
    }

    @Override
    public boolean isCancelled() {
        return session.stopped().getAsBoolean();
    }

    @Override
    public void close() {
        bar.ifPresent(ProgressBar::close);
    }
}
