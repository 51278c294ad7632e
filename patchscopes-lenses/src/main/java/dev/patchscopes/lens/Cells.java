package dev.patchscopes.lens;

import ai.djl.ndarray.NDArray;
import dev.patchscopes.Patchscope;
import dev.patchscopes.PatchscopeBuilder;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.OutOfRangeException;
import dev.patchscopes.text.CharSpan;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.Token;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.ArrayList;
import java.util.List;

/** Cells of readings as Patchscopes. */
final class Cells {
    private Cells() {}

    /** A tensor of each point's. */
    interface Decoder {
        NDArray decode(HookPoint point, NDArray tensor);
    }

    static List<NDArray> each(LensStates states, Decoder decoder) {
        List<NDArray> out = new ArrayList<>();
        for (int i = 0; i < states.points().size(); i++) {
            out.add(decoder.decode(states.points().get(i), states.tensors().get(i)));
        }
        return out;
    }

    static void checkLayer(HookedModel model, int layer) {
        if (layer < 0 || layer > model.layers()) {
            throw new OutOfRangeException(
                    "layer %d is not in 0..%d (%s has %d blocks)"
                            .formatted(layer, model.layers(), model.name(), model.layers()));
        }
    }

    /** Source: a layer and position of a prompt; a cell is one next token. */
    static PatchscopeBuilder source(
            HookedModel model, TokenizedPrompt prompt, int layer, int position) {
        checkLayer(model, layer);
        return Patchscope.on(model)
                .sourcePrompt(prompt)
                .sourcePosition(Positions.at(position))
                .sourceLayer(layer)
                .maxNewTokens(1);
    }

    /**
     * T = S and i* = i, up to the layer l*. A Patchscope reads the token after the target prompt,
     * so the target ends at the position; what follows cannot change what is read there.
     */
    static PatchscopeBuilder sameCell(
            HookedModel model, TokenizedPrompt prompt, int layer, int position) {
        return source(model, prompt, layer, position)
                .targetPrompt(upTo(prompt, position))
                .targetPosition(Positions.last());
    }

    /** The prompt cut after a position. */
    static TokenizedPrompt upTo(TokenizedPrompt prompt, int position) {
        if (position < 0 || position >= prompt.length()) {
            throw new OutOfRangeException(
                    "position %d is not in 0..%d, the tokens of %s"
                            .formatted(position, prompt.length() - 1, prompt));
        }
        List<Token> tokens = prompt.tokens().subList(0, position + 1);
        int end =
                tokens.stream()
                        .flatMap(t -> t.span().stream())
                        .mapToInt(CharSpan::end)
                        .max()
                        .orElse(0);
        return TokenizedPrompt.of(prompt.text().substring(0, end), tokens);
    }
}
