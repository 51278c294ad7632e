/**
 * Entity descriptions: what a model takes a name for at each layer, in its own words, and how well
 * these agree with what is so; and back-patching, which gives a model's late layers' results to its
 * early ones.
 */
package dev.patchscopes.trace.entity;
