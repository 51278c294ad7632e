/**
 * Linear relational embeddings: one affine map for a relation, from a subject's representation to
 * the object's; how faithful it is, how far it lets a fact be edited, and what it reads anywhere.
 */
package dev.patchscopes.lens.relation;
