package dev.patchscopes.lens;

import static com.google.common.base.Preconditions.checkArgument;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.Layers;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Intervention;
import dev.patchscopes.model.MemoryAdvice;
import dev.patchscopes.model.StateReading;
import dev.patchscopes.model.StateReadings;
import dev.patchscopes.model.TensorActivations;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Reads prompts through a lens, with choices of layers, positions and tokens.
 *
 * <p>A prompt is run once. Immutable; each method returns a new reader.
 *
 * <pre>{@code
 * LensReading reading = LogitLens.of(model).reader()
 *     .layers(Layers.everyNth(2))
 *     .positions(Positions.last())
 *     .top(10)
 *     .tokens(model.tokenizer().tokenId(" Paris"))
 *     .read("The capital of France is");
 * }</pre>
 */
public final class LensReader {
    private final Lens lens;
    private final ImmutableList<HookPoint> points;
    private final Positions positions;
    private final int top;
    private final ImmutableIntArray tokens;
    private final ImmutableList<Intervention> interventions;

    private LensReader(
            Lens lens,
            ImmutableList<HookPoint> points,
            Positions positions,
            int top,
            ImmutableIntArray tokens,
            ImmutableList<Intervention> interventions) {
        this.lens = lens;
        this.points = points;
        this.positions = positions;
        this.top = top;
        this.tokens = tokens;
        this.interventions = interventions;
    }

    static LensReader of(Lens lens) {
        return new LensReader(
                lens,
                HookPoint.residuals(lens.model().layers()),
                Positions.all(),
                Math.min(5, lens.model().vocabularySize()),
                ImmutableIntArray.of(),
                ImmutableList.of());
    }

    /**
     * Chooses layers; all of them, 0..L, unless chosen.
     *
     * @param layers layers of the model
     * @return the reader
     * @throws dev.patchscopes.model.OutOfRangeException if the model has no such layer
     */
    public LensReader layers(Layers layers) {
        ImmutableList<HookPoint> chosen =
                layers.resolve(lens.model()).stream()
                        .mapToObj(HookPoint::residual)
                        .collect(ImmutableList.toImmutableList());
        return new LensReader(lens, chosen, positions, top, tokens, interventions);
    }

    /**
     * Chooses points of the residual stream, those between attention and MLP among them.
     *
     * @param stations {@code resid_pre}, {@code resid_mid} or {@code resid_post} of blocks
     * @return the reader
     * @throws IllegalArgumentException if one is another site, or none is given
     */
    public LensReader points(List<HookPoint> stations) {
        checkArgument(!stations.isEmpty(), "no point is given");
        stations.forEach(LensStates::layer);
        ImmutableList<HookPoint> distinct = ImmutableSet.copyOf(stations).asList();
        return new LensReader(lens, distinct, positions, top, tokens, interventions);
    }

    /**
     * Chooses positions; all of them unless chosen.
     *
     * @param where positions of each prompt
     * @return the reader
     */
    public LensReader positions(Positions where) {
        return new LensReader(lens, points, where, top, tokens, interventions);
    }

    /**
     * Chooses how many of the most probable tokens are kept of each cell; 5 unless chosen.
     *
     * @param k at least 1
     * @return the reader
     */
    public LensReader top(int k) {
        lens.model().readout().top(k);
        return new LensReader(lens, points, positions, k, tokens, interventions);
    }

    /**
     * Chooses tokens whose probability and rank are kept of each cell.
     *
     * @param ids token ids
     * @return the reader
     * @throws dev.patchscopes.model.OutOfRangeException if the vocabulary has no such token
     */
    public LensReader tokens(int... ids) {
        lens.model().readout().tokens(ids);
        return new LensReader(
                lens, points, positions, top, ImmutableIntArray.copyOf(ids), interventions);
    }

    /**
     * Reads runs that are changed, such as ones with a patch.
     *
     * @param changes interventions
     * @return the reader
     */
    public LensReader intervene(Intervention... changes) {
        return new LensReader(
                lens,
                points,
                positions,
                top,
                tokens,
                ImmutableList.<Intervention>builder()
                        .addAll(interventions)
                        .addAll(Arrays.asList(changes))
                        .build());
    }

    /**
     * Reads a prompt.
     *
     * @param prompt text
     * @return what the chosen layers say at the chosen positions
     */
    public LensReading read(String prompt) {
        return read(lens.model().tokenize(prompt));
    }

