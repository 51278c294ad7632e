package dev.patchscopes.examples.trace;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.LayerGrid;
import dev.patchscopes.Layers;
import dev.patchscopes.Patchscope;
import dev.patchscopes.TargetPrompt;
import dev.patchscopes.examples.demo.corpus.Corpus;
import dev.patchscopes.examples.demo.corpus.Document;
import dev.patchscopes.examples.demo.corpus.KnowledgeBase;
import dev.patchscopes.facts.Entity;
import dev.patchscopes.facts.GroundTruth;
import dev.patchscopes.measure.Rate;
import dev.patchscopes.model.DemoModel;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.trace.LayerPair;
import dev.patchscopes.trace.cross.AlignedPrompts;
import dev.patchscopes.trace.cross.CrossModelFit;
import dev.patchscopes.trace.cross.CrossModelMap;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Stream;

/**
 * Reads the small model that comes with the library by means of the large one: fits maps between
 * all their layers, tells how much of the large one's states they explain and how the large one
 * goes on with what they give, and lets it describe entities from states of the small one. None of
 * the texts fitted to names any of the entities.
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
    private static final int TESTED = 80;
    private static final int NEW_TOKENS = 8;
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
        List<Entity> shuffled = new ArrayList<>(truth.entities());
        Collections.shuffle(shuffled, new Random(1));
        List<Entity> tested = shuffled.subList(0, TESTED);
        List<String> names = tested.stream().map(Entity::name).toList();
        fit(texts(truth.seed(), names), Layers.all(), Layers.everyNth(2));
        describe(
                tested,
                truth.entities().stream()
                        .map(Entity::name)
                        .filter(name -> !names.contains(name))
                        .distinct()
                        .toList());
    }

    private static ImmutableList<String> texts(long seed, List<String> without) {
        Stream<Document> documents =
                Corpus.about(KnowledgeBase.load(seed), seed).documents(FIRST_DOCUMENT);
        return documents
                .map(Document::text)
                .filter(text -> without.stream().noneMatch(text::contains))
                .limit(DOCUMENTS)
                .collect(ImmutableList.toImmutableList());
    }

    /** Shares of entities whose category the target names, by layers. */
    private void describe(List<Entity> entities, List<String> namesToFit) {
        CrossModelMap map =
                fitted().layers(Layers.range(0, 4), Layers.range(2, 5))
                        .prompts(
                                namesToFit.stream()
                                        .map(name -> AlignedPrompts.of(source, target, name).last())
                                        .toList())
                        .skipFirst(0) // a name of one token stands for itself
                        .patched(0)
                        .fit();
        out.printf(
                "%nDescriptions by %s of %d entities from states of %s: right category named,%n"
                        + "with 95%% interval; maps fitted to %d other names%n",
                target.name(), entities.size(), source.name(), namesToFit.size());
        int row = -1;
        for (LayerPair pair : map.pairs()) {
            if (pair.source() != row) {
                row = pair.source();
                out.printf("%nl = %d:", row);
            }
            out.printf("  l* = %d %s", pair.target(), rate(map, pair, entities));
        }
        out.println();
    }

    private Rate rate(CrossModelMap map, LayerPair pair, List<Entity> entities) {
        List<LayerGrid> grids =
                Patchscope.on(source)
                        .sourcePrompt(entities.get(0).name())
                        .sourceLayer(pair.source())
                        .mapping(map.mapping(pair.source(), pair.target()))
                        .targetModel(target)
                        .targetPrompt(TargetPrompt.entityDescription())
                        .targetLayer(pair.target())
                        .maxNewTokens(NEW_TOKENS)
                        .stopAt(",", "\n")
                        .build()
                        .sweep()
                        .layers(Layers.at(pair.source()), Layers.at(pair.target()))
                        .sourcePrompts(entities.stream().map(Entity::name).toArray(String[]::new))
                        .reading(1)
                        .run();
        int hits = 0;
        for (int i = 0; i < entities.size(); i++) {
            String said =
                    grids.get(i)
                            .cells()
                            .get(0)
                            .result()
                            .generation()
                            .orElseThrow()
                            .text()
                            .toLowerCase(Locale.ROOT);
            List<String> words = List.of(said.split("[^\\p{L}]+"));
            hits += words.contains(entities.get(i).category().toLowerCase(Locale.ROOT)) ? 1 : 0;
        }
        return new Rate(hits, entities.size(), entities.size());
    }
}
