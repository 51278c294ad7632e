package dev.patchscopes.lens.relation;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.internal.Csv;
import dev.patchscopes.internal.RecordJson;
import dev.patchscopes.model.OutOfRangeException;
import dev.patchscopes.model.TokenProbability;
import dev.patchscopes.report.Heatmap;
import dev.patchscopes.report.Page;
import dev.patchscopes.report.Viewable;
import java.util.Locale;

/**
 * What an {@link AttributeLens} read of a prompt: a cell for each layer and position.
 *
 * @param library version of the library that read it
 * @param model the model that was read
 * @param provenance what the relation was fitted on, and on which model
 * @param beta its factor
 * @param prompt the prompt
 * @param tokens its tokens, readable
 * @param layers layers read, in order
 * @param expected answers looked out for
 * @param next what the model itself goes on with
 * @param cells layer by layer, position by position
 */
public record AttributeReading(
        LibraryVersion library,
        ModelIdentity model,
        LinearRelationProvenance provenance,
        double beta,
        String prompt,
        ImmutableList<String> tokens,
        ImmutableList<Integer> layers,
        ImmutableList<String> expected,
        ImmutableList<TokenProbability> next,
        ImmutableList<AttributeCell> cells)
        implements Viewable {

    /**
     * Looks a cell up.
     *
     * @param layer a layer that was read
     * @param position absolute index of a token
     * @return the cell
     * @throws OutOfRangeException if the layer was not read, or there is no such token
     */
    public AttributeCell at(int layer, int position) {
        int row = layers.indexOf(layer);
        if (row < 0) {
            throw new OutOfRangeException(
                    "layer %d was not read: the layers read are %s".formatted(layer, layers));
        }
        if (position < 0 || position >= tokens.size()) {
            throw new OutOfRangeException(
                    "position %d is not in 0..%d, the tokens of the prompt"
                            .formatted(position, tokens.size() - 1));
        }
        return cells.get(row * tokens.size() + position);
    }

    /**
     * Lists the cells that say an expected answer.
     *
     * @param rule when a token is right
     * @param k how many of a cell's most probable tokens are looked at
     * @return the cells, in their order; none if no answer is expected
     */
    public ImmutableList<AttributeCell> hits(AnswerRule rule, int k) {
        return cells.stream()
                .filter(cell -> cell.isHit(rule, k))
                .collect(ImmutableList.toImmutableList());
    }

    /**
     * Shows the most probable token of each cell, layers downwards and the prompt's tokens across.
     * Cells that say an expected answer's first token are marked.
     *
     * @return the heat map
     */
    public Heatmap heatmap() {
        return heatmap(AnswerRule.FIRST_TOKEN, 1);
    }

    /**
     * Shows the same and marks the {@link #hits} of a rule.
     *
     * @param rule when a token is right
     * @param k how many of a cell's most probable tokens are looked at
     * @return the heat map
     */
    public Heatmap heatmap(AnswerRule rule, int k) {
        return AttributeFigures.heatmap(this, rule, k);
    }

    /** {@return a page with the heat map} */
    @Override
    public Page page() {
        return heatmap().page();
    }

    /**
     * All cells as comma-separated values.
     *
     * @return with columns {@code layer,position,token,top,probability,expected_place_prefix,
     *     expected_place_first_token}; a place of 0 is none
     */
    public String toCsv() {
        StringBuilder out =
                new StringBuilder(
                        "layer,position,token,top,probability,expected_place_prefix,expected_place_first_token\n");
        for (AttributeCell cell : cells) {
            TokenProbability top = cell.top().get(0);
            out.append(
                    String.format(
                            Locale.ROOT,
                            "%d,%d,%s,%s,%.6g,%d,%d\n",
                            cell.layer(),
                            cell.position(),
                            Csv.quoted(tokens.get(cell.position())),
                            Csv.quoted(top.piece()),
                            top.probability(),
                            cell.prefixPlace(),
                            cell.firstTokenPlace()));
        }
        return out.toString();
    }

    /** {@return the reading as JSON, for {@link #fromJson(String)}} */
    public String toJson() {
        return RecordJson.write(this);
    }

    /**
     * Reads what {@link #toJson()} wrote.
     *
     * @param json the text
     * @return an equal reading
     * @throws IllegalArgumentException if the text is not such JSON; the message names the field
     */
    public static AttributeReading fromJson(String json) {
        return RecordJson.read(json, AttributeReading.class, "the text");
    }

    /** {@return relation, prompt, and how many cells say an expected answer's first token} */
    @Override
    public String toString() {
        return "AttributeReading[%s in \"%s\": %s; the model says %s]"
                .formatted(
                        provenance.relation(),
                        prompt,
                        expected.isEmpty()
                                ? "%d cells".formatted(cells.size())
                                : "%d of %d cells say %s"
                                        .formatted(
                                                hits(AnswerRule.FIRST_TOKEN, 1).size(),
                                                cells.size(),
                                                String.join(" or ", expected)),
                        next.get(0));
    }
}