    /**
     * Reads a prompt.
     *
     * @param prompt tokens
     * @return what the chosen layers say at the chosen positions
     * @throws dev.patchscopes.text.PositionException if a position is not in the prompt
     */
    public LensReading read(TokenizedPrompt prompt) {
        HookedModel model = lens.model();
        ImmutableIntArray where = positions.resolve(prompt);
        HookPoint last = HookPoint.residual(model.layers());
        try (TensorActivations acts =
                model.run(prompt)
                        .intervene(interventions)
                        .capture(points)
                        .capture(last)
                        .tensors()) {
            StateReadings readings =
                    read(
                            new States(acts, points, prompt),
                            where,
                            lens,
                            next(prompt, where),
                            top,
                            tokens.toArray());
            return new LensReading(
                    LibraryVersion.current(),
                    lens.name(),
                    ModelIdentity.of(model),
                    prompt,
                    points,
                    where,
                    cells(readings));
        }
    }

    private static ImmutableList<ImmutableList<StateReading>> cells(StateReadings readings) {
        return IntStream.range(0, readings.states())
                .mapToObj(
                        state ->
                                IntStream.range(0, readings.rows())
                                        .mapToObj(row -> readings.at(state, row))
                                        .collect(ImmutableList.toImmutableList()))
                .collect(ImmutableList.toImmutableList());
    }

    /** A prompt's states at some points. */
    record States(
            TensorActivations activations,
            ImmutableList<HookPoint> points,
            TokenizedPrompt prompt) {

        ImmutableList<NDArray> all() {
            return points.stream().map(activations::get).collect(ImmutableList.toImmutableList());
        }

        NDArray last(HookedModel model) {
            return activations.get(HookPoint.residual(model.layers()));
        }
    }

    /** Reads states that are there already through a lens. */
    static StateReadings read(
            States states,
            ImmutableIntArray positions,
            Lens lens,
            ImmutableIntArray next,
            int top,
            int[] tokens) {
        return MemoryAdvice.of(
                        () ->
                                "reading %d layers of a prompt of %d tokens through %s"
                                        .formatted(
                                                states.points().size(),
                                                states.prompt().length(),
                                                lens.name()),
                        "read fewer layers or positions, or a shorter prompt")
                .get(() -> decoded(states, positions, lens, next, top, tokens));
    }

    private static StateReadings decoded(
            States states,
            ImmutableIntArray positions,
            Lens lens,
            ImmutableIntArray next,
            int top,
            int[] tokens) {
        HookedModel model = lens.model();
        boolean whole = lens.readsWholePrompts();
        ImmutableIntArray given = whole ? everything(states.prompt()) : positions;
        try (NDManager scope = states.activations().manager().newSubManager()) {
            ImmutableList<NDArray> tensors = rows(states.all(), given, scope);
            List<NDArray> decoded =
                    lens.lastStates(
                            new LensStates(states.prompt(), states.points(), given, tensors));
            List<NDArray> read = whole ? rows(decoded, positions, scope) : decoded;
            NDArray last = rows(List.of(states.last(model)), positions, scope).get(0);
            return model.readout().top(top).tokens(tokens).read(read, last, next);
        }
    }

    private static ImmutableIntArray everything(TokenizedPrompt prompt) {
        return Positions.all().resolve(prompt);
    }

    /** Copies of some rows of tensors [pos, d_model]. */
    private static ImmutableList<NDArray> rows(
            List<NDArray> tensors, ImmutableIntArray positions, NDManager scope) {
        List<NDArray> out = new ArrayList<>();
        try (NDManager inner = scope.newSubManager()) {
            NDArray ids = inner.create(positions.stream().asLongStream().toArray());
            for (NDArray tensor : tensors) {
                NDArray some = tensor.get(ids); // [pos, d_model]
                some.attach(scope);
                out.add(some);
            }
        }
        return ImmutableList.copyOf(out);
    }

    /** The token that follows each position; -1 after the last. */
    static ImmutableIntArray next(TokenizedPrompt prompt, ImmutableIntArray positions) {
        ImmutableIntArray ids = prompt.ids();
        return ImmutableIntArray.copyOf(
                positions.stream().map(p -> p + 1 < ids.length() ? ids.get(p + 1) : -1));
    }

    /** {@return the lens and what is read} */
    @Override
    public String toString() {
        return "LensReader[%s, %d points, positions %s, top %d]"
                .formatted(lens.name(), points.size(), positions, top);
    }
}
