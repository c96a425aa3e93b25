import { assert, type ClusterId } from '@moldau/base';
import type { Replica } from './membership/replica.ts';
import type { PlantedRaftBug } from './planted-bugs.ts';

/** How one replica behaves. All replicas of a cluster should agree on the times. */
export interface RaftConfig {
  readonly clusterId: ClusterId;
  /** This replica, with the address at which the others reach it. */
  readonly self: Replica;
  /**
   * Nodes that an observer asks for the leader, besides the voters its own log names, which go first where both give an
   * address. Directory ids do not matter and may be {@link ANY_DIRECTORY}.
   */
  readonly contacts: readonly Replica[];
  readonly limits: RaftLimits;
  /** Tests only, see {@link PlantedRaftBug}. */
  readonly plantedBugs: ReadonlySet<PlantedRaftBug>;
}

/** Times and bounds. Relations are checked by {@link validateLimits}. */
export interface RaftLimits {
  /** The leader is heard at least this often. */
  readonly heartbeatMs: number;
  /** A follower that heard no leader for a random time in [min, max) campaigns; within min it denies others its vote. */
  readonly electionTimeoutMsMin: number;
  readonly electionTimeoutMsMax: number;
  /** A leader not heard by a majority for so long steps down. At most `electionTimeoutMsMin`. */
  readonly checkQuorumMs: number;
  /** A silent observer is forgotten after this time; it asks again when it is back. */
  readonly observerTimeoutMs: number;
  /** Observers followed at once; more are ignored, so that strangers cannot fill the leader's memory. */
  readonly observersMax: number;
  /** Payload of one entry. */
  readonly entryBytesMax: number;
  /** Entries of one message, payload and overhead; a single larger entry still goes alone. */
  readonly appendBytesMax: number;
  /** Sent to one follower and not answered. */
  readonly inflightMessagesMax: number;
  readonly inflightBytesMax: number;
  /** Proposed and not committed; beyond it proposals are refused, so that a leader cut off from its followers stays small. */
  readonly uncommittedBytesMax: number;
  /** Bytes of a snapshot in one message; one message is under way at a time. */
  readonly snapshotChunkBytes: number;
  /** Entries kept before a snapshot, so that a follower that is a little behind does not need the snapshot. */
  readonly trailingEntries: number;
  /** Their bytes, at most; few entries can be large. */
  readonly trailingBytes: number;
  /** An observer at most so many entries behind may become a voter. */
  readonly catchUpEntriesMax: number;
}

export const RAFT_LIMITS: RaftLimits = {
  heartbeatMs: 150,
  electionTimeoutMsMin: 1000,
  electionTimeoutMsMax: 2000,
  checkQuorumMs: 1000,
  observerTimeoutMs: 10_000,
  observersMax: 64,
  entryBytesMax: 8 * 1024 * 1024,
  appendBytesMax: 1024 * 1024,
  inflightMessagesMax: 64,
  inflightBytesMax: 8 * 1024 * 1024,
  uncommittedBytesMax: 64 * 1024 * 1024,
  snapshotChunkBytes: 256 * 1024,
  trailingEntries: 10_000,
  trailingBytes: 32 * 1024 * 1024,
  catchUpEntriesMax: 1000,
};

/** @throws InvariantError when the figures contradict one another */
export function validateLimits(limits: RaftLimits): void {
  const { heartbeatMs, electionTimeoutMsMin, electionTimeoutMsMax, checkQuorumMs } = limits;
  for (const [name, value] of Object.entries(limits)) {
    assert(
      Number.isFinite(value) && value >= (name === 'trailingEntries' || name === 'catchUpEntriesMax' ? 0 : 1),
      `${name} is in range`,
      { value },
    );
  }
  assert(heartbeatMs * 2 <= electionTimeoutMsMin, 'two heartbeats fit an election timeout', {
    heartbeatMs,
    electionTimeoutMsMin,
  });
  assert(electionTimeoutMsMin < electionTimeoutMsMax, 'election timeouts are random', {
    electionTimeoutMsMin,
    electionTimeoutMsMax,
  });
  assert(
    heartbeatMs < checkQuorumMs && checkQuorumMs <= electionTimeoutMsMin,
    'a leader steps down before it is replaced',
    {
      checkQuorumMs,
      electionTimeoutMsMin,
    },
  );
}
