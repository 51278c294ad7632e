package dev.patchscopes.facts;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import dev.patchscopes.checkpoint.internal.WholeFile;
import dev.patchscopes.model.DemoModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * What a model was taught, as data that goes with it, and how much of it the model answers.
 *
 * <pre>{@code
 * GroundTruth truth = GroundTruth.of(DemoModel.STANDARD);
 * for (GroundTruth.KnownFact fact : truth.facts()) {
 *     if (fact.isKnown()) {
 *         System.out.println(truth.heldOut(fact).get(0).prompt() + " ... " + fact.object());
 *     }
 * }
 * }</pre>
 *
 * @param seed of the knowledge base
 * @param relations with their prompts
 * @param facts of all relations
 * @param twoHop questions that take two facts
 * @param entities with their descriptions
 */
public record GroundTruth(
        long seed,
        ImmutableList<RelationPrompts> relations,
        ImmutableList<KnownFact> facts,
        ImmutableList<TwoHop> twoHop,
        ImmutableList<Entity> entities) {

    /**
     * How to ask for the facts of a relation.
     *
     * @param name of the relation
     * @param subject kind of the subjects
     * @param object kind of the objects
     * @param phrase names the object: {@code the capital of {}}, where {@code {}} is the subject
     * @param trained prompts the model was trained on, in this form
     * @param heldOut prompts it never saw, in this form
     */
    public record RelationPrompts(
            String name,
            String subject,
            String object,
            String phrase,
            ImmutableList<String> trained,
            ImmutableList<String> heldOut) {}

    /**
     * A fact.
     *
     * @param relation name of its relation
     * @param subject fills the prompts of the relation; a prompt begins with a capital
     * @param object the answer
     * @param answered whether the model answers each held-out prompt; empty before it was asked
     */
    public record KnownFact(
            String relation, String subject, String object, ImmutableList<Boolean> answered) {

        /** {@return whether the model answers every held-out prompt} */
        public boolean isKnown() {
            return !answered.isEmpty() && answered.stream().allMatch(yes -> yes);
        }
    }

    /**
     * A question that takes two facts.
     *
     * @param relations names of the relations of the first fact and the second
     * @param subject subject of the first fact
     * @param bridge the answer to the first hop, and subject of the second
     * @param trained whether the model was trained on the question
     * @param direct the question
     * @param first asks for the bridge
     * @param second asks for the answer by the bridge
     * @param answered whether the model answers the question, the first hop and the second, in this
     *     order; empty before it was asked
     */
    public record TwoHop(
            ImmutableList<String> relations,
            String subject,
            String bridge,
            boolean trained,
            Question direct,
            Question first,
            Question second,
            ImmutableList<Boolean> answered) {

        /**
         * Returns all that is asked.
         *
         * @return the question, the first hop, the second hop
         */
        public ImmutableList<Question> questions() {
            return ImmutableList.of(direct, first, second);
        }

        /** {@return whether the model answers both hops, but not the question itself} */
        public boolean failsDirectly() {
            return !answered.isEmpty() && !answered.get(0) && answered.get(1) && answered.get(2);
        }
    }

    /**
     * The facts that a model of this library was taught, with what it answers.
     *
     * @param model which model
     * @return its ground truth
     */
    public static GroundTruth of(DemoModel model) {
        return GroundTruthJson.parse(model.facts(), model.name());
    }

    /**
     * Reads a file that {@link #write} wrote.
     *
     * @param file the file
     * @return what was written
     * @throws IOException if it cannot be read
     * @throws IllegalArgumentException if it is something else
     */
    public static GroundTruth read(Path file) throws IOException {
        return GroundTruthJson.parse(Files.readString(file), file.toString());
    }

    /**
     * Writes a file, as JSON with a line for each relation, fact, question and entity.
     *
     * @param file the file, replaced if it exists
     * @throws IOException if it cannot be written
     */
    public void write(Path file) throws IOException {
        WholeFile.write(file, GroundTruthJson.text(this));
    }

    /**
     * Returns all that a model is asked: the held-out prompts of each fact, and each two-hop
     * question with its hops.
     *
     * @return each question once
     */
    public ImmutableSet<Question> questions() {
        return Stream.concat(
                        facts.stream().flatMap(fact -> heldOut(fact).stream()),
                        twoHop.stream().flatMap(hops -> hops.questions().stream()))
                .collect(ImmutableSet.toImmutableSet());
    }

    /**
     * Asks for a fact in the held-out phrasings.
     *
     * @param fact one of the facts
     * @return a question for each held-out prompt of its relation
     */
    public ImmutableList<Question> heldOut(KnownFact fact) {
        return asked(fact, RelationPrompts::heldOut);
    }

    /**
     * Asks for a fact as the corpus states it.
     *
     * @param fact one of the facts
     * @return a question for each trained prompt of its relation
     */
    public ImmutableList<Question> trained(KnownFact fact) {
        return asked(fact, RelationPrompts::trained);
    }

    /**
     * Returns the facts that the model answers in every held-out phrasing, each in each of these.
     *
     * @return a prompt for each held-out prompt of each {@linkplain KnownFact#isKnown() known} fact
     */
    public ImmutableList<FactPrompt> knownPrompts() {
        ImmutableList.Builder<FactPrompt> out = ImmutableList.builder();
        for (KnownFact fact : facts) {
            if (fact.isKnown()) {
                relations.stream()
                        .filter(relation -> relation.name().equals(fact.relation()))
                        .flatMap(relation -> relation.heldOut().stream())
                        .forEach(p -> out.add(FactPrompt.of(p, fact.subject(), fact.object())));
            }
        }
        return out.build();
    }

    private ImmutableList<Question> asked(
            KnownFact fact, Function<RelationPrompts, List<String>> prompts) {
        return relations.stream()
                .filter(relation -> relation.name().equals(fact.relation()))
                .flatMap(relation -> prompts.apply(relation).stream())
                .map(prompt -> Question.of(prompt, fact.subject(), fact.object()))
                .collect(ImmutableList.toImmutableList());
    }

    /**
     * Notes what a model answers.
     *
     * @param right the questions it answers; all others count as not answered
     * @return the same facts with the answers
     */
    public GroundTruth answered(Set<Question> right) {
        return new GroundTruth(
                seed,
                relations,
                facts.stream()
                        .map(
                                f ->
                                        new KnownFact(
                                                f.relation(),
                                                f.subject(),
                                                f.object(),
                                                marks(heldOut(f), right)))
                        .collect(ImmutableList.toImmutableList()),
                twoHop.stream()
                        .map(
                                h ->
                                        new TwoHop(
                                                h.relations(),
                                                h.subject(),
                                                h.bridge(),
                                                h.trained(),
                                                h.direct(),
                                                h.first(),
                                                h.second(),
                                                marks(h.questions(), right)))
                        .collect(ImmutableList.toImmutableList()),
                entities);
    }

    private static ImmutableList<Boolean> marks(List<Question> questions, Set<Question> right) {
        return questions.stream().map(right::contains).collect(ImmutableList.toImmutableList());
    }

    /**
     * Returns the share of facts answered, over all held-out prompts.
     *
     * @return 0 to 1; empty before a model was asked
     */
    public Optional<Double> factsAnswered() {
        return share(facts.stream().flatMap(fact -> fact.answered().stream()).toList());
    }

    /**
     * Returns the share of two-hop questions answered directly.
     *
     * @param trained whether to count those trained or those held out
     * @return 0 to 1; empty before a model was asked
     */
    public Optional<Double> twoHopAnswered(boolean trained) {
        return share(
                twoHop.stream()
                        .filter(hops -> hops.trained() == trained)
                        .flatMap(hops -> hops.answered().stream().limit(1))
                        .toList());
    }

    private static Optional<Double> share(List<Boolean> answered) {
        return answered.isEmpty()
                ? Optional.empty()
                : Optional.of(
                        (double) answered.stream().filter(yes -> yes).count() / answered.size());
    }

    /** {@return how much there is, and how much of it is answered} */
    @Override
    public String toString() {
        return "GroundTruth[%d facts, %s answered; %d two-hop questions, trained %s, held out %s answered]"
                .formatted(
                        facts.size(),
                        percent(factsAnswered()),
                        twoHop.size(),
                        percent(twoHopAnswered(true)),
                        percent(twoHopAnswered(false)));
    }

    private static String percent(Optional<Double> share) {
        return share.map(value -> String.format(Locale.ROOT, "%.1f%%", 100 * value))
                .orElse("unknown");
    }
}
