package dev.patchscopes.trace.entity;

import java.util.List;

/**
 * How far descriptions agree with the references, on average.
 *
 * @param words Rouge-1, see {@link Rouge#ofWords}
 * @param sequence Rouge-L, see {@link Rouge#ofSequence}
 */
public record RougeScores(RougeMeans words, RougeMeans sequence) {

    /** A reference and what was said. */
    record Compared(String reference, String text) {}

    static RougeScores of(List<Compared> all) {
        return new RougeScores(
                RougeMeans.of(all.stream().map(c -> Rouge.ofWords(c.reference, c.text)).toList()),
                RougeMeans.of(
                        all.stream().map(c -> Rouge.ofSequence(c.reference, c.text)).toList()));
    }

    /** {@return mean F1 of both with intervals} */
    @Override
    public String toString() {
        return "Rouge-1 %s, Rouge-L %s".formatted(words, sequence);
    }
}
