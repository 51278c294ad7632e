package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import dev.patchscopes.model.Site;

/** The MLP of one block: act(x W_in) W_out, or (act(x W_gate) * x W_up) W_out. */
final class Mlp {
    private final ArchitectureSpec.MlpSpec spec;
    private final int block;

    Mlp(ArchitectureSpec.MlpSpec spec, int block) {
        this.spec = spec;
        this.block = block;
    }

    /** [batch, pos, d_model] to [batch, pos, d_model]. */
    NDArray forward(NDArray input, Weights.Block weights, Pass pass) {
        Taps taps = pass.taps();
        NDArray in = pass.ops().product(input, weights.mlpIn());
        NDArray post = spec.gated() ? gated(in, pass) : plain(in, pass);
        in.close();
        NDArray seen = taps.tap(Site.MLP_POST, block, post); // [batch, pos, d_mlp]
        NDArray out = pass.ops().product(seen, weights.mlpOut()); // [batch, pos, d_model]
        post.close();
        return taps.tap(Site.MLP_PROJ, block, out);
    }

    private NDArray plain(NDArray in, Pass pass) {
        NDArray pre = pass.taps().tap(Site.MLP_PRE, block, in);
        return pass.ops().activate(pre, spec.activation());
    }

    private NDArray gated(NDArray in, Pass pass) {
        long width = spec.width();
        NDArray[] cut = Tensors.cut(in, 2, width, width); // each [batch, pos, d_mlp]
        NDArray gate = pass.taps().tap(Site.MLP_PRE, block, cut[0]);
        NDArray up = pass.taps().tap(Site.MLP_PRE_LINEAR, block, cut[1]);
        NDArray activated = pass.ops().activate(gate, spec.activation());
        return pass.ops().mulInto(activated, up);
    }
}
