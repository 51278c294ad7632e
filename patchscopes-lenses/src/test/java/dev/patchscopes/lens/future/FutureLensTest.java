package dev.patchscopes.lens.future;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableTable;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.Layers;
import dev.patchscopes.PatchscopeException;
import dev.patchscopes.TargetPrompt;
import dev.patchscopes.linear.AffineMap;
import dev.patchscopes.linear.Matrix;
import dev.patchscopes.model.Activations;
import dev.patchscopes.model.Generation;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Intervention;
import dev.patchscopes.model.OutOfRangeException;
import dev.patchscopes.model.TokenProbability;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What holds of future lenses whatever the weights. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FutureLensTest {
    private HookedModel model;
    private TokenizedPrompt prompt;

    @BeforeAll
    void load() {
        model = HookedModel.demoSmall();
        prompt = model.tokenize("The capital of France is Paris. Marie Curie was");
    }

    @AfterAll
    void close() {
        model.close();
    }

    private FutureLens fixed() {
        return FutureLens.fixedPrompt(model, FuturePrompts.first());
    }

    /** Maps with entries of about 1 / sqrt(d), which no lens would have. */
    private LinearFutureLens randomMaps() {
        SplittableRandom random = new SplittableRandom(3);
        ImmutableTable.Builder<Integer, Integer, AffineMap> maps = ImmutableTable.builder();
        for (int layer = 0; layer <= model.layers(); layer++) {
            for (int n = 0; n <= 3; n++) {
                double[] matrix = doubles(random, model.width() * model.width());
                maps.put(
                        layer,
                        n,
                        AffineMap.of(
                                Matrix.of(model.width(), model.width(), matrix),
                                doubles(random, model.width())));
            }
        }
        return LinearFutureLens.of(model, maps.buildOrThrow());
    }

    private static double[] doubles(SplittableRandom random, int count) {
        return random.doubles(count, -0.2, 0.2).toArray();
    }

    private SoftPrompt randomPrompt() {
        double[] values = doubles(new SplittableRandom(4), 10 * model.width());
        return SoftPrompt.of(model, 3, Matrix.of(10, model.width(), values));
    }

    private static void assertSame(List<TokenProbability> read, List<TokenProbability> expected) {
        assertThat(read)
                .extracting(TokenProbability::id)
                .isEqualTo(expected.stream().map(TokenProbability::id).toList());
        for (int i = 0; i < read.size(); i++) {
            assertThat(read.get(i).probability())
                    .isCloseTo(expected.get(i).probability(), within(1e-4));
        }
    }

    @Test
    void theIdentityAtTheLastLayerIsTheModelItself() {
        LinearFutureLens lens =
                LinearFutureLens.of(
                        model,
                        ImmutableTable.of(model.layers(), 0, AffineMap.identity(model.width())));
        FutureReading reading = lens.read(prompt);
        for (int position = 0; position < prompt.length(); position++) {
            TokenizedPrompt before =
                    model.tokenizer().prompt(prompt.ids().subArray(0, position + 1));
            assertSame(
                    reading.at(model.layers(), position).tokens(),
                    model.run(before).execute().topTokens(1));
        }
    }

    @Test
    void aStateOfTheLastLayerMakesAnyPromptSayWhatTheSourceSaysNext() {
        HookPoint last = HookPoint.residual(model.layers());
        Activations acts = model.run(prompt).capture(last, HookPoint.logits()).execute();
        for (FutureLens lens :
                List.of(
                        fixed(),
                        FutureLens.fixedPrompt(model, TargetPrompt.bare()),
                        FutureLens.softPrompt(model, randomPrompt()))) {
            FutureReading reading = lens.read(prompt, Layers.at(model.layers()), Positions.all());
            for (int position = 0; position < prompt.length(); position++) {
                double[] state = acts.get(last).vectorDoubles(0, position);
                List<TokenProbability> next = model.unembed(state).top(1);
                FutureCell cell = reading.at(model.layers(), position);
                if (!cell.tokens().isEmpty()) { // the model may end the text
                    assertSame(cell.tokens().subList(0, 1), next);
                } else {
                    assertThat(model.tokenizer().eos().contains(next.get(0).id())).isTrue();
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 3, 5, 6})
    void aCellOfAFixedPromptIsItsPatchscope(int layer) {
        FutureReading reading = fixed().read(prompt);
        assertThat(reading.layers().length()).isEqualTo(model.layers() + 1);
        for (int position : new int[] {1, 5, prompt.length() - 1}) {
            Generation expected =
                    fixed().asPatchscope(prompt, layer, position).run().patched().generation();
            assertSame(reading.at(layer, position).tokens(), expected.tokens());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 2, 6})
    void aCellOfAMapIsItsPatchscope(int layer) {
        LinearFutureLens lens = randomMaps();
        FutureReading reading = lens.read(prompt);
        for (int ahead = 0; ahead <= 3; ahead++) {
            for (int position : new int[] {0, 4, prompt.length() - 1}) {
                List<TokenProbability> next =
                        lens.asPatchscope(prompt, layer, position, ahead)
                                .run()
                                .patched()
                                .next()
                                .top(1);
                assertSame(reading.at(layer, position).tokens().subList(ahead, ahead + 1), next);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 3, 6})
    void aCellOfALearnedPromptIsThePlainRunWithBothReplacements(int layer) {
        SoftPrompt soft = randomPrompt();
        FutureReading reading = FutureLens.softPrompt(model, soft).read(prompt);
        for (int position : new int[] {2, prompt.length() - 1}) {
            assertSame(
                    reading.at(layer, position).tokens(),
                    soft.generation(model, prompt, layer, position).run().first().tokens());
        }
    }

    @Test
    void vectorsThatAreTheEmbeddingsOfTokensReadAsTheTokens() {
        TokenizedPrompt real = model.tokenize(FuturePrompts.second().text());
        double[] embedded =
                model.run(real)
                        .capture(HookPoint.embed())
                        .execute()
                        .get(HookPoint.embed())
                        .doubles(0);
        SoftPrompt soft =
                SoftPrompt.of(model, 2, Matrix.of(real.length(), model.width(), embedded));
        assertThat(soft.context(model).prompt().ids()).isNotEqualTo(real.ids());
        assertSame(
                model.run(soft.context(model).prompt())
                        .intervene(soft.context(model).interventions())
                        .execute()
                        .topTokens(5),
                model.run(real).execute().topTokens(5));
        FutureLens learned = FutureLens.softPrompt(model, soft);
        FutureLens fixed = FutureLens.fixedPrompt(model, FuturePrompts.second());
        FutureReading expected = fixed.read(prompt);
        FutureReading reading = learned.read(prompt);
        for (int layer = 0; layer <= model.layers(); layer++) {
            for (int position = 0; position < prompt.length(); position++) {
                assertSame(
                        reading.at(layer, position).tokens(),
                        expected.at(layer, position).tokens());
            }
        }
    }

    @Test
    void predictionsAreThoseOfTheContextWithTheTokensInBetween() {
        HookPoint point = HookPoint.residual(3);
        double[] state = model.run(prompt).capture(point).execute().get(point).vectorDoubles(0, 4);
        ImmutableIntArray tokens = prompt.ids().subArray(4, 8);
        FutureStates states = new FutureStates(3, Matrix.ofRows(state), ImmutableList.of(tokens));
        FuturePredictions patched = fixed().predict(List.of(states), 5).get(0);
        FuturePredictions unpatched =
                FutureLens.unpatched(model, FuturePrompts.first())
                        .predict(List.of(states), 5)
                        .get(0);
        TokenizedPrompt context = model.tokenize(FuturePrompts.first().text());
        for (int ahead = 0; ahead <= 3; ahead++) {
            TokenizedPrompt forced =
                    TokenizedPrompt.ofIds(
                            ImmutableIntArray.builder()
                                    .addAll(context.ids())
                                    .addAll(tokens.subArray(1, 1 + ahead))
                                    .build());
            Intervention replace =
                    Intervention.replace(point, Positions.at(context.length() - 1), state);
            assertSame(
                    patched.at(ahead, 0),
                    model.run(forced).intervene(replace).execute().topTokens(5));
            assertSame(unpatched.at(ahead, 0), model.run(forced).execute().topTokens(5));
        }
        assertThatThrownBy(() -> patched.at(4, 0)).isInstanceOf(OutOfRangeException.class);
    }

    @Test
    void aReadingComesBackFromItsJson() {
        FutureReading reading = fixed().read(prompt, Layers.at(2, 4), Positions.last());
        assertThat(FutureReading.fromJson(reading.toJson())).isEqualTo(reading);
        assertThatThrownBy(() -> FutureReading.fromJson("{}"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("future lens reading");
        int tokens = reading.cells().stream().mapToInt(row -> row.get(0).tokens().size()).sum();
        assertThat(reading.toCsv().lines()).hasSize(1 + tokens);
        assertThat(reading.toString().lines()).hasSize(2 + 2);
        assertThatThrownBy(() -> reading.at(3, prompt.length() - 1))
                .isInstanceOf(OutOfRangeException.class)
                .hasMessageContaining("[2, 4]");
    }

    @Test
    void theMeanOfACellIsThatOfItsTokens() {
        FutureCell cell =
                new FutureCell(
                        ImmutableList.of(
                                new TokenProbability(1, " a", 0.5),
                                new TokenProbability(2, " b", 0.25)));
        assertThat(cell.meanProbability()).isEqualTo(0.375);
        assertThat(cell.text()).isEqualTo(" a b");
        assertThat(new FutureCell(ImmutableList.of()).meanProbability()).isZero();
    }

    @Test
    void whatCannotBeReadIsRefused() {
        assertThatThrownBy(() -> FutureLens.fixedPrompt(model, TargetPrompt.of("of x here", "x")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("placeholder last");
        assertThatThrownBy(
                        () ->
                                FutureLens.softPrompt(model, randomPrompt())
                                        .asPatchscope(prompt, 3, 2))
                .isInstanceOf(PatchscopeException.class)
                .hasMessageContaining("SoftPrompt.generation");
        assertThatThrownBy(() -> fixed().asPatchscope(prompt, 3, 2, 4))
                .isInstanceOf(OutOfRangeException.class);
        assertThatThrownBy(() -> fixed().asPatchscope(prompt, 7, 2))
                .isInstanceOf(OutOfRangeException.class);
        AffineMap map = AffineMap.identity(model.width());
        assertThatThrownBy(() -> LinearFutureLens.of(model, ImmutableTable.of(2, 1, map)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(
                        () ->
                                LinearFutureLens.of(
                                        model, ImmutableTable.of(2, 0, AffineMap.identity(3))))
                .hasMessageContaining("d_model");
        LinearFutureLens one = LinearFutureLens.of(model, ImmutableTable.of(2, 0, map));
        assertThatThrownBy(() -> one.read(prompt, Layers.at(3), Positions.all()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("layer 3 has no map");
    }
}
