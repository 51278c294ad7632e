package dev.patchscopes.trace.cross;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.Lists;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.Layers;
import dev.patchscopes.model.BaseRun;
import dev.patchscopes.model.Cell;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.OutOfRangeException;
import dev.patchscopes.model.Progress;
import dev.patchscopes.model.TokenDistribution;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenizedPrompt;
import dev.patchscopes.trace.LayerPair;
import dev.patchscopes.trace.TraceModels;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What holds of fitted maps whatever the weights are. */
class CrossModelMapTest {
    /** Small enough to leave the maps exact to some digits. */
    private static final MapKind EXACT = MapKind.affine(1e-12);

    static List<String> families() {
        return TraceModels.families();
    }

    /** Prompts that both models read alike. */
    static List<AlignedPrompts> same(int texts, int length) {
        return IntStream.range(0, texts)
                .mapToObj(seed -> TraceModels.prompt(seed, length))
                .map(prompt -> AlignedPrompts.of(prompt, prompt))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("families")
    void aModelIsMappedToItselfByTheIdentity(String name) {
        try (HookedModel model = TraceModels.exact(name)) {
            int middle = model.layers() / 2;
            model.sweep(BaseRun.of(TraceModels.prompt(1, 3))).cells(List.of(Cell.of(0))).execute();
            int before = TraceModels.nativeArrays(); // what a model makes at its first run stays
            CrossModelMap map =
                    CrossModelMap.between(model, model)
                            .pairs(
                                    new LayerPair(middle, middle),
                                    new LayerPair(model.layers(), model.layers()))
                            .kind(EXACT)
                            .prompts(same(70, 7))
                            .heldOut(0.2)
                            .patched(3)
                            .fit();
            assertThat(TraceModels.nativeArrays()).isEqualTo(before);
            AlignedPrompts text = same(200, 6).get(199);
            TokenDistribution own = model.run(text.target()).execute().next();
            for (LayerPair pair : map.pairs()) {
                assertThat(map.report().at(pair.source(), pair.target()).heldOutVariance())
                        .as(name + pair)
                        .isCloseTo(1, within(1e-6));
                assertThat(
                                map.asPatchscope(model, model, text, pair.source(), pair.target())
                                        .run()
                                        .next()
                                        .logits())
                        .as(name + pair)
                        .containsExactly(own.logits(), within(1e-3));
                CrossModelScores.PairScores scores =
                        map.scores().orElseThrow().at(pair.source(), pair.target());
                assertThat(scores.mapped().withSource().share()).isEqualTo(1);
                assertThat(scores.unmapped().get(0).withSource().share()).isEqualTo(1);
            }
        }
    }

    /** Patchscopes that write behind the last block show the final norm and unembedding alone. */
    @Test
    void atTheLastLayerTheOutputIsTheUnembeddingOfTheMappedState() {
        try (HookedModel source = TraceModels.exact("llama_yarn"); // 32 wide
                HookedModel target = TraceModels.exact("gpt2")) { // 48 wide
            LayerPair pair = new LayerPair(1, target.layers());
            CrossModelMap map =
                    CrossModelMap.between(source, target)
                            .pairs(pair)
                            .prompts(same(40, 6))
                            .heldOut(0.3)
                            .fit();
            AlignedPrompts text = same(100, 5).get(99);
            double[] h =
                    source.run(text.source())
                            .capture(HookPoint.residual(1))
                            .execute()
                            .vectorDoubles(HookPoint.residual(1), Positions.last());
            assertThat(
                            map.asPatchscope(source, target, text, 1, target.layers())
                                    .run()
                                    .next()
                                    .logits())
                    .containsExactly(
                            target.unembed(map.at(1, target.layers()).apply(h)).logits(),
                            within(1e-9));
        }
    }

    /** Aligned at random, states of the one say nothing of states of the other. */
    @Test
    void scrambledTextsAreNotExplained() {
        try (HookedModel source = TraceModels.exact("llama_yarn");
                HookedModel target = TraceModels.exact("llama")) {
            Random random = new Random(3);
            List<AlignedPrompts> scrambled =
                    IntStream.range(0, 600)
                            .mapToObj(
                                    i ->
                                            AlignedPrompts.at(
                                                    TraceModels.prompt(i, 6),
                                                    TraceModels.prompt(5000 + i, 6),
                                                    ImmutableIntArray.of(1 + random.nextInt(5)),
                                                    ImmutableIntArray.of(1 + random.nextInt(5))))
                            .toList();
            CrossModelMap map =
                    CrossModelMap.between(source, target)
                            .layers(Layers.at(0, 2), Layers.at(1, 3))
                            .prompts(scrambled)
                            .heldOut(0.3)
                            .patched(0)
                            .fit();
            assertThat(map.report().pairs())
                    .hasSize(4)
                    .allSatisfy(p -> assertThat(p.heldOutVariance()).isBetween(-0.15, 0.05))
                    .allSatisfy(p -> assertThat(p.overMean()).isBetween(-0.15, 0.05));
            assertThat(map.scores()).isEmpty();
        }
    }

    /** Models of two families and widths, without tokenizers, aligned two tokens to one. */
    @Test
    void modelsThatReadOtherTokensAreAlignedByHand() {
        try (HookedModel source = TraceModels.exact("gpt_neox_parallel"); // 64 wide
                HookedModel target = TraceModels.exact("gptj")) { // 48 wide
            List<AlignedPrompts> doubled =
                    IntStream.range(0, 60).mapToObj(CrossModelMapTest::doubled).toList();
            CrossModelMap map =
                    CrossModelMap.between(source, target)
                            .prompts(doubled)
                            .heldOutPrompts(
                                    IntStream.range(900, 920)
                                            .mapToObj(CrossModelMapTest::doubled)
                                            .toList())
                            .patched(5)
                            .fit();
            assertThat(map.pairs()).hasSize(source.layers() + 1);
            assertThat(map.at(2, 2).inputWidth()).isEqualTo(64);
            assertThat(map.at(2, 2).outputWidth()).isEqualTo(48);
            // 5 aligned positions a text, the first of which begins the source prompt
            assertThat(map.report().setup().fitted()).isEqualTo(60 * 4);
            long choosing = map.report().setup().choosing();
            assertThat(choosing).isBetween(4L * 4, 16L * 4);
            assertThat(map.report().setup().measured()).isEqualTo(20 * 4 - choosing);
            // the target's token is what its embedding says; random weights keep it readable
            assertThat(map.report().at(0, 0).heldOutVariance()).isPositive();
            assertThat(map.scores().orElseThrow().at(0, 0).unmapped()).isEmpty();
        }
    }

    private static AlignedPrompts doubled(int seed) {
        TokenizedPrompt text = TraceModels.prompt(seed, 5);
        int[] twice = text.ids().stream().flatMap(id -> IntStream.of(id, id)).toArray();
        return AlignedPrompts.at(
                text,
                TokenizedPrompt.ofIds(twice),
                ImmutableIntArray.of(0, 1, 2, 3, 4),
                ImmutableIntArray.of(1, 3, 5, 7, 9));
    }

    @Test
    void positionsAreThoseAskedFor() {
        try (HookedModel model = TraceModels.exact("gpt2")) {
            CrossModelFit fit =
                    CrossModelMap.between(model, model)
                            .pairs(new LayerPair(1, 1))
                            .kind(MapKind.affine(1e-3))
                            .prompts(same(50, 6))
                            .patched(0);
            CrossModelReport.Setup all = fit.fit().report().setup();
            assertThat(all.texts()).isEqualTo(50);
            assertThat(all.fitted() + all.measured()).isEqualTo(50 * 5);
            assertThat(all.choosing()).isZero();
            assertThat(all.measured()).isBetween(5L, 60L);
            CrossModelReport.Setup some = fit.positions(2).skipFirst(0).fit().report().setup();
            assertThat(some.fitted() + some.measured()).isEqualTo(50 * 2);
            CrossModelReport.Setup none = fit.skipFirst(4).fit().report().setup();
            assertThat(none.fitted() + none.measured()).isEqualTo(50 * 2);
            assertThat(fit.fit().report().toJson()).isEqualTo(fit.fit().report().toJson());
        }
    }

    /** Equal texts are held out together or not at all, wherever they stand. */
    @Test
    void whatIsHeldOutDependsOnTheText() {
        Draws draws = new Draws(5);
        List<Boolean> once = same(300, 6).stream().map(t -> draws.isAmong(0.3, t)).toList();
        List<AlignedPrompts> backwards = Lists.reverse(same(300, 6));
        Draws other = new Draws(5);
        List<Boolean> again = backwards.stream().map(t -> other.isAmong(0.3, t)).toList();
        assertThat(Lists.reverse(again)).isEqualTo(once);
        assertThat(once.stream().filter(b -> b).count()).isBetween(60L, 120L);
        Draws reseeded = new Draws(6);
        assertThat(same(300, 6).stream().map(t -> reseeded.isAmong(0.3, t)).toList())
                .isNotEqualTo(once);
        // what is held out is chosen on for half of the texts, whatever the share
        List<AlignedPrompts> out =
                same(300, 6).stream().filter(t -> draws.isAmong(0.3, t)).toList();
        assertThat(out.stream().filter(draws::chooses).count())
                .isBetween(out.size() * 3L / 10, out.size() * 7L / 10);
    }

    /** Every text given twice doubles each share, and no share gets a text of another. */
    @Test
    void equalTextsGoTogether() {
        try (HookedModel model = TraceModels.exact("gpt2")) {
            CrossModelFit fit =
                    CrossModelMap.between(model, model)
                            .pairs(new LayerPair(1, 1))
                            .heldOut(0.3)
                            .patched(0);
            List<AlignedPrompts> texts = same(50, 5);
            CrossModelReport.Setup once = fit.prompts(texts).fit().report().setup();
            for (List<AlignedPrompts> twice :
                    List.of(
                            texts.stream().flatMap(text -> Stream.of(text, text)).toList(),
                            Stream.concat(texts.stream(), Lists.reverse(texts).stream())
                                    .toList())) {
                CrossModelReport.Setup both = fit.prompts(twice).fit().report().setup();
                assertThat(both.fitted()).isEqualTo(2 * once.fitted());
                assertThat(both.choosing()).isEqualTo(2 * once.choosing());
                assertThat(both.measured()).isEqualTo(2 * once.measured());
            }
            AlignedPrompts unseen = same(101, 5).get(100);
            assertThatThrownBy(
                            () -> fit.prompts(texts).heldOutPrompts(List.of(unseen, unseen)).fit())
                    .hasMessageContaining("2 of 52 texts are held out")
                    .hasMessageContaining("equal texts going together");
        }
    }

    @Test
    void aFitThatTakesTooMuchMemoryIsRefused() {
        try (HookedModel narrow = TraceModels.exact("llama_yarn");
                HookedModel wide = TraceModels.exact("llama")) {
            CrossModelFit fit =
                    CrossModelMap.between(narrow, wide)
                            .pairs(new LayerPair(1, 1), new LayerPair(1, 2))
                            .prompts(same(40, 5))
                            .heldOut(0.3)
                            .patched(2);
            long set = 2 * 8 * 32 * (32 + 48); // of two pairs
            assertThatThrownBy(fit.memoryBudget(3 * set - 1)::fit)
                    .hasMessageContaining("2 pairs of layers take %d bytes".formatted(3 * set))
                    .hasMessageContaining("for 3 sets")
                    .hasMessageContaining("fit at most 1 pairs at once")
                    .hasMessageContaining("MapKind.affine(1e-3)");
            CrossModelFit one = fit.kind(MapKind.affine(1e-3));
            assertThatThrownBy(one.memoryBudget(2 * set - 1)::fit)
                    .hasMessageContaining("for 2 sets");
            assertThat(one.memoryBudget(2 * set).fit().pairs()).hasSize(2);
            assertThat(fit.memoryBudget(3 * set).fit().digest()).isEqualTo(fit.fit().digest());
            assertThatThrownBy(() -> fit.memoryBudget(0)).hasMessageContaining("0 bytes is none");
        }
    }

    @Test
    void heldOutTextsThatAreFittedToAreLeftOut() {
        try (HookedModel model = TraceModels.exact("gpt2")) {
            List<AlignedPrompts> all = same(60, 5);
            CrossModelFit fit =
                    CrossModelMap.between(model, model)
                            .pairs(new LayerPair(1, 1))
                            .kind(MapKind.affine(1e-3))
                            .prompts(all.subList(0, 40))
                            .patched(0);
            CrossModelReport apart = fit.heldOutPrompts(all.subList(40, 60)).fit().report();
            CrossModelReport mixed = fit.heldOutPrompts(all.subList(30, 60)).fit().report();
            assertThat(apart.setup().repeated()).isZero();
            assertThat(mixed.setup().repeated()).isEqualTo(10);
            assertThat(mixed.setup().measured()).isEqualTo(20 * 4);
            assertThat(mixed.pairs()).isEqualTo(apart.pairs());
            assertThatThrownBy(() -> fit.heldOutPrompts(all.subList(0, 5)).fit())
                    .hasMessageContaining("5 more held-out texts are left out");
        }
    }

    @Test
    void layersOfTheSameDepthAreFittedUnlessOthersAreChosen() {
        try (HookedModel three = TraceModels.exact("gpt2");
                HookedModel four = TraceModels.exact("gemma2")) {
            CrossModelMap map =
                    CrossModelMap.between(three, four)
                            .prompts(same(40, 5))
                            .heldOut(0.3)
                            .patched(0)
                            .fit();
            assertThat(map.pairs())
                    .containsExactly(
                            new LayerPair(0, 0),
                            new LayerPair(1, 1),
                            new LayerPair(2, 3),
                            new LayerPair(3, 4));
            assertThatThrownBy(() -> map.at(1, 2))
                    .isInstanceOf(OutOfRangeException.class)
                    .hasMessageContaining("1 -> 2 were not fitted");
        }
    }

    @Test
    void whatCannotBeFittedIsRefused() {
        try (HookedModel narrow = TraceModels.exact("llama_yarn");
                HookedModel wide = TraceModels.exact("llama")) {
            CrossModelFit fit = CrossModelMap.between(narrow, wide);
            for (MapKind kind :
                    List.of(MapKind.identity(), MapKind.rotation(), MapKind.scaledRotation())) {
                assertThatThrownBy(() -> fit.kind(kind))
                        .hasMessageContaining(kind.toString())
                        .hasMessageContaining("32 and 48 wide")
                        .hasMessageContaining("MapKind.affine()");
            }
            assertThatThrownBy(() -> fit.kind(MapKind.lowRank(33)))
                    .hasMessageContaining("rank 33 is not in 1..32");
            assertThatThrownBy(() -> fit.pairs(new LayerPair(4, 0)))
                    .isInstanceOf(OutOfRangeException.class);
            assertThatThrownBy(fit::fit).hasMessageContaining("choose texts");
            assertThatThrownBy(() -> fit.prompts(List.of()).fit())
                    .hasMessageContaining("no aligned positions to fit to");
            assertThatThrownBy(() -> fit.prompts(same(3, 4)).heldOut(1e-9).fit())
                    .hasMessageContaining("0 of 3 texts are held out");
        }
    }

    @Test
    void theListenerStopsTheFit() {
        try (HookedModel model = TraceModels.exact("gpt2")) {
            int[] heard = new int[1];
            CrossModelFit fit =
                    CrossModelMap.between(model, model)
                            .prompts(same(600, 6))
                            .progress(
                                    new Progress() {
                                        @Override
                                        public void update(
                                                long done, long total, Duration elapsed) {
                                            heard[0]++;
                                            assertThat(total).isEqualTo(600);
                                            assertThat(done).isBetween(1L, 599L);
                                        }

                                        @Override
                                        public boolean isCancelled() {
                                            return heard[0] == 2;
                                        }
                                    });
            model.run(TraceModels.prompt(1, 3)).execute();
            int before = TraceModels.nativeArrays(); // what a model makes at its first run stays
            assertThatThrownBy(fit::fit)
                    .isInstanceOf(CancellationException.class)
                    .hasMessageContaining("the fit was stopped");
            assertThat(TraceModels.nativeArrays()).isEqualTo(before);
            assertThat(heard[0]).isEqualTo(2);
        }
    }

    @Test
    @SuppressWarnings("StreamToIterable") // that is what is tested
    void aStreamOfPromptsIsReadOnce() {
        try (HookedModel model = TraceModels.exact("gpt2")) {
            Stream<AlignedPrompts> once = same(40, 5).stream();
            Iterable<AlignedPrompts> iterable = once::iterator;
            assertThat(
                            CrossModelMap.between(model, model)
                                    .prompts(iterable)
                                    .heldOut(0.3)
                                    .patched(0)
                                    .fit()
                                    .report()
                                    .setup()
                                    .texts())
                    .isEqualTo(40);
        }
    }
}
