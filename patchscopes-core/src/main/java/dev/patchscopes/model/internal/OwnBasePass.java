package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.google.common.collect.ImmutableSet;
import dev.patchscopes.model.HookPoint;

/**
 * A base run in a pass of its own, the ordinary one: for interventions that look at more than rows,
 * such as functions of whole tensors.
 */
final class OwnBasePass {
    private final ModelRuntime runtime;
    private final BasePlan base;
    private final boolean checkFinite;

    OwnBasePass(ModelRuntime runtime, BasePlan base, boolean checkFinite) {
        this.runtime = runtime;
        this.base = base;
        this.checkFinite = checkFinite;
    }

    /** Runs it and leaves residuals, keys, values and vectors for patches. */
    void run(NDManager owner, BaseStates states, PatchVectors vectors) {
        ModelFacts facts = runtime.facts();
        int layers = facts.spec().layers();
        Tensors ops = runtime.ops();
        RunPlan plan =
                RunPlan.of(
                        facts,
                        base.batch(),
                        ImmutableSet.of(),
                        base.run().interventions(),
                        true,
                        0);
        RunTaps taps = new RunTaps(facts.spec(), ops, plan).watchedBy(runtime.watch(checkFinite));
        try (NDManager scope = owner.newSubManager()) {
            for (HookPoint point : vectors.missing(base.index())) {
                taps.leaf(point, value -> keep(vectors, point, value));
            }
            KvCache cache = new KvCache(scope, facts.spec(), ops, 1, base.length());
            Columns columns = ModelRuntime.columns(base.batch(), true);
            Pass pass = runtime.pass(scope, ops, taps, columns, cache);
            taps.begin(scope, columns, false);
            NDArray ids = ops.fromLongs(scope, base.batch().ids(), new Shape(1, base.length()));
            NDArray x = runtime.transformer().embed(ids, pass);
            states.putResidual(base.index(), 0, x);
            for (int b = 0; b < layers; b++) {
                x = runtime.transformer().blocks(x, b, b + 1, pass);
                states.putResidual(base.index(), b + 1, x);
                states.putKeysAndValues(base.index(), b, cache.keys(b), cache.values(b));
            }
            taps.end();
        }
        taps.finish("the base run was read once");
    }

    /** What a patch reads is what the run goes on with: the value after interventions. */
    private NDArray keep(PatchVectors vectors, HookPoint point, NDArray value) {
        long tokens = base.length();
        try (NDArray rows = Tensors.reshape(value, tokens, value.getShape().size() / tokens)) {
            vectors.keep(base.index(), point, rows);
        }
        return value;
    }
}
