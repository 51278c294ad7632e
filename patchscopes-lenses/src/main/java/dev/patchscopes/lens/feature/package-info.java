/**
 * Zero-shot feature extraction: what of a subject's attributes a representation of it holds, read
 * by a Patchscope whose target prompt names the attribute.
 */
package dev.patchscopes.lens.feature;
