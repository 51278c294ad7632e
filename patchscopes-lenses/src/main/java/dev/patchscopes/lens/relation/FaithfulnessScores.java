package dev.patchscopes.lens.relation;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.facts.Relation;
import dev.patchscopes.linear.AffineMap;
import dev.patchscopes.model.HookedModel;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** Chooses a layer and a factor for every method that predicts, on the validation half. */
final class FaithfulnessScores {
    private final HookedModel model;
    private final RelationSettings settings;
    private final List<KnownSubject> validation;
    private final Best<FaithfulnessMethod, Prediction> best = new Best<>(FaithfulnessMethod.class);

    FaithfulnessScores(
            HookedModel model, RelationSettings settings, List<KnownSubject> validation) {
        this.model = model;
        this.settings = settings;
        this.validation = validation;
    }

    /**
     * A prediction to choose or not.
     *
     * @param z what it gives for each subject of the validation half
     */
    private record Offer(FaithfulnessMethod method, Prediction prediction, List<double[]> z) {}

    /** Offers the linear map of a layer with every factor. */
    void offer(FaithfulnessMethod method, int layer, AffineMap expansion) {
        offer(
                method,
                layer,
                expansion,
                validation.stream().map(s -> s.states().at(layer)).toList());
    }

    /**
     * Offers a linear map with every factor.
     *
     * @param read what it maps, of each subject of the validation half
     */
    void offer(FaithfulnessMethod method, int layer, AffineMap expansion, List<double[]> read) {
        double[] bias = expansion.bias();
        List<double[]> moved = read.stream().map(h -> expansion.matrix().times(h)).toList();
        List<Offer> offers = new ArrayList<>();
        for (double beta : settings.betas()) {
            Prediction prediction =
                    new Prediction(
                            layer,
                            beta,
                            h -> LinearRelation.affine(expansion.matrix().times(h), beta, bias));
            offers.add(
                    new Offer(
                            method,
                            prediction,
                            moved.stream()
                                    .map(y -> LinearRelation.affine(y, beta, bias))
                                    .toList()));
        }
        choose(offers);
    }

    /**
     * Offers the baselines of a layer.
     *
     * @param rows rows of the unembedding that point to the corner
     */
    void offer(Baselines at, ImmutableMap<Integer, double[]> rows) {
        List<Offer> offers = new ArrayList<>();
        offers.add(offer(FaithfulnessMethod.LOGIT_LENS, at.layer(), h -> h));
        offers.add(offer(FaithfulnessMethod.TRANSLATION, at.layer(), at.translation()));
        offers.add(offer(FaithfulnessMethod.CORNER, at.layer(), at.corner(rows)));
        for (double share : settings.ridges()) {
            offers.add(offer(FaithfulnessMethod.LEARNED_AFFINE, at.layer(), at.ridge(share)));
        }
        choose(offers);
    }

    private Offer offer(FaithfulnessMethod method, int layer, UnaryOperator<double[]> map) {
        return new Offer(
                method,
                new Prediction(layer, 1, map),
                validation.stream().map(s -> map.apply(s.states().at(layer))).toList());
    }

    private void choose(List<Offer> offers) {
        List<List<Decoding.Decoded>> read =
                Decoding.read(
                        model,
                        offers.stream().map(Offer::z).toList(),
                        tokens(validation),
                        AnswerKey.DEPTH);
        for (int o = 0; o < offers.size(); o++) {
            int hits = 0;
            double logProbability = 0;
            for (int i = 0; i < validation.size(); i++) {
                AnswerKey.Scored scored = validation.get(i).key().score(read.get(o).get(i));
                hits += scored.isRight() ? 1 : 0;
                logProbability += scored.logProbability();
            }
            best.offer(offers.get(o).method, offers.get(o).prediction, hits, logProbability);
        }
    }

    private static ImmutableIntArray tokens(List<KnownSubject> subjects) {
        return ImmutableIntArray.copyOf(subjects.stream().mapToInt(s -> s.key().token()));
    }

    Prediction best(FaithfulnessMethod method) {
        return best.of(method);
    }

    /** Predicts for the test half with what was chosen. */
    ImmutableList<PredictionOutcome> outcomes(
            int trial, FaithfulnessMethod method, List<KnownSubject> test, List<double[]> read) {
        Prediction chosen = best(method);
        ImmutableList.Builder<PredictionOutcome> out = ImmutableList.builder();
        if (test.isEmpty()) {
            return out.build();
        }
        List<Decoding.Decoded> decoded =
                Decoding.read(
                                model,
                                ImmutableList.of(read.stream().map(chosen.map()).toList()),
                                tokens(test),
                                AnswerKey.DEPTH)
                        .get(0);
        for (int i = 0; i < test.size(); i++) {
            KnownSubject subject = test.get(i);
            out.add(
                    outcome(
                            trial,
                            method,
                            chosen.layer(),
                            chosen.beta(),
                            subject.sample(),
                            subject.key().score(decoded.get(i))));
        }
        return out.build();
    }

    static PredictionOutcome outcome(
            int trial,
            FaithfulnessMethod method,
            int layer,
            double beta,
            Relation.Sample sample,
            AnswerKey.Scored scored) {
        return new PredictionOutcome(
                trial,
                method,
                layer,
                beta,
                sample.subject(),
                sample.object(),
                scored.top(),
                scored.prefixPlace(),
                scored.firstTokenPlace(),
                scored.logProbability());
    }
}
