package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.patchscopes.text.TokenBatch;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.ArrayList;
import java.util.List;

/** Carries states of a prompt through the model's last blocks. */
public final class LastBlocks {
    private final ModelRuntime runtime;

    /**
     * Carries states of a model.
     *
     * @param runtime the model
     */
    public LastBlocks(ModelRuntime runtime) {
        this.runtime = runtime;
    }

    /**
     * Carries states on.
     *
     * @param blocks how many of the last blocks
     * @param prompt the prompt
     * @param states [pos, d_model] each
     * @return states of the last layer, each in the manager of the one it was made from
     */
    public List<NDArray> carry(int blocks, TokenizedPrompt prompt, List<NDArray> states) {
        int layers = runtime.facts().spec().layers();
        List<NDArray> out = new ArrayList<>();
        try (Session session = runtime.open(false)) {
            TokenBatch batch = TokenBatch.of(prompt);
            runtime.checkBatch(batch, 0);
            Columns columns = ModelRuntime.columns(batch, true);
            for (NDArray state : states) {
                try (NDManager scope = session.manager().newSubManager()) {
                    Pass pass =
                            runtime.pass(
                                    scope, runtime.ops(), Taps.NONE, columns, KeyValueStore.NONE);
                    NDArray copy = state.duplicate(); // blocks work in their input's memory
                    copy.attach(scope);
                    NDArray typed = Tensors.cast(copy, runtime.ops().type());
                    NDArray x = Tensors.reshape(typed, 1, prompt.length(), state.getShape().get(1));
                    NDArray last = runtime.transformer().blocks(x, layers - blocks, layers, pass);
                    NDArray rows = Tensors.reshape(last, prompt.length(), state.getShape().get(1));
                    rows.attach(state.getManager());
                    out.add(rows);
                }
            }
        } catch (RuntimeException | Error e) {
            out.forEach(NDArray::close);
            throw e;
        }
        return out;
    }
}
