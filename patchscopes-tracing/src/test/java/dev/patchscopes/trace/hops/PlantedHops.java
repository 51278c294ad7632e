package dev.patchscopes.trace.hops;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.TargetPrompt;
import dev.patchscopes.facts.Relation;
import dev.patchscopes.model.ComputeType;
import dev.patchscopes.model.Execution;
import java.util.Optional;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/** Reports with answers made up for tests: l = 1, 2, 4 and l* = 1, 3, so that cells are 0..5. */
final class PlantedHops {
    static final String RIGHT = " it is the yen.";
    static final String PAPER_ONLY = " many yens";
    static final String WRONG = " I do not know";
    static final String BRIDGE = " Japan";

    private PlantedHops() {}

    static MultiHopProvenance provenance(boolean countsAll, boolean onlyFailing) {
        return new MultiHopProvenance(
                new LibraryVersion("0.0.1"),
                new ModelIdentity("m", "abc", "gpt2", ComputeType.FLOAT32, "cpu"),
                HopForm.TWO_PROMPTS,
                ImmutableIntArray.of(1, 2, 4),
                ImmutableIntArray.of(1, 3),
                20,
                20,
                countsAll,
                onlyFailing,
                3,
                Execution.EXACT);
    }

    /** The same plan with other halves, for answers that are there already. */
    static MultiHopProvenance withSeed(MultiHopProvenance p, long seed) {
        return new MultiHopProvenance(
                p.library(),
                p.model(),
                p.form(),
                p.sourceLayers(),
                p.targetLayers(),
                p.newTokens(),
                p.directTokens(),
                p.countsAll(),
                p.onlyFailing(),
                seed,
                p.execution());
    }

    static HopQuestion question(String subject) {
        return HopQuestion.of(
                "country of capital, currency",
                Relation.Sample.of(subject, "Japan"),
                Relation.Sample.of("Japan", "yen"),
                "The country whose capital is " + subject + " is",
                "the country whose capital is " + subject,
                TargetPrompt.of("The currency of x is the", "x"));
    }

    static ImmutableList<String> cells(IntPredicate right) {
        return IntStream.range(0, 6)
                .mapToObj(cell -> right.test(cell) ? RIGHT : WRONG)
                .collect(ImmutableList.toImmutableList());
    }

    /** A question whose hops are known and that is failed directly. */
    static HopReading reading(String subject, ImmutableList<String> patched) {
        return reading(subject, BRIDGE, RIGHT, WRONG, patched);
    }

    static HopReading reading(
            String subject,
            String firstHop,
            String secondHop,
            String direct,
            ImmutableList<String> patched) {
        return new HopReading(
                question(subject),
                firstHop,
                secondHop,
                direct,
                WRONG,
                Optional.empty(),
                WRONG,
                patched,
                cells(cell -> false));
    }
}
