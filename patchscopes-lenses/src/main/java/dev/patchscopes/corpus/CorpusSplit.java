package dev.patchscopes.corpus;

/**
 * Two parts of a corpus that have no text in common, not even by way of duplicates.
 *
 * <pre>{@code
 * CorpusSplit split = TextCorpus.open(Path.of("pile.jsonl.zst")).jsonl().split(0.1, 42);
 * try (CorpusStream<TextDocument> documents = split.training().documents()) {
 *     documents.stream().limit(10).forEach(System.out::println);
 * }
 * }</pre>
 *
 * @param training what to fit on
 * @param evaluation what to measure on
 * @see TextCorpus#split(double, long)
 */
public record CorpusSplit(TextCorpus training, TextCorpus evaluation) {}
