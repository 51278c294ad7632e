package dev.patchscopes.checkpoint.hub;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Flow;
import org.junit.jupiter.api.Test;

class BodyReaderTest {

    private static final Duration PATIENCE = Duration.ofMillis(20);
    private static final List<ByteBuffer> PIECE = List.of(ByteBuffer.wrap("some".getBytes(UTF_8)));

    private final BodyReader reader = new BodyReader();
    private long requested;
    private boolean cancelled;

    private void begin() {
        reader.onSubscribe(
                new Flow.Subscription() {
                    @Override
                    public void request(long n) {
                        requested += n;
                    }

                    @Override
                    public void cancel() {
                        cancelled = true;
                    }
                });
    }

    @Test
    void asksForOnePieceAtATime() throws IOException, InterruptedException {
        assertThat(reader.getBody().toCompletableFuture()).isNotDone();
        begin();
        assertThat(reader.getBody().toCompletableFuture()).isCompletedWithValue(reader);
        assertThat(requested).isEqualTo(1);
        reader.onNext(PIECE);
        assertThat(requested).as("before the first is taken").isEqualTo(1);
        assertThat(reader.next(PATIENCE)).hasValue(PIECE);
        assertThat(requested).isEqualTo(2);
        reader.onComplete();
        assertThat(reader.next(PATIENCE)).isEqualTo(Optional.empty());
    }

    @Test
    void silenceEnds() {
        begin();
        assertThatThrownBy(() -> reader.next(PATIENCE))
                .isInstanceOf(HttpTimeoutException.class)
                .hasMessageContaining("0.02 seconds");
    }

    @Test
    void failureComesAfterWhatArrivedBefore() throws IOException, InterruptedException {
        begin();
        reader.onNext(PIECE);
        reader.onError(new IOException("reset"));
        assertThat(reader.next(PATIENCE)).hasValue(PIECE);
        assertThatThrownBy(() -> reader.next(PATIENCE)).hasMessageContaining("reset");
    }

    @Test
    void closingDropsTheRest() {
        reader.close();
        begin();
        reader.close();
        assertThat(cancelled).isTrue();
    }
}
