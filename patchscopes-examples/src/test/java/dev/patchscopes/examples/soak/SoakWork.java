package dev.patchscopes.examples.soak;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.common.collect.ImmutableList;
import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.LayerGrid;
import dev.patchscopes.Layers;
import dev.patchscopes.Mapping;
import dev.patchscopes.Patchscope;
import dev.patchscopes.TargetPrompt;
import dev.patchscopes.lens.LogitLens;
import dev.patchscopes.lens.tuned.TunedLens;
import dev.patchscopes.model.Activations;
import dev.patchscopes.model.BaseRun;
import dev.patchscopes.model.Cell;
import dev.patchscopes.model.DemoModel;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Intervention;
import dev.patchscopes.model.MatrixProducts;
import dev.patchscopes.model.Metric;
import dev.patchscopes.model.Reading;
import dev.patchscopes.model.Sampling;
import dev.patchscopes.model.Sweep;
import dev.patchscopes.text.Positions;
import dev.patchscopes.trace.causal.CausalTracing;
import dev.patchscopes.trace.causal.TraceKind;
import dev.patchscopes.trace.entity.EntityDescription;
import dev.patchscopes.trace.knockout.AttentionKnockout;
import dev.patchscopes.trace.patching.AttributionPatching;
import dev.patchscopes.trace.patching.PatchTarget;
import dev.patchscopes.trace.patching.PatchedSite;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/** What a service does all day: reads, patches, sweeps, generation, lenses, training, tracing. */
final class SoakWork {
    private static final String PROMPT = "The capital of France is";

    private final HookedModel model;
    private final HookedModel small;
    private final Path folder;
    private final AtomicInteger files = new AtomicInteger();

    /**
     * @param folder for files, each of which its task deletes
     */
    SoakWork(HookedModel model, HookedModel small, Path folder) {
        this.model = model;
        this.small = small;
        this.folder = folder;
    }

    ImmutableList<SoakTask> tasks() {
        return ImmutableList.of(
                new SoakTask("run with captures", this::captures),
                new SoakTask("run with interventions", this::interventions),
                new SoakTask("gradients", this::gradients),
                new SoakTask("greedy generation", this::greedy),
                new SoakTask("sampled generation", this::sampled),
                new SoakTask("patchscope", this::patchscope),
                new SoakTask("patchscope between models", this::acrossModels),
                new SoakTask("grid of layers", this::grid),
                new SoakTask("sweep stopped and resumed", this::resumedSweep),
                new SoakTask("lens reading", this::lens),
                new SoakTask("tuned lens trained, saved, loaded", this::training),
                new SoakTask("causal trace", this::trace),
                new SoakTask("knockout", this::knockout),
                new SoakTask("attribution", this::attribution),
                new SoakTask("entity description", this::entity),
                new SoakTask("picture", this::picture),
                new SoakTask("model loaded and closed", this::load));
    }

    // ---- runs -----------------------------------------------------------------------------------

    private String captures() {
        HookPoint[] points = {
            HookPoint.residual(3), HookPoint.pattern(2), HookPoint.mlpOut(4), HookPoint.z(1)
        };
        Activations read = model.run(PROMPT).capture(points).logits().execute();
        Hasher hash = Hashing.sha256().newHasher();
        for (HookPoint point : points) {
            for (double value : read.get(point).doubles(0)) {
                hash.putDouble(value);
            }
        }
        return hash.putUnencodedChars(read.topTokens(5).toString()).hash().toString();
    }

    private String interventions() {
        return model.run("The currency of Japan is the")
                .intervene(
                        Intervention.scale(HookPoint.z(2), Positions.all(), 0.5),
                        Intervention.mean(HookPoint.mlpOut(1), Positions.at(1)),
                        Intervention.cutAttention(Positions.last(), Positions.at(0), 0, 3),
                        Intervention.custom(HookPoint.residual(4), (v, c) -> v.mul(1.01)))
                .execute()
                .topTokens(10)
                .toString();
    }

    private String gradients() {
        return digest(
                model.run(PROMPT)
                        .gradients(Metric.logProbability(7), HookPoint.residual(2), HookPoint.q(1))
                        .of(HookPoint.residual(2))
                        .doubles(0));
    }

    private String greedy() {
        return model.generate("The currency of Japan is the", 24).toString();
    }

    private String sampled() {
        return model.generation("Marie Curie was")
                .maxNewTokens(16)
                .sampling(Sampling.temperature(1, 17))
                .run()
                .first()
                .text();
    }

    // ---- patchscopes ----------------------------------------------------------------------------

    private String patchscope() {
        return digest(
                Patchscope.on(model)
                        .sourcePrompt("Marie Curie")
                        .sourceLayer(3)
                        .targetPrompt(TargetPrompt.entityDescription())
                        .targetLayer(3)
                        .maxNewTokens(8)
                        .build()
                        .run()
                        .toJson());
    }

    private String acrossModels() {
        double scale = (double) model.width() / small.width();
        return digest(
                Patchscope.on(small)
                        .sourcePrompt("Leonardo DiCaprio")
                        .sourceLayer(2)
                        .mapping(Mapping.of("stretched", h -> stretched(h, model.width(), scale)))
                        .targetModel(model)
                        .targetPrompt(TargetPrompt.tokenIdentity())
                        .targetLayer(2)
                        .build()
                        .run()
                        .topTokens(5)
                        .toString());
    }

