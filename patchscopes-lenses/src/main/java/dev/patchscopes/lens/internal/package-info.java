/**
 * What trainings of lenses share behind their public types. Not for users; anything here may change
 * without notice.
 */
package dev.patchscopes.lens.internal;
