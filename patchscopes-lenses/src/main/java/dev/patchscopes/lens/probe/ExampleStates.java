package dev.patchscopes.lens.probe;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.internal.Steps;
import dev.patchscopes.model.Activations;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.text.TokenBatch;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** Reads the states of examples at several layers, with one pass of the model over each text. */
final class ExampleStates {

    private final HookedModel model;
    private final ImmutableList<ProbeExample> examples;
    private final List<TokenizedPrompt> prompts;
    private final int[] positions; // [example]

    ExampleStates(HookedModel model, ImmutableList<ProbeExample> examples) {
        this.model = model;
        this.examples = examples;
        this.prompts = examples.stream().map(e -> model.tokenize(e.text())).toList();
        this.positions = IntStream.range(0, examples.size()).map(this::position).toArray();
    }

    private int position(int example) {
        ProbeExample e = examples.get(example);
        ImmutableIntArray found = e.position().resolve(prompts.get(example));
        checkArgument(
                found.length() == 1,
                "%s is %s positions of \"%s\", and a probe reads one: use Positions.last(), at(i) or lastTokenOf(text)",
                e.position(),
                found.length(),
                e.text());
        return found.get(0);
    }

    private void checkFinite(float[] state, HookPoint point, int example) {
        for (float value : state) {
            checkArgument(
                    Float.isFinite(value),
                    "%s of \"%s\" holds %s at position %s: load the model in float32",
                    point.name(),
                    examples.get(example).text(),
                    value,
                    positions[example]);
        }
    }

    /** {@return the token each example is read at} */
    ImmutableList<String> tokens() {
        return IntStream.range(0, examples.size())
                .mapToObj(i -> prompts.get(i).token(positions[i]).piece())
                .collect(ImmutableList.toImmutableList());
    }

    int batches(int size) {
        return (examples.size() + size - 1) / size;
    }

    /**
     * Runs the model, texts of like length together.
     *
     * @param size texts in a batch
     * @return [layer of {@code layers}][example][d_model]
     */
    float[][][] read(ImmutableIntArray layers, int size, Steps steps) {
        List<HookPoint> points = layers.stream().mapToObj(HookPoint::residual).toList();
        float[][][] states = new float[layers.length()][examples.size()][];
        List<Integer> order =
                IntStream.range(0, examples.size())
                        .boxed()
                        .sorted(Comparator.comparingInt(i -> prompts.get(i).length()))
                        .toList();
        for (int from = 0; from < order.size(); from += size) {
            List<Integer> batch = order.subList(from, Math.min(from + size, order.size()));
            List<TokenizedPrompt> read = new ArrayList<>();
            batch.forEach(i -> read.add(prompts.get(i)));
            Activations activations = model.run(TokenBatch.of(read)).capture(points).execute();
            for (int layer = 0; layer < points.size(); layer++) {
                for (int row = 0; row < batch.size(); row++) {
                    int example = batch.get(row);
                    float[] state = // [d_model]
                            activations.get(points.get(layer)).vector(row, positions[example]);
                    checkFinite(state, points.get(layer), example);
                    states[layer][example] = state;
                }
            }
            steps.done();
        }
        return states;
    }
}
