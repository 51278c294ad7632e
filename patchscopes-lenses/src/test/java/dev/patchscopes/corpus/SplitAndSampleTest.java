package dev.patchscopes.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.Lists;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;

/** What must hold of splits and samples of any texts. */
class SplitAndSampleTest {

    private Random random;

    @BeforeEach
    void seed(TestInfo info) {
        long seed = System.nanoTime();
        System.out.println(info.getDisplayName() + ": seed " + seed);
        random = new Random(seed);
    }

    private List<String> randomTexts(int count) {
        Set<String> texts = new HashSet<>();
        while (texts.size() < count) {
            StringBuilder text = new StringBuilder();
            random.ints(1 + random.nextInt(6), 'a', 'z' + 1).forEach(text::appendCodePoint);
            texts.add(text.append(texts.size()).toString());
        }
        return new ArrayList<>(texts);
    }

    private static String bare(String text) {
        return text.replaceAll("\\s", "");
    }

    @Test
    void sidesOfASplitHaveNothingInCommonAndLoseNothing() {
        for (int round = 0; round < 20; round++) {
            List<String> texts = randomTexts(200);
            List<String> repeated = new ArrayList<>(texts);
            for (int i = 0; i < 100; i++) {
                String again = texts.get(random.nextInt(texts.size()));
                repeated.add(
                        random.nextBoolean()
                                ? again
                                : again.charAt(0) + " \n" + again.substring(1) + "\n");
            }
            Collections.shuffle(repeated, random);
            CorpusSplit split =
                    TextCorpus.of(repeated)
                            .split(0.05 + 0.9 * random.nextDouble(), random.nextLong());
            List<String> training = Texts.of(split.training());
            List<String> evaluation = Texts.of(split.evaluation());
            assertThat(training.stream().map(SplitAndSampleTest::bare))
                    .doesNotContainAnyElementsOf(
                            evaluation.stream().map(SplitAndSampleTest::bare).toList());
            List<String> both = new ArrayList<>(training);
            both.addAll(evaluation);
            assertThat(both).containsExactlyInAnyOrderElementsOf(repeated);
        }
    }

    @Test
    void aTextKeepsItsSideInEveryOrderAndCompany() {
        List<String> texts = randomTexts(300);
        long seed = random.nextLong();
        List<String> side = Texts.of(TextCorpus.of(texts).split(0.3, seed).evaluation());
        List<String> shuffled = new ArrayList<>(texts);
        Collections.shuffle(shuffled, random);
        assertThat(Texts.of(TextCorpus.of(shuffled).split(0.3, seed).evaluation()))
                .containsExactlyInAnyOrderElementsOf(side);
        List<String> half = texts.subList(0, 150);
        assertThat(Texts.of(TextCorpus.of(half).split(0.3, seed).evaluation()))
                .containsExactlyElementsOf(side.stream().filter(half::contains).toList());
        assertThat(Texts.of(TextCorpus.of(texts).split(0.4, seed).evaluation()))
                .as("a larger share holds the smaller")
                .containsAll(side);
        assertThat(Texts.of(TextCorpus.of(texts).split(0.3, seed + 1).evaluation()))
                .isNotEqualTo(side);
    }

    /** Fails when the hash changes: then no split of an earlier version can be made again. */
    @Test
    void splitsAndSamplesAreThoseOfEveryVersion() {
        List<String> texts =
                java.util.stream.IntStream.range(0, 20).mapToObj(i -> "text " + i).toList();
        TextCorpus corpus = TextCorpus.of(texts);
        assertThat(Texts.of(corpus.split(0.25, 42).evaluation()))
                .containsExactly(
                        "text 4", "text 6", "text 7", "text 10", "text 11", "text 14", "text 15",
                        "text 19");
        assertThat(Texts.of(corpus.sample(4, 42)))
                .containsExactly("text 13", "text 19", "text 17", "text 18");
    }

    @Test
    void theShareIsMetOnAverage() {
        int n = 20_000;
        double share = 0.05 + 0.9 * random.nextDouble();
        TextCorpus corpus = TextCorpus.of(randomTexts(n));
        int size = Texts.of(corpus.split(share, random.nextLong()).evaluation()).size();
        // Six standard deviations: wrong once in five hundred million runs.
        double deviation = Math.sqrt(share * (1 - share) / n);
        assertThat((double) size / n).isCloseTo(share, within(6 * deviation));
    }

