package dev.patchscopes.corpus;

import static dev.patchscopes.corpus.Packing.utf8;
import static dev.patchscopes.corpus.WatchedSource.corpus;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.UncheckedIOException;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A corpus reads no further than it must, and closes what it opens. */
class LazinessTest {

    /** The largest read-ahead: zstandard takes 128 KiB at a time, and unpacks blocks of as many. */
    private static final int AHEAD = 270_000;

    private static final int LINES = 20_000;

    /** 2 MB that hardly pack. */
    private static byte[] lines() {
        Random random = new Random(2);
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < LINES; i++) {
            StringBuilder text = new StringBuilder();
            random.ints(90, ' ', '~')
                    .filter(c -> c != '"' && c != '\\')
                    .forEach(text::appendCodePoint);
            all.append(Texts.json(text.append('x').toString()));
        }
        return utf8(all.toString());
    }

    @ParameterizedTest
    @EnumSource
    void readsNoFurtherThanABlockAhead(Packing packing) {
        byte[] packed = packing.pack(lines());
        assertThat(packed.length).isGreaterThan(5 * AHEAD);
        WatchedSource source = WatchedSource.of("watched", packed);
        try (CorpusStream<TextDocument> documents = corpus(source).jsonl().documents()) {
            assertThat(source.read()).isZero();
            documents.next();
            assertThat(source.read()).isBetween(1L, (long) AHEAD);
            for (int i = 1; i < LINES; i++) {
                long share = (long) packed.length * i / LINES;
                documents.next();
                // Lines differ in length by a few bytes, so shares of the file are met roughly.
                assertThat(source.read()).isLessThan(share + AHEAD + packed.length / 50);
            }
            assertThat(documents.hasNext()).isFalse();
            assertThat(source.read()).isEqualTo(packed.length);
        }
    }

    @Test
    void theFirstDocumentsTakeNoMore() {
        WatchedSource source = WatchedSource.of("watched", lines());
        WatchedSource next = WatchedSource.of("next", lines());
        TextCorpus corpus = corpus(source, next).jsonl();
        assertThat(Texts.of(corpus.first(10).filter(d -> true).split(0.5, 1).training()))
                .hasSizeLessThanOrEqualTo(10);
        assertThat(source.read()).isLessThan(AHEAD);
        assertThat(source.closed()).isEqualTo(1);
        assertThat(next.opened()).isZero();
        assertThat(Texts.of(corpus.first(0))).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void filesAreClosedByTheCallerOrAtTheirEnd(Packing packing) {
        WatchedSource one = WatchedSource.of("one", packing.pack(utf8(Texts.json("a"))));
        WatchedSource two = WatchedSource.of("two", packing.pack(utf8(Texts.json("b"))));
        CorpusStream<TextDocument> documents = corpus(one, two).jsonl().documents();
        assertThat(documents.next().text()).isEqualTo("a");
        assertThat(one.closed() + two.opened()).isZero();
        assertThat(documents.next().text()).isEqualTo("b");
        assertThat(one.closed()).isEqualTo(1);
        assertThat(two.closed()).isZero();
        documents.close();
        documents.close();
        assertThat(two.closed()).isEqualTo(1);
        assertThatIllegalStateException()
                .isThrownBy(documents::hasNext)
                .withMessageContaining("closed");
        assertThatIllegalStateException().isThrownBy(documents::next);
    }

    @Test
    void aStreamClosesWhatItReads() {
        WatchedSource source = WatchedSource.of("one", lines());
        try (Stream<TextDocument> documents = corpus(source).jsonl().documents().stream()) {
            assertThat(documents.limit(3).toList()).hasSize(3);
            assertThat(source.closed()).isZero();
        }
        assertThat(source.closed()).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource
    void aFileThatCannotBeReadIsNeverSkipped(Packing packing) {
        WatchedSource source = new WatchedSource("broken", packing.pack(lines()), 500_000);
        assertThatThrownBy(() -> Texts.of(corpus(source).jsonl().skipDamaged()))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("broken")
                .hasRootCauseMessage("the disk is gone");
        assertThat(source.closed()).isEqualTo(1);
    }

    @Test
    void nothingIsReadAfterAnError() {
        TextCorpus corpus = corpus(utf8("damaged\n" + Texts.json("a"))).jsonl();
        try (CorpusStream<TextDocument> documents = corpus.documents()) {
            assertThatThrownBy(documents::hasNext).isInstanceOf(DamagedTextException.class);
            assertThatIllegalStateException().isThrownBy(documents::hasNext);
        }
    }
}
