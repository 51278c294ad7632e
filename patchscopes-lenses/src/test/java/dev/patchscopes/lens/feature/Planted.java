package dev.patchscopes.lens.feature;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.TargetPrompt;
import dev.patchscopes.facts.Relation;
import dev.patchscopes.model.ComputeType;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/** Reports with answers made up. */
final class Planted {

    static final String RIGHT = " is Paris.";
    static final String PAPER_ONLY = " is Parisian.";
    static final String WRONG = " is Rome.";

    private Planted() {}

    /** Layers 2, 5 and 6 to 1 and 4. */
    static FeatureProvenance provenance(long seed) {
        return new FeatureProvenance(
                new LibraryVersion("0.1.0"),
                new ModelIdentity(
                        "planted", "0123456789abcdef", "none", ComputeType.FLOAT32, "cpu"),
                "capital",
                TargetPrompt.featureExtraction("The capital of"),
                ImmutableIntArray.of(2, 5, 6),
                ImmutableIntArray.of(1, 4),
                10,
                20,
                false,
                seed);
    }

    /** A sample whose object is Paris. */
    static FeatureSample sample(String subject) {
        return FeatureSample.of(Relation.Sample.of(subject, "Paris"), "I saw {}.");
    }

    /** Answers of all six cells. */
    static ImmutableList<String> cells(IntPredicate right) {
        return IntStream.range(0, 6)
                .mapToObj(cell -> right.test(cell) ? RIGHT : WRONG)
                .collect(ImmutableList.toImmutableList());
    }

    static SampleReading reading(String subject, ImmutableList<String> patched) {
        return new SampleReading(sample(subject), RIGHT, patched, cells(cell -> false));
    }
}
