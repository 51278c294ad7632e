package dev.patchscopes.examples.demo;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import dev.patchscopes.facts.GroundTruth;
import dev.patchscopes.facts.GroundTruth.KnownFact;
import dev.patchscopes.facts.GroundTruth.RelationPrompts;
import dev.patchscopes.facts.GroundTruth.TwoHop;
import dev.patchscopes.facts.Question;
import dev.patchscopes.model.HookedModel;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Which facts and two-hop questions a model answers.
 *
 * @param truth with the answers
 * @param trained questions in trained phrasings, one a fact, each with whether it is answered
 */
record FactReport(GroundTruth truth, ImmutableList<Boolean> trained) {

    /** Asks everything. */
    static FactReport of(HookedModel model, GroundTruth truth) {
        List<Question> trained =
                IntStream.range(0, truth.facts().size())
                        .mapToObj(i -> inTurn(truth.trained(truth.facts().get(i)), i))
                        .toList();
        ImmutableSet<Question> right =
                new Answers(model)
                        .right(
                                Stream.of(truth.questions(), trained)
                                        .flatMap(Collection::stream)
                                        .toList());
        return new FactReport(
                truth.answered(right),
                trained.stream().map(right::contains).collect(ImmutableList.toImmutableList()));
    }

    /** Another phrasing for each fact. */
    private static Question inTurn(List<Question> phrasings, int fact) {
        return phrasings.get(fact % phrasings.size());
    }

    @Override
    public String toString() {
        List<TwoHop> known = truth.twoHop().stream().filter(FactReport::bothHops).toList();
        return """
        facts, held-out phrasings   %s
        facts, a trained phrasing   %s
        two hops, trained           %s
        two hops, held out          %s
          of these, both hops known %s
        two held-out hops that fail although both hops are known: %d
        %s"""
                .formatted(
                        share(truth.facts().stream().flatMap(f -> f.answered().stream()).toList()),
                        share(trained),
                        share(direct(truth.twoHop(), TwoHop::trained)),
                        share(direct(truth.twoHop(), hops -> !hops.trained())),
                        share(direct(known, hops -> !hops.trained())),
                        direct(known, hops -> !hops.trained()).stream().filter(yes -> !yes).count(),
                        truth.relations().stream()
                                .map(this::relation)
                                .collect(Collectors.joining("\n")));
    }

    private String relation(RelationPrompts relation) {
        Set<KnownFact> facts =
                truth.facts().stream()
                        .filter(fact -> fact.relation().equals(relation.name()))
                        .collect(Collectors.toSet());
        return "  %-24s  %s"
                .formatted(
                        relation.name(),
                        share(facts.stream().flatMap(f -> f.answered().stream()).toList()));
    }

    private static boolean bothHops(TwoHop hops) {
        return hops.answered().get(1) && hops.answered().get(2);
    }

    private static List<Boolean> direct(List<TwoHop> questions, Predicate<TwoHop> which) {
        return questions.stream().filter(which).map(hops -> hops.answered().get(0)).toList();
    }

    private static String share(List<Boolean> answered) {
        long right = answered.stream().filter(yes -> yes).count();
        return answered.isEmpty()
                ? "none asked"
                : String.format(
                        Locale.ROOT,
                        "%.1f%% of %d",
                        100.0 * right / answered.size(),
                        answered.size());
    }
}
