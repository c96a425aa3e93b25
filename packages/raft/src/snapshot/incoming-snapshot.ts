import type { SnapshotMeta } from './snapshot-meta.ts';

/** A snapshot being received. It survives a change of leader: the next one may offer the same bytes. */
export interface IncomingSnapshot {
  readonly snapshot: SnapshotMeta;
  /** Bytes written; the next chunk wanted begins here. */
  readonly receivedBytes: number;
  /** `idle`: wants a chunk; `writing`: a chunk is on its way to disk; `installing`: all is there. */
  readonly state: 'idle' | 'writing' | 'installing';
}
