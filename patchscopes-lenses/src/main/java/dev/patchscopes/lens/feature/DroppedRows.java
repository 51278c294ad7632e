package dev.patchscopes.lens.feature;

/**
 * Rows of a table that give no sample.
 *
 * @param empty rows without a sentence
 * @param lineBreaks rows whose sentence has a line break, which the paper's code leaves out too
 * @param withoutSubject rows whose sentence does not have the subject as it is written: it was cut
 *     off within it
 */
public record DroppedRows(int empty, int lineBreaks, int withoutSubject) {

    /** {@return all of them} */
    public int total() {
        return empty + lineBreaks + withoutSubject;
    }
}
