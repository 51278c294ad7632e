package dev.patchscopes.lens.future;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableTable;
import com.google.common.primitives.ImmutableDoubleArray;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.Layers;
import dev.patchscopes.PatchscopeException;
import dev.patchscopes.corpus.TextCorpus;
import dev.patchscopes.internal.Steps;
import dev.patchscopes.lens.CountedParts;
import dev.patchscopes.lens.StopAfter;
import dev.patchscopes.linear.LowRank;
import dev.patchscopes.linear.Matrix;
import dev.patchscopes.model.Activations;
import dev.patchscopes.model.ComputeType;
import dev.patchscopes.model.DemoModel;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.OutOfRangeException;
import dev.patchscopes.model.Progress;
import dev.patchscopes.model.TokenDistribution;
import dev.patchscopes.text.TokenBatch;
import dev.patchscopes.text.TokenizedPrompt;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * Fits of affine maps of low rank to later logits, against regressions on the logits themselves.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class VocabularyFutureTest {
    private static final long SEED = Long.getLong("seed", 5);
    private static final int LAYER = 2;
    private static final int AHEAD = 1;

    private HookedModel model;
    private List<TokenizedPrompt> prompts;

    @BeforeAll
    void load(@TempDir Path directory) {
        model =
                HookedModel.loader(DemoModel.SMALL.copyTo(directory.resolve("demo")))
                        .computeType(ComputeType.FLOAT64)
                        .load();
        prompts = prompts(12, SEED);
    }

    @AfterAll
    void close() {
        model.close();
    }

    /** Texts of random tokens, of several lengths. */
    private static List<TokenizedPrompt> prompts(int count, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<TokenizedPrompt> prompts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int length = random.nextInt(15, 30);
            prompts.add(
                    TokenizedPrompt.ofIds(
                            ImmutableIntArray.copyOf(random.ints(length, 300, 3000))));
        }
        return prompts;
    }

    /** States h_l at t [row, d_model] and the model's logits at t + N [row, d_vocab]. */
    private record Pairs(Matrix states, Matrix logits) {

        static Pairs of(HookedModel model, List<TokenizedPrompt> prompts, int layer, int n) {
            List<double[]> states = new ArrayList<>();
            List<double[]> logits = new ArrayList<>();
            HookPoint from = HookPoint.residual(layer);
            HookPoint to = HookPoint.residual(model.layers());
            for (TokenizedPrompt prompt : prompts) {
                Activations acts = model.run(prompt).capture(from, to).execute();
                for (int t = 1; t + AHEAD < prompt.length(); t++) {
                    states.add(acts.get(from).vectorDoubles(0, t));
                    logits.add(
                            centred(model.unembed(acts.get(to).vectorDoubles(0, t + n)).logits()));
                }
            }
            return new Pairs(
                    Matrix.ofRows(states.toArray(double[][]::new)),
                    Matrix.ofRows(logits.toArray(double[][]::new)));
        }

        /** What least squares of a rank makes of the states: of all maps' logits, the nearest. */
        Matrix fitted(int rank) {
            Matrix x = withoutMean(states);
            Matrix y = withoutMean(logits);
            Matrix slope = x.transposedTimes(x).solvePositiveDefinite(x.transposedTimes(y));
            Matrix full = x.times(slope); // [row, d_vocab]
            Matrix near = rank == x.columns() ? full : full.svd().truncated(rank).toMatrix();
            return near.plus(logits.minus(y));
        }
    }

    private static double[] centred(double[] x) {
        double mean = 0;
        for (double value : x) {
            mean += value / x.length;
        }
        double[] out = x.clone();
        for (int i = 0; i < out.length; i++) {
            out[i] -= mean;
        }
        return out;
    }

    private static Matrix centredRows(Matrix x) {
        double[][] rows = x.toArray();
        for (int i = 0; i < rows.length; i++) {
            rows[i] = centred(rows[i]);
        }
        return Matrix.ofRows(rows);
    }

    private static Matrix withoutMean(Matrix x) {
        return centredRows(x.transposed()).transposed();
    }

    /** W_U [d_vocab, d_embed]. */
    private Matrix unembedding() {
        try (NDManager scope = NDManager.newBaseManager(model.device(), "PyTorch");
                NDArray copy = model.readout().unembedding(scope)) {
            return LastStates.matrix(copy);
        }
    }

    private ImmutableTable<Integer, Integer, ImmutableList<VocabularyMap>> fit(
            int rank, double... penalties) {
        try (VocabularyMoments moments =
                new VocabularyMoments(model, ImmutableIntArray.of(LAYER, model.layers()), AHEAD)) {
            moments.add(TokenBatch.of(prompts.subList(0, 5)));
            moments.add(TokenBatch.of(prompts.subList(5, prompts.size())));
            return moments.candidates(
                    rank,
                    ImmutableDoubleArray.copyOf(penalties),
                    new Steps(Progress.none(), "a test", 1));
        }
    }

    private void assertFit(int rank, int layer, int n) {
        VocabularyMap map = fit(rank, 0).get(layer, n).get(0);
        Pairs pairs = Pairs.of(model, prompts, layer, n);
        assertThat(pairs.states().rows()).isGreaterThan(2 * model.width());
        Matrix expected = pairs.fitted(rank);
        Matrix logits =
                centredRows(map.applyToRows(pairs.states()).times(unembedding().transposed()));
        double difference = logits.minus(expected).norm() / withoutMean(expected).norm();
        assertThat(difference).as("seed %s", SEED).isLessThan(1e-9);
        assertThat(map.rank()).isEqualTo(rank);
    }

    @Test
    void ofFullRankItIsLeastSquaresOnTheLogits() {
        assertFit(model.width(), model.layers(), 0);
        assertFit(model.width(), LAYER, 1);
    }

    @Test
    void ofALowRankItIsTheNearestOfThatRank() {
        assertFit(1, LAYER, 0);
        assertFit(7, LAYER, 1);
        assertFit(7, model.layers(), 0);
    }

    @Test
    void whatItReadsAreTheDistributionsOfItsLogits() {
        VocabularyMap map = fit(7, 0).get(LAYER, 0).get(0);
        VocabularyFutureLens lens =
                VocabularyFutureLens.of(model, ImmutableTable.of(LAYER, 0, map));
        Pairs pairs = Pairs.of(model, prompts, LAYER, 0);
        Matrix expected = pairs.fitted(7);
        ImmutableIntArray none = ImmutableIntArray.of(0);
        FuturePredictions read =
                lens.predict(
                                List.of(
                                        new FutureStates(
                                                LAYER,
                                                pairs.states(),
                                                ImmutableList.copyOf(
                                                        Collections.nCopies(
                                                                expected.rows(), none)))),
                                3)
                        .get(0);
        for (int row = 0; row < expected.rows(); row++) {
            TokenDistribution own = TokenDistribution.ofLogits(expected.row(row), Optional.empty());
            for (int i = 0; i < 3; i++) {
                assertThat(read.at(0, row).get(i).id()).isEqualTo(own.top(3).get(i).id());
                assertThat(read.at(0, row).get(i).probability())
                        .isCloseTo(own.top(3).get(i).probability(), within(1e-9));
            }
        }
    }

    @Test
    void thePenaltyIsTheOneThatReadsNearestOnOtherTexts() {
        int last = model.layers();
        VocabularyMap fitted = fit(model.width(), 1e-4).get(last, 0).get(0);
        VocabularyMap flipped =
                new VocabularyMap(
                        new LowRank(fitted.matrix().left().scaled(-1), fitted.matrix().right()),
                        fitted.bias());
        VocabularyMap constant =
                new VocabularyMap(
                        new LowRank(fitted.matrix().left().scaled(0), fitted.matrix().right()),
                        fitted.bias());
        ImmutableList<VocabularyMap> maps = ImmutableList.of(flipped, fitted, constant);
        PenaltyChoice<VocabularyMap> choice =
                PenaltyChoice.ofNormalized(
                        model,
                        ImmutableIntArray.of(last),
                        AHEAD,
                        ImmutableTable.<Integer, Integer, ImmutableList<VocabularyMap>>builder()
                                .put(last, 0, maps)
                                .put(last, 1, maps)
                                .buildOrThrow());
        List<TokenizedPrompt> others = prompts(6, SEED + 1);
        choice.add(TokenBatch.of(others));
        assertThat(choice.best().get(last, 0)).isSameAs(fitted);
        Pairs pairs = Pairs.of(model, others, last, 0);
        double[] sums = choice.sums(last, 0);
        for (int i = 0; i < sums.length; i++) {
            Matrix read = maps.get(i).applyToRows(pairs.states());
            double expected = divergence(pairs.logits(), read.times(unembedding().transposed()));
            assertThat(sums[i]).as("seed %s", SEED).isCloseTo(expected, within(1e-8 * expected));
        }
    }

    /** Sum over the rows of KL(softmax(p) || softmax(q)). */
    private static double divergence(Matrix p, Matrix q) {
        double sum = 0;
        for (int row = 0; row < p.rows(); row++) {
            TokenDistribution own = TokenDistribution.ofLogits(p.row(row), Optional.empty());
            TokenDistribution other = TokenDistribution.ofLogits(q.row(row), Optional.empty());
            for (int id = 0; id < own.size(); id++) {
                sum += own.probability(id) * (own.logProbability(id) - other.logProbability(id));
            }
        }
        return sum;
    }

    private TextCorpus texts(int count) {
        return TextCorpus.of(
                prompts(count, 3).stream().map(p -> model.tokenizer().decode(p.ids())).toList());
    }

    @Test
    void theLensReadsLikeTheOthersAndIsNoPatchscope() {
        VocabularyFutureLens lens =
                FutureLens.linearToVocabulary(model)
                        .rank(8)
                        .on(texts(20))
                        .layers(Layers.at(1, 4))
                        .ahead(2)
                        .validation(0.3)
                        .fit();
        assertThat(lens.layers()).isEqualTo(ImmutableIntArray.of(1, 4));
        assertThat(lens.ahead()).isEqualTo(2);
        assertThat(lens.rank()).isEqualTo(8);
        VocabularyMap map = lens.map(4, 2);
        assertThat(map.matrix().left().rows()).isEqualTo(model.width());
        assertThat(map.matrix().left().columns()).isEqualTo(8);
        FutureReading reading = lens.read("The capital of France is");
        assertThat(reading.toString()).contains("linear to vocabulary");
        TokenizedPrompt prompt = model.tokenize("The capital of France is");
        assertThatThrownBy(() -> lens.asPatchscope(prompt, 4, 1, 0))
                .isInstanceOf(PatchscopeException.class)
                .hasMessageContaining("map(4, 0)");
        assertThatThrownBy(() -> lens.map(2, 0)).isInstanceOf(OutOfRangeException.class);
        assertThatThrownBy(() -> lens.map(1, 3)).isInstanceOf(OutOfRangeException.class);
    }

    @Test
    void aFitIsRepeatedByItsSeed() {
        VocabularyFutureTraining training =
                FutureLens.linearToVocabulary(model)
                        .rank(3)
                        .on(texts(20))
                        .layers(Layers.at(3))
                        .penalties(1e-3)
                        .validation(0.3);
        VocabularyMap map = training.fit().map(3, 2);
        assertThat(training.fit().map(3, 2)).isEqualTo(map);
        assertThat(training.seed(9).fit().map(3, 2)).isNotEqualTo(map);
    }

    @Test
    void textsAreCountedAndTheTrainingCanBeStopped() {
        VocabularyFutureTraining training =
                FutureLens.linearToVocabulary(model)
                        .rank(3)
                        .on(texts(20))
                        .layers(Layers.at(3))
                        .ahead(0)
                        .validation(0.3);
        CountedParts parts = new CountedParts();
        training.progress(parts).fit();
        parts.assertAll(20);
        CountedParts fitted = new CountedParts();
        training.penalties(1e-3).progress(fitted).fit();
        fitted.assertAll(
                Texts.of(model, texts(20).split(0.3, 0).training(), 0)
                        .countedFor(new CountedParts())
                        .count());
        for (long before : new long[] {0, 19}) {
            assertThatThrownBy(() -> training.progress(new StopAfter(before)).fit())
                    .isInstanceOf(CancellationException.class)
                    .hasMessageContaining("to the vocabulary was stopped");
        }
    }

    @Test
    void whatCannotBeFittedIsRefused() {
        VocabularyFutureTraining training = FutureLens.linearToVocabulary(model);
        assertThatThrownBy(() -> training.rank(0)).hasMessageContaining("1..64");
        assertThatThrownBy(() -> training.rank(65)).hasMessageContaining("1..64");
        assertThatThrownBy(training::fit).hasMessageContaining("no pairs");
        assertThatThrownBy(() -> training.ahead(-1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> training.penalties()).isInstanceOf(IllegalArgumentException.class);
        for (double penalty : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
            assertThatThrownBy(() -> training.penalties(1e-3, penalty))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("a penalty of " + penalty);
        }
        assertThatThrownBy(() -> training.validation(0))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
