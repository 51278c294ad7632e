package dev.patchscopes.model.internal;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import com.google.common.base.Strings;
import dev.patchscopes.checkpoint.internal.Interrupts;
import dev.patchscopes.model.ModelException;
import java.util.Arrays;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A recorded computation of one vector from another, in copies that do not touch each other.
 *
 * @param ops operations that record
 * @param input a leaf [copy, 1, d_model]
 * @param output [copy, 1, d_model]
 */
record RecordedMap(Tensors ops, NDArray input, NDArray output) {

    /** Vectors that need not all exist at once. */
    interface Vectors {

        /** How many. */
        int count();

        /** Writes one of them into an array of zeros. */
        void write(int index, double[] into, int at);

        /** Vectors at hand. */
        static Vectors of(double[][] all) {
            return new Vectors() {
                @Override
                public int count() {
                    return all.length;
                }

                @Override
                public void write(int index, double[] into, int at) {
                    System.arraycopy(all[index], 0, into, at, all[index].length);
                }
            };
        }

        /** The unit vectors of a space. */
        static Vectors units(int width) {
            return new Vectors() {
                @Override
                public int count() {
                    return width;
                }

                @Override
                public void write(int index, double[] into, int at) {
                    into[at + index] = 1;
                }
            };
        }
    }

    /** For each vector u, u J: as many at once as there are copies. */
    double[][] vjp(Vectors cotangents) {
        boolean[] walked = new boolean[1];
        return inRounds(
                cotangents,
                u -> {
                    if (walked[0]) {
                        Tensors.zeroGradient(input); // else gradients add up
                    }
                    walked[0] = true;
                    Tensors.backward(output, u, true);
                    return input.getGradient();
                });
    }

    /**
     * For each vector v, J v. The engine walks graphs backwards only; but u J is linear in u, and
     * its own derivative with respect to u, walked back from v, is J v.
     */
    double[][] jvp(Vectors tangents) {
        try (GradientScript script = GradientScript.load(ops.device())) {
            try (NDArray u = output.getManager().zeros(output.getShape(), ops.type())) {
                u.setRequiresGradient(true);
                try (NDArray product = reaching(() -> script.gradient(output, input, u))) {
                    return inRounds(tangents, v -> script.gradient(product, u, v));
                }
            }
        }
    }

    private double[][] inRounds(Vectors vectors, Function<NDArray, NDArray> product) {
        Shape shape = output.getShape(); // [copy, 1, d_model]
        int copies = Math.toIntExact(shape.get(0));
        int width = Math.toIntExact(shape.get(2));
        double[][] products = new double[vectors.count()][];
        for (int first = 0; first < products.length; first += copies) {
            Interrupts.check("the derivative", first, products.length, "vectors");
            int end = Math.min(products.length, first + copies);
            double[] given = new double[copies * width];
            for (int i = first; i < end; i++) {
                vectors.write(i, given, (i - first) * width);
            }
            try (NDArray factor = ops.fromDoubles(output.getManager(), given, shape);
                    NDArray result = reaching(() -> product.apply(factor))) {
                double[] all = HostValues.doubles(result);
                for (int i = first; i < end; i++) {
                    int at = (i - first) * width;
                    products[i] = Arrays.copyOfRange(all, at, at + width);
                }
            }
        }
        return products;
    }

    /** The engine can only be asked whether a graph leads to a tensor by walking it. */
    private static NDArray reaching(Supplier<NDArray> walk) {
        try {
            return walk.get();
        } catch (EngineException e) {
            String why = Strings.nullToEmpty(e.getMessage());
            if (why.contains("does not require grad") || why.contains("not to have been used")) {
                throw new ModelException(
                        "the output does not depend on the input: a function of tensors given to Intervention.custom cuts the graph, by toType, duplicate or numbers read out; keep to operations that are recorded");
            }
            throw e;
        }
    }
}
