package dev.patchscopes.model.golden;

import dev.patchscopes.checkpoint.SafetensorsFile;
import dev.patchscopes.model.Activations;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.Site;
import dev.patchscopes.model.internal.WeightMap;
import dev.patchscopes.text.TokenBatch;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * What the unembedding matrix reads, computed here from the last captured point and the
 * checkpoint's own weights: the final norm's output, or the projected residual where there is none.
 */
final class LastHiddenState {
    private final GoldenModel model;
    private final double[] weight; // the norm's [d_model], or [d_embed, d_model]
    private final double[] bias; // [d_model] or zero

    private LastHiddenState(GoldenModel model, double[] weight, double[] bias) {
        this.model = model;
        this.weight = weight;
        this.bias = bias;
    }

    static LastHiddenState of(GoldenModel model) {
        WeightMap weights = model.architecture().weights();
        if (weights.finalNorm().isEmpty()) {
            double[] matrix = read(model, weights.projectOut().orElseThrow().weight());
            return new LastHiddenState(model, matrix, new double[0]);
        }
        WeightMap.Norm norm = weights.finalNorm().get();
        double offset = model.architecture().spec().norm().weightOffset();
        double[] weight = read(model, norm.weight());
        for (int i = 0; i < weight.length; i++) {
            weight[i] += offset;
        }
        Optional<double[]> bias = norm.bias().map(parts -> read(model, parts));
        return new LastHiddenState(model, weight, bias.orElse(new double[weight.length]));
    }

    private static double[] read(GoldenModel model, WeightMap.Parts parts) {
        String prefix = model.architecture().weights().prefixes().get(0);
        try (SafetensorsFile file =
                SafetensorsFile.open(GoldenFiles.file(model.name(), "model.safetensors"))) {
            return file.tensor(prefix + parts.parts().get(0).tensor()).toDoubles();
        }
    }

    /** [row, pos, d_model] (d_embed where the residual is projected), row-major. */
    double[] compute(TokenBatch batch) {
        boolean normed = bias.length > 0;
        int width = model.model().width();
        HookPoint point =
                normed
                        ? HookPoint.of(Site.LN_FINAL_NORMALIZED, 0)
                        : HookPoint.residual(model.model().layers());
        Activations acts = model.capture(batch, point);
        double[] x = GoldenModel.all(acts.get(point));
        if (normed) {
            return IntStream.range(0, x.length)
                    .mapToDouble(i -> x[i] * weight[i % width] + bias[i % width])
                    .toArray();
        }
        int out = weight.length / width;
        return IntStream.range(0, x.length / width * out)
                .mapToDouble(i -> dot(x, i / out * width, i % out * width, width))
                .toArray();
    }

    private double dot(double[] x, int at, int row, int width) {
        double sum = 0;
        for (int i = 0; i < width; i++) {
            sum += x[at + i] * weight[row + i];
        }
        return sum;
    }
}
