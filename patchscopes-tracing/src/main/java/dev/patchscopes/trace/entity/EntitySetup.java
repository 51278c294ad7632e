package dev.patchscopes.trace.entity;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.Mapping;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.internal.Steps;
import dev.patchscopes.model.BaseRun;
import dev.patchscopes.model.Cell;
import dev.patchscopes.model.Execution;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Progress;
import dev.patchscopes.model.Reading;
import dev.patchscopes.model.Sweep;
import dev.patchscopes.model.TokenDistribution;
import dev.patchscopes.text.Token;
import dev.patchscopes.text.TokenizedPrompt;
import dev.patchscopes.trace.LayerPair;
import java.util.List;
import java.util.Optional;

/**
 * Descriptions with every choice made but the names.
 *
 * @param source M
 * @param target M*
 * @param template source prompt, as it was chosen
 * @param prompt target prompt T, tokens of the target model
 * @param placeholder i*, the token that is written over
 * @param pairs each l with its l*
 * @param mappings f of each pair
 */
record EntitySetup(
        HookedModel source,
        HookedModel target,
        String template,
        TokenizedPrompt prompt,
        int placeholder,
        ImmutableList<LayerPair> pairs,
        ImmutableList<Mapping> mappings,
        int newTokens,
        ImmutableList<String> stopAt,
        boolean hiding,
        long seed,
        Execution execution,
        Optional<Long> budget,
        Progress progress) {

    boolean isOneModel() {
        return source == target;
    }

    EntityProvenance provenance() {
        return new EntityProvenance(
                LibraryVersion.current(),
                ModelIdentity.of(source),
                ModelIdentity.of(target),
                template,
                prompt.text(),
                prompt.tokens().stream().map(Token::piece).collect(ImmutableList.toImmutableList()),
                placeholder,
                pairs,
                mappings.stream().map(Mapping::name).collect(ImmutableList.toImmutableList()),
                newTokens,
                stopAt,
                hiding,
                seed,
                execution);
    }

    /** The target model's sweep of some cells. */
    Sweep sweep(List<BaseRun> bases, List<Cell> cells, Progress listener) {
        return within(target.sweep(bases).cells(cells).reading(Reading.top(1)), listener)
                .generate(newTokens, stopAt.toArray(String[]::new));
    }

    /** What follows the target prompt as it is: the scale of first tokens' relevance. */
    TokenDistribution unpatched() {
        Sweep sweep =
                target.sweep(BaseRun.of(prompt))
                        .cells(List.of(Cell.of(0)))
                        .reading(Reading.top(1).withDistribution());
        return within(sweep, Steps.quiet(progress)).execute().get(0).distribution().orElseThrow();
    }

    private Sweep within(Sweep sweep, Progress listener) {
        Sweep heard = sweep.execution(execution).progress(listener);
        return budget.map(heard::memoryBudget).orElse(heard);
    }
}
