/**
 * How this library writes its own files, keeps others from one while it does, and goes no further
 * in a thread that is interrupted. No part of what users see.
 */
package dev.patchscopes.checkpoint.internal;
