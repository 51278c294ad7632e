/** Facts, questions, entities and relations, as data: what a model was taught or may know. */
package dev.patchscopes.facts;
