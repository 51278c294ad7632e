package dev.patchscopes;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.text.PositionException;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.Quoting;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.List;
import java.util.Optional;
import java.util.function.IntSupplier;

/**
 * Finds the tokens that a sweep reads and writes; where there are many prompts, says which fail.
 */
final class SweepSpots {

    private SweepSpots() {}

    /** A target prompt, with the placeholder if it was given one. */
    record Target(TokenizedPrompt prompt, Optional<TargetPrompt> given) {

        /** The position chosen, or else the placeholder, or else the last token. */
        int position(Optional<Positions> chosen) {
            return chosen.map(positions -> PatchChecks.one("target", positions, prompt))
                    .orElseGet(
                            () ->
                                    given.map(g -> g.resolve(prompt))
                                            .orElseGet(() -> prompt.length() - 1));
        }
    }

    /** Each position in each prompt, prompts outermost. */
    static ImmutableList<GridPlan.Spot> sources(
            List<TokenizedPrompt> prompts, List<Positions> positions) {
        ImmutableList.Builder<GridPlan.Spot> spots = ImmutableList.builder();
        for (int i = 0; i < prompts.size(); i++) {
            TokenizedPrompt prompt = prompts.get(i);
            String name = name("source", i, prompts.size(), prompt);
            for (Positions position : positions) {
                spots.add(spot(name, prompt, () -> PatchChecks.one("source", position, prompt)));
            }
        }
        return spots.build();
    }

    /**
     * A token of each target prompt.
     *
     * @param own the patchscope's target, for want of others
     * @param chosen the position in every prompt; by default the placeholders
     */
    static ImmutableList<GridPlan.Spot> targets(
            Place own, List<Target> given, Optional<Positions> chosen) {
        if (given.isEmpty() && chosen.isEmpty()) {
            return ImmutableList.of(new GridPlan.Spot(own.prompt(), own.position()));
        }
        List<Target> targets =
                given.isEmpty() ? List.of(new Target(own.prompt(), Optional.empty())) : given;
        ImmutableList.Builder<GridPlan.Spot> spots = ImmutableList.builder();
        for (int i = 0; i < targets.size(); i++) {
            Target target = targets.get(i);
            String name = name("target", i, targets.size(), target.prompt);
            spots.add(spot(name, target.prompt, () -> target.position(chosen)));
        }
        return spots.build();
    }

    private static String name(String side, int index, int prompts, TokenizedPrompt prompt) {
        String text =
                prompt.text().isEmpty() ? prompt.toString() : Quoting.quoteShort(prompt.text());
        return prompts == 1
                ? "%s prompt %s".formatted(side, text)
                : "%s prompt %d of %d, %s".formatted(side, index + 1, prompts, text);
    }

    private static GridPlan.Spot spot(String name, TokenizedPrompt prompt, IntSupplier position) {
        try {
            return new GridPlan.Spot(prompt, position.getAsInt());
        } catch (PositionException e) {
            PositionException named = new PositionException(name + ": " + e.getMessage());
            named.initCause(e);
            throw named;
        }
    }
}
