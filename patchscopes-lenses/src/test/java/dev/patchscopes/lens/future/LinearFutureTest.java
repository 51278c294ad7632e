package dev.patchscopes.lens.future;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableTable;
import com.google.common.primitives.ImmutableDoubleArray;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.Layers;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.corpus.CorpusSplit;
import dev.patchscopes.corpus.CorpusStream;
import dev.patchscopes.corpus.TextCorpus;
import dev.patchscopes.corpus.TextDocument;
import dev.patchscopes.internal.Steps;
import dev.patchscopes.internal.TokensDigest;
import dev.patchscopes.lens.CountedParts;
import dev.patchscopes.lens.NativeMemory;
import dev.patchscopes.lens.StopAfter;
import dev.patchscopes.linear.AffineMap;
import dev.patchscopes.linear.Matrix;
import dev.patchscopes.linear.Moments;
import dev.patchscopes.model.Activations;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.OutOfRangeException;
import dev.patchscopes.model.Progress;
import dev.patchscopes.text.TokenBatch;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Fits of affine maps to later states. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LinearFutureTest {
    private HookedModel model;

    @BeforeAll
    void load() {
        model = HookedModel.demoSmall();
    }

    @AfterAll
    void close() {
        model.close();
    }

    /** Texts of random tokens, of several lengths. */
    private List<TokenizedPrompt> prompts(int count, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<TokenizedPrompt> prompts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int length = random.nextInt(6, 30);
            prompts.add(
                    TokenizedPrompt.ofIds(
                            ImmutableIntArray.copyOf(random.ints(length, 300, 3000))));
        }
        return prompts;
    }

    /** The pairs of a layer and N, gathered one by one. */
    private double[][][] pairs(List<TokenizedPrompt> prompts, int layer, int n, int ahead) {
        List<double[]> sources = new ArrayList<>();
        List<double[]> targets = new ArrayList<>();
        HookPoint from = HookPoint.residual(layer);
        HookPoint to = HookPoint.residual(model.layers());
        for (TokenizedPrompt prompt : prompts) {
            Activations acts = model.run(prompt).capture(from, to).execute();
            for (int t = 1; t + ahead < prompt.length(); t++) {
                sources.add(acts.get(from).vectorDoubles(0, t));
                targets.add(acts.get(to).vectorDoubles(0, t + n));
            }
        }
        return new double[][][] {
            sources.toArray(double[][]::new), targets.toArray(double[][]::new)
        };
    }

    @Test
    void mapsAreTheRidgeFitsOfPairsGatheredOneByOne() {
        List<TokenizedPrompt> prompts = prompts(12, 1);
        try (FutureMoments moments =
                new FutureMoments(model, ImmutableIntArray.of(2, model.layers()), 3)) {
            moments.add(TokenBatch.of(prompts.subList(0, 5)));
            moments.add(TokenBatch.of(prompts.subList(5, 12)));
            ImmutableTable<Integer, Integer, ImmutableList<AffineMap>> maps =
                    moments.candidates(
                            ImmutableDoubleArray.of(1e-2), new Steps(Progress.none(), "a test", 1));
            for (int n : new int[] {0, 1, 3}) {
                double[][][] pairs = pairs(prompts, 2, n, 3);
                assertThat(moments.rows()).isEqualTo(pairs[0].length);
                try (Moments expected = Moments.of(model.width(), model.width())) {
                    expected.add(pairs[0], pairs[1]);
                    double penalty = expected.relativePenalty(1e-2);
                    AffineMap map =
                            n == 0 ? expected.residualRidge(penalty) : expected.ridge(penalty);
                    assertClose(maps.get(2, n).get(0), map);
                }
            }
            assertClose(maps.get(model.layers(), 0).get(0), AffineMap.identity(model.width()));
        }
    }

    private static void assertClose(AffineMap map, AffineMap expected) {
        assertThat(map.matrix().minus(expected.matrix()).norm())
                .isLessThan(1e-3 * (1 + expected.matrix().norm()));
        double[] bias = map.bias();
        for (int i = 0; i < bias.length; i++) {
            assertThat(bias[i]).isCloseTo(expected.bias()[i], within(1e-3));
        }
    }

    @Test
    void thePenaltyIsTheOneThatReadsNearestOnOtherTexts() {
        TokenBatch texts = TokenBatch.of(prompts(6, 2));
        int last = model.layers();
        AffineMap identity = AffineMap.identity(model.width());
        AffineMap zero = AffineMap.linear(Matrix.identity(model.width()).scaled(0));
        AffineMap flipped = AffineMap.linear(Matrix.identity(model.width()).scaled(-1));
        PenaltyChoice<AffineMap> choice =
                PenaltyChoice.ofStates(
                        model,
                        ImmutableIntArray.of(last),
                        0,
                        ImmutableTable.of(last, 0, ImmutableList.of(flipped, identity, zero)));
        assertThatThrownBy(choice::best)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("kept aside");
        choice.add(texts);
        assertThat(choice.best().get(last, 0)).isEqualTo(identity);
    }

    @Test
    void divergencesOfSlicesAddUpToThoseOfAllRows() {
        TokenBatch texts = TokenBatch.of(prompts(6, 4));
        AffineMap half = AffineMap.linear(Matrix.identity(model.width()).scaled(0.5));
        ImmutableList<AffineMap> maps = ImmutableList.of(AffineMap.identity(model.width()), half);
        ImmutableTable.Builder<Integer, Integer, ImmutableList<AffineMap>> candidates =
                ImmutableTable.builder();
        for (int layer : new int[] {1, 3}) {
            candidates.put(layer, 0, maps).put(layer, 1, maps);
        }
        PenaltyChoice<AffineMap> whole =
                PenaltyChoice.ofStates(
                        model, ImmutableIntArray.of(1, 3), 1, candidates.buildOrThrow());
        PenaltyChoice<AffineMap> sliced = whole.inSlicesOf(7);
        whole.add(texts);
        sliced.add(texts);
        for (int layer : new int[] {1, 3}) {
            for (int n = 0; n <= 1; n++) {
                for (int i = 0; i < maps.size(); i++) {
                    double sum = whole.sums(layer, n)[i];
                    assertThat(sum).isGreaterThan(1);
                    assertThat(sliced.sums(layer, n)[i]).isCloseTo(sum, within(1e-4 * sum));
                }
            }
        }
    }

    @Test
    void aLargeBatchIsThinnedEvenly() {
        List<TokenizedPrompt> prompts = prompts(8, 5);
        ImmutableIntArray layers = ImmutableIntArray.of(1);
        try (StatePairs all = new StatePairs(model, TokenBatch.of(prompts), layers, 1);
                StatePairs some = new StatePairs(model, TokenBatch.of(prompts), layers, 1, 5);
                NDArray every = all.source(1);
                NDArray few = some.source(1)) {
            assertThat(some.count()).isEqualTo(5);
            Matrix from = LastStates.matrix(every);
            Matrix thinned = LastStates.matrix(few);
            for (int i = 0; i < 5; i++) {
                assertThat(thinned.row(i)).isEqualTo(from.row(i * all.count() / 5));
            }
        }
    }

    @Test
    void theRelationThatIsKnownIsRecovered() {
        // h_L at t + N is no function of h_l; that of layer L at N = 0 is: the identity
        LinearFutureLens lens =
                FutureLens.linear(model)
                        .on(texts(60))
                        .layers(Layers.at(1, model.layers()))
                        .ahead(1)
                        .penalties(1e-8)
                        .fit();
        assertClose(lens.map(model.layers(), 0), AffineMap.identity(model.width()));
        assertThat(lens.layers()).isEqualTo(ImmutableIntArray.of(1, model.layers()));
        assertThat(lens.ahead()).isEqualTo(1);
        assertThatThrownBy(() -> lens.map(2, 0)).isInstanceOf(OutOfRangeException.class);
        assertThatThrownBy(() -> lens.map(1, 2)).isInstanceOf(OutOfRangeException.class);
    }

    private TextCorpus texts(int count) {
        return TextCorpus.of(
                prompts(count, 3).stream().map(p -> model.tokenizer().decode(p.ids())).toList());
    }

    @Test
    void aFitIsRepeatedByItsSeed() {
        LinearFutureTraining training =
                FutureLens.linear(model).on(texts(20)).layers(Layers.at(3)).validation(0.3);
        AffineMap map = training.fit().map(3, 2);
        assertThat(training.fit().map(3, 2)).isEqualTo(map);
        assertThat(training.seed(9).fit().map(3, 2)).isNotEqualTo(map);
    }

    @Test
    void textsAreCountedAndTheTrainingCanBeStopped() {
        LinearFutureTraining training =
                FutureLens.linear(model)
                        .on(texts(20))
                        .layers(Layers.at(3))
                        .ahead(0)
                        .validation(0.3)
                        .seed(2);
        CorpusSplit split = texts(20).split(0.3, 2);
        long fitted = count(split.training());
        long keptAside = count(split.evaluation());
        assertThat(fitted + keptAside).isEqualTo(20);
        CountedParts once = new CountedParts();
        training.penalties(1e-3).progress(once).fit();
        once.assertAll(fitted); // nothing is to be chosen
        CountedParts tuned = new CountedParts();
        training.fineTune(1).progress(tuned).fit();
        tuned.assertAll(fitted + keptAside + fitted + 2 * keptAside);
        for (long parts : new long[] {0, fitted + 1}) {
            assertThatThrownBy(() -> training.fineTune(1).progress(new StopAfter(parts)).fit())
                    .isInstanceOf(CancellationException.class)
                    .hasMessageContaining("linear future lens was stopped");
        }
    }

    @Test
    void aLensTellsHowItWasFitted() {
        LinearFutureTraining training =
                FutureLens.linear(model)
                        .on(texts(20))
                        .layers(Layers.at(2, 3))
                        .ahead(1)
                        .validation(0.3)
                        .seed(2);
        LinearFutureLens lens = training.penalties(1e-4, 1e-2).fit();
        FutureOrigin origin = lens.origin().orElseThrow();
        assertThat(origin.library()).isEqualTo(LibraryVersion.current());
        assertThat(origin.validation()).isEqualTo(0.3);
        assertThat(origin.seed()).isEqualTo(2);
        assertThat(origin.epochs()).isZero();
        TokensDigest digest = new TokensDigest();
        texts(20).split(0.3, 2).training().documents().stream()
                .forEach(text -> digest.add(model.tokenize(text.text()).ids()));
        assertThat(origin.textsHash()).isEqualTo(digest.finish());
        assertThat(origin.penalties().size()).isEqualTo(4);
        for (int layer : new int[] {2, 3}) { // a fit with the penalty chosen is the same map
            for (int n = 0; n <= 1; n++) {
                double penalty = origin.penalties().row(layer).get(n);
                assertThat(training.penalties(penalty).fit().map(layer, n))
                        .isEqualTo(lens.map(layer, n));
            }
        }
        assertThat(lens.named("other").origin()).contains(origin);
        assertThat(lens.toString()).contains(origin.toString());
        assertThat(training.fineTune(1).fit().origin().orElseThrow().epochs()).isEqualTo(1);
        assertThat(
                        LinearFutureLens.of(
                                        model,
                                        ImmutableTable.of(2, 0, AffineMap.identity(model.width())))
                                .origin())
                .isEmpty();
    }

    @Test
    void nothingNativeIsLeftBehind() {
        LinearFutureTraining training =
                FutureLens.linear(model)
                        .on(texts(20))
                        .layers(Layers.at(3))
                        .ahead(0)
                        .validation(0.3)
                        .fineTune(1);
        training.fit(); // loads what is loaded once
        int before = NativeMemory.arrays();
        training.fit();
        assertThat(NativeMemory.arrays()).isEqualTo(before);
        for (long parts : new long[] {0, 1, 19, 25, 30, 40}) { // of 46
            assertThatThrownBy(() -> training.progress(new StopAfter(parts)).fit())
                    .isInstanceOf(CancellationException.class);
            assertThat(NativeMemory.arrays()).as("after %s parts", parts).isEqualTo(before);
        }
    }

    private long count(TextCorpus corpus) {
        return Texts.of(model, corpus, 0).countedFor(new CountedParts()).count();
    }

    @Test
    void noMoreTextsKeptAsideAreReadThanTellPenaltiesApart() {
        AtomicInteger read = new AtomicInteger();
        TextCorpus many =
                TextCorpus.of(
                                IntStream.range(0, 40)
                                        .mapToObj(i -> (i + " is a number and ").repeat(26))
                                        .toList())
                        .filter(text -> read.incrementAndGet() > 0);
        try (CorpusStream<TextDocument> keptAside = many.split(0.5, 0).evaluation().documents()) {
            for (int i = 0; i < 16; i++) { // a batch of them has the 2,000 rows
                assertThat(model.tokenize(keptAside.next().text()).length()).isGreaterThan(125);
            }
        }
        int enough = read.getAndSet(0);
        assertThat(enough).isLessThan(40);
        LinearFutureTraining training =
                FutureLens.linear(model)
                        .on(many)
                        .layers(Layers.at(3))
                        .ahead(0)
                        .validation(0.5)
                        .penalties(1e-3);
        training.fit();
        assertThat(read.getAndSet(0)).isEqualTo(40); // nothing is counted, nothing chosen
        training.penalties(1e-3, 1e-2).fineTune(1).fit();
        // to fit and to step on, and to choose a penalty and before and after the steps
        assertThat(read.get()).isEqualTo(2 * 40 + 3 * enough);
    }

    @Test
    void fineTuningWithNothingKeptAsideIsRefused() {
        LinearFutureTraining few =
                FutureLens.linear(model).on(texts(1)).layers(Layers.at(3)).penalties(1e-3);
        assertThat(few.fit().layers()).isEqualTo(ImmutableIntArray.of(3));
        assertThatThrownBy(() -> few.fineTune(1).fit())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("kept aside")
                .hasMessageContaining("leave out fineTune");
    }

    @Test
    void tooLittleTextIsRefused() {
        assertThatThrownBy(() -> FutureLens.linear(model).fit())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no pairs");
        assertThatThrownBy(() -> FutureLens.linear(model).ahead(-1))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> FutureLens.linear(model).validation(1))
                .isInstanceOf(IllegalArgumentException.class);
        for (double penalty : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
            assertThatThrownBy(() -> FutureLens.linear(model).penalties(1e-3, penalty))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("a penalty of " + penalty);
        }
    }
}
