/** Language models that can be looked into and intervened on while they run. */
package dev.patchscopes.model;
