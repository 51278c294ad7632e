package dev.patchscopes.lens;

import static com.google.common.base.Preconditions.checkArgument;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.google.common.primitives.ImmutableDoubleArray;
import dev.patchscopes.Patchscope;
import dev.patchscopes.TargetPrompt;
import dev.patchscopes.model.BaseRun;
import dev.patchscopes.model.Cell;
import dev.patchscopes.model.CellResult;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Intervention;
import dev.patchscopes.model.Reading;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The token identity patchscope (Ghandeharioun et al., 2024, section 4.1): a state is patched over
 * the placeholder of a few-shot prompt that repeats words, at the layer it was read at (l* = l),
 * and the model says what it was given.
 *
 * <p>All layers and positions of a prompt are cells of one sweep over the target prompt, whose
 * other tokens are computed once. At layer L nothing follows but norm and unembedding, so the
 * reading is the model's own output. A few-shot prompt pulls what early layers say towards itself
 * ("->"); {@link #unpatched} shows what it says of nothing, and {@link TargetPrompt#bare()} has no
 * examples.
 *
 * <pre>{@code
 * LensReading reading = TokenIdentityLens.of(model).read("The capital of France is");
 * Lens bare = TokenIdentityLens.of(model).prompt(TargetPrompt.bare());
 * Lens random = TokenIdentityLens.of(model).prompt(TokenIdentityLens.randomPrompt(model, 3, 42));
 * }</pre>
 */
public final class TokenIdentityLens implements Lens {
    private final HookedModel model;
    private final String name;
    private final TargetPrompt prompt;

    private TokenIdentityLens(HookedModel model, String name, TargetPrompt prompt) {
        this.model = model;
        this.name = name;
        this.prompt = prompt;
    }

    /**
     * Makes the lens with the paper's prompt, {@link TargetPrompt#tokenIdentity()}.
     *
     * @param model the model
     * @return the lens
     * @throws dev.patchscopes.text.PositionException if the tokenizer does not make the placeholder
     *     one token
     */
    public static TokenIdentityLens of(HookedModel model) {
        return new TokenIdentityLens(model, "token identity", TargetPrompt.tokenIdentity())
                .checked();
    }

    /**
     * Chooses another prompt.
     *
     * @param target its placeholder must be its last token
     * @return the lens
     * @throws dev.patchscopes.text.PositionException if the tokenizer does not make the placeholder
     *     one token
     * @throws IllegalArgumentException if something follows the placeholder
     */
    public TokenIdentityLens prompt(TargetPrompt target) {
        return new TokenIdentityLens(model, name, target).checked();
    }

    /**
     * Makes an identity prompt of random words (Ghandeharioun et al., 2024, appendix B.3), to see
     * what hangs on the words chosen.
     *
     * @param model the model
     * @param words how many words are repeated
     * @param seed seed of the choice
     * @return the prompt: each word, one token by itself, repeated after {@code " -> "}, and {@code
     *     ?}
     * @throws IllegalArgumentException if there is no word, or the vocabulary has too few
     */
    public static TargetPrompt randomPrompt(HookedModel model, int words, long seed) {
        return RandomWords.identityPrompt(model, words, seed);
    }

    /**
     * Chooses what results call the lens, to tell prompts apart.
     *
     * @param called the name
     * @return the lens
     */
    public TokenIdentityLens named(String called) {
        return new TokenIdentityLens(model, called, prompt);
    }

    /**
     * The control: the same prompt with nothing patched in, which says the same of every state.
     *
     * @return the control
     */
    public Lens unpatched() {
        return new UnpatchedControl(model, name + UnpatchedControl.SUFFIX, prompt);
    }

    private TokenIdentityLens checked() {
        TokenizedPrompt target = target();
        int placeholder = prompt.resolve(target);
        checkArgument(
                placeholder == target.length() - 1,
                "%s goes on after its placeholder, and the identity is read from it: put the"
                        + " placeholder last",
                prompt);
        return this;
    }

    private TokenizedPrompt target() {
        return model.tokenize(prompt.text());
    }

    @Override
    public HookedModel model() {
        return model;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public List<NDArray> lastStates(LensStates states) {
        TokenizedPrompt target = target();
        int rows = states.positions().length();
        List<Cell> cells = new ArrayList<>();
        for (int i = 0; i < states.points().size(); i++) {
            int layer = LensStates.layer(states.points().get(i));
            checkArgument(
                    HookPoint.residual(layer).equals(states.points().get(i)),
                    "%s lies inside a block, and the token identity patchscope writes whole layers",
                    states.points().get(i));
            double[] values = doubles(states.tensors().get(i)); // [pos, d_model]
            for (int row = 0; row < rows; row++) {
                cells.add(cell(layer, values, row));
            }
        }
        List<CellResult> results =
                model.sweep(BaseRun.of(target))
                        .cells(cells)
                        .reading(Reading.lastResidual())
                        .execute();
        List<NDArray> out = new ArrayList<>();
        for (int i = 0; i < states.points().size(); i++) {
            NDManager manager = states.tensors().get(i).getManager();
            out.add(tensor(results.subList(i * rows, (i + 1) * rows), manager));
        }
        return out;
    }

    private Cell cell(int layer, double[] values, int row) {
        int width = model.width();
        double[] state = Arrays.copyOfRange(values, row * width, (row + 1) * width);
        return Cell.of(0, Intervention.replace(HookPoint.residual(layer), Positions.last(), state));
    }

    private static double[] doubles(NDArray tensor) {
        try (NDArray wide = tensor.toType(DataType.FLOAT64, true)) {
            return wide.toDoubleArray();
        }
    }

    private NDArray tensor(List<CellResult> results, NDManager manager) {
        double[] values = new double[results.size() * model.width()];
        int at = 0;
        for (CellResult result : results) {
            ImmutableDoubleArray residual = result.residual();
            for (int i = 0; i < residual.length(); i++) {
                values[at++] = residual.get(i);
            }
        }
        return manager.create(values, new Shape(results.size(), model.width()));
    }

    @Override
    public Patchscope asPatchscope(TokenizedPrompt source, int layer, int position) {
        return Cells.source(model, source, layer, position)
                .targetPrompt(prompt)
                .targetLayer(layer)
                .build();
    }

    /** {@return the name, the model and the prompt} */
    @Override
    public String toString() {
        return "%s of %s, %s".formatted(name, model.name(), prompt);
    }
}
