package dev.patchscopes.checkpoint.hub;

import java.time.Duration;

/** How often and after which pauses one thing is tried again; used by one thread. */
final class RetrySchedule {

    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(16);
    private static final Duration LONGEST_OBEDIENCE = Duration.ofMinutes(5);

    private final Host host;
    private final Tally tally;
    private final int limit;
    private int failures;

    /**
     * @param limit how often something may fail in a row and be tried again
     */
    RetrySchedule(Host host, Tally tally, int limit) {
        this.host = host;
        this.tally = tally;
        this.limit = limit;
    }

    /** Forgets failures: some of the work has been done since. */
    void progressed() {
        failures = 0;
    }

    /** Waits until it is time to try again, or throws the failure if it is not worth it. */
    void failed(HubException failure) throws InterruptedException {
        Duration wanted = failure.retryAfter().orElse(Duration.ZERO);
        if (!failure.isWorthRepeating()
                || failures >= limit
                || wanted.compareTo(LONGEST_OBEDIENCE) > 0) {
            throw failure;
        }
        Duration own = FIRST_PAUSE.multipliedBy(1L << Math.min(failures, 10));
        failures++;
        Duration pause = own.compareTo(LONGEST_PAUSE) < 0 ? own : LONGEST_PAUSE;
        host.pause(pause.compareTo(wanted) < 0 ? wanted : pause, tally::isCancelled);
        tally.requireGoing();
    }

    /** One try of something. */
    @FunctionalInterface
    interface Attempt<T> {
        T run() throws InterruptedException;
    }

    /** Tries until it succeeds or is not worth trying again. */
    <T> T run(Attempt<T> attempt) throws InterruptedException {
        while (true) {
            try {
                return attempt.run();
            } catch (HubException e) {
                failed(e);
            }
        }
    }
}
