/**
 * One file a model family, each turning {@code config.json} into an {@link
 * dev.patchscopes.model.internal.Architecture}.
 *
 * <p>{@link dev.patchscopes.model.internal.family.Families} picks the family by {@code model_type}.
 * Nothing outside this package knows families by name.
 */
package dev.patchscopes.model.internal.family;
