/**
 * Fetches models from the Hugging Face Hub, or a server that speaks like it, into the cache that
 * Python's {@code huggingface_hub} keeps, so that both find what the other has downloaded.
 *
 * <p>{@link dev.patchscopes.checkpoint.hub.Hub} holds the settings, {@link
 * dev.patchscopes.checkpoint.hub.HubRepository} names a model and its revision. What a server says
 * is not trusted: names that lead out of the cache are refused, no body may be longer than
 * announced, and a file is put in place only when its digest is the one that names it.
 *
 * <p>Several processes of this library that want the same file download it once: the others wait,
 * and one that is killed has its download gone on with by the next. Python's locks are of another
 * kind (flock, where Java has fcntl), so Python and this library do not see each other at work and
 * may download the same file twice at once. That costs traffic and does no harm: each writes what
 * arrives to a partial file of its own, and each puts whole content under the final name in one
 * step. Hence neither goes on with what the other has left half-downloaded.
 */
package dev.patchscopes.checkpoint.hub;
