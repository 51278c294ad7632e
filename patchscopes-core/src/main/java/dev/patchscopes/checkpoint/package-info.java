/**
 * Reads Hugging Face checkpoint directories: the configuration and the weights, in whichever of the
 * four usual files they are kept.
 *
 * <p>{@link dev.patchscopes.checkpoint.Checkpoint} opens a directory, {@link
 * dev.patchscopes.checkpoint.SafetensorsFile} a single file, {@link
 * dev.patchscopes.checkpoint.SafetensorsWriter} writes one. Checkpoints come from strangers, so
 * nothing is allocated, followed or executed because a file says so: every size is checked against
 * the file first, pickles are interpreted by an allow-list, and every refusal is a {@link
 * dev.patchscopes.checkpoint.CheckpointException} that names the file and the offending value.
 */
package dev.patchscopes.checkpoint;
