package dev.patchscopes;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.model.Activation;
import dev.patchscopes.model.Generation;
import dev.patchscopes.model.GenerationRequest;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Intervention;
import dev.patchscopes.model.Run;
import dev.patchscopes.model.Sampling;
import dev.patchscopes.model.TokenDistribution;
import dev.patchscopes.model.TokenProbability;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.List;
import java.util.Optional;

/** Reads the target prompt and lets the model go on from it, with and without a patch. */
record TargetRun(
        HookedModel model,
        TokenizedPrompt prompt,
        int maxNewTokens,
        Sampling sampling,
        ImmutableList<String> stopAt,
        boolean checkFinite) {

    Answer answer(List<Intervention> patches) {
        TokenDistribution next = run(model, prompt).intervene(patches).execute().next();
        return new Answer(next, maxNewTokens == 0 ? nothing() : generation(patches));
    }

    /** A run of either model, checked if the patchscope is. */
    Run run(HookedModel of, TokenizedPrompt text) {
        Run run = of.run(text);
        return checkFinite ? run.checkFinite() : run;
    }

    private Generation nothing() {
        return new Generation(
                prompt,
                "",
                ImmutableIntArray.of(),
                ImmutableList.of(),
                Generation.StopReason.LENGTH);
    }

    private Generation generation(List<Intervention> patches) {
        GenerationRequest request =
                model.generation(prompt)
                        .maxNewTokens(maxNewTokens)
                        .sampling(sampling)
                        .intervene(patches);
        GenerationRequest stopped =
                stopAt.isEmpty() ? request : request.stopAt(stopAt.toArray(String[]::new));
        return (checkFinite ? stopped.checkFinite() : stopped).run().first();
    }

    /** One unpatched pass over the prompt and what the patched run generated. */
    ImmutableList<TokenRelevance> relevance(Generation patched) {
        int generated = patched.ids().length();
        if (generated == 0) {
            return ImmutableList.of();
        }
        // The last token is looked up, never read.
        ImmutableIntArray read =
                ImmutableIntArray.builder(prompt.length() + generated - 1)
                        .addAll(prompt.ids())
                        .addAll(patched.ids().subArray(0, generated - 1))
                        .build();
        Activation logits = // [pos, d_vocab]
                run(model, TokenizedPrompt.ofIds(read))
                        .capture(HookPoint.logits())
                        .execute()
                        .get(HookPoint.logits());
        ImmutableList.Builder<TokenRelevance> out = ImmutableList.builder();
        for (int t = 0; t < generated; t++) {
            TokenProbability token = patched.tokens().get(t);
            double unpatched =
                    TokenDistribution.ofLogits(
                                    logits.vectorDoubles(0, prompt.length() - 1 + t),
                                    Optional.empty())
                            .probability(token.id());
            out.add(new TokenRelevance(token.id(), token.piece(), token.probability(), unpatched));
        }
        return out.build();
    }
}
