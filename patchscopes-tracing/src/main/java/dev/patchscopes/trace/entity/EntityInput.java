package dev.patchscopes.trace.entity;

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
record EntityInput(String name, TokenizedPrompt source, int position, TokenizedPrompt direct) {}
