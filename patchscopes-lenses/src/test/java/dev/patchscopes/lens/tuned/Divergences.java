package dev.patchscopes.lens.tuned;

import dev.patchscopes.lens.Lens;
import dev.patchscopes.lens.LensReading;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.List;

/** Mean KL(model || lens) of each layer, one reading at a time. */
final class Divergences {
    private Divergences() {}

    static double[] of(Lens lens, List<TokenizedPrompt> prompts) {
        double[] out = new double[lens.model().layers() + 1];
        int tokens = prompts.stream().mapToInt(TokenizedPrompt::length).sum();
        for (TokenizedPrompt prompt : prompts) {
            LensReading reading = lens.read(prompt);
            for (int k = 0; k < out.length; k++) {
                for (int position = 0; position < prompt.length(); position++) {
                    out[k] += reading.at(k, position).divergence() / tokens;
                }
            }
        }
        return out;
    }
}
