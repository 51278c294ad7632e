package dev.patchscopes.examples.files;

import com.google.common.base.Suppliers;
import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableDoubleArray;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.Layers;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.Patchscope;
import dev.patchscopes.PatchscopeRecord;
import dev.patchscopes.checkpoint.StoredType;
import dev.patchscopes.facts.GroundTruth;
import dev.patchscopes.facts.Relation;
import dev.patchscopes.lens.LensReading;
import dev.patchscopes.lens.LogitLens;
import dev.patchscopes.lens.future.SoftPrompt;
import dev.patchscopes.lens.probe.LinearProbe;
import dev.patchscopes.lens.relation.LinearRelation;
import dev.patchscopes.lens.tuned.TunedLens;
import dev.patchscopes.linear.AffineMap;
import dev.patchscopes.linear.Matrix;
import dev.patchscopes.model.DemoModel;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.TrainableModel;
import dev.patchscopes.model.TrainingSetup;
import dev.patchscopes.text.TokenizedPrompt;
import dev.patchscopes.trace.cross.AlignedPrompts;
import dev.patchscopes.trace.cross.CrossModelMap;
import dev.patchscopes.trace.cross.CrossModelReport;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** A small thing of every kind that is saved and loaded. */
final class OwnFiles implements AutoCloseable {
    private static final String CONFIG =
            """
            {"model_type": "gpt2", "n_layer": 3, "n_embd": 8, "n_head": 2, "vocab_size": 50,
             "n_positions": 32}
            """;

    private final HookedModel tiny;
    private final HookedModel demo = HookedModel.demoSmall();
    private final Supplier<List<CrossModelMap>> maps = Suppliers.memoize(this::fitMaps);

    OwnFiles(Path directory) throws IOException {
        Path checkpoint = directory.resolve("tiny");
        writeModel(checkpoint, 1);
        tiny = HookedModel.load(checkpoint);
    }

    static void writeModel(Path to, long seed) throws IOException {
        Path config = Files.createTempFile("tiny", ".json");
        Files.writeString(config, CONFIG);
        try (TrainableModel model = TrainableModel.create(config, setup(), seed)) {
            model.save(to, StoredType.F32);
        }
        Files.delete(config);
    }

    static TrainingSetup setup() {
        return TrainingSetup.standard();
    }

    /** Writes something, which may be one of two, and reads it back. */
    interface Kind {
        void save(Path to, int which) throws IOException;

        /** What was saved, as something that equals tells apart. */
        Object load(Path from) throws IOException;
    }

    HookedModel model() {
        return tiny;
    }

    TunedLens lens(int which) {
        Random random = new Random(which);
        return TunedLens.of(
                tiny,
                IntStream.range(0, 3)
                        .mapToObj(
                                k ->
                                        AffineMap.of(
                                                Matrix.of(8, 8, floats(random, 64)),
                                                floats(random, 8)))
                        .toList());
    }

    private static double[] floats(Random random, int count) {
        return random.doubles(count).map(x -> Math.rint(x * 1024) / 1024).toArray();
    }

    Kind tunedLens() {
        return new Kind() {
            @Override
            public void save(Path to, int which) {
                try (TunedLens lens = lens(which)) {
                    lens.save(to);
                }
            }

            @Override
            public Object load(Path from) {
                try (TunedLens lens = TunedLens.load(tiny, from)) {
                    return List.of(
                            lens.translator(0),
                            lens.translator(1),
                            lens.translator(2),
                            lens.origin(),
                            lens.library());
                }
            }
        };
    }

    Kind softPrompt() {
        return new Kind() {
            @Override
            public void save(Path to, int which) {
                SoftPrompt.of(tiny, 1, Matrix.of(2, 8, floats(new Random(which), 16))).save(to);
            }

            @Override
            public Object load(Path from) {
                return SoftPrompt.load(from);
            }
        };
    }

    Kind linearProbe() {
        return new Kind() {
            @Override
            public void save(Path to, int which) {
                new LinearProbe(
                                ModelIdentity.of(tiny),
                                which,
                                ImmutableList.of("Asia", "Europe"),
                                ImmutableDoubleArray.copyOf(floats(new Random(which), 16)),
                                ImmutableDoubleArray.of(1, 2))
                        .save(to);
            }

            @Override
            public Object load(Path from) {
                return LinearProbe.load(from);
            }
        };
    }

