package com.example.downstream;

import dev.patchscopes.Mapping;
import dev.patchscopes.Patchscope;
import dev.patchscopes.PatchscopeResult;
import dev.patchscopes.TargetPrompt;
import dev.patchscopes.lens.LogitLens;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.text.Positions;
import dev.patchscopes.trace.causal.CausalTracing;

/**
 * Takes the representation of a source prompt at a layer and position, maps it, writes it into a
 * target prompt, and reads what that run says.
 */
public final class Downstream {

    private Downstream() {}

    /** Prints what a layer holds of somebody, what each layer would say next, and where from. */
    public static void main(String[] args) {
        try (HookedModel model = HookedModel.demo()) {
            System.out.println(describe(model, "Marie Curie", 3));
            System.out.println(LogitLens.of(model).read("The capital of France is"));
            System.out.println(
                    CausalTracing.of(model)
                            .prompt("The capital of Japan is")
                            .subject("Japan")
                            .run());
        }
    }

    static PatchscopeResult describe(HookedModel model, String name, int layer) {
        return Patchscope.on(model)
                .sourcePrompt(name)
                .sourcePosition(Positions.last())
                .sourceLayer(layer)
                .mapping(Mapping.identity())
                .targetPrompt(TargetPrompt.entityDescription())
                .targetLayer(layer)
                .maxNewTokens(6)
                .build()
                .run();
    }
}
