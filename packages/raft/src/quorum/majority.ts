import type { MetadataOffset } from '@moldau/base';

/** How many of `count` voters decide. */
export function majorityOf(count: number): number {
  return Math.floor(count / 2) + 1;
}

/**
 * The highest value that a majority has reached. Of nobody: the lowest, since nobody can have agreed.
 * The same rule gives the index that may be committed and the time at which a majority was last heard.
 */
export function reachedByMajority(values: readonly number[], lowest: number): number {
  const descending = [...values].sort((left, right) => right - left);
  return descending[majorityOf(values.length) - 1] ?? lowest;
}

/** The highest index that a majority of the voters has persisted. */
export function majorityIndex(matchIndexes: readonly MetadataOffset[]): MetadataOffset {
  return reachedByMajority(matchIndexes, 0);
}
