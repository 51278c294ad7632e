package dev.patchscopes.lens.future;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.corpus.TextCorpus;
import dev.patchscopes.internal.Steps;
import dev.patchscopes.internal.TokensDigest;
import dev.patchscopes.linear.Matrix;
import dev.patchscopes.model.Activations;
import dev.patchscopes.model.Generation;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.text.TokenBatch;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * States at random positions of texts, the tokens that follow each, and the states of the last
 * layer that the model itself predicts them from.
 *
 * @param states of each layer {@code [row, d_model]}, with the tokens at t, t + 1, ..., t + 1 + N
 * @param last by N: h_L at t + N, {@code [row, d_model]}
 * @param texts of each row, a number that positions of the same text share
 */
record FutureExamples(
        ImmutableList<FutureStates> states, ImmutableList<Matrix> last, ImmutableIntArray texts) {

    int rows() {
        return last.get(0).rows();
    }

    /** The true token at t + 1 + N of each row. */
    int[] truth(int ahead) {
        return states.get(0).tokens().stream().mapToInt(t -> t.get(ahead + 1)).toArray();
    }

    /**
     * Examples under both truths, of the same positions.
     *
     * @param textsHash digest of the texts they were taken of
     */
    record Both(FutureExamples model, FutureExamples text, String textsHash) {
        FutureExamples of(FutureTruth truth) {
            return truth == FutureTruth.MODEL ? model : text;
        }
    }

    /** How examples are taken. */
    record Choice(HookedModel model, ImmutableIntArray layers, int ahead, int perText, long seed) {

        /** The texts of a corpus that examples can be taken of: those long enough. */
        Texts texts(TextCorpus corpus) {
            return Texts.of(model, corpus, ahead + 3);
        }

        /**
         * Takes examples text by text, and reads no further when there are enough.
         *
         * @param texts from {@link #texts}
         * @param most how many examples are enough
         * @param steps each text is a part if they are counted
         */
        Both of(Texts texts, int most, Steps steps) {
            Collector collector = new Collector(this, most);
            texts.read(steps, () -> collector.count() >= most, collector::add);
            checkArgument(
                    collector.count() > 0,
                    "no text of %s is %s tokens long",
                    texts.corpus(),
                    texts.shortest());
            return collector.finish();
        }
    }

    /** Takes examples text by text. */
    private static final class Collector {
        private final Choice choice;
        private final int most;
        private final SplittableRandom random;
        private final Map<Integer, List<double[]>> states = new LinkedHashMap<>(); // by layer
        private final Side model;
        private final Side text;
        private final ImmutableIntArray.Builder numbers = ImmutableIntArray.builder(); // of texts
        private final TokensDigest digest = new TokensDigest();
        private int seen; // texts

        Collector(Choice choice, int most) {
            this.choice = choice;
            this.most = most;
            this.random = new SplittableRandom(choice.seed);
            this.model = new Side(choice.ahead);
            this.text = new Side(choice.ahead);
            choice.layers.forEach(layer -> states.put(layer, new ArrayList<>()));
        }

        int count() {
            return text.tokens.size();
        }

        /** A text of the batch and a position in it. */
        private record Spot(int row, int position) {}

        void add(TokenBatch texts) {
            List<Spot> spots = spots(texts);
            spots.forEach(spot -> numbers.add(seen + spot.row));
            seen += texts.rows();
            spots.stream()
                    .mapToInt(Spot::row)
                    .distinct()
                    .forEach(row -> digest.add(ids(texts, row)));
            if (spots.isEmpty()) {
                return;
            }
            List<HookPoint> points = new ArrayList<>();
            choice.layers.forEach(layer -> points.add(HookPoint.residual(layer)));
            HookPoint last = HookPoint.residual(choice.model.layers());
            Activations acts = choice.model.run(texts).capture(points).capture(last).execute();
            for (Spot spot : spots) {
                choice.layers.forEach(
                        layer ->
                                states.get(layer)
                                        .add(
                                                acts.get(HookPoint.residual(layer))
                                                        .vectorDoubles(spot.row, spot.position)));
                ImmutableIntArray ids = ids(texts, spot.row);
                text.add(
                        ids.subArray(spot.position, spot.position + choice.ahead + 2).trimmed(),
                        n -> acts.get(last).vectorDoubles(spot.row, spot.position + n));
            }
            continued(
                    spots.stream()
                            .map(s -> texts.prompt(s.row).ids().subArray(0, s.position + 1))
                            .toList());
        }

        /**
         * The model's own continuation of prefixes, past the end of the text if it comes to that.
         */
        private void continued(List<ImmutableIntArray> prefixes) {
            List<Generation> generated =
                    choice.model
                            .generation(batch(prefixes))
                            .ignoringEndOfText()
                            .maxNewTokens(choice.ahead + 1)
                            .run()
                            .all();
            List<ImmutableIntArray> forced = new ArrayList<>();
            for (int i = 0; i < prefixes.size(); i++) {
                forced.add(
                        ImmutableIntArray.builder()
                                .addAll(prefixes.get(i))
                                .addAll(generated.get(i).ids().subArray(0, choice.ahead))
                                .build());
            }
            HookPoint last = HookPoint.residual(choice.model.layers());
            Activations acts = choice.model.run(batch(forced)).capture(last).execute();
            for (int i = 0; i < prefixes.size(); i++) {
                int row = i;
                int position = prefixes.get(i).length() - 1;
                model.add(
                        ImmutableIntArray.builder()
                                .add(prefixes.get(i).get(position))
                                .addAll(generated.get(i).ids())
                                .build(),
                        n -> acts.get(last).vectorDoubles(row, position + n));
            }
        }

        private static TokenBatch batch(List<ImmutableIntArray> prompts) {
            return TokenBatch.of(prompts.stream().map(TokenizedPrompt::ofIds).toList());
        }

        /** Positions that are not the first and have as many tokens after them as are predicted. */
        private List<Spot> spots(TokenBatch texts) {
            List<Spot> spots = new ArrayList<>();
            for (int row = 0; row < texts.rows(); row++) {
                int end = texts.length(row) - choice.ahead - 1;
                int some = Math.min(choice.perText, end - 1);
                List<Integer> chosen =
                        random.ints(1, end).distinct().limit(some).sorted().boxed().toList();
                for (int position : chosen) {
                    if (count() + spots.size() < most) {
                        spots.add(new Spot(row, position));
                    }
                }
            }
            return spots;
        }

        Both finish() {
            return new Both(finish(model), finish(text), digest.finish());
        }

        private FutureExamples finish(Side side) {
            ImmutableList<ImmutableIntArray> tokens = ImmutableList.copyOf(side.tokens);
            return new FutureExamples(
                    states.entrySet().stream()
                            .map(e -> new FutureStates(e.getKey(), rows(e.getValue()), tokens))
                            .collect(ImmutableList.toImmutableList()),
                    side.last.stream()
                            .map(Collector::rows)
                            .collect(ImmutableList.toImmutableList()),
                    numbers.build());
        }

        private static ImmutableIntArray ids(TokenBatch texts, int row) {
            return texts.prompt(row).ids();
        }

        private static Matrix rows(List<double[]> rows) {
            return Matrix.ofRows(rows.toArray(double[][]::new));
        }
    }

    /** What one truth says of the examples. */
    private static final class Side {
        private final List<ImmutableIntArray> tokens = new ArrayList<>();
        private final List<List<double[]>> last; // by N

        Side(int ahead) {
            last =
                    IntStream.rangeClosed(0, ahead)
                            .<List<double[]>>mapToObj(n -> new ArrayList<>())
                            .toList();
        }

        void add(ImmutableIntArray own, IntFunction<double[]> state) {
            tokens.add(own);
            for (int n = 0; n < last.size(); n++) {
                last.get(n).add(state.apply(n));
            }
        }
    }
}
