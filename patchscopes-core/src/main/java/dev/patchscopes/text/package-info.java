/**
 * Text on its way into a model and back: the checkpoint's tokenizer, tokenised prompts with
 * character spans, positions resolved against them, and padded batches.
 *
 * <p>Nothing here touches a model, so every type can be used and tested with text alone.
 */
package dev.patchscopes.text;
