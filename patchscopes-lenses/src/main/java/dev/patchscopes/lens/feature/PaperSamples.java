package dev.patchscopes.lens.feature;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.TargetPrompt;
import java.io.IOException;
import java.nio.file.Path;

/**
 * The samples of one relation as Ghandeharioun et al. released them with "Patchscopes" (2024,
 * section 4.2): tab-separated tables with a sentence a row.
 *
 * <p>Their source positions count tokens of GPT-J. Here a position is where the sentence mentions
 * the subject, so that any tokenizer finds it: of several mentions the one that the row's tokens
 * end in. Whether GPT-J answered the direct question, as the tables also say, is left aside: a
 * feature extraction asks its own model.
 *
 * <pre>{@code
 * PaperSamples currencies = PaperSamples.read(Path.of("factual/country_currency.tsv"));
 * FeatureExtraction.of(model)
 *     .samples(currencies.samples())
 *     .target(currencies.target())
 *     .run();
 * }</pre>
 *
 * @param name name of the file, without its ending
 * @param target target prompt of all rows
 * @param samples a sample a row, in order
 * @param dropped rows that gave none
 */
public record PaperSamples(
        String name,
        TargetPrompt target,
        ImmutableList<FeatureSample> samples,
        DroppedRows dropped) {

    /**
     * Reads a table.
     *
     * @param file the table
     * @return its samples
     * @throws IOException if the file cannot be read
     * @throws IllegalArgumentException if it is no such table; the message names the file, the line
     *     and the column
     */
    public static PaperSamples read(Path file) throws IOException {
        return new PaperTable(file).read();
    }

    /** {@return name, number of samples and of dropped rows} */
    @Override
    public String toString() {
        return "PaperSamples[%s, %s, %d samples, %d rows dropped]"
                .formatted(name, target, samples.size(), dropped.total());
    }
}
