package dev.patchscopes.model.internal;

import static com.google.common.base.Preconditions.checkArgument;

import dev.patchscopes.model.internal.ArchitectureSpec.RotaryScaling;
import dev.patchscopes.model.internal.ArchitectureSpec.RotaryVariant;
import java.util.List;

/**
 * Angles by which rotary position embeddings turn pairs of dimensions.
 *
 * <p>Pair i of a head turns by {@code position * base^(-2i / dims)} (RoFormer, arXiv 2104.09864).
 * The scalings are those of arXiv 2306.15595 (linear), of the dynamic NTK proposal, of LLaMA 3.1
 * (arXiv 2407.21783), of YaRN (arXiv 2309.00071) and of LongRoPE (arXiv 2402.13753).
 *
 * <p>The reference implementation fixes a table of float32 frequencies when a model is built, so
 * every step up to such a frequency is rounded to float32 here. Frequencies that depend on the
 * length of the sequence are computed during the run, in its precision; here in float64, as angles
 * and their cosines are.
 */
public final class RotaryFrequencies {

    private final RotaryVariant variant;
    private final int dims;
    private final double attentionFactor;

    private RotaryFrequencies(RotaryVariant variant, int dims, double attentionFactor) {
        this.variant = variant;
        this.dims = dims;
        this.attentionFactor = attentionFactor;
    }

    /**
     * Returns the frequencies of a table.
     *
     * @param variant base and scaling
     * @param dims rotated dimensions of a head, even
     * @return the frequencies
     */
    public static RotaryFrequencies of(RotaryVariant variant, int dims) {
        checkArgument(dims >= 2 && dims % 2 == 0, "%s rotated dimensions are no pairs", dims);
        double attention = 1;
        if (variant.scaling() instanceof RotaryScaling.Yarn yarn) {
            attention = yarn.attentionFactor();
        } else if (variant.scaling() instanceof RotaryScaling.LongRope longRope) {
            attention = longRope.attentionFactor();
            checkDivisors(longRope.shortFactors(), dims);
            checkDivisors(longRope.longFactors(), dims);
        }
        return new RotaryFrequencies(variant, dims, attention);
    }

    private static void checkDivisors(List<Double> divisors, int dims) {
        checkArgument(
                divisors.size() == dims / 2,
                "%s divisors for %s rotated pairs",
                divisors.size(),
                dims / 2);
    }

    /**
     * Returns the factor on cosines and sines; 1 but for YaRN and LongRoPE.
     *
     * @return the factor, already part of {@link #table}
     */
    public double attentionFactor() {
        return attentionFactor;
    }

    /**
     * Returns the angle a position, for each pair.
     *
     * @param sequenceLength largest position in the sequence plus one
     * @return [dims / 2] radians a position
     */
    public double[] inverse(int sequenceLength) {
        checkArgument(sequenceLength >= 0, "sequence length %s is negative", sequenceLength);
        RotaryScaling scaling = variant.scaling();
        if (scaling instanceof RotaryScaling.Dynamic dynamic) {
            return sequenceLength > dynamic.trainedLength()
                    ? grown(dynamic, sequenceLength)
                    : widen(reciprocal(powers()));
        }
        if (scaling instanceof RotaryScaling.LongRope longRope) {
            return sequenceLength > longRope.trainedLength()
                    ? longWaves(longRope)
                    : shortWaves(longRope);
        }
        return widen(fixed(scaling));
    }

    private float[] fixed(RotaryScaling scaling) {
        if (scaling instanceof RotaryScaling.Llama3 llama3) {
            return llama3(llama3);
        }
        if (scaling instanceof RotaryScaling.Yarn yarn) {
            return yarn(yarn);
        }
        float[] inverse = reciprocal(powers());
        if (scaling instanceof RotaryScaling.Linear linear) {
            for (int i = 0; i < inverse.length; i++) {
                inverse[i] /= (float) linear.factor();
            }
        }
        return inverse;
    }

    /**
     * Returns the cosines or sines of the angles at some positions, times {@link #attentionFactor}.
     *
     * @param positions positions, in any order
     * @param sequenceLength largest position in the sequence plus one
     * @param cosine cosines if true, sines otherwise
     * @return [positions, dims / 2], row by row
     */
    public double[] table(long[] positions, int sequenceLength, boolean cosine) {
        double[] inverse = inverse(sequenceLength);
        double[] table = new double[positions.length * inverse.length];
        for (int p = 0; p < positions.length; p++) {
            for (int i = 0; i < inverse.length; i++) {
                double angle = positions[p] * inverse[i];
                double value = cosine ? Math.cos(angle) : Math.sin(angle);
                table[p * inverse.length + i] = value * attentionFactor;
            }
        }
        return table;
    }

