/**
 * Patchscopes: take what a language model holds at one place, write it into another run, and read
 * what that run says. Start at {@link dev.patchscopes.Patchscope}.
 */
package dev.patchscopes;
