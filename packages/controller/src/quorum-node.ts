import type {
  ClusterId,
  ControllerEpoch,
  DirectoryId,
  MetadataOffset,
  MetricsSource,
  NodeId,
  RpcHandler,
} from '@moldau/base';
import type { FeatureRange } from '@moldau/proto';
import type { Entry, FollowerStatus, Raft, Replica, ReplicaKey, RoleName } from '@moldau/raft';

/** What one node of the quorum knows of it. */
export interface QuorumState {
  readonly role: RoleName;
  /** -1: none known. */
  readonly leaderId: NodeId;
  readonly leaderAddress?: string;
  readonly term: ControllerEpoch;
  readonly commitIndex: MetadataOffset;
  readonly voters: readonly Replica[];
  readonly logEnd: MetadataOffset;
  /** The other replicas, voters and observers, as a leader sees them; empty elsewhere. */
  readonly followers: readonly FollowerStatus[];
}

/** What a voter's program can run with; undefined when it did not answer. */
export interface VoterFeatures {
  readonly nodeId: NodeId;
  readonly features: readonly FeatureRange[] | undefined;
}

/** The replicated log under the controller: the metadata goes in as bytes and comes out, committed, on every node. */
export interface QuorumNode {
  readonly state: QuorumState;
  /** Undefined until this node has founded or joined a quorum. */
  readonly clusterId: ClusterId | undefined;
  readonly directoryId: DirectoryId;
  /** What is wrong with the other nodes: they belong to another cluster, or speak another version. */
  readonly complaint: string | undefined;
  /** The machine, to be looked at only. Undefined until it runs. */
  readonly machine: Pick<Raft, 'status' | 'entryAt' | 'termAt' | 'followers'> | undefined;
  /** Served on the controller's listener. */
  readonly handlers: readonly RpcHandler[];
  readonly metrics: MetricsSource;
  /** Founds or joins the quorum when the directory is new, which waits for other nodes; then takes part. */
  start(options: {
    readonly address: string;
    readonly voters: readonly { readonly nodeId: NodeId; readonly address: string }[];
  }): Promise<void>;
  /**
   * Leader only. Appends one entry with these bytes; its index is known at once, so that the next may be proposed
   * before this one is committed. `committed` rejects with REQUEST_TIMED_OUT when leadership is lost: the outcome is
   * unknown then.
   *
   * @throws RequestError when this node does not lead, or too much is waiting
   */
  propose(payload: Uint8Array): { readonly index: MetadataOffset; readonly committed: Promise<void> };
  /** Asks every voter now, this node too. */
  voterFeatures(): Promise<readonly VoterFeatures[]>;
  addVoter(voter: Replica): Promise<void>;
  removeVoter(voter: ReplicaKey): Promise<void>;
  transferLeadership(): Promise<void>;
  /** Hands over leadership when held, then ends. */
  close(): Promise<void>;
}

/** The state machine above the log. All calls are synchronous; what one throws stops the process. */
export interface QuorumListener {
  /** Each committed entry once per life, in order, after the snapshot; those not of kind `data` only move the offset. */
  onCommitted(entries: readonly Entry[]): void;
  /** Replaces all state: at start when there is a snapshot, later when one was installed. */
  onSnapshot(bytes: Uint8Array): void;
  /** The state as of the last entry that was given to {@link onCommitted}. The bytes do not change afterwards. */
  takeSnapshot(): { readonly bytes: Uint8Array; readonly index: MetadataOffset };
  /** True only once every entry committed before this term has been applied here; false at once on stepping down. */
  onLeadership(change: { readonly leader: boolean; readonly term: ControllerEpoch }): void;
}
