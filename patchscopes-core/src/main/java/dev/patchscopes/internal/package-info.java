/**
 * What the library's modules share behind their public types: counting parts of long work, and
 * writing and reading results. Not for users; anything here may change without notice.
 */
package dev.patchscopes.internal;
