package dev.patchscopes.examples.demo.corpus;

import com.google.common.collect.ImmutableList;

/** Begins with repetitions and goes on with something else. */
final class InterruptedWriter implements DocumentWriter {

    private final RepetitionWriter repetitions;
    private final ImmutableList<DocumentWriter> others;

    InterruptedWriter(RepetitionWriter repetitions, ImmutableList<DocumentWriter> others) {
        this.repetitions = repetitions;
        this.others = others;
    }

    @Override
    public String write(Draw draw) {
        return repetitions.beginning(draw) + draw.of(others).write(draw);
    }
}
