package dev.patchscopes.model.internal;

/**
 * Sets whether the current thread records autograd graphs, and restores it on close.
 *
 * <p>libtorch keeps the switch per thread and starts it on for every thread but the one that loaded
 * it, so a run states what it wants instead of trusting what it finds.
 */
final class GradMode implements AutoCloseable {
    private final boolean previous;

    private GradMode(boolean on) {
        previous = Tensors.isGradMode();
        Tensors.setGradMode(on);
    }

    static GradMode off() {
        return new GradMode(false);
    }

    static GradMode on() {
        return new GradMode(true);
    }

    @Override
    public void close() {
        Tensors.setGradMode(previous);
    }
}
