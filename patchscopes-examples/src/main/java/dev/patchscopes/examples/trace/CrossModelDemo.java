package dev.patchscopes.examples.trace;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.Layers;
import dev.patchscopes.TargetPrompt;
import dev.patchscopes.examples.demo.corpus.Corpus;
import dev.patchscopes.examples.demo.corpus.Document;
import dev.patchscopes.examples.demo.corpus.KnowledgeBase;
import dev.patchscopes.facts.GroundTruth;
import dev.patchscopes.measure.Rate;
import dev.patchscopes.model.DemoModel;
import dev.patchscopes.model.Generation;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.trace.cross.AlignedPrompts;
import dev.patchscopes.trace.cross.CrossModelFit;
import dev.patchscopes.trace.cross.CrossModelMap;
import dev.patchscopes.trace.entity.DescribedEntity;
import dev.patchscopes.trace.entity.EntityDescription;
import dev.patchscopes.trace.entity.EntityReference;
import dev.patchscopes.trace.entity.EntityReport;
import dev.patchscopes.trace.entity.EntityText;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Reads the small model that comes with the library by means of the large one: fits maps between
 * all their layers, tells how much of the large one's states they explain and how the large one
 * goes on with what they give, and lets it describe entities from states of the small one. Each
 * half of the entities is described by maps fitted to the names of the other half.
 *
 * <p>With the directories of two models and a file of texts, one a line, it fits and measures maps
 * between those.
 *
 * <pre>{@code
 * mvn -q compile exec:java -Dexec.mainClass=dev.patchscopes.examples.trace.CrossModelDemo
 * mvn -q compile exec:java -Dexec.mainClass=dev.patchscopes.examples.trace.CrossModelDemo \
 *     -Dexec.args="models/small models/large texts.txt"
 * }</pre>
 */
public final class CrossModelDemo {
    private static final long FIRST_DOCUMENT = 1L << 51; // the models learnt from none beyond 2^50
    private static final int DOCUMENTS = 1000;
    private static final int NEW_TOKENS = 8;

    /** l*, where the large model describes states of its own best. */
    private static final int WRITTEN = 4;

    private static final TargetPrompt PROMPT = TargetPrompt.entityDescription();
    private static final int MOST_LAYERS = 6;

    private final HookedModel source;
    private final HookedModel target;
    private final PrintStream out;

    CrossModelDemo(HookedModel source, HookedModel target, PrintStream out) {
        this.source = source;
        this.target = target;
        this.out = out;
    }

    /**
     * Fits and prints.
     *
     * @param arguments nothing; or directories of a source model and a target model, and a file of
     *     texts, one a line
     * @throws IOException if the file cannot be read
     */
    public static void main(String[] arguments) throws IOException {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        if (arguments.length == 0) {
            try (HookedModel small = HookedModel.demoSmall();
                    HookedModel large = HookedModel.demo()) {
                new CrossModelDemo(small, large, out).runOnDemo();
            }
            return;
        }
        if (arguments.length != 3) {
            throw new IllegalArgumentException(
                    "%d arguments: give none, or the directories of two models and a file of texts"
                            .formatted(arguments.length));
        }
        try (HookedModel source = HookedModel.load(arguments[0]);
                HookedModel target = HookedModel.load(arguments[1])) {
            new CrossModelDemo(source, target, out).run(Files.readAllLines(Path.of(arguments[2])));
        }
    }

    void run(List<String> lines) {
        fit(lines.stream().filter(line -> !line.isBlank()).toList(), some(source), some(target));
    }

    private static Layers some(HookedModel model) {
        return Layers.everyNth(Math.max(1, (model.layers() + MOST_LAYERS - 2) / (MOST_LAYERS - 1)));
    }

    private void fit(List<String> texts, Layers from, Layers to) {
        CrossModelMap map = fitted().layers(from, to).texts(texts).fit();
        out.println(map.report());
        map.scores().ifPresent(out::println);
    }

