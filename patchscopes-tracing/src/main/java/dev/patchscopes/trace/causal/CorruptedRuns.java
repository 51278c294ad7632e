package dev.patchscopes.trace.causal;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableDoubleArray;
import dev.patchscopes.model.BaseRun;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Intervention;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleSupplier;
import java.util.stream.IntStream;

/**
 * The corrupted copies of a prompt.
 *
 * @param prompt their tokens
 * @param copies what is changed in each
 */
record CorruptedRuns(TokenizedPrompt prompt, ImmutableList<ImmutableList<Intervention>> copies) {

    /** Draws numbers of which all copies take some, one after the other. */
    private record Draw(int copies, int numbers, DoubleSupplier next) {
        ImmutableList<ImmutableDoubleArray> all() {
            return IntStream.range(0, copies)
                    .mapToObj(
                            copy ->
                                    ImmutableDoubleArray.copyOf(
                                            IntStream.range(0, numbers)
                                                    .mapToDouble(i -> next.getAsDouble())))
                    .collect(ImmutableList.toImmutableList());
        }
    }

    /**
     * Corrupts a prompt.
     *
     * @param sigma standard deviation of Gaussian noise
     * @param copies how many, where noise is drawn
     */
    static CorruptedRuns of(
            HookedModel model,
            TracedPrompt traced,
            Corruption corruption,
            double sigma,
            int copies,
            long seed) {
        if (corruption instanceof Corruption.Replacement other) {
            return replaced(traced.about(model, other.subject()));
        }
        if (corruption instanceof Corruption.OtherPrompt other) {
            return replaced(traced.checked(other.prompt()));
        }
        int numbers = traced.subjectTokens() * Embeddings.width(model, traced.prompt());
        if (corruption instanceof Corruption.GivenNoise given) {
            for (ImmutableDoubleArray copy : given.copies()) {
                checkArgument(
                        copy.length() == numbers,
                        "a copy of the given noise has %s numbers, and the subject's %s tokens have %s: give [subject token, d_embed] row by row",
                        copy.length(),
                        traced.subjectTokens(),
                        numbers);
            }
            return noisy(traced, given.copies());
        }
        Random random = new Random(seed);
        DoubleSupplier next =
                corruption instanceof Corruption.Uniform uniform
                        ? () -> uniform.bound() * (2 * random.nextDouble() - 1)
                        : () -> sigma * random.nextGaussian();
        return noisy(traced, new Draw(copies, numbers, next).all());
    }

    private static CorruptedRuns replaced(TokenizedPrompt prompt) {
        return new CorruptedRuns(prompt, ImmutableList.of(ImmutableList.of()));
    }

    private static CorruptedRuns noisy(TracedPrompt traced, List<ImmutableDoubleArray> noise) {
        return new CorruptedRuns(
                traced.prompt(),
                noise.stream()
                        .map(
                                copy ->
                                        ImmutableList.<Intervention>of(
                                                Intervention.add(
                                                        HookPoint.embed(),
                                                        traced.subject(),
                                                        copy.toArray())))
                        .collect(ImmutableList.toImmutableList()));
    }

    int count() {
        return copies.size();
    }

    /**
     * A copy as a base run.
     *
     * @param extended its prompt, and perhaps tokens of the answer after it
     */
    BaseRun base(TokenizedPrompt extended, int copy) {
        return new BaseRun(extended, copies.get(copy));
    }
}
