package dev.patchscopes.examples.demo.corpus;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.facts.GroundTruth;
import dev.patchscopes.facts.GroundTruth.KnownFact;
import dev.patchscopes.facts.GroundTruth.RelationPrompts;
import dev.patchscopes.facts.GroundTruth.TwoHop;
import dev.patchscopes.facts.Question;
import java.util.List;

/** Writes down what a corpus teaches; nothing is answered yet. */
public final class TaughtFacts {

    /** The statement "{phrase} is {object}." among the phrasings for two hops. */
    private static final int STATEMENT = 0;

    private TaughtFacts() {}

    /**
     * Writes down what a corpus teaches.
     *
     * @param knowledge the facts
     * @return the ground truth
     */
    public static GroundTruth of(KnowledgeBase knowledge) {
        return new GroundTruth(
                knowledge.seed(),
                knowledge.relations().stream()
                        .map(TaughtFacts::prompts)
                        .collect(ImmutableList.toImmutableList()),
                knowledge.facts().stream()
                        .map(
                                fact ->
                                        new KnownFact(
                                                fact.relation().name(),
                                                fact.subject(),
                                                fact.object(),
                                                ImmutableList.of()))
                        .collect(ImmutableList.toImmutableList()),
                knowledge.twoHop().stream()
                        .map(TaughtFacts::twoHop)
                        .collect(ImmutableList.toImmutableList()),
                knowledge.entities());
    }

    private static RelationPrompts prompts(Relation relation) {
        return new RelationPrompts(
                relation.name(),
                relation.subject(),
                relation.object(),
                relation.phrase("{}"),
                prompts(relation.trained()),
                prompts(relation.heldOut()));
    }

    private static ImmutableList<String> prompts(List<Phrasing> phrasings) {
        return phrasings.stream()
                .flatMap(phrasing -> phrasing.prompt().stream())
                .map(prompt -> prompt.replace("{s}", "{}"))
                .collect(ImmutableList.toImmutableList());
    }

    private static TwoHop twoHop(TwoHopQuestion question) {
        Relation last = question.second().relation();
        return new TwoHop(
                ImmutableList.of(question.first().relation().name(), last.name()),
                question.first().subject(),
                question.bridge(),
                question.trained(),
                asked(last, question.first().phrase(), question.answer()),
                asked(question.first().relation(), question.first().subject(), question.bridge()),
                asked(last, question.bridge(), question.answer()),
                ImmutableList.of());
    }

    private static Question asked(Relation relation, String subject, String answer) {
        Phrasing statement = KnowledgeBase.phrasingsForTwoHops(relation).get(STATEMENT);
        return Question.of(statement.prompt().orElseThrow().replace("{s}", "{}"), subject, answer);
    }
}