    private CrossModelFit fitted() {
        return CrossModelMap.between(source, target).seed(1);
    }

    private void runOnDemo() {
        GroundTruth truth = GroundTruth.of(DemoModel.STANDARD);
        fit(texts(truth.seed()), Layers.all(), Layers.everyNth(2));
        List<EntityReference> entities =
                new ArrayList<>(truth.entities().stream().map(EntityReference::of).toList());
        Collections.shuffle(entities, new Random(0));
        describe(
                entities.subList(0, entities.size() / 2),
                entities.subList(entities.size() / 2, entities.size()));
    }

    private static ImmutableList<String> texts(long seed) {
        Stream<Document> documents =
                Corpus.about(KnowledgeBase.load(seed), seed).documents(FIRST_DOCUMENT);
        return documents
                .map(Document::text)
                .limit(DOCUMENTS)
                .collect(ImmutableList.toImmutableList());
    }

    /** An entity both models know, and what the target says from states of the source. */
    private record Described(EntityReference entity, DescribedEntity said, EntityText unpatched) {
        String name() {
            return entity.name();
        }
    }

    /** Shares of entities whose category the target names, by source layer. */
    private void describe(List<EntityReference> one, List<EntityReference> other) {
        List<Described> described = new ArrayList<>(described(other, one));
        described.addAll(described(one, other));
        out.printf(
                "%nDescriptions by %s of %d entities that both models know, from states of %s:%n"
                        + "right category named, with 95%% interval%n",
                target.name(), described.size(), source.name());
        out.printf(
                "  placeholder unpatched   %s%n",
                rate(described, d -> d.entity.isNamedBy(d.unpatched.text())));
        for (int l = 0; l <= source.layers(); l++) {
            int at = l; // one target layer: descriptions are in the order of l
            out.printf(
                    "  l = %d, l* = %d           %s   random vectors %s%n",
                    l,
                    WRITTEN,
                    rate(described, d -> d.entity.isNamedBy(d.said.at(at, WRITTEN).text())),
                    rate(described, d -> d.entity.isNamedBy(d.said.random().get(at).text())));
        }
    }

    private static Rate rate(List<Described> described, Predicate<Described> named) {
        return Rate.of(described, named, Described::name);
    }

    /** Those of some entities that both models know, by maps fitted to the names of others. */
    private List<Described> described(List<EntityReference> some, List<EntityReference> others) {
        Layers written = Layers.at(WRITTEN);
        CrossModelMap map =
                fitted().layers(Layers.all(), written)
                        .prompts(
                                others.stream()
                                        .map(
                                                e ->
                                                        AlignedPrompts.inPlace(
                                                                source, target, e.name(), PROMPT))
                                        .toList())
                        .skipFirst(0) // a name of one token stands for itself
                        .patched(0)
                        .fit();
        EntityReport report =
                EntityDescription.of(source)
                        .targetModel(target)
                        .layers(Layers.all(), written)
                        .mapping(map::mapping)
                        .maxNewTokens(NEW_TOKENS)
                        .evaluate(some)
                        .report();
        List<Generation> bySource = saidOfNames(some);
        List<Described> out = new ArrayList<>();
        for (int i = 0; i < some.size(); i++) {
            EntityReference entity = some.get(i);
            DescribedEntity said = report.entities().get(i);
            if (entity.isNamedBy(bySource.get(i).text())
                    && entity.isNamedBy(said.direct().text())) {
                out.add(new Described(entity, said, report.unpatched()));
            }
        }
        return out;
    }

    /** What the source itself says with the names in place of the placeholder. */
    private List<Generation> saidOfNames(List<EntityReference> entities) {
        String examples = PROMPT.text().substring(0, PROMPT.placeholder().orElseThrow().start());
        return source.generation(entities.stream().map(e -> examples + e.name()).toList())
                .maxNewTokens(NEW_TOKENS)
                .stopAt(",", "\n")
                .run()
                .all();
    }
}
