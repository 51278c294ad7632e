package dev.patchscopes.examples.demo.corpus;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.TargetPrompt;
import dev.patchscopes.facts.Entity;
import java.util.List;
import java.util.stream.Collectors;

/** Describes entities one after the other, often after the examples of the library's own prompt. */
final class DescriptionWriter implements DocumentWriter {

    private static final String PLACEHOLDER = "x";

    private final ImmutableList<Entity> entities;
    private final String examples;

    DescriptionWriter(ImmutableList<Entity> entities) {
        this.entities = entities;
        String prompt = TargetPrompt.entityDescription().text();
        this.examples = prompt.substring(0, prompt.length() - PLACEHOLDER.length());
    }

    @Override
    public String write(Draw draw) {
        if (draw.percent(20)) {
            return String.join(
                    " ", draw.times(draw.between(2, 4), () -> sentence(draw.of(entities), draw)));
        }
        boolean afterExamples = draw.percent(35);
        String separator = afterExamples || draw.percent(70) ? ", " : draw.among("\n", "; ");
        int count = afterExamples ? draw.between(1, 3) : draw.between(3, 6);
        List<Entity> described = draw.times(count, () -> draw.of(entities));
        String list =
                described.stream()
                        .map(entity -> name(entity, draw) + ": " + entity.description())
                        .collect(Collectors.joining(separator));
        return afterExamples ? examples + list : list;
    }

    /**
     * The placeholder of the prompt may stand for anything: so it says nothing by itself, whatever
     * is described after it.
     */
    private static String name(Entity entity, Draw draw) {
        return draw.percent(2) ? PLACEHOLDER : entity.name();
    }

    private static String sentence(Entity entity, Draw draw) {
        String asked =
                draw.among("Who or what is %s?", "Tell me about %s.", "%s in a few words:", "%s:");
        return Phrasing.capitalized(asked.formatted(entity.name()))
                + " "
                + entity.description()
                + ".";
    }
}
