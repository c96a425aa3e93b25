import type { ClusterId, ControllerEpoch, MetadataOffset } from '@moldau/base';
import type { Entry } from './entry.ts';
import type { Replica, ReplicaKey } from './membership/replica.ts';
import type { SnapshotMeta } from './snapshot/snapshot-meta.ts';

/**
 * Versions of the messages below that this program reads. It writes the lowest of them, so that a quorum can be upgraded node
 * by node: a program that adds a version still writes the one before it. What is outside is dropped and reported.
 */
export const RAFT_PROTOCOL_VERSIONS: { readonly min: number; readonly max: number } = { min: 1, max: 1 };

/** What every message carries. Links may lose, repeat and reorder messages; the machine needs none of them in particular. */
export interface Envelope {
  readonly protocolVersion: number;
  readonly clusterId: ClusterId;
  /** Sender, with the address at which answers reach it. */
  readonly from: Replica;
  /** The replica meant. A node with another directory drops it: it was meant for the disk that stood there before. */
  readonly to: ReplicaKey;
  /** The sender's term; in a pre-vote request, and in its grant, the term that would be campaigned for. */
  readonly term: ControllerEpoch;
}

/** Candidate to voter. A pre-vote changes nothing at the voter: it asks whether an election could be won (thesis, 9.6). */
export interface VoteRequest {
  readonly kind: 'voteRequest';
  readonly preVote: boolean;
  /** The leader asked for this election, so it does not count as alive. */
  readonly transfer: boolean;
  readonly lastIndex: MetadataOffset;
  readonly lastTerm: ControllerEpoch;
}

export interface VoteResponse {
  readonly kind: 'voteResponse';
  readonly preVote: boolean;
  readonly granted: boolean;
}

/** Leader to follower. Without entries it is the heartbeat; it then also shows the leader whether a message got lost. */
export interface Append {
  readonly kind: 'append';
  /** The entry just before `entries`. */
  readonly prevIndex: MetadataOffset;
  readonly prevTerm: ControllerEpoch;
  readonly entries: readonly Entry[];
  readonly commitIndex: MetadataOffset;
}

/** The log agrees with the leader's through `matchIndex`, and is on stable media so far. */
export interface AppendAccepted {
  readonly kind: 'appendAccepted';
  readonly matchIndex: MetadataOffset;
}

/**
 * The log has no entry (`prevIndex`, `prevTerm`). The hint is its last position that may still agree, so that the leader
 * skips a whole term per round trip.
 */
export interface AppendRejected {
  readonly kind: 'appendRejected';
  readonly prevIndex: MetadataOffset;
  readonly hintIndex: MetadataOffset;
  readonly hintTerm: ControllerEpoch;
}

/** Leader to a follower whose next entry is compacted away. Without bytes it is the heartbeat during a transfer. */
export interface SnapshotChunk {
  readonly kind: 'snapshotChunk';
  readonly snapshot: SnapshotMeta;
  readonly positionBytes: number;
  readonly bytes: Uint8Array;
}

export interface SnapshotProgress {
  readonly kind: 'snapshotProgress';
  readonly snapshot: SnapshotMeta;
  /** Where the next chunk begins; the snapshot's size once all is there. */
  readonly positionBytes: number;
  /** A chunk is being written or the snapshot installed: send nothing yet. */
  readonly busy: boolean;
}

/** Leader to its successor: campaign now (thesis, 3.10). */
export interface TimeoutNow {
  readonly kind: 'timeoutNow';
}

/** A replica without a leader to any node it knows: whoever leads sends it the log from now on. */
export interface Observe {
  readonly kind: 'observe';
}

/** A node that does not lead, to an observer: try there. */
export interface LeaderHint {
  readonly kind: 'leaderHint';
  readonly leader: Replica;
}

export type MessageBody =
  | VoteRequest
  | VoteResponse
  | Append
  | AppendAccepted
  | AppendRejected
  | SnapshotChunk
  | SnapshotProgress
  | TimeoutNow
  | Observe
  | LeaderHint;

export type Message = Envelope & { readonly body: MessageBody };
