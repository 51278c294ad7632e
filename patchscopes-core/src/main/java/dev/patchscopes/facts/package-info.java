/** What a model is known to have been taught: facts, questions and entities, as data. */
package dev.patchscopes.facts;
