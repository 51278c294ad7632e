/**
 * Fetches models from the Hugging Face Hub, or a server that speaks like it, into the cache that
 * Python's {@code huggingface_hub} keeps, so that both find what the other has downloaded.
 *
 * <p>{@link dev.patchscopes.checkpoint.hub.Hub} holds the settings, {@link
 * dev.patchscopes.checkpoint.hub.HubRepository} names a model and its revision. What a server says
 * is not trusted: names that lead out of the cache are refused, no body may be longer than
 * announced, and a file is put in place only when its digest is the one that names it.
 */
package dev.patchscopes.checkpoint.hub;
