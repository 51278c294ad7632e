package dev.patchscopes.checkpoint.hub;

import java.io.IOException;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * The body of an answer, piece by piece, with a limit to each silence.
 *
 * <p>The streams that come with the client wait forever for a server that has fallen silent.
 */
final class BodyReader implements BodySubscriber<BodyReader>, AutoCloseable {

    /** A piece, the end, or what broke the body off. */
    private record Event(List<ByteBuffer> piece, Optional<Throwable> failure, boolean last) {}

    /** Pieces are asked for one by one, so few ever wait here. */
    private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();

    private final CompletableFuture<BodyReader> begun = new CompletableFuture<>();
    private final CompletableFuture<Flow.Subscription> subscription = new CompletableFuture<>();

    @Override
    public CompletionStage<BodyReader> getBody() {
        return begun;
    }

    @Override
    public void onSubscribe(Flow.Subscription given) {
        subscription.complete(given);
        begun.complete(this);
        given.request(1);
    }

    @Override
    public void onNext(List<ByteBuffer> piece) {
        events.add(new Event(piece, Optional.empty(), false));
    }

    @Override
    public void onError(Throwable failure) {
        begun.complete(this);
        events.add(new Event(List.of(), Optional.of(failure), true));
    }

    @Override
    public void onComplete() {
        begun.complete(this);
        events.add(new Event(List.of(), Optional.empty(), true));
    }

    /** The next piece; empty at the end. To be called no more after that. */
    Optional<List<ByteBuffer>> next(Duration longestSilence)
            throws IOException, InterruptedException {
        Event event = events.poll(longestSilence.toMillis(), TimeUnit.MILLISECONDS);
        if (event == null) {
            throw new HttpTimeoutException(
                    "no data for " + longestSilence.toMillis() / 1000.0 + " seconds");
        }
        if (event.failure().isPresent()) {
            throw new IOException(event.failure().get().getMessage(), event.failure().get());
        }
        if (event.last()) {
            return Optional.empty();
        }
        subscription.join().request(1);
        return Optional.of(event.piece());
    }

    /** Drops what is left of the body, and the connection with it if there is any. */
    @Override
    public void close() {
        Flow.Subscription given = subscription.getNow(null);
        if (given != null) {
            given.cancel();
        }
    }
}
