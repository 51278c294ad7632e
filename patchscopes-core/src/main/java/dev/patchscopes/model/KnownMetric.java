package dev.patchscopes.model;

/** A metric of the library's own, for whose memory it answers. */
interface KnownMetric extends Metric {}
