package dev.patchscopes.trace.entity;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.TargetPrompt;
import dev.patchscopes.facts.Relation;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.text.CharSpan;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenizedPrompt;

/**
 * An entity as the models read it.
 *
 * @param name its name
 * @param source source prompt S, tokens of the source model
 * @param position i, the token that is read
 * @param direct the target prompt with the name in place of the placeholder, tokens of the target
 *     model
 */
record EntityInput(String name, TokenizedPrompt source, int position, TokenizedPrompt direct) {

    /**
     * Puts a name into both prompts.
     *
     * @param template source prompt, with {@code {}} once
     */
    static EntityInput of(
            String name,
            String template,
            HookedModel model,
            TargetPrompt target,
            HookedModel targetModel) {
        checkArgument(!name.isBlank(), "the name \"%s\" of an entity is blank", name);
        int at = template.indexOf(Relation.SLOT);
        TokenizedPrompt source = model.tokenize(template.replace(Relation.SLOT, name));
        ImmutableIntArray tokens = Positions.span(at, at + name.length()).resolve(source);
        CharSpan x = target.placeholder().orElseThrow();
        String prompt = target.text();
        return new EntityInput(
                name,
                source,
                tokens.get(tokens.length() - 1),
                targetModel.tokenize(
                        prompt.substring(0, x.start()) + name + prompt.substring(x.end())));
    }
}
