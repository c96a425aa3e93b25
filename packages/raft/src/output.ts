import type { ControllerEpoch, MetadataOffset } from '@moldau/base';
import type { Entry } from './entry.ts';
import type { HardState } from './input.ts';
import type { Replica, ReplicaKey } from './membership/replica.ts';
import type { Message } from './messages.ts';
import type { SnapshotMeta } from './snapshot/snapshot-meta.ts';

/**
 * What the shell is to do. Two rules of order, and no others:
 *
 * 1. Storage outputs (`persist`, `trimLog`, `writeSnapshot`, `installSnapshot`) are performed and answered in the order in
 *    which they were given; several `persist`s may share one sync and be answered by the last one's id.
 * 2. `committed` is delivered to the state machine in order, and before a later `installSnapshot`'s load.
 *
 * Messages may leave at once: the machine itself holds back every message that claims something not yet persisted.
 */
export type Output =
  | Persist
  | { readonly kind: 'send'; readonly address: string; readonly message: Message }
  /** Committed and persisted here; each entry once per life, in order, starting after the snapshot. */
  | { readonly kind: 'committed'; readonly entries: readonly Entry[] }
  /** Role, term or known leader changed. */
  | {
      readonly kind: 'leadership';
      readonly role: RoleName;
      readonly term: ControllerEpoch;
      readonly leader: Replica | undefined;
    }
  /** Answer to a proposal or voter change: this is its entry. It is lost if `committed` brings another term at that index. */
  | { readonly kind: 'proposed'; readonly index: MetadataOffset; readonly term: ControllerEpoch }
  | { readonly kind: 'refused'; readonly reason: Refusal; readonly message: string }
  /** Entries before `startIndex` are no longer needed on disk; `startIndex` itself is. */
  | { readonly kind: 'trimLog'; readonly startIndex: MetadataOffset }
  /** Read at most `bytesMax` of this snapshot's file for `to`; answer with `snapshotRead`. */
  | {
      readonly kind: 'readSnapshot';
      readonly to: ReplicaKey;
      readonly snapshot: SnapshotMeta;
      readonly positionBytes: number;
      readonly bytesMax: number;
    }
  /** Write into the file that receives this snapshot (at position 0: a new file); answer with `snapshotWritten`. */
  | {
      readonly kind: 'writeSnapshot';
      readonly snapshot: SnapshotMeta;
      readonly positionBytes: number;
      readonly bytes: Uint8Array;
    }
  /**
   * All bytes were written: check the whole, make it the snapshot durably, drop the log (what it holds is covered or
   * diverged), load it. Answer with `snapshotInstalled` or `snapshotDamaged`.
   */
  | { readonly kind: 'installSnapshot'; readonly snapshot: SnapshotMeta }
  /** A message was dropped that should not have come. Worth a warning; nothing else follows. */
  | { readonly kind: 'messageRejected'; readonly reason: MessageRejection; readonly from: Replica };

/**
 * In this order: replace the hard state, cut the log, append; then sync, then answer `persisted`. A crash may leave any
 * prefix of it: a newer term without its entries is harmless, entries of a term that the replica does not know are not.
 */
export interface Persist {
  readonly kind: 'persist';
  /** Increases by one with each. */
  readonly persistId: number;
  /** Entries from this index on are replaced. */
  readonly truncateFrom: MetadataOffset | undefined;
  readonly append: readonly Entry[];
  readonly hardState: HardState | undefined;
}

/**
 * `observer`: a follower that is no voter of the newest voter set in its log. `prospective`: asks for pre-votes.
 * `resigned`: a follower that will not campaign again.
 */
export type RoleName = 'observer' | 'follower' | 'prospective' | 'candidate' | 'leader' | 'resigned';

export type Refusal =
  /** Somebody else leads, or nobody. */
  | 'not-leader'
  /** Leadership is being handed over. */
  | 'transferring'
  /** Longer than `entryBytesMax`. */
  | 'too-large'
  /** Too many bytes are waiting to be committed. */
  | 'overloaded'
  /** This leader has not yet committed an entry of its own term. */
  | 'not-ready'
  /** Another voter change is not committed yet. */
  | 'change-pending'
  /** The replica does not follow this leader, or is too far behind to become a voter. */
  | 'not-caught-up'
  /** A voter with this node id but another directory must be removed first; or nothing would change. */
  | 'duplicate-voter'
  /** The replica goes by another address. */
  | 'wrong-address'
  | 'voter-not-found'
  /** The only voter cannot be removed. */
  | 'last-voter';

/** `impossible`: no replica that works sends it. */
export type MessageRejection = 'wrong-cluster' | 'wrong-version' | 'wrong-directory' | 'impossible';
