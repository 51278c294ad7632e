package dev.patchscopes.lens.relation;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.patchscopes.facts.Relation;
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

    /** Offers the linear map of a layer with every factor. */
    void offer(FaithfulnessMethod method, int layer, Expansion expansion) {
        offer(method, layer, expansion, validation.stream().map(s -> s.states().at(layer)).toList());
    }

    /**
     * Offers a linear map with every factor.
     *
     * @param read what it maps, of each subject of the validation half
     */
    void offer(
            FaithfulnessMethod method, int layer, Expansion expansion, List<double[]> read) {
        List<double[]> moved = read.stream().map(h -> expansion.weight().times(h)).toList();
        for (double beta : settings.betas()) {
            List<double[]> z = new ArrayList<>();
            for (double[] y : moved) {
                z.add(LinearRelation.affine(y, beta, expansion.bias()));
            }
            Prediction candidate =
                    new Prediction(
                            layer,
                            beta,
                            h ->
                                    LinearRelation.affine(
                                            expansion.weight().times(h), beta, expansion.bias()));
            score(method, candidate, z);
        }
    }

    /** Offers the baselines of a layer. */
    void offer(Baselines at, ImmutableMap<Integer, double[]> rows) {
        int layer = at.layer();
        offer(FaithfulnessMethod.LOGIT_LENS, layer, h -> h);
        offer(FaithfulnessMethod.TRANSLATION, layer, at.translation());
        offer(FaithfulnessMethod.CORNER, layer, at.corner(rows));
        for (double share : settings.ridges()) {
            offer(FaithfulnessMethod.LEARNED_AFFINE, layer, at.ridge(share));
        }
    }

    private void offer(FaithfulnessMethod method, int layer, UnaryOperator<double[]> map) {
        score(
                method,
                new Prediction(layer, 1, map),
                validation.stream().map(s -> map.apply(s.states().at(layer))).toList());
    }

    private void score(FaithfulnessMethod method, Prediction candidate, List<double[]> z) {
        int hits = 0;
        double logProbability = 0;
        for (int i = 0; i < z.size(); i++) {
            AnswerKey.Scored scored = validation.get(i).key().score(model.unembed(z.get(i)));
            hits += scored.isRight() ? 1 : 0;
            logProbability += scored.logProbability();
        }
        best.offer(method, candidate, hits, logProbability);
    }

    Prediction best(FaithfulnessMethod method) {
        return best.of(method);
    }

    /** Predicts for the test half with what was chosen. */
    ImmutableList<PredictionOutcome> outcomes(
            int trial, FaithfulnessMethod method, List<KnownSubject> test, List<double[]> read) {
        Prediction chosen = best(method);
        ImmutableList.Builder<PredictionOutcome> out = ImmutableList.builder();
        for (int i = 0; i < test.size(); i++) {
            KnownSubject subject = test.get(i);
            out.add(
                    outcome(
                            trial,
                            method,
                            chosen.layer(),
                            chosen.beta(),
                            subject.sample(),
                            subject.key()
                                    .score(model.unembed(chosen.map().apply(read.get(i))))));
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
