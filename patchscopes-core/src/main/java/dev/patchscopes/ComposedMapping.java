package dev.patchscopes;

import java.util.OptionalInt;

/** One mapping after another. */
record ComposedMapping(Mapping first, Mapping second) implements Mapping {

    static Mapping of(Mapping first, Mapping second) {
        ComposedMapping composed = new ComposedMapping(first, second);
        first.inputWidth().ifPresent(composed::outputWidth); // refuses what cannot fit
        return composed;
    }

    @Override
    public double[] apply(double[] h) {
        return second.apply(first.apply(h));
    }

    @Override
    public OptionalInt inputWidth() {
        // An identity in front passes every width on to what comes second.
        return first.equals(Mapping.identity()) ? second.inputWidth() : first.inputWidth();
    }

    @Override
    public OptionalInt outputWidth(int inputWidth) {
        OptionalInt between = first.outputWidth(inputWidth);
        return between.isPresent() ? second.outputWidth(between.getAsInt()) : constantWidth();
    }

    /** What the second gives whatever the first does: known if it takes one width only. */
    private OptionalInt constantWidth() {
        OptionalInt taken = second.inputWidth();
        return taken.isPresent() ? second.outputWidth(taken.getAsInt()) : OptionalInt.empty();
    }

    @Override
    public String name() {
        return first.name() + ", then " + second.name();
    }

    @Override
    public String toString() {
        return name();
    }
}