    @Test
    void choicesWithOneSeedAreIndependent() {
        long seed = random.nextLong();
        TextCorpus corpus = TextCorpus.of(randomTexts(4000));
        TextCorpus half = corpus.split(0.5, seed).training();
        int ofHalf = Texts.of(half).size();
        assertThat((double) Texts.of(half.split(0.5, seed).training()).size() / ofHalf)
                .as("a split of a split")
                .isCloseTo(0.5, within(0.07));
        List<String> sample = Texts.of(corpus.sample(1000, seed));
        long inHalf = Texts.of(half).stream().filter(new HashSet<>(sample)::contains).count();
        assertThat(inHalf / 1000.0).as("a sample of a split").isCloseTo(0.5, within(0.1));
        List<String> again = Texts.of(TextCorpus.of(sample).sample(1000, seed));
        assertThat(again).isEqualTo(sample);
    }

    @Test
    void aSampleDependsOnTextsAndSeedAlone() {
        List<String> texts = randomTexts(300);
        long seed = random.nextLong();
        List<String> sample = Texts.of(TextCorpus.of(texts).sample(40, seed));
        assertThat(sample).hasSize(40).doesNotHaveDuplicates();
        assertThat(texts).containsAll(sample);
        List<String> repeated = new ArrayList<>(texts);
        repeated.addAll(Lists.reverse(texts));
        Collections.shuffle(repeated, random);
        assertThat(Texts.of(TextCorpus.of(repeated).sample(40, seed))).isEqualTo(sample);
        assertThat(Texts.of(TextCorpus.of(texts).sample(10, seed)))
                .isEqualTo(sample.subList(0, 10));
        assertThat(Texts.of(TextCorpus.of(texts).sample(40, seed + 1))).isNotEqualTo(sample);
        assertThat(Texts.of(TextCorpus.of(repeated).sample(1000, seed)))
                .containsExactlyInAnyOrderElementsOf(texts);
    }

    @Test
    void everyTextIsDrawnAsOftenAsAnother() {
        List<String> texts = randomTexts(10);
        int rounds = 4000;
        int[] drawn = new int[texts.size()];
        int[] leading = new int[texts.size()];
        for (int round = 0; round < rounds; round++) {
            List<String> sample = Texts.of(TextCorpus.of(texts).sample(3, random.nextLong()));
            sample.forEach(text -> drawn[texts.indexOf(text)]++);
            leading[texts.indexOf(sample.get(0))]++;
        }
        for (int i = 0; i < texts.size(); i++) {
            assertThat((double) drawn[i] / rounds).isCloseTo(0.3, within(6 * 0.0073));
            assertThat((double) leading[i] / rounds).isCloseTo(0.1, within(6 * 0.0048));
        }
    }

    @Test
    void stepsApplyInTheirOrder() {
        TextCorpus corpus = TextCorpus.of("a", "bb", "c", "dd", "e");
        TextFilter shorter = TextFilter.fewerCharactersThan(2);
        assertThat(Texts.of(corpus.first(3).filter(shorter))).containsExactly("a", "c");
        assertThat(Texts.of(corpus.filter(shorter).first(3))).containsExactly("a", "c", "e");
        assertThat(Texts.of(corpus.filter(shorter.negate()))).containsExactly("bb", "dd");
        assertThat(Texts.of(corpus)).as("a corpus is immutable").hasSize(5);
        assertThat(corpus.filter(TextFilter.paper()).sample(2, 7).split(0.5, 9).evaluation())
                .hasToString(
                        "TextCorpus[5 texts; fewer than 250 words, fewer than 2000 characters;"
                                + " sample of 2, seed 7; evaluation side of a split of 0.5 for"
                                + " evaluation, seed 9]");
    }

    @Test
    void nonsenseIsRefused() {
        TextCorpus corpus = TextCorpus.of("a");
        for (double share : new double[] {0, 1, -0.1, 1.5, Double.NaN}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> corpus.split(share, 1))
                    .withMessageContaining(String.valueOf(share));
        }
        assertThatIllegalArgumentException().isThrownBy(() -> corpus.sample(0, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> corpus.first(-1));
        assertThatIllegalArgumentException().isThrownBy(() -> corpus.maxDocumentBytes(0));
        assertThatIllegalArgumentException().isThrownBy(() -> corpus.separatedBy(""));
        assertThatIllegalArgumentException().isThrownBy(() -> corpus.jsonl(""));
        assertThatIllegalArgumentException().isThrownBy(() -> TextFilter.fewerWordsThan(0));
    }
}
