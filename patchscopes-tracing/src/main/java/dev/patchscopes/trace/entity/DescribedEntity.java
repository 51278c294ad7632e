package dev.patchscopes.trace.entity;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.model.OutOfRangeException;
import dev.patchscopes.report.Page;
import dev.patchscopes.report.Viewable;
import java.util.stream.Collectors;

/**
 * An entity, in the words each pair of layers finds for it.
 *
 * @param name the name
 * @param tokens the source prompt's tokens, as readable pieces
 * @param position index of the token whose vectors were read, the name's last
 * @param direct what the target model says with the name itself in place of the placeholder
 * @param patched what it says with the entity's vector there, a pair of layers each
 * @param random the same with random vectors of the same lengths; empty unless evaluated
 */
public record DescribedEntity(
        String name,
        ImmutableList<String> tokens,
        int position,
        EntityText direct,
        ImmutableList<Description> patched,
        ImmutableList<Description> random)
        implements Viewable {

    /**
     * Finds what one pair of layers says.
     *
     * @param sourceLayer l
     * @param targetLayer l*
     * @return it
     * @throws OutOfRangeException if the pair was not computed
     */
    public Description at(int sourceLayer, int targetLayer) {
        return patched.stream()
                .filter(d -> d.isAt(sourceLayer, targetLayer))
                .findFirst()
                .orElseThrow(
                        () ->
                                new OutOfRangeException(
                                        "the pair of layers %d -> %d was not computed for %s; those were: %s"
                                                .formatted(
                                                        sourceLayer,
                                                        targetLayer,
                                                        name,
                                                        patched.stream()
                                                                .map(
                                                                        d ->
                                                                                d.sourceLayer()
                                                                                        + " -> "
                                                                                        + d
                                                                                                .targetLayer())
                                                                .collect(
                                                                        Collectors.joining(
                                                                                ", ")))));
    }

    /** {@return the descriptions, a line a pair of layers} */
    @Override
    public Page page() {
        return ReportFigures.page(this);
    }

    /** {@return the name, the direct text, and a line a pair of layers} */
    @Override
    public String toString() {
        StringBuilder out =
                new StringBuilder(
                        "%s (by name: %s)%n   l    l*  first  description".formatted(name, direct));
        patched.forEach(d -> out.append(String.format("%n  %s", d)));
        return out.toString();
    }
}
