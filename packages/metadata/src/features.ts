import type { FeatureRange } from '@moldau/proto';

/** Decides which records may be written, so that a cluster can be upgraded node by node. */
export const METADATA_VERSION = 'metadata.version';

/**
 * Levels that this version reads and writes. Level 1: the records of the first release.
 * A level is added with each new record or field that an older version would not understand.
 */
export const SUPPORTED_FEATURES: readonly FeatureRange[] = [{ name: METADATA_VERSION, minLevel: 1, maxLevel: 1 }];

/** What a new cluster starts with. */
export const METADATA_VERSION_DEFAULT = 1;

export function supportsFeature(ranges: readonly FeatureRange[], name: string, level: number): boolean {
  return ranges.some((range) => range.name === name && range.minLevel <= level && level <= range.maxLevel);
}
