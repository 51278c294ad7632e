package dev.patchscopes.trace.cross;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.checkpoint.SafetensorsFile;
import dev.patchscopes.checkpoint.SafetensorsWriter;
import dev.patchscopes.checkpoint.StoredTensor;
import dev.patchscopes.checkpoint.internal.OwnFile;
import dev.patchscopes.internal.RecordJson;
import dev.patchscopes.linear.AffineMap;
import dev.patchscopes.linear.Matrix;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.trace.LayerPair;
import java.nio.file.Path;
import java.util.Arrays;

/** Saved maps: a safetensors file of numbers, with what they are in its metadata. */
final class CrossModelFile {
    private static final String FORMAT = "patchscopes cross-model map 1";
    private static final String FORMAT_KEY = "format";
    private static final String DESCRIPTION = "maps";

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
        SafetensorsWriter numbers = new SafetensorsWriter();
        int in = 0;
        int out = 0;
        for (LayerPair pair : map.pairs()) {
            AffineMap affine = map.at(pair.source(), pair.target());
            in = affine.inputWidth();
            out = affine.outputWidth();
            numbers.add(name(pair, "weight"), affine.matrix().values(), out, in)
                    .add(name(pair, "bias"), affine.bias(), out);
        }
        Description description =
                new Description(
                        in,
                        out,
                        map.report(),
                        map.scores().map(ImmutableList::of).orElse(ImmutableList.of()),
                        map.digest());
        numbers.metadata(FORMAT_KEY, FORMAT)
                .metadata(DESCRIPTION, RecordJson.write(description))
                .write(file);
    }

    static CrossModelMap load(Path file, HookedModel source, HookedModel target) {
        try (SafetensorsFile in = OwnFile.open(file, "CrossModelMap.save")) {
            String format = String.valueOf(in.metadata().get(FORMAT_KEY));
            checkArgument(
                    format.equals(FORMAT),
                    "%s has format \"%s\", expected \"%s\": name a file that CrossModelMap.save wrote",
                    file,
                    format,
                    FORMAT);
            Description description =
                    RecordJson.read(
                            in.metadata().getOrDefault(DESCRIPTION, ""),
                            Description.class,
                            file.toString());
            check(file, "source", description.sourceWidth, source);
            check(file, "target", description.targetWidth, target);
            ImmutableMap<LayerPair, AffineMap> read = maps(in, description, source, target);
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
            SafetensorsFile in, Description description, HookedModel source, HookedModel target) {
        ImmutableMap.Builder<LayerPair, AffineMap> maps = ImmutableMap.builder();
        for (CrossModelReport.PairReport p : description.report.pairs()) {
            LayerPair pair = new LayerPair(p.sourceLayer(), p.targetLayer());
            checkArgument(
                    pair.source() <= source.layers() && pair.target() <= target.layers(),
                    "%s has a map of layers %s, and %s and %s have layers 0..%s and 0..%s: the maps are of other models",
                    in.path(),
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

    private static AffineMap map(SafetensorsFile tensors, LayerPair pair, Description of) {
        double[] weight = values(tensors, name(pair, "weight"), of.targetWidth, of.sourceWidth);
        double[] bias = values(tensors, name(pair, "bias"), of.targetWidth);
        return AffineMap.of(Matrix.of(of.targetWidth, of.sourceWidth, weight), bias);
    }

    private static double[] values(SafetensorsFile tensors, String name, long... shape) {
        StoredTensor tensor = tensors.tensor(name);
        checkArgument(
                Arrays.equals(tensor.shape().toArray(), shape),
                "tensor '%s' of %s has shape %s, expected %s",
                name,
                tensors.path(),
                tensor.shape(),
                Arrays.toString(shape));
        return tensor.toDoubles();
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
