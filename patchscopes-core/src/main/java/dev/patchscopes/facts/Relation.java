package dev.patchscopes.facts;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import dev.patchscopes.checkpoint.internal.WholeFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * A relation between subjects and objects, with prompts that ask for the object: the data of linear
 * relational embeddings, attribute lenses, probes and feature extraction.
 *
 * <p>Files have the layout of the data set of Hernandez et al., "Linearity of Relation Decoding in
 * Transformer Language Models" (2023): a JSON object with {@code name}, {@code prompt_templates},
 * {@code prompt_templates_zs}, {@code properties} ({@code relation_type}, {@code domain_name},
 * {@code range_name}, {@code symmetric}) and {@code samples} ({@code subject}, {@code object}). Two
 * things are optional here: {@code phrase}, and a list in place of an object, whose first element
 * is the object and whose others are its aliases.
 *
 * <pre>{@code
 * Relation capitals = Relation.of(GroundTruth.of(DemoModel.STANDARD), "capital");
 * Relation.Split halves = capitals.split(0.5, 42);
 * Relation.Sample sample = halves.train().samples().get(0);
 * String prompt = Relation.prompt(capitals.promptTemplates().get(0), sample.subject());
 * }</pre>
 *
 * @param name the name, for example {@code country currency}
 * @param phrase names the object, for example {@code the currency of {}}; few files have one
 * @param promptTemplates texts that the object continues, with {@code {}} where the subject goes;
 *     of a model's ground truth, those it was trained on
 * @param zeroShotTemplates the same for prompts without examples before them; of a model's ground
 *     truth, those it never saw
 * @param properties what kind of relation it is
 * @param samples its pairs; a subject may come more than once, see {@link #mergedBySubject()}
 */
public record Relation(
        String name,
        Optional<String> phrase,
        ImmutableList<String> promptTemplates,
        ImmutableList<String> zeroShotTemplates,
        Properties properties,
        ImmutableList<Sample> samples) {

    /** Where the subject goes in a template. */
    public static final String SLOT = "{}";

    /**
     * What kind of relation it is.
     *
     * @param relationType for example {@code factual}, {@code commonsense} or {@code linguistic}
     * @param domain what the subjects are
     * @param range what the objects are
     * @param symmetric whether it holds in both directions
     */
    public record Properties(String relationType, String domain, String range, boolean symmetric) {}

    /**
     * A pair that the relation holds of.
     *
     * @param subject the subject
     * @param object the object
     * @param aliases other objects that are right too
     */
    public record Sample(String subject, String object, ImmutableList<String> aliases) {

        /**
         * Checks that no text is empty or has white space at its ends.
         *
         * @param subject the subject
         * @param object the object
         * @param aliases other objects that are right too
         * @throws IllegalArgumentException if one is or has
         */
        public Sample {
            RelationChecks.trimmed("subject", subject);
            RelationChecks.trimmed("object", object);
            aliases.forEach(alias -> RelationChecks.trimmed("alias", alias));
        }

        /**
         * A pair without aliases.
         *
         * @param subject the subject
         * @param object the object
         * @return the sample
         */
        public static Sample of(String subject, String object) {
            return new Sample(subject, object, ImmutableList.of());
        }

        /** {@return the object and its aliases, each once} */
        public ImmutableSet<String> answers() {
            return ImmutableSet.<String>builder().add(object).addAll(aliases).build();
        }

        /** {@return subject and objects} */
        @Override
        public String toString() {
            return "%s -> %s".formatted(subject, String.join(" | ", answers()));
        }
    }

    /**
     * A relation in two parts that share no subject.
     *
     * @param train the first part
     * @param test the second part
     */
    public record Split(Relation train, Relation test) {}

    /**
     * Checks the templates.
     *
     * @param name the name
     * @param phrase names the object
     * @param promptTemplates texts that the object continues
     * @param zeroShotTemplates the same for prompts without examples before them
     * @param properties what kind of relation it is
     * @param samples its pairs
     * @throws IllegalArgumentException if the name is empty, or {@code {}} does not stand exactly
     *     once in each template and in the phrase
     */
    public Relation {
        RelationChecks.trimmed("name of the relation", name);
        phrase.ifPresent(RelationChecks::template);
        promptTemplates.forEach(RelationChecks::template);
        zeroShotTemplates.forEach(RelationChecks::template);
    }

    /**
     * Reads a file. White space at the ends of texts is dropped, and a backslash-u escape that was
     * escaped once too often becomes the character that was meant, as in two objects of the data
     * set's capitals.
     *
     * @param file JSON in the layout described above
     * @return the relation
     * @throws IOException if the file cannot be read
     * @throws IllegalArgumentException if it holds something else; the message names file and field
     */
    public static Relation read(Path file) throws IOException {
        return RelationJson.read(file);
    }

    /**
     * Reads all {@code .json} files of a directory and of those below it, as {@link #read} does.
     *
     * @param directory the directory
     * @return the relations, sorted by name
     * @throws IOException if a file cannot be read
     * @throws IllegalArgumentException if there is no such file, one holds something else, or two
     *     hold relations of the same name
     */
    public static ImmutableList<Relation> readAll(Path directory) throws IOException {
        return RelationJson.readAll(directory);
    }

    /**
     * Writes a file that {@link #read} reads to an equal relation.
     *
     * @param file the file, replaced if it exists
     * @throws IOException if it cannot be written
     */
    public void write(Path file) throws IOException {
        WholeFile.write(file, RelationJson.text(this));
    }

    /**
     * A relation that a model was taught.
     *
     * @param truth what the model was taught
     * @param name name of one of its relations
     * @return the relation with all its facts, known to the model or not
     * @throws IllegalArgumentException if there is no such relation; the message lists the names
     */
    public static Relation of(GroundTruth truth, String name) {
        return truth.relations().stream()
                .filter(prompts -> prompts.name().equals(name))
                .map(prompts -> of(truth, prompts))
                .findFirst()
                .orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        "the ground truth has no relation \"%s\"; it has %s"
                                                .formatted(
                                                        name,
                                                        truth.relations().stream()
                                                                .map(r -> r.name())
                                                                .collect(
                                                                        Collectors.joining(
                                                                                ", ")))));
    }

    /**
     * All relations that a model was taught.
     *
     * @param truth what the model was taught
     * @return its relations, in its order
     */
    public static ImmutableList<Relation> allOf(GroundTruth truth) {
        return truth.relations().stream()
                .map(prompts -> of(truth, prompts))
                .collect(ImmutableList.toImmutableList());
    }

    private static Relation of(GroundTruth truth, GroundTruth.RelationPrompts prompts) {
        return new Relation(
                prompts.name(),
                Optional.of(prompts.phrase()),
                prompts.trained(),
                prompts.heldOut(),
                new Properties("factual", prompts.subject(), prompts.object(), false),
                truth.facts().stream()
                        .filter(fact -> fact.relation().equals(prompts.name()))
                        .map(fact -> Sample.of(fact.subject(), fact.object()))
                        .collect(ImmutableList.toImmutableList()));
    }

    /**
     * Fills a subject into a template, and changes nothing else.
     *
     * @param template a text with {@code {}} once
     * @param subject the subject
     * @return the prompt
     * @throws IllegalArgumentException if {@code {}} does not stand in the template exactly once
     */
    public static String prompt(String template, String subject) {
        RelationChecks.template(template);
        return template.replace(SLOT, subject);
    }

    /**
     * Asks for the object of a sample, with a capital at the beginning as {@link Question#of}
     * writes it.
     *
     * @param template a text with {@code {}} once
     * @param sample the sample
     * @return the question, and the object as its answer
     */
    public static Question question(String template, Sample sample) {
        RelationChecks.template(template);
        return Question.of(template, sample.subject(), sample.object());
    }

    /** {@return the subjects, each once, in order} */
    public ImmutableSet<String> subjects() {
        return samples.stream().map(Sample::subject).collect(ImmutableSet.toImmutableSet());
    }

    /** {@return the objects without aliases, each once, in order} */
    public ImmutableSet<String> objects() {
        return samples.stream().map(Sample::object).collect(ImmutableSet.toImmutableSet());
    }

    /**
     * Keeps some samples.
     *
     * @param kept says which
     * @return the relation with those alone, none perhaps
     */
    public Relation where(Predicate<Sample> kept) {
        return with(samples.stream().filter(kept).collect(ImmutableList.toImmutableList()));
    }

    /**
     * Replaces the samples.
     *
     * @param others the new samples
     * @return the relation with those alone
     */
    public Relation with(List<Sample> others) {
        return new Relation(
                name,
                phrase,
                promptTemplates,
                zeroShotTemplates,
                properties,
                ImmutableList.copyOf(others));
    }

    /**
     * Makes one sample of all that have the same subject: the object of the first stays, those of
     * the others become aliases.
     *
     * @return the relation with each subject once, in order of first appearance
     */
    public Relation mergedBySubject() {
        Map<String, Set<String>> answers = new LinkedHashMap<>();
        for (Sample sample : samples) {
            answers.computeIfAbsent(sample.subject(), s -> new LinkedHashSet<>())
                    .addAll(sample.answers());
        }
        ImmutableList.Builder<Sample> merged = ImmutableList.builder();
        answers.forEach(
                (subject, all) -> {
                    ImmutableList<String> list = ImmutableList.copyOf(all);
                    merged.add(new Sample(subject, list.get(0), list.subList(1, list.size())));
                });
        return with(merged.build());
    }

    /**
     * Splits by subject at random: samples of one subject stay together.
     *
     * @param trainShare share of the subjects in the first part, between 0 and 1
     * @param seed the same seed gives the same split
     * @return both parts, each with the samples in their order
     * @throws IllegalArgumentException if the share is outside (0, 1), or there are fewer than two
     *     subjects
     */
    public Split split(double trainShare, long seed) {
        checkArgument(
                trainShare > 0 && trainShare < 1,
                "a training share of %s leaves one part without subjects: choose one between 0 and 1",
                trainShare);
        int all = subjects().size();
        int train = (int) Math.round(trainShare * all);
        return splitAt(Math.max(1, Math.min(all - 1, train)), seed);
    }

    /**
     * Splits by subject at random: samples of one subject stay together.
     *
     * @param trainSubjects number of subjects in the first part
     * @param seed the same seed gives the same split
     * @return both parts, each with the samples in their order
     * @throws IllegalArgumentException if one part would have no subject
     */
    public Split splitAt(int trainSubjects, long seed) {
        List<String> shuffled = new ArrayList<>(subjects());
        checkArgument(
                trainSubjects >= 1 && trainSubjects < shuffled.size(),
                "%s training subjects of the %s of \"%s\" leave one part without any: 1..%s are possible",
                trainSubjects,
                shuffled.size(),
                name,
                shuffled.size() - 1);
        Collections.shuffle(shuffled, new Random(seed));
        Set<String> train = ImmutableSet.copyOf(shuffled.subList(0, trainSubjects));
        return new Split(
                where(sample -> train.contains(sample.subject())),
                where(sample -> !train.contains(sample.subject())));
    }

    /** {@return the name, and how many samples, subjects and prompts there are} */
    @Override
    public String toString() {
        return "Relation[%s, %s -> %s, %d samples of %d subjects, %d prompts, %d zero-shot prompts]"
                .formatted(
                        name,
                        properties.domain(),
                        properties.range(),
                        samples.size(),
                        subjects().size(),
                        promptTemplates.size(),
                        zeroShotTemplates.size());
    }
}
