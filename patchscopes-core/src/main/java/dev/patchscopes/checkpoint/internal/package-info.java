/**
 * How this library writes its own files, and keeps others from one while it does. No part of what
 * users see.
 */
package dev.patchscopes.checkpoint.internal;
