package dev.patchscopes.trace.cross;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.checkpoint.SafetensorsWriter;
import dev.patchscopes.internal.DescribedTensors;
import dev.patchscopes.linear.AffineMap;
import dev.patchscopes.linear.Matrix;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.trace.LayerPair;
import java.nio.file.Path;

/** Saved maps: a safetensors file of numbers, with what they are in its metadata. */
final class CrossModelFile {
    private static final String FORMAT = "patchscopes cross-model map 1";

    private CrossModelFile() {}

    /**
     * What the numbers are.
     *
     * @param scores none or one
     * @param digest SHA-256 of the maps, by which results name them
     */
    private record Description(
            int sourceWidth,
            int targetWidth,
            CrossModelReport report,
            ImmutableList<CrossModelScores> scores,
            String digest) {}

    private static String name(LayerPair pair, String part) {
        return "%d.%d.%s".formatted(pair.source(), pair.target(), part);
    }

    static void save(CrossModelMap map, Path file) {
        LayerPair one = map.pairs().asList().get(0); // all have the same widths
        AffineMap first = map.at(one.source(), one.target());
        SafetensorsWriter numbers =
                DescribedTensors.writer(
                        FORMAT,
                        new Description(
                                first.inputWidth(),
                                first.outputWidth(),
                                map.report(),
                                map.scores().map(ImmutableList::of).orElse(ImmutableList.of()),
                                map.digest()));
        for (LayerPair pair : map.pairs()) {
            AffineMap affine = map.at(pair.source(), pair.target());
            numbers.add(
                            name(pair, "weight"),
                            affine.matrix().values(),
                            affine.outputWidth(),
                            affine.inputWidth())
                    .add(name(pair, "bias"), affine.bias(), affine.outputWidth());
        }
        numbers.write(file);
    }

    static CrossModelMap load(Path file, HookedModel source, HookedModel target) {
        try (DescribedTensors in = DescribedTensors.open(file, FORMAT, "CrossModelMap.save")) {
            Description description = in.description(Description.class);
            check(file, "source", description.sourceWidth, source);
            check(file, "target", description.targetWidth, target);
            ImmutableMap<LayerPair, AffineMap> read = maps(file, in, description, source, target);
            checkArgument(
                    digest(read.values()).equals(description.digest),
                    "the numbers of %s are not those of its digest: fit and save the maps again",
                    file);
            ImmutableList.Builder<String> warnings = ImmutableList.builder();
            warn(file, description.report.source(), source, warnings);
            warn(file, description.report.target(), target, warnings);
            return new CrossModelMap(
                    read,
                    description.report,
                    description.scores.stream().findFirst(),
                    warnings.build());
        }
    }

    private static ImmutableMap<LayerPair, AffineMap> maps(
            Path file,
            DescribedTensors in,
            Description description,
            HookedModel source,
            HookedModel target) {
        ImmutableMap.Builder<LayerPair, AffineMap> maps = ImmutableMap.builder();
        for (CrossModelReport.PairReport p : description.report.pairs()) {
            LayerPair pair = new LayerPair(p.sourceLayer(), p.targetLayer());
            checkArgument(
                    pair.source() <= source.layers() && pair.target() <= target.layers(),
                    "%s has a map of layers %s, and %s and %s have layers 0..%s and 0..%s: the maps are of other models",
                    file,
                    pair,
                    source.name(),
                    target.name(),
                    source.layers(),
                    target.layers());
            maps.put(pair, map(in, pair, description));
        }
        return maps.buildOrThrow();
    }

    private static void check(Path file, String side, int width, HookedModel model) {
        checkArgument(
                width == model.width(),
                "%s was fitted with a %s model whose states are %s wide, and those of %s are %s wide: load it with the models it was fitted to",
                file,
                side,
                width,
                model.name(),
                model.width());
    }

    private static void warn(
            Path file,
            ModelIdentity fitted,
            HookedModel model,
            ImmutableList.Builder<String> warnings) {
        if (!fitted.contentHash().equals(model.contentHash())) {
            warnings.add(
                    "%s was fitted to %s, and %s has other weights"
                            .formatted(file, fitted, ModelIdentity.of(model)));
        }
    }

    private static AffineMap map(DescribedTensors in, LayerPair pair, Description of) {
        double[] weight = in.values(name(pair, "weight"), of.targetWidth, of.sourceWidth);
        double[] bias = in.values(name(pair, "bias"), of.targetWidth);
        return AffineMap.of(Matrix.of(of.targetWidth, of.sourceWidth, weight), bias);
    }

    /** SHA-256 of all numbers: of each map the weight, then the bias. */
    static String digest(Iterable<AffineMap> maps) {
        Hasher hasher = Hashing.sha256().newHasher();
        for (AffineMap map : maps) {
            put(map.matrix().values(), hasher);
            put(map.bias(), hasher);
        }
        return hasher.hash().toString();
    }

    private static void put(double[] values, Hasher hasher) {
        hasher.putInt(values.length);
        for (double value : values) {
            hasher.putDouble(value);
        }
    }
}
