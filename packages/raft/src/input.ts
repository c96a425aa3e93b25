import type { ControllerEpoch, NodeId } from '@moldau/base';
import type { Entry } from './entry.ts';
import type { Replica, ReplicaKey } from './membership/replica.ts';
import type { Message } from './messages.ts';
import type { SnapshotMeta } from './snapshot/snapshot-meta.ts';

/**
 * All that can happen to a replica. Proposals only join the log; every other input, and `flush`, also sends and persists
 * what has gathered. So a shell proposes as often as it likes in a turn and flushes once at its end.
 */
export type Input =
  /** Time has passed; wanted at {@link Raft.nextDeadlineMs}. */
  | { readonly kind: 'tick' }
  /** This process did not run for so long: nobody is judged by time in which we could not hear them. */
  | { readonly kind: 'stalled'; readonly durationMs: number }
  | { readonly kind: 'message'; readonly message: Message }
  /** The process of this node is known to be gone (its port refuses connections): do not wait for its timeout. */
  | { readonly kind: 'peerGone'; readonly nodeId: NodeId }
  /** Leader only; answered by `proposed` or `refused`. */
  | { readonly kind: 'propose'; readonly payload: Uint8Array }
  | { readonly kind: 'flush' }
  /** Adds a voter, or gives one that is there a new address. Leader only; answered by `proposed` or `refused`. */
  | { readonly kind: 'addVoter'; readonly voter: Replica }
  | { readonly kind: 'removeVoter'; readonly voter: ReplicaKey }
  /** Hands leadership to the most advanced voter, or the one named. Refused when this node does not lead. */
  | { readonly kind: 'transferLeadership'; readonly to?: NodeId }
  /** Before a clean stop: hand over leadership if it is held, and never campaign again in this life. */
  | { readonly kind: 'resign' }
  /** The `persist` with this id, and all before it, are on stable media. */
  | { readonly kind: 'persisted'; readonly persistId: number }
  /** The state machine wrote a snapshot of its state at `snapshot.index`; durable. See {@link Raft.snapshotPoint}. */
  | { readonly kind: 'snapshotTaken'; readonly snapshot: SnapshotMeta }
  /** Answer to `readSnapshot`. `bytes` undefined: that snapshot is no longer there. */
  | {
      readonly kind: 'snapshotRead';
      readonly to: ReplicaKey;
      readonly snapshot: SnapshotMeta;
      readonly positionBytes: number;
      readonly bytes: Uint8Array | undefined;
    }
  /** Answer to `writeSnapshot`. */
  | { readonly kind: 'snapshotWritten'; readonly snapshot: SnapshotMeta; readonly endBytes: number }
  /** Answer to `installSnapshot`: durable, and loaded by the state machine. */
  | { readonly kind: 'snapshotInstalled'; readonly snapshot: SnapshotMeta }
  /** Answer to `installSnapshot`: the bytes received do not have the checksum promised; transfer starts over. */
  | { readonly kind: 'snapshotDamaged'; readonly snapshot: SnapshotMeta };

/** What a replica finds on its disk at start. */
export interface RecoveredState {
  readonly hardState: HardState;
  readonly snapshot: SnapshotMeta | undefined;
  /**
   * Contiguous; begins at 1 unless there is a snapshot. May overlap the snapshot, and may lie wholly before it after a
   * crash during an installation.
   */
  readonly entries: readonly Entry[];
}

/** What a replica must never forget, besides its log. */
export interface HardState {
  readonly term: ControllerEpoch;
  /** Who got this replica's vote in `term`. */
  readonly votedFor: ReplicaKey | undefined;
}

/** State of a replica that has never run. */
export const HARD_STATE_INITIAL: HardState = { term: 0, votedFor: undefined };
