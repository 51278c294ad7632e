package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import dev.patchscopes.model.BaseRun;
import dev.patchscopes.model.EdgeCut;
import dev.patchscopes.model.Edit;
import dev.patchscopes.model.Intervention;
import dev.patchscopes.text.TokenBatch;
import java.util.ArrayList;
import java.util.List;

/**
 * What the cells of a sweep share: the residual at every layer and the keys and values of every
 * block, for each base run. Owned by the manager it was made with.
 */
final class BaseStates {
    private final TokenBatch batch;
    private final KvCache cache;
    private final List<NDArray> residuals = new ArrayList<>(); // by layer, [base, pos, d_model]

    private BaseStates(TokenBatch batch, KvCache cache) {
        this.batch = batch;
        this.cache = cache;
    }

    /** Runs the bases, all in one batch. */
    static BaseStates of(ModelRuntime runtime, NDManager owner, List<BaseRun> bases) {
        TokenBatch batch = TokenBatch.of(bases.stream().map(BaseRun::prompt).toList());
        runtime.checkBatch(batch, 0);
        ModelFacts facts = runtime.facts();
        Tensors ops = runtime.ops();
        KvCache cache = new KvCache(owner, facts.spec(), ops, batch.rows(), batch.columns());
        BaseStates states = new BaseStates(batch, cache);
        RunPlan plan = RunPlan.of(facts, batch, ImmutableSet.of(), shared(bases), true, 0);
        RunTaps taps = new RunTaps(facts.spec(), ops, plan);
        try (NDManager scope = owner.newSubManager()) {
            Columns columns = ModelRuntime.columns(batch, true);
            Pass pass = runtime.pass(scope, ops, taps, columns, cache);
            taps.begin(scope, columns, false);
            NDArray ids =
                    ops.fromLongs(scope, batch.ids(), new Shape(batch.rows(), batch.columns()));
            NDArray x = runtime.transformer().embed(ids, pass);
            states.keep(owner, x);
            for (int b = 0; b < facts.spec().layers(); b++) {
                x = runtime.transformer().blocks(x, b, b + 1, pass);
                states.keep(owner, x);
            }
            taps.end();
        }
        taps.finish("the base runs were read once");
        return states;
    }

    private void keep(NDManager owner, NDArray residual) {
        NDArray copy = residual.duplicate();
        copy.attach(owner);
        residuals.add(copy);
    }

    /** Each base's interventions, limited to its own row of the batch. */
    private static ImmutableList<Intervention> shared(List<BaseRun> bases) {
        ImmutableList.Builder<Intervention> all = ImmutableList.builder();
        for (int row = 0; row < bases.size(); row++) {
            for (Intervention intervention : bases.get(row).interventions()) {
                all.add(
                        intervention instanceof Edit edit
                                ? edit.rows(row)
                                : ((EdgeCut) intervention).rows(row));
            }
        }
        return all.build();
    }

    /** A base's tokens {@code from..to-1} at a layer, [1, pos, d_model]; a view. */
    NDArray residual(int base, int layer, int from, int to) {
        try (NDArray row = Tensors.slice(residuals.get(layer), 0, base, base + 1L)) {
            return Tensors.slice(row, 1, batch.start(base) + from, batch.start(base) + to);
        }
    }

    /** Keys of a base's tokens {@code from..to-1}, [1, kv_head, pos, d_head]; a view. */
    NDArray keys(int base, int block, int from, int to) {
        return window(cache.keys(block), base, from, to);
    }

    /** Values of a base's tokens {@code from..to-1}, [1, kv_head, pos, d_head]; a view. */
    NDArray values(int base, int block, int from, int to) {
        return window(cache.values(block), base, from, to);
    }

    private NDArray window(NDArray all, int base, int from, int to) {
        try (NDArray row = Tensors.slice(all, 0, base, base + 1L)) {
            return Tensors.slice(row, 2, batch.start(base) + from, batch.start(base) + to);
        }
    }

    /** The position the model is told for a base's token. */
    long positionId(int base, int token) {
        return batch.positionId(base, batch.start(base) + token);
    }
}
