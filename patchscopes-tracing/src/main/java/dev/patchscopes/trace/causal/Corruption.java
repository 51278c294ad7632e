package dev.patchscopes.trace.causal;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableDoubleArray;
import dev.patchscopes.facts.FactPrompt;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.Arrays;
import java.util.List;

/**
 * How the subject is taken from a model: noise on its embeddings (Meng et al., 2022), or another
 * subject in its place, "symmetric token replacement" (Zhang &amp; Nanda, 2024, "Towards Best
 * Practices of Activation Patching in Language Models"), which keeps the prompt an ordinary one and
 * which they recommend together with a logit difference.
 *
 * <p>Noise is added to the token embeddings, {@link HookPoint#embed()} [pos, d_embed]: before
 * position embeddings and any norm, and after the scaling that some families apply.
 *
 * <pre>{@code
 * Corruption.gaussian();                 // 3 standard deviations, the paper's
 * Corruption.replacement("Eiffel Tower") // the same prompt about something else
 * }</pre>
 */
public sealed interface Corruption {

    /**
     * Gaussian noise.
     *
     * @param scale its standard deviation
     */
    record Gaussian(NoiseScale scale) implements Corruption {
        /** {@return for example {@code gaussian noise of 3.0 x std of the traced subjects}} */
        @Override
        public String toString() {
            return "gaussian noise of " + scale;
        }
    }

    /**
     * Noise drawn evenly from an interval around 0.
     *
     * @param bound x of [-x, x], above 0
     */
    record Uniform(double bound) implements Corruption {

        /**
         * Checks the bound.
         *
         * @param bound x of [-x, x], above 0
         */
        public Uniform {
            checkArgument(
                    bound > 0 && bound < Double.POSITIVE_INFINITY,
                    "noise in [-%s, %s] is none: give a bound above 0",
                    bound,
                    bound);
        }

        /** {@return the interval} */
        @Override
        public String toString() {
            return "uniform noise in [-%s, %s]".formatted(bound, bound);
        }
    }

    /**
     * Noise made elsewhere.
     *
     * @param copies what is added in each copy of the prompt, [subject token, d_embed] row by row
     */
    record GivenNoise(ImmutableList<ImmutableDoubleArray> copies) implements Corruption {

        /**
         * Checks that there is some.
         *
         * @param copies what is added in each copy of the prompt
         */
        public GivenNoise {
            checkArgument(!copies.isEmpty(), "no noise is given: give at least one copy");
        }

        /** {@return the number of copies, and a number to know them by} */
        @Override
        public String toString() {
            return "given noise of %d copies, hash %08x".formatted(copies.size(), hashCode());
        }
    }

    /**
     * Another subject in place of the prompt's.
     *
     * @param subject with as many tokens
     */
    record Replacement(String subject) implements Corruption {
        /** {@return the other subject} */
        @Override
        public String toString() {
            return "subject replaced by \"%s\"".formatted(subject);
        }
    }

    /**
     * Another prompt, for models without a tokenizer.
     *
     * @param prompt the same tokens as the traced prompt's outside the subject
     */
    record OtherPrompt(TokenizedPrompt prompt) implements Corruption {
        /** {@return the other prompt} */
        @Override
        public String toString() {
            return "prompt replaced by " + prompt;
        }
    }

    /** {@return noise of 3 standard deviations of the traced subjects' embeddings} */
    static Corruption gaussian() {
        return gaussian(3);
    }

    /**
     * Noise by the embeddings of the subjects that are traced.
     *
     * @param multiple how many of their standard deviations
     * @return the corruption
     */
    static Corruption gaussian(double multiple) {
        return new Gaussian(new NoiseScale.OfSubjects(multiple, ImmutableList.of()));
    }

    /**
     * Noise by the embeddings of a fact set's subjects, as in the paper.
     *
     * @param multiple how many of their standard deviations
     * @param facts at least one
     * @return the corruption
     */
    static Corruption gaussian(double multiple, List<FactPrompt> facts) {
        checkArgument(
                !facts.isEmpty(), "the fact set is empty: leave it out for the traced subjects");
        return new Gaussian(new NoiseScale.OfSubjects(multiple, ImmutableList.copyOf(facts)));
    }

    /**
     * Noise by the whole embedding table.
     *
     * @param multiple how many of its standard deviations
     * @return the corruption
     */
    static Corruption gaussianOfVocabulary(double multiple) {
        return new Gaussian(new NoiseScale.OfVocabulary(multiple));
    }

    /**
     * Noise of a known scale.
     *
     * @param sigma its standard deviation
     * @return the corruption
     */
    static Corruption gaussianFixed(double sigma) {
        return new Gaussian(new NoiseScale.Fixed(sigma));
    }

    /**
     * Noise drawn evenly from an interval.
     *
     * @param bound x of [-x, x]
     * @return the corruption
     */
    static Corruption uniform(double bound) {
        return new Uniform(bound);
    }

    /**
     * Noise made elsewhere, to reproduce what was measured with it.
     *
     * @param copies an array for each copy of the prompt, [subject token, d_embed] row by row
     * @return the corruption
     */
    static Corruption given(double[]... copies) {
        return new GivenNoise(
                Arrays.stream(copies)
                        .map(ImmutableDoubleArray::copyOf)
                        .collect(ImmutableList.toImmutableList()));
    }

    /**
     * Another subject.
     *
     * @param subject with as many tokens in the prompt as the one it replaces
     * @return the corruption
     */
    static Corruption replacement(String subject) {
        return new Replacement(subject);
    }

    /**
     * Another prompt that differs in the subject alone.
     *
     * @param prompt as long as the traced prompt
     * @return the corruption
     */
    static Corruption replacement(TokenizedPrompt prompt) {
        return new OtherPrompt(prompt);
    }

    /** {@return whether the corrupted prompt has tokens of its own} */
    default boolean isReplacement() {
        return this instanceof Replacement || this instanceof OtherPrompt;
    }
}
