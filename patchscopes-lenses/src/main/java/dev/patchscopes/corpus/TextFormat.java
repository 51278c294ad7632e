package dev.patchscopes.corpus;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.text.Quoting;
import java.util.Objects;

/**
 * How documents lie in a file. Text is UTF-8; a byte order mark at its beginning is dropped.
 *
 * <p>In the formats of plain text, CRLF becomes LF, so that a text is the same text on every
 * platform. A document of nothing but white space is none, in every format.
 */
public sealed interface TextFormat {

    /** The path under which the Pile tells which of its parts a document is from. */
    String PILE_SET_NAME = "meta.pile_set_name";

    /** One document a file. */
    record WholeFile() implements TextFormat {
        /** Returns what a document is. */
        @Override
        public String toString() {
            return "a document a file";
        }
    }

    /**
     * Documents set apart by lines that are empty or hold only spaces and tabs. A document's lines
     * are joined by LF, without one at its end.
     */
    record BlankLines() implements TextFormat {
        /** Returns what a document is. */
        @Override
        public String toString() {
            return "documents between blank lines";
        }
    }

    /**
     * Documents set apart by a text that is part of none, such as {@code <|endoftext|>}. It is
     * looked for in the file as it is, before CRLF becomes LF.
     *
     * @param separator stands between two documents; not empty
     */
    record Separator(String separator) implements TextFormat {
        /**
         * Checks that there is a separator.
         *
         * @param separator stands between two documents
         * @throws IllegalArgumentException if it is empty
         */
        public Separator {
            checkArgument(
                    !separator.isEmpty(),
                    "the separator of documents is empty; give a text, or choose blankLines()");
        }

        /** Returns what a document is. */
        @Override
        public String toString() {
            return "documents between " + Quoting.quote(separator);
        }
    }

    /**
     * One JSON object a line, one of whose fields is the document's text. Blank lines are passed
     * over.
     *
     * @param field path of the text: the name of a field, or names joined by dots
     * @param attributes paths of numbers, truth values or strings to keep with the document; those
     *     an object lacks, or holds as something else, are left out
     */
    record JsonLines(String field, ImmutableList<String> attributes) implements TextFormat {
        /**
         * Checks the paths.
         *
         * @param field path of the text
         * @param attributes paths of what to keep
         * @throws IllegalArgumentException if a path is empty
         */
        public JsonLines {
            Objects.requireNonNull(attributes, "attributes");
            checkArgument(
                    !field.isEmpty() && !attributes.contains(""),
                    "the path of a field is empty; the usual one is \"text\"");
        }

        /** Returns what a document is. */
        @Override
        public String toString() {
            return "JSON lines, field " + Quoting.quote(field);
        }
    }
}
