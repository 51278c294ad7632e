package dev.patchscopes.corpus;

import static dev.patchscopes.corpus.Packing.join;
import static dev.patchscopes.corpus.Packing.utf8;
import static dev.patchscopes.corpus.WatchedSource.corpus;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Packed files, whole and damaged. */
class CompressionTest {

    private static final byte[] SKIPPABLE = {0x50, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 1, 2, 3};

    /** Random letters, so that archives are long; lines of about 100 bytes. */
    private static byte[] lines(int count) {
        Random random = new Random(1);
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < count; i++) {
            StringBuilder text = new StringBuilder("line ").append(i).append(' ');
            random.ints(80, 'a', 'z' + 1).forEach(text::appendCodePoint);
            all.append(Texts.json(text.toString()));
        }
        return utf8(all.toString());
    }

    /** A frame by hand (RFC 8878): window descriptor, then one raw block. */
    private static byte[] zstandardFrame(int windowLog, String text) {
        byte[] bytes = utf8(text);
        int header = bytes.length << 3 | 1;
        return join(
                new byte[] {
                    0x28,
                    (byte) 0xB5,
                    0x2F,
                    (byte) 0xFD,
                    0,
                    (byte) ((windowLog - 10) << 3),
                    (byte) header,
                    (byte) (header >> 8),
                    (byte) (header >> 16)
                },
                bytes);
    }

    @ParameterizedTest
    @EnumSource
    void packingIsToldByContentNotByName(Packing packing, @TempDir Path folder) throws Exception {
        for (String name : List.of("a", "a.txt", "a.gz", "a.zst")) {
            Path file = Files.write(folder.resolve(name), packing.pack(utf8("Paris")));
            assertThat(Texts.of(TextCorpus.open(file))).as(name).containsExactly("Paris");
        }
    }

    @ParameterizedTest
    @EnumSource
    void archivesMayBeConcatenatedAnywhere(Packing packing) {
        byte[] all = lines(30);
        List<String> expected = Texts.of(corpus(all).jsonl());
        for (int cut = 0; cut <= all.length; cut += 137) {
            byte[] head = java.util.Arrays.copyOf(all, cut);
            byte[] tail = java.util.Arrays.copyOfRange(all, cut, all.length);
            byte[] file = join(packing.pack(head), packing.pack(new byte[0]), packing.pack(tail));
            assertThat(Texts.of(corpus(file).jsonl())).isEqualTo(expected);
        }
    }

    @Test
    void framesToBeSkippedAreSkipped() {
        byte[] one = Packing.ZSTANDARD.pack(utf8("one "));
        byte[] two = Packing.ZSTANDARD.pack(utf8("two"));
        byte[] file = join(SKIPPABLE, one, SKIPPABLE, SKIPPABLE, two, SKIPPABLE);
        assertThat(Texts.of(corpus(file))).containsExactly("one two");
    }

    @Test
    void zeroesBehindTheLastMemberAreFilling() {
        byte[] file = join(Packing.GZIP.pack(utf8("one")), new byte[20_000]);
        assertThat(Texts.of(corpus(file))).containsExactly("one");
    }

    @Test
    void gzipHeadersMayHoldMore() {
        byte[] packed = Packing.GZIP.pack(utf8("one"));
        byte[] head = {0x1F, (byte) 0x8B, 8, 2 | 4 | 8 | 16, 0, 0, 0, 0, 0, 3};
        byte[] extra = join(new byte[] {2, 0, 7, 7}, utf8("name\0remark\0"), new byte[] {5, 5});
        byte[] rest = java.util.Arrays.copyOfRange(packed, 10, packed.length);
        assertThat(Texts.of(corpus(join(head, extra, rest)))).containsExactly("one");
    }

    @Test
    void largeWindowsAreRefusedUntilAllowed() {
        byte[] file = join(zstandardFrame(27, "small "), zstandardFrame(28, "large"));
        assertThatThrownBy(() -> Texts.of(corpus(file)))
                .isInstanceOf(DamagedTextException.class)
                .hasMessage(
                        "test, line 1 (byte 6): zstandard: the frame needs a window of more than"
                                + " 128 MiB; allow up to 2048 with maxWindowMiB, and have as much"
                                + " memory");
        assertThat(Texts.of(corpus(file).maxWindowMiB(256))).containsExactly("small large");
        assertThatThrownBy(() -> Texts.of(corpus(zstandardFrame(31, "huge")).maxWindowMiB(1024)))
                .hasMessageContaining("more than 1024 MiB");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, 3, 4096})
    void aWindowIsAPowerOfTwoUpToTwoGibibytes(int mebibytes) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TextCorpus.of("a").maxWindowMiB(mebibytes))
                .withMessageContaining("1..2048");
    }

    @ParameterizedTest
    @EnumSource(names = "PLAIN", mode = EnumSource.Mode.EXCLUDE)
    void anArchiveThatEndsTooEarlyGivesWhatIsWholeAndIsDamage(Packing packing) {
        int count = 4000;
        byte[] text = lines(count);
        byte[] packed = packing.pack(text);
        List<String> whole = Texts.of(corpus(text).jsonl());
        int most = 0;
        for (int length = 6; length < packed.length; length += packed.length / 60) {
            byte[] cut = java.util.Arrays.copyOf(packed, length);
            assertThatThrownBy(() -> Texts.of(corpus(cut).jsonl()))
                    .isInstanceOf(DamagedTextException.class)
                    .hasMessageStartingWith("test, line ");
            TextCorpus corpus =
                    corpus(WatchedSource.of("cut", cut), WatchedSource.of("next", text));
            try (CorpusStream<TextDocument> left = corpus.jsonl().skipDamaged().documents()) {
                List<TextDocument> documents = left.stream().toList();
                List<String> texts =
                        documents.stream()
                                .filter(d -> d.source().equals("cut"))
                                .map(TextDocument::text)
                                .toList();
                assertThat(texts).isEqualTo(whole.subList(0, texts.size()));
                assertThat(documents).hasSize(texts.size() + whole.size());
                assertThat(left.skipped()).isEqualTo(1);
                Damage damage = left.damage().get(0);
                assertThat(damage.source()).isEqualTo("cut");
                assertThat(damage.line()).isEqualTo(texts.size() + 1L);
                most = Math.max(most, texts.size());
            }
        }
        assertThat(most).as("documents before the end").isGreaterThan(count * 3 / 4);
    }

    @Test
    void whatFollowsAnArchiveMustBeOne() {
        byte[] gzip = Packing.GZIP.pack(utf8("one"));
        byte[] zstandard = Packing.ZSTANDARD.pack(utf8("one"));
        for (byte[] junk : List.of(utf8("junk and more junk"), gzip, new byte[] {0, 0, 1})) {
            assertThatThrownBy(() -> Texts.of(corpus(join(zstandard, junk))))
                    .isInstanceOf(DamagedTextException.class)
                    .hasMessageContaining("zstandard");
        }
        for (byte[] junk : List.of(utf8("junk and more junk"), zstandard, new byte[] {0, 0, 1})) {
            assertThatThrownBy(() -> Texts.of(corpus(join(gzip, junk))))
                    .isInstanceOf(DamagedTextException.class)
                    .hasMessageContaining("gzip");
        }
    }

    @ParameterizedTest
    @EnumSource(names = "PLAIN", mode = EnumSource.Mode.EXCLUDE)
    void aDamagedByteIsNeverReadAsAnotherText(Packing packing) {
        byte[] packed = packing.pack(lines(20));
        List<String> whole = Texts.of(corpus(packed).jsonl());
        long seed = System.nanoTime();
        System.out.println("aDamagedByteIsNeverReadAsAnotherText: seed " + seed);
        Random random = new Random(seed);
        int refused = 0;
        // The first bytes say how the file is packed at all.
        for (int at = 4; at < packed.length; at++) {
            byte[] damaged = packed.clone();
            damaged[at] ^= (byte) (1 << random.nextInt(8));
            try {
                assertThat(Texts.of(corpus(damaged).jsonl())).as("byte %s", at).isEqualTo(whole);
            } catch (DamagedTextException e) {
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(packed.length - 20);
    }

    @Test
    void otherFormatsAreNamed() {
        byte[] bzip2 = {'B', 'Z', 'h', '9', 0x31, 0x41, 0x59, 0x26};
        byte[] utf16 = {(byte) 0xFF, (byte) 0xFE, 'a', 0};
        assertThatThrownBy(() -> Texts.of(corpus(bzip2))).hasMessageContaining("this is BZIP2");
        assertThatThrownBy(() -> Texts.of(corpus(utf16))).hasMessageContaining("this is UTF-16");
        assertThatThrownBy(() -> Texts.of(corpus(utf8("PK\3\4...")))).hasMessageContaining("ZIP");
        assertThat(Texts.of(corpus(utf8("BZh is text")))).containsExactly("BZh is text");
        assertThat(Texts.of(corpus(utf8("PK")))).containsExactly("PK");
    }

    @Test
    void badUtf8IsFoundAtItsLineAndByte() {
        byte[] bad = join(utf8("a\nü\n"), new byte[] {'b', (byte) 0xC3}, utf8("\n\nc"));
        assertThatThrownBy(() -> Texts.of(corpus(bad)))
                .hasMessageStartingWith("test, line 3 (byte 6): byte 0xC3 is not UTF-8");
        assertThatThrownBy(() -> Texts.of(corpus(bad).blankLines()))
                .hasMessageStartingWith("test, line 3 (byte 6): byte 0xC3 is not UTF-8");
        assertThat(Texts.of(corpus(bad).blankLines().skipDamaged())).containsExactly("c");
        byte[] cut = {'a', (byte) 0xE2, (byte) 0x82};
        assertThatThrownBy(() -> Texts.of(corpus(cut))).hasMessageContaining("(byte 1)");
        byte[] surrogate = {'a', (byte) 0xED, (byte) 0xA0, (byte) 0x80};
        assertThatThrownBy(() -> Texts.of(corpus(surrogate))).hasMessageContaining("(byte 1)");
    }
}
