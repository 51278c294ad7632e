package dev.patchscopes.corpus;

import com.google.common.collect.Iterators;
import java.util.Iterator;

/** What a corpus leaves out, in the order in which the steps were asked for. */
interface Step {

    Iterator<TextDocument> apply(Iterator<TextDocument> documents);

    /** Keeps what a filter accepts. */
    record Filter(TextFilter filter) implements Step {
        @Override
        public Iterator<TextDocument> apply(Iterator<TextDocument> documents) {
            return Iterators.filter(documents, filter::accepts);
        }

        @Override
        public String toString() {
            return filter.toString();
        }
    }

    /** Keeps the first documents, and reads no further. */
    record First(int count) implements Step {
        @Override
        public Iterator<TextDocument> apply(Iterator<TextDocument> documents) {
            return Iterators.limit(documents, count);
        }

        @Override
        public String toString() {
            return "first " + count;
        }
    }

    /**
     * Keeps one side of a split.
     *
     * @param depth number of splits before this one
     */
    record Split(double evaluationShare, long seed, int depth, boolean evaluation) implements Step {
        @Override
        public Iterator<TextDocument> apply(Iterator<TextDocument> documents) {
            TextHash hash = new TextHash("split " + depth, seed);
            return Iterators.filter(
                    documents, d -> (hash.fraction(d.text()) < evaluationShare) == evaluation);
        }

        @Override
        public String toString() {
            return "%s side of a split of %s for evaluation, seed %d"
                    .formatted(evaluation ? "evaluation" : "training", evaluationShare, seed);
        }
    }

    /** Draws distinct texts. */
    record Sample(int count, long seed) implements Step {
        @Override
        public Iterator<TextDocument> apply(Iterator<TextDocument> documents) {
            return new Sampling(documents, count, new TextHash("sample", seed));
        }

        @Override
        public String toString() {
            return "sample of " + count + ", seed " + seed;
        }
    }
}
