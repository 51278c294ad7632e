/**
 * Patchscopes: take what a language model holds at one place, write it into another run, and read
 * what that run says. This package holds the library's front door.
 */
package dev.patchscopes;
