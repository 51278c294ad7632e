package dev.patchscopes;

import java.util.OptionalInt;

/** f(h) = h. */
record IdentityMapping() implements Mapping {

    static final IdentityMapping INSTANCE = new IdentityMapping();

    @Override
    public double[] apply(double[] h) {
        return h.clone();
    }

    @Override
    public OptionalInt inputWidth() {
        return OptionalInt.empty();
    }

    @Override
    public OptionalInt outputWidth(int inputWidth) {
        return OptionalInt.of(inputWidth);
    }

    @Override
    public String name() {
        return "identity";
    }

    @Override
    public String toString() {
        return name();
    }
}
