package dev.patchscopes.examples.demo.corpus;

/** Writes documents of one kind. */
interface DocumentWriter {

    /**
     * Writes a document.
     *
     * @param draw decides all that is left to chance
     * @return a text of one line or several, without white space at its ends
     */
    String write(Draw draw);
}
