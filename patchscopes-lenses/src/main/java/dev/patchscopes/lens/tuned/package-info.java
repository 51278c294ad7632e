/**
 * The tuned lens (Belrose et al., 2023): an affine translator a layer between the logit lens's
 * states and norm, trained towards the model's own output or fitted in closed form, kept in the
 * files that published lenses come in.
 */
package dev.patchscopes.lens.tuned;
