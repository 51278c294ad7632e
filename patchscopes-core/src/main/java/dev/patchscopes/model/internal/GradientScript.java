package dev.patchscopes.model.internal;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;

/**
 * Gradients that are returned rather than left in the leaf, so that they can be differentiated in
 * turn.
 *
 * <p>A gradient with a graph of its own must not be left in its leaf: the graph leads to the leaf
 * and the leaf to the gradient, so neither is ever released. The engine's binding knows no other
 * way.
 */
final class GradientScript implements AutoCloseable {
    private static final String FORWARD =
            """
            def forward(self: __torch__.Function, y: Tensor, x: Tensor, u: Tensor) -> Tensor:
              seeds = annotate(List[Optional[Tensor]], [u])
              gradients = torch.autograd.grad([y], [x], seeds, True, True)
              return unchecked_cast(Tensor, gradients[0])
            """;

    private final TorchScript function;

    private GradientScript(TorchScript function) {
        this.function = function;
    }

    /** Loads the function; takes about a millisecond. */
    static GradientScript load(Device device) {
        return new GradientScript(TorchScript.load(device, FORWARD));
    }

    /**
     * The product of u with the Jacobian of y with respect to x, recorded. The graph is kept.
     *
     * @return a tensor of the shape of x, in y's manager
     */
    NDArray gradient(NDArray y, NDArray x, NDArray u) {
        return function.apply(y, x, u);
    }

    @Override
    public void close() {
        function.close();
    }
}
