/**
 * How results are counted: shares with intervals, means with intervals, and pairs of layers scored
 * one by one, all together, and on the half of the subjects that had no part in choosing them.
 */
package dev.patchscopes.measure;
