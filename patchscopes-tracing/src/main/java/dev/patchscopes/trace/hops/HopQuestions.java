package dev.patchscopes.trace.hops;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableListMultimap;
import com.google.common.collect.Multimaps;
import dev.patchscopes.TargetPrompt;
import dev.patchscopes.facts.GroundTruth;
import dev.patchscopes.facts.Question;
import dev.patchscopes.facts.Relation;
import dev.patchscopes.text.CharSpan;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Builds {@link HopQuestion}s.
 *
 * <pre>{@code
 * List<HopQuestion> taught = HopQuestions.of(GroundTruth.of(DemoModel.STANDARD));
 * List<HopQuestion> joined = HopQuestions.join(
 *     HopQuestions.ofPaper(Relation.readAll(Path.of("relations"))));
 * }</pre>
 */
public final class HopQuestions {

    private static final String PLACEHOLDER = "x";

    /** Types of relations in the paper's pairs, as their files name them. */
    private static final Set<String> TYPES = Set.of("factual", "commonsense");

    /** The one relation of these types that the paper's pairs do without. */
    private static final String LEFT_OUT = "landmark in country";

    private HopQuestions() {}

    /**
     * The two-hop questions that a model was taught or could have been.
     *
     * @param truth what the model was taught
     * @return a question for each of {@link GroundTruth#twoHop()}, in order
     * @throws IllegalArgumentException if a question does not hold the phrase of its first relation
     *     exactly once
     */
    public static ImmutableList<HopQuestion> of(GroundTruth truth) {
        return truth.twoHop().stream()
                .map(hops -> of(truth, hops))
                .collect(ImmutableList.toImmutableList());
    }

    /**
     * One of the two-hop questions that a model was taught or could have been.
     *
     * @param truth what the model was taught
     * @param hops one of its questions
     * @return the question; its source prompt is the phrase of the first relation, its target
     *     prompt the question with {@code x} in place of that phrase
     * @throws IllegalArgumentException if the question does not hold the phrase exactly once, or
     *     the ground truth lacks the relation
     */
    public static HopQuestion of(GroundTruth truth, GroundTruth.TwoHop hops) {
        String name = hops.relations().get(0);
        String phrase = Relation.prompt(phrase(truth, name), hops.subject());
        String question = hops.direct().prompt();
        int at = question.indexOf(phrase);
        if (at < 0 || question.indexOf(phrase, at + 1) >= 0) {
            throw new IllegalArgumentException(
                    "\"%s\" does not hold \"%s\", the phrase of the relation \"%s\", exactly once"
                            .formatted(question, phrase, name));
        }
        TargetPrompt target =
                new TargetPrompt(
                        question.substring(0, at)
                                + PLACEHOLDER
                                + question.substring(at + phrase.length()),
                        Optional.of(new CharSpan(at, at + PLACEHOLDER.length())));
        return new HopQuestion(
                String.join(", ", hops.relations()),
                Relation.Sample.of(hops.subject(), hops.bridge()),
                Relation.Sample.of(hops.bridge(), hops.direct().answer()),
                hops.first().prompt(),
                phrase,
                target,
                question,
                new CharSpan(at, at + phrase.length()));
    }

    private static String phrase(GroundTruth truth, String relation) {
        return truth.relations().stream()
                .filter(prompts -> prompts.name().equals(relation))
                .map(GroundTruth.RelationPrompts::phrase)
                .findFirst()
                .orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        "the ground truth has no relation \"%s\""
                                                .formatted(relation)));
    }

    /**
     * Keeps the relations that the pairs of Ghandeharioun et al., "Patchscopes" (2024), section 5,
     * are made of: factual and commonsense ones but {@code landmark in country}. Of the data set of
     * Hernandez et al., "Linearity of Relation Decoding in Transformer Language Models" (2023),
     * {@link #join} makes 1,104 pairs of them, as many as the paper has.
     *
     * @param relations by name and type as that data set has them
     * @return those kept, in order
     */
    public static ImmutableList<Relation> ofPaper(List<Relation> relations) {
        return relations.stream()
                .filter(r -> TYPES.contains(r.properties().relationType()))
                .filter(r -> !r.name().equals(LEFT_OUT))
                .collect(ImmutableList.toImmutableList());
    }

    /**
     * Joins relations: a question for each sample of one whose object is, letter by letter, the
     * subject of a sample of another, or of the same. Pairs that lead back to their subject are
     * among them, as in the paper's data; so are samples that a file has twice. Use {@link
     * Relation#mergedBySubject()} first to ask for a subject's objects together.
     *
     * <p>The phrase of the first relation is the source prompt, {@code the company that created
     * Visual Basic}; that of the second the target prompt, {@code The CEO of x}; both together the
     * question. Relations of the data set have phrases here, by their names; those of a file come
     * before them. Hop 1 is asked for by the first relation's first prompt template.
     *
     * @param relations the relations
     * @return the questions, by first relation, second relation, first sample and second sample
     * @throws IllegalArgumentException if a relation takes part in a pair and has no phrase, or is
     *     the first and has no prompt template; the message names it
     */
    public static ImmutableList<HopQuestion> join(List<Relation> relations) {
        List<ImmutableListMultimap<String, Relation.Sample>> bySubject =
                relations.stream()
                        .map(r -> Multimaps.index(r.samples(), Relation.Sample::subject))
                        .toList();
        ImmutableList.Builder<HopQuestion> out = ImmutableList.builder();
        for (Relation first : relations) {
            for (int i = 0; i < relations.size(); i++) {
                for (Relation.Sample hop1 : first.samples()) {
                    for (Relation.Sample hop2 : bySubject.get(i).get(hop1.object())) {
                        out.add(question(first, hop1, relations.get(i), hop2));
                    }
                }
            }
        }
        return out.build();
    }

    private static HopQuestion question(
            Relation first, Relation.Sample hop1, Relation second, Relation.Sample hop2) {
        return HopQuestion.of(
                first.name() + ", " + second.name(),
                hop1,
                hop2,
                Relation.question(template(first), hop1).prompt(),
                Relation.prompt(HopPhrases.of(first), hop1.subject()),
                target(HopPhrases.of(second)));
    }

    private static String template(Relation relation) {
        return relation.promptTemplates().stream()
                .findFirst()
                .or(() -> relation.zeroShotTemplates().stream().findFirst())
                .orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        "the relation \"%s\" has no prompt template, and hop 1 is asked for by one"
                                                .formatted(relation.name())));
    }

    /** {@code the CEO of {}} as {@code The CEO of x}. */
    private static TargetPrompt target(String phrase) {
        int start = phrase.indexOf(Relation.SLOT);
        return new TargetPrompt(
                Question.of(phrase, PLACEHOLDER, "").prompt(),
                Optional.of(new CharSpan(start, start + PLACEHOLDER.length())));
    }
}