    Kind linearRelation() {
        Relation capital = Relation.of(GroundTruth.of(DemoModel.SMALL), "capital");
        LinearRelation[] two =
                IntStream.rangeClosed(1, 2)
                        .mapToObj(
                                layer ->
                                        LinearRelation.of(demo)
                                                .relation(capital)
                                                .examples(capital.samples().subList(0, 2))
                                                .layer(layer)
                                                .fit()
                                                .truncated(2))
                        .toArray(LinearRelation[]::new);
        return new Kind() {
            @Override
            public void save(Path to, int which) throws IOException {
                two[which].save(to);
            }

            @Override
            public Object load(Path from) throws IOException {
                LinearRelation in = LinearRelation.load(demo, from);
                return List.of(
                        in.provenance(),
                        in.beta(),
                        in.rank(),
                        in.weight(),
                        ImmutableDoubleArray.copyOf(in.bias()));
            }
        };
    }

    private List<CrossModelMap> fitMaps() {
        List<AlignedPrompts> prompts =
                IntStream.range(0, 12)
                        .mapToObj(
                                i -> TokenizedPrompt.ofIds(new Random(i).ints(5, 0, 50).toArray()))
                        .map(prompt -> AlignedPrompts.of(prompt, prompt))
                        .toList();
        return IntStream.rangeClosed(1, 2)
                .mapToObj(
                        layer ->
                                CrossModelMap.between(tiny, tiny)
                                        .layers(Layers.at(layer), Layers.at(1))
                                        .prompts(prompts)
                                        .heldOut(0.3)
                                        .fit())
                .toList();
    }

    Kind crossModelMap() {
        return new Kind() {
            @Override
            public void save(Path to, int which) {
                maps.get().get(which).save(to);
            }

            @Override
            public Object load(Path from) {
                CrossModelMap in = CrossModelMap.load(from, tiny, tiny);
                return List.of(
                        in.pairs().stream().map(p -> in.at(p.source(), p.target())).toList(),
                        in.report(),
                        in.scores());
            }
        };
    }

    /** A training that has ended, which another call goes on from, and ends at once. */
    Kind snapshot() {
        return new Kind() {
            private TunedLens train(Path file, int which) {
                return TunedLens.train(tiny)
                        .onTokens(
                                IntStream.range(0, 4)
                                        .mapToObj(
                                                i ->
                                                        ImmutableIntArray.copyOf(
                                                                new Random(i + which)
                                                                        .ints(8, 0, 50)))
                                        .toList())
                        .steps(2)
                        .tokensPerStep(16)
                        .snapshots(file, 1)
                        .fit();
            }

            @Override
            public void save(Path to, int which) throws IOException {
                Files.deleteIfExists(to);
                train(to, which).close();
            }

            @Override
            public Object load(Path from) {
                try (TunedLens lens = train(from, 0)) {
                    return List.of(lens.translator(0), lens.translator(2), lens.history());
                }
            }
        };
    }

    Kind trainedModel() {
        return new Kind() {
            @Override
            public void save(Path to, int which) throws IOException {
                writeModel(to, which);
            }

            @Override
            public Object load(Path from) {
                try (TrainableModel in = TrainableModel.open(from, setup())) {
                    return in.parameters().keySet().stream()
                            .map(name -> ImmutableDoubleArray.copyOf(in.values(name)))
                            .toList();
                }
            }
        };
    }

    /** The JSON of a result. */
    record Text(List<String> two, Function<String, Object> reader) implements Kind {
        @Override
        public void save(Path to, int which) throws IOException {
            Files.writeString(to, two.get(which));
        }

        @Override
        public Object load(Path from) throws IOException {
            // one bad byte of UTF-8 is one bad character, which is to be noticed too
            return reader.apply(new String(Files.readAllBytes(from), StandardCharsets.UTF_8));
        }
    }

    /** Results of each of the ways in which such are written. */
    Map<String, Kind> results() {
        List<PatchscopeRecord> records =
                IntStream.range(0, 2)
                        .mapToObj(
                                layer ->
                                        Patchscope.on(demo)
                                                .sourcePrompt("Peru")
                                                .sourceLayer(layer)
                                                .targetPrompt("Japan")
                                                .targetLayer(1)
                                                .maxNewTokens(2)
                                                .build()
                                                .run()
                                                .toRecord())
                        .toList();
        List<LensReading> readings =
                Stream.of("Peru", "Japan").map(LogitLens.of(demo)::read).toList();
        return Map.of(
                "patchscope record",
                new Text(
                        records.stream().map(PatchscopeRecord::toJson).toList(),
                        PatchscopeRecord::fromJson),
                "lens reading",
                new Text(
                        readings.stream().map(LensReading::toJson).toList(), LensReading::fromJson),
                "map report",
                new Text(
                        maps.get().stream().map(map -> map.report().toJson()).toList(),
                        CrossModelReport::fromJson));
    }

    @Override
    public void close() {
        tiny.close();
        demo.close();
    }
}
