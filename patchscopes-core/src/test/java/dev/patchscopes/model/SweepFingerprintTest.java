package dev.patchscopes.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenizedPrompt;
import dev.patchscopes.text.Tokenizer;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SweepFingerprintTest {
    private static final TokenizedPrompt PROMPT = TokenizedPrompt.ofIds(7, 30, 12, 55, 81, 9);
    private static final TokenizedPrompt OTHER = TokenizedPrompt.ofIds(7, 30, 12, 55);
    private static final HookPoint POINT = HookPoint.residual(1);
    private static final HookPoint HEADS = HookPoint.z(1);

    /** Another seed may be given: -Dseed=42. */
    private final long seed = Long.getLong("seed", System.nanoTime());

    private HookedModel model;

    @BeforeAll
    void load() {
        model = TestModels.exact("gpt2");
    }

    @AfterAll
    void close() {
        model.close();
    }

    private String print(Edit edit) {
        return print(Cell.of(0, edit));
    }

    private String print(Cell... cells) {
        return sweep(cells).fingerprint();
    }

    private Sweep sweep(Cell... cells) {
        return model.sweep(BaseRun.of(PROMPT), BaseRun.of(OTHER)).cells(List.of(cells));
    }

    private static Edit add(double... values) {
        return Intervention.add(POINT, Positions.at(2), values);
    }

    /** Each a sweep that differs from all others in one thing or two. */
    private Map<String, String> variants() {
        Map<String, String> all = new LinkedHashMap<>();
        Edit edit = add(1, 2, 3);
        Edit second = Intervention.zero(POINT, Positions.at(3));
        Edit headed = Intervention.zero(HEADS, Positions.at(2));
        all.put("no cell", print());
        all.put("a bare cell", print(Cell.of(0)));
        all.put("two bare cells", print(Cell.of(0), Cell.of(0)));
        all.put("other base", print(Cell.of(1)));
        all.put("edit", print(edit));
        all.put("other base, edit", print(Cell.of(1, edit)));
        all.put("a number", print(add(1, 2, Math.nextUp(3.0))));
        all.put("a number more", print(add(1, 2, 3, 0)));
        all.put("a number less", print(add(1, 2)));
        all.put("order of numbers", print(add(1, 3, 2)));
        all.put("zero", print(add(0)));
        all.put("minus zero", print(add(-0.0)));
        all.put("replace", print(Intervention.replace(POINT, Positions.at(2), 1f, 2f, 3f)));
        all.put(
                "project",
                print(Intervention.projectOut(POINT, Positions.at(2), new double[] {1, 2, 3})));
        all.put("zeroed", print(Intervention.zero(POINT, Positions.at(2))));
        all.put("mean", print(Intervention.mean(POINT, Positions.at(2))));
        all.put("scale", print(Intervention.scale(POINT, Positions.at(2), 2)));
        all.put("scale by another", print(Intervention.scale(POINT, Positions.at(2), -2)));
        all.put("mix", print(Intervention.interpolate(POINT, Positions.at(2), 0.5, 1f, 2f, 3f)));
        all.put(
                "mix more",
                print(Intervention.interpolate(POINT, Positions.at(2), 0.6, 1f, 2f, 3f)));
        all.put("site", print(Intervention.add(HookPoint.mlpOut(1), Positions.at(2), 1f, 2f, 3f)));
        all.put("block", print(Intervention.add(HookPoint.residual(2), Positions.at(2), 1f, 2, 3)));
        all.put("position", print(Intervention.add(POINT, Positions.at(1), 1f, 2f, 3f)));
        all.put("positions", print(Intervention.add(POINT, Positions.at(1, 2), 1f, 2f, 3f)));
        all.put("rows", print(edit.rows(0)));
        all.put("phase", print(edit.during(Phase.ALL)));
        all.put("other phase", print(edit.during(Phase.DECODE)));
        all.put("heads", print(headed));
        all.put("a head", print(headed.heads(0)));
        all.put("another head", print(headed.heads(1)));
        all.put("both heads", print(headed.heads(0, 1)));
        all.put("another edit", print(second));
        all.put("two edits", print(Cell.of(0, edit, second)));
        all.put("order of edits", print(Cell.of(0, second, edit)));
        all.put("two cells", print(Cell.of(0, edit), Cell.of(0, second)));
        all.put("order of cells", print(Cell.of(0, second), Cell.of(0, edit)));
        cuts(all);
        patches(all);
        bases(all, edit);
        readings(all, edit);
        return all;
    }

    private void cuts(Map<String, String> all) {
        EdgeCut cut = Intervention.cutAttention(Positions.at(3), Positions.at(1), 0, 2);
        all.put("cut", print(Cell.of(0, cut)));
        all.put("zeroed cut", print(Cell.of(0, cut.zeroed())));
        all.put("cut head", print(Cell.of(0, cut.heads(1))));
        all.put("cut row", print(Cell.of(0, cut.rows(0))));
        all.put("cut phase", print(Cell.of(0, cut.during(Phase.ALL))));
        record Edge(int query, int key, int from, int to) {}
        for (Edge e :
                List.of(
                        new Edge(4, 1, 0, 2),
                        new Edge(3, 2, 0, 2),
                        new Edge(1, 3, 0, 2),
                        new Edge(3, 1, 1, 2),
                        new Edge(3, 1, 0, 3))) {
            all.put(
                    e.toString(),
                    print(
                            Cell.of(
                                    0,
                                    Intervention.cutAttention(
                                            Positions.at(e.query),
                                            Positions.at(e.key),
                                            e.from,
                                            e.to))));
        }
    }

    private void patches(Map<String, String> all) {
        Patch patch = Patch.of(1, POINT, Positions.at(2));
        all.put("patch", print(Cell.of(0).patched(patch)));
        all.put("patch twice", print(Cell.of(0).patched(patch, patch)));
        all.put("patch source", print(Cell.of(0).patched(Patch.of(0, POINT, Positions.at(2)))));
        all.put("patch read", print(Cell.of(0).patched(patch.to(POINT, Positions.at(1)))));
        all.put(
                "patch written",
                print(
                        Cell.of(0)
                                .patched(
                                        Patch.of(1, POINT, Positions.at(1))
                                                .to(POINT, Positions.at(2)))));
        HookPoint there = HookPoint.residual(2);
        all.put("patch to", print(Cell.of(0).patched(patch.to(there, Positions.at(2)))));
        all.put(
                "patch from",
                print(
                        Cell.of(0)
                                .patched(
                                        Patch.of(1, there, Positions.at(2))
                                                .to(POINT, Positions.at(2)))));
        all.put("map", print(Cell.of(0).patched(patch.mapped("a", v -> v))));
        all.put("another map", print(Cell.of(0).patched(patch.mapped("b", v -> v))));
        all.put("map without name", print(Cell.of(0).patched(patch.mapped("", v -> v))));
        all.put("patch and edit", print(Cell.of(0, add(1)).patched(patch)));
    }

    private void bases(Map<String, String> all, Edit edit) {
        List<Cell> cells = List.of(Cell.of(0, edit));
        BaseRun base = BaseRun.of(PROMPT);
        BaseRun other = BaseRun.of(OTHER);
        all.put("one base", model.sweep(base).cells(cells).fingerprint());
        all.put("order of bases", model.sweep(other, base).cells(cells).fingerprint());
        all.put("base twice", model.sweep(base, base).cells(cells).fingerprint());
        for (int token = 0; token < PROMPT.length(); token++) {
            int[] ids = PROMPT.ids().toArray();
            ids[token]++;
            all.put(
                    "token " + token,
                    model.sweep(BaseRun.of(TokenizedPrompt.ofIds(ids)), other)
                            .cells(cells)
                            .fingerprint());
        }
        for (Edit shared : List.of(edit, add(1, 2, Math.nextDown(3.0)))) {
            BaseRun changed = new BaseRun(PROMPT, ImmutableList.of(shared));
            all.put("base with " + shared, model.sweep(changed, other).cells(cells).fingerprint());
            all.put(
                    "changed " + all.size(),
                    model.sweep(other, changed).cells(cells).fingerprint());
            all.put("moved " + all.size(), model.sweep(changed).fingerprint());
        }
    }

    private void readings(Map<String, String> all, Edit edit) {
        Sweep sweep = sweep(Cell.of(0, edit));
        for (Reading reading :
                List.of(
                        Reading.top(2),
                        Reading.top(1).withDistribution(),
                        Reading.probabilitiesOf(5, 6),
                        Reading.probabilitiesOf(6, 5),
                        Reading.probabilitiesOf(5, 6).withDistribution(),
                        Reading.logitsOf(5, 6),
                        Reading.lastResidual())) {
            all.put(reading.toString(), sweep.reading(reading).fingerprint());
        }
        all.put("one token", sweep.generate(1).fingerprint());
        all.put("two tokens", sweep.generate(2).fingerprint());
    }

    @Test
    void everyIngredientChangesIt() {
        Map<String, String> all = variants();
        Map<String, String> seen = new LinkedHashMap<>();
        all.forEach(
                (name, print) -> {
                    assertThat(print).matches("[0-9a-f]{64}");
                    assertThat(Optional.ofNullable(seen.put(print, name)))
                            .as("differs from \"%s\"", name)
                            .isEmpty();
                });
        assertThat(variants()).as("the same again").isEqualTo(all);
    }

    @Test
    void everyBitOfEveryNumberChangesIt() {
        Random random = new Random(seed);
        for (int round = 0; round < 200; round++) {
            double[] values = random.doubles(1 + random.nextInt(5), -2, 2).toArray();
            int at = random.nextInt(values.length);
            double[] changed = values.clone();
            changed[at] =
                    Double.longBitsToDouble(
                            Double.doubleToRawLongBits(values[at]) ^ (1L << random.nextInt(64)));
            double factor = values[at];
            double other = changed[at];
            String what = "seed %d, %s, %s".formatted(seed, Arrays.toString(values), other);
            assertThat(print(add(values.clone()))).as(what).isEqualTo(print(add(values)));
            assertThat(print(add(changed))).as(what).isNotEqualTo(print(add(values)));
            assertThat(print(Intervention.scale(POINT, Positions.last(), other)))
                    .as(what)
                    .isNotEqualTo(print(Intervention.scale(POINT, Positions.last(), factor)));
        }
    }

    @Test
    void theModelChangesIt() {
        Cell cell = Cell.of(0, add(1, 2, 3));
        List<String> prints = new ArrayList<>(List.of(print(cell)));
        try (HookedModel single = TestModels.load("gpt2", ComputeType.FLOAT32);
                HookedModel other = TestModels.exact("gpt2_variant")) {
            for (HookedModel m : List.of(single, other)) {
                prints.add(
                        m.sweep(BaseRun.of(PROMPT), BaseRun.of(OTHER))
                                .cells(List.of(cell))
                                .fingerprint());
            }
        }
        prints.add(with("name", model.contentHash() + "0", model.endOfText(), cell).fingerprint());
        prints.add(
                with("name", model.contentHash(), ImmutableIntArray.of(1, 2, 3), cell)
                        .fingerprint());
        assertThat(prints).doesNotHaveDuplicates();
        assertThat(with("name", model.contentHash(), model.endOfText(), cell).fingerprint())
                .isEqualTo(print(cell));
    }

    private Sweep with(String name, String contentHash, ImmutableIntArray end, Cell cell) {
        HookedModel same =
                new HookedModel(name, contentHash, model.runtime(), Optional.empty(), end);
        return same.sweep(BaseRun.of(PROMPT), BaseRun.of(OTHER)).cells(List.of(cell));
    }

    @Test
    void stopStringsChangeItAndPromptsCountByTheirTokens(@TempDir Path directory) {
        TextModel.writeTo(directory);
        try (HookedModel text = TextModel.exact(directory)) {
            TokenizedPrompt prompt = text.tokenize("The Tower is");
            Cell cell = Cell.of(0, Intervention.zero(POINT, Positions.of("Tower")));
            Sweep sweep = text.sweep(BaseRun.of(prompt)).cells(List.of(cell)).generate(3);
            assertThat(
                            Stream.of(
                                    sweep.fingerprint(),
                                    sweep.generate(3, "ab").fingerprint(),
                                    sweep.generate(3, "a", "b").fingerprint(),
                                    sweep.generate(3, "b", "a").fingerprint(),
                                    sweep.generate(3, "ab", "c").fingerprint(),
                                    sweep.generate(3, "a", "bc").fingerprint()))
                    .doesNotHaveDuplicates();
            ImmutableIntArray found = Positions.of("Tower").resolve(prompt);
            Cell byIndex = Cell.of(0, Intervention.zero(POINT, Positions.at(found.toArray())));
            assertThat(
                            text.sweep(BaseRun.of(TokenizedPrompt.ofIds(prompt.ids())))
                                    .cells(List.of(byIndex))
                                    .generate(3)
                                    .fingerprint())
                    .isEqualTo(sweep.fingerprint());
        }
    }

    @Test
    void theTokenizerChangesItWhereTextIsGenerated(@TempDir Path directory) throws IOException {
        TextModel.writeTo(directory);
        Path file = directory.resolve("tokenizer.json");
        try (HookedModel text = TextModel.exact(directory)) {
            JsonObject json = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
            JsonObject vocabulary = json.getAsJsonObject("model").getAsJsonObject("vocab");
            JsonElement a = vocabulary.get("a");
            vocabulary.add("a", vocabulary.get("b"));
            vocabulary.add("b", a);
            Files.writeString(file, json.toString());
            try (Tokenizer swapped = Tokenizer.load(directory)) {
                List<Sweep> sweeps =
                        Stream.of(text.tokenizerIfAny(), Optional.of(swapped), noTokenizer())
                                .map(
                                        tokenizer ->
                                                new HookedModel(
                                                        "tiny",
                                                        text.contentHash(),
                                                        text.runtime(),
                                                        tokenizer,
                                                        text.endOfText()))
                                .map(m -> m.sweep(BaseRun.of(PROMPT)).cells(List.of(Cell.of(0))))
                                .toList();
                assertThat(sweeps.stream().map(s -> s.generate(3).fingerprint()))
                        .doesNotHaveDuplicates();
                assertThat(sweeps.stream().map(Sweep::fingerprint).distinct()).hasSize(1);
            }
        }
    }

    private static Optional<Tokenizer> noTokenizer() {
        return Optional.empty();
    }

    @Test
    void whatChangesNothingThatIsReadIsNoPartOfIt() {
        Cell cell = Cell.of(0, add(1, 2, 3));
        assertThat(
                        sweep(cell)
                                .execution(Execution.NAIVE)
                                .memoryBudget(1)
                                .progress((done, total, elapsed) -> {})
                                .resume(Path.of("anywhere"))
                                .fingerprint())
                .isEqualTo(print(cell));
    }

    @Test
    void equalPositionsAreEqualHoweverTheyAreDescribed() {
        record Same(Positions one, Positions other) {}
        for (Same s :
                List.of(
                        new Same(Positions.last(), Positions.at(5)),
                        new Same(Positions.all(), Positions.range(0, 6)),
                        new Same(Positions.at(1, 2), Positions.range(1, 3)),
                        new Same(Positions.at(2, -5), Positions.at(1, 2)))) {
            assertThat(print(Intervention.zero(POINT, s.one)))
                    .isEqualTo(print(Intervention.zero(POINT, s.other)));
            assertThat(print(Cell.of(0, Intervention.cutAttention(s.one, s.one, 0, 1))))
                    .isEqualTo(
                            print(Cell.of(0, Intervention.cutAttention(s.other, s.other, 0, 1))));
            assertThat(print(Cell.of(0).patched(Patch.of(0, POINT, s.one))))
                    .isEqualTo(print(Cell.of(0).patched(Patch.of(0, POINT, s.other))));
        }
        assertThat(print(Intervention.zero(POINT, Positions.all()).during(Phase.ALL)))
                .as("all tokens, and those of the prompt, while more are generated")
                .isNotEqualTo(
                        print(Intervention.zero(POINT, Positions.range(0, 6)).during(Phase.ALL)));
    }

    @Test
    void positionsAmongTheTokensToComeAreKeptApart() {
        List<String> prints = new ArrayList<>();
        for (int position = 5; position < 8; position++) {
            Edit edit = Intervention.zero(POINT, Positions.at(position)).during(Phase.DECODE);
            prints.add(sweep(Cell.of(0, edit)).generate(5).fingerprint());
        }
        assertThat(prints).doesNotHaveDuplicates();
    }

    @Test
    void functionsAreRefused() {
        Edit map = Intervention.map(POINT, Positions.at(2), v -> v);
        assertThatThrownBy(() -> print(Cell.of(0), Cell.of(0, map)))
                .isInstanceOf(InterventionException.class)
                .hasMessageContaining("map at at(2) of blocks.0.hook_resid_post, of cell 1,")
                .hasMessageContaining("operations made of numbers")
                .hasMessageContaining("Patch.mapped");
        Edit custom = Intervention.custom(POINT, (x, context) -> x);
        BaseRun base = new BaseRun(PROMPT, ImmutableList.of(custom));
        assertThatThrownBy(() -> model.sweep(base).fingerprint())
                .isInstanceOf(InterventionException.class)
                .hasMessageContaining("custom at all of blocks.0.hook_resid_post, of base run 0,");
    }

    /** A new part of a sweep must find its way into the fingerprint, or be known not to matter. */
    @Test
    void knowsEveryPartOfASweep() {
        Map<Class<?>, String> known = new LinkedHashMap<>();
        known.put(BaseRun.class, "prompt interventions");
        known.put(Cell.class, "base interventions patches");
        known.put(Patch.class, "source from read to written map");
        known.put(Patch.Map.class, "name function");
        known.put(Edit.class, "point positions rows heads phase operation");
        known.put(EdgeCut.class, "queries keys fromBlock toBlock rows heads renormalised phase");
        known.put(HookPoint.class, "site block");
        known.put(Reading.class, "topTokens tokens columns distribution residual");
        known.put(Operation.Replace.class, "values");
        known.put(Operation.Add.class, "values");
        known.put(Operation.Scale.class, "factor");
        known.put(Operation.Interpolate.class, "values weight");
        known.put(Operation.Zero.class, "");
        known.put(Operation.Mean.class, "");
        known.put(Operation.ProjectOut.class, "direction");
        known.put(Operation.Map.class, "function");
        known.put(Operation.Custom.class, "function");
        known.forEach(
                (type, parts) ->
                        assertThat(
                                        Arrays.stream(type.getRecordComponents())
                                                .map(RecordComponent::getName))
                                .as("parts of %s that SweepFingerprint describes", type)
                                .containsExactly(
                                        parts.isEmpty() ? new String[0] : parts.split(" ")));
        assertThat(known.keySet()).contains(Operation.class.getPermittedSubclasses());
        assertThat(known.keySet()).contains(Intervention.class.getPermittedSubclasses());
    }
}
