/**
 * Models with every internal activation readable and writable: {@link
 * dev.patchscopes.model.HookedModel} loads a checkpoint, a {@link dev.patchscopes.model.Run} states
 * what to read and what to change, {@link dev.patchscopes.model.Activations} holds what was read.
 *
 * <p>Every long call ends soon with a {@link java.util.concurrent.CancellationException} when its
 * thread is interrupted or its listener says so; {@link dev.patchscopes.model.Progress} states the
 * rule.
 */
package dev.patchscopes.model;