    private static double[] stretched(double[] h, int width, double scale) {
        double[] out = new double[width];
        for (int i = 0; i < width; i++) {
            out[i] = h[(int) (i / scale)];
        }
        return out;
    }

    private String grid() {
        LayerGrid grid =
                Patchscope.on(model)
                        .sourcePrompt("Marie Curie")
                        .sourceLayer(3)
                        .targetPrompt(TargetPrompt.tokenIdentity())
                        .targetLayer(3)
                        .build()
                        .sweep(Layers.at(0, 4, 8), Layers.at(0, 2, 5));
        return digest(grid.toJson());
    }

    /** Stopped after some cells by its listener, then gone on with from its file. */
    private String resumedSweep() throws IOException {
        Path journal = file("journal");
        List<Cell> cells = new ArrayList<>();
        for (int layer = 0; layer <= model.layers(); layer++) {
            cells.add(
                    Cell.of(
                            0,
                            Intervention.replace(
                                    HookPoint.residual(layer),
                                    Positions.last(),
                                    vector(layer, model.width()))));
        }
        Sweep sweep =
                model.sweep(BaseRun.of(model.tokenize(PROMPT)))
                        .cells(cells)
                        .reading(Reading.top(3))
                        .memoryBudget(1) // a pass a cell, so that the stop finds some finished
                        .resume(journal);
        try {
            AtomicInteger asked = new AtomicInteger();
            String stopped = "finished";
            try {
                sweep.progress(new StopAfter(asked, 4)).execute();
            } catch (CancellationException e) {
                stopped = "stopped";
            }
            return stopped + digest(sweep.execute().toString());
        } finally {
            Files.deleteIfExists(journal);
        }
    }

    // ---- tools ----------------------------------------------------------------------------------

    private String lens() {
        return digest(LogitLens.of(model).read(PROMPT).toJson());
    }

    private String training() throws IOException {
        Path lens = file("lens");
        List<ImmutableIntArray> tokens = new ArrayList<>();
        for (int text = 0; text < 4; text++) {
            tokens.add(
                    ImmutableIntArray.copyOf(new Random(text).ints(32, 0, small.vocabularySize())));
        }
        try (TunedLens trained =
                TunedLens.train(small)
                        .onTokens(tokens)
                        .repeating()
                        .steps(2)
                        .tokensPerStep(64)
                        .fit()) {
            trained.save(lens);
        }
        try (TunedLens loaded = TunedLens.load(small, lens)) {
            return digest(loaded.read(PROMPT).toJson());
        } finally {
            delete(lens);
        }
    }

    private String trace() {
        return digest(
                CausalTracing.of(model)
                        .prompt("The capital of Japan is")
                        .subject("Japan")
                        .copies(2)
                        .kinds(TraceKind.MLP_OUT)
                        .run()
                        .toJson());
    }

    private String knockout() {
        return digest(
                AttentionKnockout.of(model)
                        .prompt("The capital of Japan is")
                        .subject("Japan")
                        .window(5)
                        .run()
                        .toJson());
    }

    private String attribution() {
        return digest(
                AttributionPatching.of(model)
                        .pair(
                                "The capital of Japan is",
                                "The capital of France is",
                                " Tokyo",
                                " Paris")
                        .run(PatchTarget.byPosition(PatchedSite.RESID_PRE))
                        .toJson());
    }

    private String entity() {
        return EntityDescription.of(model)
                .layers(Layers.at(2))
                .maxNewTokens(4)
                .describe("Marie Curie")
                .toString();
    }

    private String picture() throws IOException {
        Path png = file("png");
        Path html = file("html");
        try {
            var map = LogitLens.of(small).read("Marie Curie").heatmap();
            map.writePng(png);
            map.writeHtml(html);
            return Hashing.sha256().hashBytes(Files.readAllBytes(png)).toString()
                    + Hashing.sha256().hashBytes(Files.readAllBytes(html));
        } finally {
            Files.deleteIfExists(png);
            Files.deleteIfExists(html);
        }
    }

    private String load() {
        try (HookedModel own =
                DemoModel.SMALL.load(loader -> loader.matrixProducts(MatrixProducts.PLAIN))) {
            return own.topTokens(PROMPT, 5).toString();
        }
    }

    // ---- help -----------------------------------------------------------------------------------

    private Path file(String kind) {
        return folder.resolve("%d.%s".formatted(files.incrementAndGet(), kind));
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            for (Path entry : entries.toList()) {
                Files.delete(entry);
            }
        }
        Files.delete(directory);
    }

    static float[] vector(int seed, int width) {
        Random random = new Random(seed);
        float[] out = new float[width];
        for (int i = 0; i < width; i++) {
            out[i] = (float) random.nextGaussian();
        }
        return out;
    }

    private static String digest(double[] values) {
        Hasher hash = Hashing.sha256().newHasher();
        for (double value : values) {
            hash.putDouble(value);
        }
        return hash.hash().toString();
    }

    private static String digest(String text) {
        return Hashing.sha256().hashString(text, UTF_8).toString();
    }
}
