package dev.patchscopes.examples.cli;

import dev.patchscopes.corpus.TextCorpus;
import dev.patchscopes.examples.demo.corpus.Corpus;
import dev.patchscopes.examples.demo.corpus.Document;
import dev.patchscopes.examples.demo.corpus.KnowledgeBase;
import dev.patchscopes.facts.GroundTruth;
import dev.patchscopes.model.DemoModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;
import picocli.CommandLine.Option;

/** Options of commands that read many texts. */
final class TextsOptions {

    private static final String DEMO = "demo";
    private static final int DEMO_TEXTS = 2000;
    private static final Pattern JSON_LINES = Pattern.compile("(?i).*\\.jsonl(\\.gz|\\.zst)?");

    @Option(
            names = "--texts",
            required = true,
            paramLabel = "PATH",
            description = {
                "a file or a directory of files, plain, gzip or zstandard; demo for texts of the"
                        + " kind that the small models were trained on, none of them seen by them"
            })
    private Path texts;

    @Option(
            names = "--documents",
            paramLabel = "KIND",
            converter = NameConverter.OfDocuments.class,
            description = {
                "what is one text: files, paragraphs (parted by empty lines), lines or jsonl. Of"
                        + " *.jsonl it is jsonl, of a directory files, of other files paragraphs,"
                        + " unless given"
            })
    private Optional<Documents> documents = Optional.empty();

    @Option(
            names = "--field",
            paramLabel = "NAME",
            defaultValue = "text",
            description = "the field of a line of jsonl that holds its text; text unless given")
    private String field;

    @Option(
            names = "--first",
            paramLabel = "N",
            description = "take the first N texts; 2000 of demo unless given, else all")
    private Optional<Integer> first = Optional.empty();

    @Option(
            names = "--sample",
            paramLabel = "N",
            description = "take N texts drawn with --seed, of the first ones if --first is given")
    private Optional<Integer> sample = Optional.empty();

    /** What is one text. */
    enum Documents {
        /** Each file. */
        FILES,
        /** What stands between empty lines. */
        PARAGRAPHS,
        /** Each line. */
        LINES,
        /** Each line, a JSON object. */
        JSONL
    }

    /**
     * The texts.
     *
     * @param demoFrom number of the first document of the small models' kind
     * @param seed of the sample
     * @throws IllegalArgumentException if there are none
     */
    TextCorpus open(long demoFrom, long seed) {
        TextCorpus all = texts.toString().equals(DEMO) ? demo(demoFrom) : read();
        TextCorpus some = first.isPresent() ? all.first(first.get()) : all;
        return sample.isPresent() ? some.sample(sample.get(), seed) : some;
    }

    private TextCorpus read() {
        TextCorpus files = TextCorpus.open(texts);
        return switch (kind()) {
            case FILES -> files;
            case PARAGRAPHS -> files.blankLines();
            case LINES -> files.separatedBy("\n");
            case JSONL -> files.jsonl(field);
        };
    }

    private Documents kind() {
        if (documents.isPresent()) {
            return documents.get();
        }
        if (JSON_LINES.matcher(texts.toString()).matches()) {
            return Documents.JSONL;
        }
        return Files.isDirectory(texts) ? Documents.FILES : Documents.PARAGRAPHS;
    }

    private TextCorpus demo(long from) {
        long seed = GroundTruth.of(DemoModel.STANDARD).seed();
        return TextCorpus.of(
                Corpus.about(KnowledgeBase.load(seed), seed)
                        .documents(from)
                        .limit(first.orElse(DEMO_TEXTS))
                        .map(Document::text)
                        .toList());
    }
}
