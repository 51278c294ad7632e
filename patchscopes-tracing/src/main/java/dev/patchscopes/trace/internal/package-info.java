/**
 * What the tracing tools share behind their public types. Not for users; anything here may change
 * without notice.
 */
package dev.patchscopes.trace.internal;
