package dev.patchscopes.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.djl.Device;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.model.golden.GoldenFiles;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenBatch;
import dev.patchscopes.text.TokenizedPrompt;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is reported is the first place that theory knows, in every family. */
class FirstNonFiniteTest {
    private static final double[] WRONG = {
        Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY
    };

    @TempDir Path directory;

    static List<String> names() {
        return GoldenFiles.names();
    }

    /** A new seed every time; a failure prints it. */
    private static final long SEED = Long.getLong("seed", System.nanoTime());

    @ParameterizedTest
    @MethodSource("names")
    void damagedWeights(String name) throws Exception {
        Random random = new Random(SEED ^ name.hashCode());
        for (int round = 0; round < 2; round++) {
            TokenizedPrompt prompt = TestModels.prompt(random.nextInt(1000), 5);
            DamagedWeight damage = DamagedWeight.draw(TestModels.directory(name), prompt, random);
            // a soft cap on logits makes infinity finite again
            boolean capped = name.startsWith("gemma2");
            float value = capped ? Float.NaN : (float) WRONG[random.nextInt(3)];
            Path copy = Files.createDirectory(directory.resolve("round" + round));
            CheckpointCopy checkpoint = CheckpointCopy.of(name, copy);
            checkpoint.values(damage.tensor())[damage.element()] = value;
            checkpoint.write();
            ModelLoader loader =
                    HookedModel.loader(copy)
                            .device(Device.cpu())
                            .matrixProducts(MatrixProducts.PLAIN);
            try (HookedModel model = loader.load()) {
                Optional<NonFinite> found = model.run(prompt).findNonFinite();
                String about = "seed %d, round %d, %s".formatted(SEED, round, damage);
                assertThat(found.map(NonFinite::point)).as(about).isEqualTo(damage.point());
                found.ifPresent(
                        f -> {
                            assertThat(f.positions()).as(about).isEqualTo(damage.positions());
                            assertThat(f.intervention()).as(about).isEmpty();
                            assertThat(f.value()).as(about).isNotFinite();
                        });
            }
            assertThat(loader.nonFiniteWeights())
                    .as("seed %d, round %d", SEED, round)
                    .singleElement()
                    .satisfies(
                            w -> {
                                assertThat(w.tensor()).isEqualTo(damage.tensor());
                                assertThat(Double.valueOf(w.value()))
                                        .isEqualTo(Double.valueOf(value));
                                assertThat(w.count()).isEqualTo(1);
                                assertThat(w.overflows()).isFalse();
                            });
        }
    }

    @ParameterizedTest
    @MethodSource("names")
    void interventions(String name) {
        Random random = new Random(SEED ^ name.hashCode());
        try (HookedModel model = TestModels.load(name, ComputeType.FLOAT32)) {
            SoftAssertions all = new SoftAssertions();
            for (int round = 0; round < 12; round++) {
                HookPoint point = draw(model, random);
                TokenBatch batch = TestModels.batch(random.nextInt(1000), 7, 3, 5);
                int row = random.nextInt(3);
                int position = random.nextInt(batch.length(row));
                Edit edit =
                        Intervention.scale(point, Positions.at(position), wrong(point, random))
                                .rows(row);
                Optional<NonFinite> found = model.run(batch).intervene(edit).findNonFinite();
                String about = "seed %d, %s, row %d".formatted(SEED, edit, row);
                all.assertThat(found.map(NonFinite::point)).as(about).contains(point);
                all.assertThat(found.map(NonFinite::prompt)).as(about).contains(row);
                all.assertThat(found.map(NonFinite::positions))
                        .as(about)
                        .contains(ImmutableIntArray.of(position));
                all.assertThat(found.map(NonFinite::position)).as(about).contains(position);
                all.assertThat(found.flatMap(NonFinite::intervention)).as(about).contains(edit);
            }
            all.assertAll();
        }
    }

    @ParameterizedTest
    @MethodSource("names")
    void nothingIsFoundWhereAllIsFinite(String name) {
        try (HookedModel model = TestModels.load(name, ComputeType.FLOAT32)) {
            TokenBatch batch = TestModels.batch(5, 9, 2, 6);
            EdgeCut cut =
                    Intervention.cutAttention(Positions.at(1), Positions.at(0), 0, model.layers());
            EdgeCut alone =
                    Intervention.cutAttention(Positions.at(1), Positions.at(1), 0, model.layers());
            assertThat(model.run(batch).findNonFinite()).isEmpty();
            assertThat(model.run(batch.paddedLeft()).findNonFinite()).isEmpty();
            // both of all edges that a query has: its row of scores is -infinity
            assertThat(model.run(batch).intervene(cut, alone).findNonFinite()).isEmpty();
            assertThat(
                            model.generation(batch)
                                    .maxNewTokens(4)
                                    .ignoringEndOfText()
                                    .checkFinite()
                                    .run()
                                    .first()
                                    .ids()
                                    .length())
                    .isEqualTo(4);
        }
    }

    @ParameterizedTest
    @MethodSource("names")
    void sweepsNameTheCellAndThePlaceOfItsOwnRun(String name) {
        Random random = new Random(SEED ^ name.hashCode());
        try (HookedModel model = TestModels.load(name, ComputeType.FLOAT32)) {
            TokenizedPrompt prompt = TestModels.prompt(11, 6);
            for (int round = 0; round < 2; round++) {
                HookPoint point = draw(model, random);
                // of the last block a sweep computes what the last token depends on
                boolean early = point.site().inBlock() && point.block() < model.layers() - 1;
                int position = early ? random.nextInt(6) : 5;
                Edit edit = Intervention.scale(point, Positions.at(position), wrong(point, random));
                Cell fine = Cell.of(0, Intervention.zero(HookPoint.residual(1), Positions.at(2)));
                Cell other = Cell.of(0, Intervention.zero(HookPoint.residual(1), Positions.at(3)));
                Sweep sweep =
                        model.sweep(BaseRun.of(prompt))
                                .cells(List.of(fine, other, fine, Cell.of(0, edit)))
                                .checkFinite();
                NonFinite alone = model.run(prompt).intervene(edit).findNonFinite().orElseThrow();
                for (Execution execution : Execution.values()) {
                    NonFiniteException thrown =
                            assertThrows(
                                    NonFiniteException.class,
                                    () -> sweep.execution(execution).execute(),
                                    "seed %d, %s, %s".formatted(SEED, edit, execution));
                    assertThat(thrown.cell()).as("seed %d, %s", SEED, edit).hasValue(3);
                    assertThat(thrown.found()).as("seed %d, %s", SEED, edit).isEqualTo(alone);
                    assertThat(thrown).hasMessageStartingWith("cell 3 of the sweep: ");
                }
            }
        }
    }

    private static HookPoint draw(HookedModel model, Random random) {
        return model.hookPoints().get(random.nextInt(model.hookPoints().size()));
    }

    /** An edit may cut an edge with a score of negative infinity, which is no fault. */
    private static double wrong(HookPoint point, Random random) {
        return point.site() == Site.ATTN_SCORES ? Double.NaN : WRONG[random.nextInt(3)];
    }
}