    /** {@code base^(2i / dims)}. */
    private float[] powers() {
        float[] powers = new float[dims / 2];
        for (int i = 0; i < powers.length; i++) {
            powers[i] = (float) Math.pow((float) variant.base(), 2f * i / dims);
        }
        return powers;
    }

    private static double[] widen(float[] values) {
        double[] wide = new double[values.length];
        for (int i = 0; i < wide.length; i++) {
            wide[i] = values[i];
        }
        return wide;
    }

    private static float[] reciprocal(float[] values) {
        float[] result = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            result[i] = 1f / values[i];
        }
        return result;
    }

    /** The base becomes {@code base * (f * length / trained - (f - 1))^(dims / (dims - 2))}. */
    private double[] grown(RotaryScaling.Dynamic dynamic, int sequenceLength) {
        float growth = (float) dynamic.factor() * sequenceLength / dynamic.trainedLength();
        growth -= (float) (dynamic.factor() - 1);
        float power = (float) Math.pow(growth, (double) dims / (dims - 2));
        float base = (float) variant.base() * power;
        double[] inverse = new double[dims / 2];
        for (int i = 0; i < inverse.length; i++) {
            inverse[i] = 1 / Math.pow(base, 2.0 * i / dims);
        }
        return inverse;
    }

    /** Long waves divided by the factor, short ones kept, a linear ramp between the two bands. */
    private float[] llama3(RotaryScaling.Llama3 scaling) {
        float[] inverse = reciprocal(powers());
        float factor = (float) scaling.factor();
        float low = (float) scaling.lowFrequencyFactor();
        float band = (float) (scaling.highFrequencyFactor() - scaling.lowFrequencyFactor());
        float longest = (float) (scaling.trainedLength() / scaling.lowFrequencyFactor());
        float shortest = (float) (scaling.trainedLength() / scaling.highFrequencyFactor());
        for (int i = 0; i < inverse.length; i++) {
            float wavelength = (float) (2 * Math.PI) / inverse[i];
            if (wavelength > longest) {
                inverse[i] /= factor;
            } else if (wavelength >= shortest) {
                float keep = (scaling.trainedLength() / wavelength - low) / band;
                inverse[i] = (1 - keep) * inverse[i] / factor + keep * inverse[i];
            }
        }
        return inverse;
    }

    /** Pairs that turn often while training are kept, those that hardly turn are divided. */
    private float[] yarn(RotaryScaling.Yarn scaling) {
        double first = pairTurning(scaling.betaFast(), scaling.trainedLength());
        double last = pairTurning(scaling.betaSlow(), scaling.trainedLength());
        if (scaling.truncate()) {
            first = Math.floor(first);
            last = Math.ceil(last);
        }
        first = Math.max(first, 0);
        last = Math.min(last, dims - 1);
        if (first == last) {
            last += 0.001; // a step instead of a ramp, without dividing by zero
        }
        float[] powers = powers();
        float[] inverse = new float[powers.length];
        for (int i = 0; i < inverse.length; i++) {
            float ramp = (i - (float) first) / (float) (last - first);
            float keep = 1 - Math.min(Math.max(ramp, 0), 1);
            float divided = 1f / ((float) scaling.factor() * powers[i]);
            inverse[i] = divided * (1 - keep) + 1f / powers[i] * keep;
        }
        return inverse;
    }

    /** The (fractional) pair that makes so many turns within the trained length. */
    private double pairTurning(double turns, int trainedLength) {
        return dims
                * Math.log(trainedLength / (turns * 2 * Math.PI))
                / (2 * Math.log(variant.base()));
    }

    private double[] shortWaves(RotaryScaling.LongRope scaling) {
        float[] inverse = powers();
        for (int i = 0; i < inverse.length; i++) {
            inverse[i] = 1f / (scaling.shortFactors().get(i).floatValue() * inverse[i]);
        }
        return widen(inverse);
    }

    private double[] longWaves(RotaryScaling.LongRope scaling) {
        double[] inverse = new double[dims / 2];
        for (int i = 0; i < inverse.length; i++) {
            double power = Math.pow(variant.base(), 2.0 * i / dims);
            inverse[i] = 1 / (scaling.longFactors().get(i) * power);
        }
        return inverse;
    }
}
