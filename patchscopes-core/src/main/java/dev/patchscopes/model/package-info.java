/**
 * Models with every internal activation readable and writable: {@link
 * dev.patchscopes.model.HookedModel} loads a checkpoint, a {@link dev.patchscopes.model.Run} states
 * what to read and what to change, {@link dev.patchscopes.model.Activations} holds what was read.
 */
package dev.patchscopes.model;
