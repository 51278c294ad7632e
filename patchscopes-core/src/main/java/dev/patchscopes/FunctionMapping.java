package dev.patchscopes;

import static com.google.common.base.Preconditions.checkArgument;

import java.util.Objects;
import java.util.OptionalInt;
import java.util.function.UnaryOperator;

/** Somebody's function; its widths show when it is applied. */
record FunctionMapping(String name, UnaryOperator<double[]> function) implements Mapping {

    FunctionMapping {
        checkArgument(!name.isBlank(), "a mapping's name is blank; provenance needs one");
        Objects.requireNonNull(function, "function");
    }

    @Override
    public double[] apply(double[] h) {
        return function.apply(h.clone()).clone();
    }

    @Override
    public OptionalInt inputWidth() {
        return OptionalInt.empty();
    }

    @Override
    public OptionalInt outputWidth(int inputWidth) {
        return OptionalInt.empty();
    }

    @Override
    public String toString() {
        return name;
    }
}
