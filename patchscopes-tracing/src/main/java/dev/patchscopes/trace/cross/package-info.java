/**
 * Patching across models: maps from the states of one model to those of another, fitted here, and
 * how well the other model goes on with what they give.
 */
package dev.patchscopes.trace.cross;
