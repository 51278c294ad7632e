package dev.patchscopes.examples.lens;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.facts.GroundTruth;
import dev.patchscopes.facts.GroundTruth.KnownFact;
import dev.patchscopes.facts.GroundTruth.RelationPrompts;
import dev.patchscopes.facts.Question;
import dev.patchscopes.lens.probe.LayerProbe;
import dev.patchscopes.lens.probe.ProbeExample;
import dev.patchscopes.lens.probe.ProbeReport;
import dev.patchscopes.lens.probe.ProbeTraining;
import dev.patchscopes.model.DemoModel;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.text.Positions;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Linear probes on the model that comes with the library: at which layers the last token of a
 * subject, such as a country, tells what stands in a relation to it, such as its continent; for
 * subjects the probe was not trained on.
 *
 * <pre>{@code
 * mvn -q compile exec:java -Dexec.mainClass=dev.patchscopes.examples.lens.ProbeDemo
 * mvn -q compile exec:java \
 *     -Dexec.mainClass=dev.patchscopes.examples.lens.ProbeDemo -Dexec.args="continent habitat"
 * }</pre>
 */
public final class ProbeDemo {
    private static final ImmutableList<String> RELATIONS =
            ImmutableList.of("continent", "language", "home", "profession", "class");

    /** Trained phrasings a fact is read in, beside the held-out ones. */
    private static final int PHRASINGS = 3;

    private static final int SUBJECTS_OF_A_LABEL = 4;
    private static final long SEED = 42;

    private final HookedModel model;
    private final GroundTruth truth;
    private final PrintStream out;

    ProbeDemo(HookedModel model, GroundTruth truth, PrintStream out) {
        this.model = model;
        this.truth = truth;
        this.out = out;
    }

    /**
     * Trains and prints.
     *
     * @param arguments names of relations; five of them unless given
     */
    public static void main(String[] arguments) {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        try (HookedModel model = HookedModel.demo()) {
            new ProbeDemo(model, GroundTruth.of(DemoModel.STANDARD), out)
                    .run(arguments.length == 0 ? RELATIONS : ImmutableList.copyOf(arguments));
        }
    }

    void run(List<String> names) {
        List<RelationPrompts> relations = names.stream().map(this::relation).toList();
        out.println(
                """
                How well a linear probe tells a label from the state of a subject's last token, by
                layer, on subjects it never saw. Beside it: the macro F1; a probe trained on shuffled
                labels; one of a random label for each token (control); accuracy minus control
                (selectivity); how many of those random labels it remembers of its own training
                examples (memory). * is the layer chosen on validation subjects.""");
        relations.forEach(this::probe);
    }

    private RelationPrompts relation(String name) {
        return truth.relations().stream()
                .filter(relation -> relation.name().equals(name))
                .findFirst()
                .orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        "\"%s\" is none of the relations %s"
                                                .formatted(
                                                        name,
                                                        truth.relations().stream()
                                                                .map(RelationPrompts::name)
                                                                .toList())));
    }

    private void probe(RelationPrompts relation) {
        List<ProbeExample> examples =
                truth.facts().stream()
                        .filter(fact -> fact.relation().equals(relation.name()))
                        .flatMap(this::examples)
                        .toList();
        ProbeReport report =
                ProbeTraining.of(model)
                        .examples(examples)
                        .labelsInAtLeast(SUBJECTS_OF_A_LABEL)
                        .split(0.2, 0.3)
                        .seed(SEED)
                        .run();
        LayerProbe best = report.best();
        boolean vowel = "aeiou".indexOf(relation.subject().charAt(0)) >= 0;
        String title =
                "%s of %s %s".formatted(relation.name(), vowel ? "an" : "a", relation.subject());
        out.printf("%n%s%n%s%n", title, "-".repeat(title.length()));
        out.println(report);
        out.printf(
                Locale.ROOT,
                "layer %d: %s right, where the most frequent label is right for %.2f%n",
                best.score().layer(),
                best.accuracy(),
                report.scores().majority().share());
        examples.stream()
                .filter(example -> best.probe().labels().contains(example.label()))
                .findFirst()
                .ifPresent(
                        example ->
                                out.printf(
                                        "its probe of \"%s\" (%s): %s%n",
                                        example.text(),
                                        example.label(),
                                        best.probe()
                                                .read(model, example.text(), example.position())));
    }

    /** Texts about a fact, cut before the answer, so that only the model can add it. */
    private Stream<ProbeExample> examples(KnownFact fact) {
        return Stream.concat(
                        truth.heldOut(fact).stream(), truth.trained(fact).stream().limit(PHRASINGS))
                .map(question -> example(fact, question));
    }

    private static ProbeExample example(KnownFact fact, Question question) {
        // a subject that begins the prompt begins with a capital there
        String name = fact.subject();
        String text = question.prompt();
        String shown = text.contains(name) ? name : text.substring(0, name.length());
        return ProbeExample.of(text, Positions.lastTokenOf(shown).lastOccurrence(), fact.object())
                .inGroup(name);
    }
}
