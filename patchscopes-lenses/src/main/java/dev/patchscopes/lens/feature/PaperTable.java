package dev.patchscopes.lens.feature;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.TargetPrompt;
import dev.patchscopes.facts.Relation;
import dev.patchscopes.text.CharSpan;
import dev.patchscopes.text.PositionException;
import dev.patchscopes.text.Quoting;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;

/** Reads a table of {@link PaperSamples}. */
final class PaperTable {

    /** Texts as they are: spaces count, and quoted fields may go over lines. */
    private static final CSVFormat FORMAT =
            CSVFormat.RFC4180.builder().setDelimiter('\t').setIgnoreEmptyLines(true).get();

    private static final String PLACEHOLDER = "x";
    private static final ImmutableList<String> COLUMNS =
            ImmutableList.of(
                    "subject",
                    "object",
                    "prompt_target",
                    "position_target",
                    "prompt_source",
                    "position_source",
                    "source_cropped_toks");

    private final Path file;
    private List<String> header = List.of();
    private Optional<String> target = Optional.empty();
    private final ImmutableList.Builder<FeatureSample> samples = ImmutableList.builder();
    private int empty;
    private int lineBreaks;
    private int withoutSubject;

    /** A row, and the line it begins at. */
    private record Row(CSVRecord fields, long line) {}

    PaperTable(Path file) {
        this.file = file;
    }

    PaperSamples read() throws IOException {
        try (BufferedReader text = Files.newBufferedReader(file);
                CSVParser parser = CSVParser.parse(text, FORMAT)) {
            Iterator<CSVRecord> rows = parser.iterator();
            readHeader(rows);
            long line = parser.getCurrentLineNumber() + 1;
            while (rows.hasNext()) { // reads the next row
                add(new Row(rows.next(), line));
                line = parser.getCurrentLineNumber() + 1;
            }
        } catch (UncheckedIOException e) {
            throw damaged(e.getCause());
        } catch (CharacterCodingException e) {
            throw damaged(e);
        }
        String prompt =
                target.orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        "%s: the table has no rows".formatted(file)));
        return new PaperSamples(
                file.getFileName().toString().replaceFirst("\\.[^.]*$", ""),
                targetPrompt(prompt),
                samples.build(),
                new DroppedRows(empty, lineBreaks, withoutSubject));
    }

    private IllegalArgumentException damaged(IOException e) {
        String what =
                e instanceof CharacterCodingException
                        ? "the table is not UTF-8"
                        : "the table is damaged: " + e.getMessage();
        return new IllegalArgumentException("%s: %s".formatted(file, what), e);
    }

    private void readHeader(Iterator<CSVRecord> rows) {
        header = rows.hasNext() ? rows.next().toList() : List.of();
        List<String> missing = new ArrayList<>(COLUMNS);
        missing.removeAll(header);
        if (!missing.isEmpty()) {
            throw new IllegalArgumentException(
                    "%s: the table lacks columns %s; its first line is %s"
                            .formatted(
                                    file, missing, Quoting.quoteShort(String.join("\t", header))));
        }
    }

    private void add(Row row) {
        if (row.fields.size() != header.size()) {
            throw new IllegalArgumentException(
                    "%s, line %d: the row has %d fields, the header %d"
                            .formatted(file, row.line, row.fields.size(), header.size()));
        }
        checkTarget(row);
        String sentence = field(row, "prompt_source");
        if (sentence.isBlank()) {
            empty++;
        } else if (sentence.contains("\n")) {
            lineBreaks++;
        } else {
            Relation.Sample fact = Relation.Sample.of(text(row, "subject"), text(row, "object"));
            mention(row, fact.subject(), sentence)
                    .ifPresentOrElse(
                            span -> samples.add(new FeatureSample(fact, sentence, span)),
                            () -> withoutSubject++);
        }
    }

    private String field(Row row, String column) {
        return row.fields.get(header.indexOf(column));
    }

    private String text(Row row, String column) {
        String text = field(row, column).strip();
        if (text.isEmpty()) {
            throw wrong(row, column, "is empty");
        }
        return text;
    }

    private IllegalArgumentException wrong(Row row, String column, String what) {
        return new IllegalArgumentException(
                "%s, line %d, column %s: %s %s"
                        .formatted(
                                file,
                                row.line,
                                column,
                                Quoting.quoteShort(field(row, column)),
                                what));
    }

    private void checkTarget(Row row) {
        String prompt = text(row, "prompt_target");
        if (target.isEmpty()) {
            target = Optional.of(prompt);
            try {
                targetPrompt(prompt);
            } catch (PositionException e) {
                throw wrong(
                        row, "prompt_target", "has no placeholder x that stands by itself once");
            }
        } else if (!target.get().equals(prompt)) {
            throw wrong(
                    row,
                    "prompt_target",
                    "differs from the rows before it, which have %s"
                            .formatted(Quoting.quote(target.get())));
        }
        if (!field(row, "position_target").equals("-1")) {
            throw wrong(row, "position_target", "is not -1, the last token, where x stands");
        }
    }

    private static TargetPrompt targetPrompt(String text) {
        return TargetPrompt.of(text, PLACEHOLDER);
    }

    // ---- where the sentence mentions the subject
    // --------------------------------------------------

    /**
     * The mention that the row's tokens end in. Their text is not always the sentence's beginning:
     * characters of several tokens were printed as replacement characters, and some spaces are
     * lost.
     */
    private Optional<CharSpan> mention(Row row, String subject, String sentence) {
        String tokens = String.join("", tokens(row));
        List<Integer> mentions = occurrences(subject, sentence);
        List<Integer> read = occurrences(subject, tokens);
        boolean endsInOne = tokens.endsWith(subject) && read.size() <= mentions.size();
        return (endsInOne
                        ? Optional.of(mentions.get(read.size() - 1))
                        : nearest(mentions, tokens.length() - subject.length()))
                .map(start -> new CharSpan(start, start + subject.length()));
    }

    private static Optional<Integer> nearest(List<Integer> mentions, int start) {
        return mentions.stream().min(Comparator.comparing(mention -> Math.abs(mention - start)));
    }

    private static List<Integer> occurrences(String subject, String text) {
        List<Integer> starts = new ArrayList<>();
        for (int at = text.indexOf(subject); at >= 0; at = text.indexOf(subject, at + 1)) {
            starts.add(at);
        }
        return starts;
    }

    private ImmutableList<String> tokens(Row row) {
        ImmutableList<String> tokens;
        try {
            tokens = PythonStrings.parse(field(row, "source_cropped_toks"));
        } catch (IllegalArgumentException e) {
            throw wrong(row, "source_cropped_toks", e.getMessage());
        }
        if (!field(row, "position_source").equals(Integer.toString(tokens.size() - 1))) {
            throw wrong(
                    row,
                    "position_source",
                    "is not the last of the %d tokens in source_cropped_toks"
                            .formatted(tokens.size()));
        }
        return tokens;
    }
}
