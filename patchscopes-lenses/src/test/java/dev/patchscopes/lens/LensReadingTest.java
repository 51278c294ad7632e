package dev.patchscopes.lens;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.base.Splitter;
import dev.patchscopes.Layers;
import dev.patchscopes.TargetPrompt;
import dev.patchscopes.internal.Csv;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Intervention;
import dev.patchscopes.model.OutOfRangeException;
import dev.patchscopes.model.Site;
import dev.patchscopes.model.StateReading;
import dev.patchscopes.model.TokenDistribution;
import dev.patchscopes.model.TokenScore;
import dev.patchscopes.text.PositionException;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Readings are the Patchscopes they stand for, cell by cell. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LensReadingTest {
    private static final String TEXT = "The capital of France is Paris";
    private HookedModel model;
    private TokenizedPrompt prompt;

    @BeforeAll
    void load() {
        model = LensCells.exactModel();
        prompt = model.tokenize(TEXT);
    }

    @AfterAll
    void close() {
        model.close();
    }

    private void assertEveryCellIsItsPatchscope(Lens lens) {
        LensReading reading = lens.read(prompt);
        assertThat(reading.points()).hasSize(model.layers() + 1);
        for (int layer = 0; layer <= model.layers(); layer++) {
            for (int position = 0; position < prompt.length(); position++) {
                LensCells.assertSame(
                        reading.at(layer, position), lens.asPatchscope(prompt, layer, position));
            }
        }
    }

    @Test
    void theLogitLensIsAPatchscopeIntoTheLastLayer() {
        assertEveryCellIsItsPatchscope(LogitLens.of(model));
    }

    @Test
    void tokenIdentityIsAPatchscopeAtTheSameLayer() {
        assertEveryCellIsItsPatchscope(TokenIdentityLens.of(model));
        assertEveryCellIsItsPatchscope(TokenIdentityLens.of(model).prompt(TargetPrompt.bare()));
    }

    @Test
    void controlsAreThePatchscopesTheySay() {
        assertEveryCellIsItsPatchscope(TokenIdentityLens.of(model).unpatched());
        assertEveryCellIsItsPatchscope(new RandomVectorControl(LogitLens.of(model), 7));
        assertEveryCellIsItsPatchscope(new RandomVectorControl(TokenIdentityLens.of(model), 7));
    }

    @Test
    void aRandomVectorHasTheStatesNormAndIsNotTheState() {
        Lens control = new RandomVectorControl(LogitLens.of(model), 7);
        LensReading random = control.read(prompt);
        LensReading lens = LogitLens.of(model).read(prompt);
        double norm = 0;
        for (double value :
                model.run(prompt)
                        .capture(HookPoint.residual(3))
                        .execute()
                        .vectorDoubles(HookPoint.residual(3), Positions.at(2))) {
            norm += value * value;
        }
        double patch = control.asPatchscope(prompt, 3, 2).run().toRecord().patchNorm();
        assertThat(patch).isCloseTo(Math.sqrt(norm), within(1e-9));
        assertThat(random.at(3, 2).entropy()).isNotCloseTo(lens.at(3, 2).entropy(), within(1e-3));
    }

    @Test
    void randomVectorsOfTextsAndPositionsDiffer() {
        Lens control = new RandomVectorControl(LogitLens.of(model), 7);
        LensReading one = control.read(prompt);
        LensReading other = control.read("The capital of Italy is Rome");
        assertThat(one.at(3, 5).entropy()).isNotCloseTo(other.at(3, 5).entropy(), within(1e-6));
        assertThat(one.at(3, 5).entropy()).isNotCloseTo(one.at(3, 4).entropy(), within(1e-6));
        // what follows does not count, as it does not for the state
        LensReading longer = control.read("The capital of France is Paris. It");
        assertThat(one.at(3, 5).entropy()).isCloseTo(longer.at(3, 5).entropy(), within(1e-9));
    }

    @Test
    void theUnpatchedControlSaysTheSameOfEveryState() {
        LensReading reading = TokenIdentityLens.of(model).unpatched().read(prompt);
        TokenDistribution own = model.run(TargetPrompt.tokenIdentity().text()).execute().next();
        for (int layer = 0; layer <= model.layers(); layer++) {
            assertThat(reading.at(layer, 1).prediction().id()).isEqualTo(own.argMax());
            assertThat(reading.at(layer, 4).entropy()).isCloseTo(own.entropy(), within(1e-9));
        }
    }

    @Test
    void theLastLayerIsTheModelsOwnOutput() {
        for (Lens lens : List.of(LogitLens.of(model), TokenIdentityLens.of(model))) {
            LensReading reading = lens.read(prompt);
            for (int position = 0; position < prompt.length(); position++) {
                StateReading cell = reading.at(model.layers(), position);
                assertThat(cell.divergence()).as(lens.name()).isCloseTo(0, within(1e-9));
                assertThat(cell.finalPrediction().rank()).isZero();
                assertThat(cell.surprisalUnderFinal())
                        .isCloseTo(-Math.log(cell.prediction().probability()), within(1e-9));
            }
        }
    }

    @Test
    void theExtendedLensIsItsPatchscopeWhereOthersDoNotMatter() {
        LogitLens lens = LogitLens.of(model).throughLastBlocks(2);
        LensReading reading = lens.read(prompt);
        LensReading plain = LogitLens.of(model).read(prompt);
        int from = model.layers() - 2;
        for (int layer = 0; layer <= model.layers(); layer++) {
            LensCells.assertSame(reading.at(layer, 0), lens.asPatchscope(prompt, layer, 0));
        }
        for (int position = 0; position < prompt.length(); position++) {
            LensCells.assertSame(
                    reading.at(from, position), lens.asPatchscope(prompt, from, position));
            assertThat(reading.at(from, position).divergence()).isCloseTo(0, within(1e-9));
            assertThat(reading.at(from + 1, position).entropy())
                    .isCloseTo(plain.at(from + 1, position).entropy(), within(1e-12));
        }
        // the blocks are there: an early layer is read otherwise than without them
        assertThat(reading.at(1, 3).entropy()).isNotCloseTo(plain.at(1, 3).entropy(), within(1e-3));
        // and at a later position the other positions' states count
        assertThat(lens.asPatchscope(prompt, 1, 3).run().next().entropy())
                .isNotCloseTo(reading.at(1, 3).entropy(), within(1e-6));
    }

    @Test
    void statesBetweenAttentionAndMlpAreReadToo() {
        HookPoint mid = HookPoint.of(Site.RESID_MID, 2);
        LensReading reading =
                LogitLens.of(model)
                        .reader()
                        .points(List.of(HookPoint.residual(2), mid, HookPoint.residual(3)))
                        .read(prompt);
        double[] h = model.run(prompt).capture(mid).execute().vectorDoubles(mid, Positions.at(3));
        assertThat(reading.at(mid, 3).entropy())
                .isCloseTo(model.unembed(h).entropy(), within(1e-9));
        assertThat(reading.toString()).contains("\n2 mid ");
        assertThatThrownBy(
                        () ->
                                TokenIdentityLens.of(model)
                                        .reader()
                                        .points(List.of(mid))
                                        .read(prompt))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("writes whole layers");
        assertThatThrownBy(() -> LogitLens.of(model).reader().points(List.of(HookPoint.pattern(0))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no point of the residual stream");
    }

    @Test
    void aReaderReadsWhatItIsToldTo() {
        int paris = model.tokenizer().id("ĠParis").orElseGet(() -> prompt.ids().get(5));
        LensReading reading =
                LogitLens.of(model)
                        .reader()
                        .layers(Layers.at(1, 4))
                        .positions(Positions.at(-1))
                        .top(3)
                        .tokens(paris, 9)
                        .read(TEXT);
        assertThat(reading.points()).containsExactly(HookPoint.residual(1), HookPoint.residual(4));
        assertThat(reading.positions().asList()).containsExactly(prompt.length() - 1);
        StateReading cell = reading.at(4, prompt.length() - 1);
        assertThat(cell.top()).hasSize(3);
        assertThat(cell.tokens()).extracting(t -> t.id()).containsExactly(paris, 9);
        assertThat(cell.next()).isEmpty();
        assertThatThrownBy(() -> reading.at(2, 1))
                .isInstanceOf(OutOfRangeException.class)
                .hasMessageContaining("was not read");
        assertThat(LogitLens.of(model).read(prompt).at(2, 1).next().orElseThrow().id())
                .isEqualTo(prompt.ids().get(2));
    }

    @Test
    void aChangedRunCanBeRead() {
        HookPoint point = HookPoint.residual(2);
        double[] zero = new double[model.width()];
        zero[3] = 5;
        LensReading reading =
                LogitLens.of(model)
                        .reader()
                        .intervene(Intervention.replace(point, Positions.at(3), zero))
                        .read(prompt);
        assertThat(reading.at(2, 3).entropy())
                .isCloseTo(model.unembed(zero).entropy(), within(1e-9));
    }

    @Test
    void readingsGoThroughJson() {
        LensReading reading =
                LogitLens.of(model).reader().tokens(4).top(2).read("Über \"Paris\"\n\tis");
        assertThat(LensReading.fromJson(reading.toJson())).isEqualTo(reading);
        assertThatThrownBy(() -> LensReading.fromJson("{\"lens\":3}"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("not the JSON of a lens reading");
        List<String> lines = reading.toCsv().lines().toList();
        assertThat(lines.get(0)).startsWith("lens,point,layer,position,token,top_token");
        assertThat(reading.toCsv()).contains("blocks.2.hook_resid_post,3,");
    }

    @Test
    void tokensAskedForHaveColumns() {
        int third = prompt.ids().get(2);
        LensReading reading =
                LogitLens.of(model).reader().layers(Layers.at(1, 4)).tokens(third, 9).read(prompt);
        List<String> lines = reading.toCsv().lines().toList();
        assertThat(lines.get(0))
                .endsWith(
                        ",next_rank,asked_1_token,asked_1_probability,asked_1_rank,asked_2_token,asked_2_probability,asked_2_rank");
        assertThat(lines).hasSize(1 + 2 * prompt.length());
        int line = 1;
        for (int layer : new int[] {1, 4}) {
            for (int position = 0; position < prompt.length(); position++) {
                StringBuilder expected = new StringBuilder();
                for (TokenScore asked : reading.at(layer, position).tokens()) {
                    expected.append(
                            String.format(
                                    Locale.ROOT,
                                    ",%s,%.6g,%d",
                                    Csv.quoted(asked.piece()),
                                    asked.probability(),
                                    asked.rank()));
                }
                assertThat(lines.get(line++)).endsWith(expected);
            }
        }
        assertThat(LogitLens.of(model).read(prompt).toCsv().lines().findFirst().orElseThrow())
                .endsWith(",next_rank");
    }

    @Test
    void theTableShowsATokenACell() {
        String table = LogitLens.of(model).read(prompt).toString();
        List<String> lines = table.lines().toList();
        assertThat(lines).hasSize(3 + model.layers() + 1).noneMatch(line -> line.endsWith(" "));
        assertThat(lines.get(0)).isEqualTo("logit lens of \"%s\" in %s", TEXT, model.name());
        assertThat(lines.get(1)).startsWith("layer  ");
        assertThat(IntStream.rangeClosed(0, model.layers()))
                .allSatisfy(k -> assertThat(lines.get(3 + k)).startsWith("    " + k + "  "));
    }

    @Test
    void promptsOfRandomWordsHangOnTheSeed() {
        TargetPrompt one = TokenIdentityLens.randomPrompt(model, 4, 11);
        assertThat(TokenIdentityLens.randomPrompt(model, 4, 11)).isEqualTo(one);
        assertThat(TokenIdentityLens.randomPrompt(model, 4, 12)).isNotEqualTo(one);
        List<String> lines = one.text().lines().toList();
        assertThat(lines).hasSize(5).last().isEqualTo("?");
        for (String line : lines.subList(0, 4)) {
            List<String> sides = Splitter.on(" -> ").splitToList(line);
            assertThat(sides.get(0)).isEqualTo(sides.get(1));
            assertThat(model.tokenizer().tokenize(sides.get(0), false).length()).isEqualTo(1);
        }
        assertThat(TokenIdentityLens.of(model).prompt(one).named("4 words").name())
                .isEqualTo("4 words");
    }

    @Test
    void aPlaceholderIsOneTokenAndTheLast() {
        assertThatThrownBy(
                        () ->
                                TokenIdentityLens.of(model)
                                        .prompt(TargetPrompt.of("x is a word", "x")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("put the placeholder last");
        assertThatThrownBy(() -> TokenIdentityLens.of(model).prompt(TargetPrompt.bare("xqzjxqzjk")))
                .isInstanceOf(PositionException.class)
                .hasMessageContaining("tokens, and a patch replaces one");
        assertThatThrownBy(() -> LogitLens.of(model).asPatchscope(prompt, 9, 0))
                .isInstanceOf(OutOfRangeException.class)
                .hasMessageContaining("layer 9 is not in 0..6");
        assertThatThrownBy(() -> LogitLens.of(model).asPatchscope(prompt, 2, 40))
                .isInstanceOf(OutOfRangeException.class)
                .hasMessageContaining("position 40 is not in 0..");
        assertThatThrownBy(() -> LogitLens.of(model).throughLastBlocks(9))
                .isInstanceOf(OutOfRangeException.class);
    }
}
