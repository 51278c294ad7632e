/** Trains the demo models on the CPU: optimiser, schedule, checkpoints, resume, export. */
package dev.patchscopes.examples.demo.training;
