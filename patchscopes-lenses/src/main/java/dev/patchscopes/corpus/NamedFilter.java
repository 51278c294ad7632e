package dev.patchscopes.corpus;

/** A filter that can say what it does, for the corpus's description. */
record NamedFilter(String name, TextFilter filter) implements TextFilter {

    @Override
    public boolean accepts(TextDocument document) {
        return filter.accepts(document);
    }

    @Override
    public String toString() {
        return name;
    }
}
