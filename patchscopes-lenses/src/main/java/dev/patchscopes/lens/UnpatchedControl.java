package dev.patchscopes.lens;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.patchscopes.Patchscope;
import dev.patchscopes.TargetPrompt;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.TensorActivations;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.List;

/**
 * A target prompt with nothing patched in: the same answer whatever the state.
 *
 * <p>As a Patchscope, the placeholder's own state is patched over itself, which changes nothing.
 */
record UnpatchedControl(HookedModel model, String name, TargetPrompt prompt) implements Lens {

    /** Ends its name, by which reports know it for a control. */
    static final String SUFFIX = ", unpatched";

    @Override
    public List<NDArray> lastStates(LensStates states) {
        TokenizedPrompt target = model.tokenize(prompt.text());
        HookPoint last = HookPoint.residual(model.layers());
        try (TensorActivations acts = model.run(target).capture(last).tensors()) {
            NDArray all = acts.get(last); // [pos, d_model]
            NDArray row = all.get("{}:", target.length() - 1); // [1, d_model]
            return Cells.each(
                    states,
                    (point, tensor) -> {
                        NDArray same =
                                row.broadcast(new Shape(tensor.getShape().get(0), model.width()))
                                        .duplicate();
                        same.attach(tensor.getManager());
                        return same;
                    });
        }
    }

    @Override
    public Patchscope asPatchscope(TokenizedPrompt source, int layer, int position) {
        Cells.upTo(source, position); // checks it
        TokenizedPrompt target = model.tokenize(prompt.text());
        return Cells.source(model, target, layer, target.length() - 1)
                .targetPrompt(prompt)
                .targetLayer(layer)
                .build();
    }
}
