import type { ControllerEpoch, MetadataOffset } from '@moldau/base';

/**
 * `data`: the user's bytes. `noop`: the first entry of each leader's term, empty; once it is committed so is everything
 * before it. `voters`: an encoded voter set, in force from the moment it is in the log (thesis, 4.1).
 */
export type EntryKind = 'data' | 'noop' | 'voters';

/** One entry of the metadata log. The first has index 1. The payload is never changed once it is here. */
export interface Entry {
  readonly index: MetadataOffset;
  readonly term: ControllerEpoch;
  readonly kind: EntryKind;
  readonly payload: Uint8Array;
}

/** What an entry counts for in limits, besides its payload: message and memory overhead, rounded up. */
const ENTRY_OVERHEAD_BYTES = 32;

export function entryBytes(entry: Entry): number {
  return entry.payload.length + ENTRY_OVERHEAD_BYTES;
}

/** Index and term of an entry: two logs that share such a position share all before it. */
export interface LogPosition {
  readonly index: MetadataOffset;
  readonly term: ControllerEpoch;
}
