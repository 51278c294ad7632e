/**
 * The runtime behind {@link dev.patchscopes.model}: architectures as data, one block, the cache,
 * the planner. Not for users; anything here may change without notice.
 */
package dev.patchscopes.model.internal;
