import type { ControllerEpoch, MetadataOffset } from '@moldau/base';
import type { Replica } from '../membership/replica.ts';

/**
 * A snapshot stands for the entries up to and including `index`. Its id is (index, term); size and checksum tell apart
 * two files of one id that different nodes wrote, so that a transfer never mixes their bytes.
 */
export interface SnapshotMeta {
  readonly index: MetadataOffset;
  readonly term: ControllerEpoch;
  /** The voter set in force at `index`. */
  readonly voters: readonly Replica[];
  /** Size of the file, header included; at least 1. */
  readonly sizeBytes: number;
  /** CRC-32C of the file, as the shell computes it; the machine only compares it. */
  readonly checksum: number;
}

export function sameSnapshot(left: SnapshotMeta, right: SnapshotMeta): boolean {
  return (
    left.index === right.index &&
    left.term === right.term &&
    left.sizeBytes === right.sizeBytes &&
    left.checksum === right.checksum
  );
}
