import {
  assert,
  type ControllerEpoch,
  type MetadataOffset,
  type NodeId,
  type Random,
  randomInteger,
} from '@moldau/base';
import { type RaftConfig, type RaftLimits, validateLimits } from './config.ts';
import { Durability } from './durability.ts';
import type { Entry } from './entry.ts';
import type { HardState, RecoveredState } from './input.ts';
import { RaftLog } from './log.ts';
import { ANY_DIRECTORY, type Replica, type ReplicaKey, replicaName } from './membership/replica.ts';
import { VoterHistory } from './membership/voter-history.ts';
import { type Message, type MessageBody, RAFT_PROTOCOL_VERSIONS } from './messages.ts';
import type { Output, RoleName } from './output.ts';
import type { PlantedRaftBug } from './planted-bugs.ts';
import type { Progress } from './progress/progress.ts';
import type { Votes } from './quorum/votes.ts';
import type { IncomingSnapshot } from './snapshot/incoming-snapshot.ts';
import type { SnapshotMeta } from './snapshot/snapshot-meta.ts';

/** Also the state of an observer and of a resigned node: they differ only in that they do not campaign. */
export interface FollowerRole {
  readonly kind: 'follower';
  leader: Replica | undefined;
  leaderContactMs: number;
  /** The log is known to agree with this leader's up to here. */
  matchedIndex: MetadataOffset;
  /** When to campaign or, without a vote, to look for a leader. */
  electionDeadlineMs: number;
}

export interface ElectionRole {
  readonly kind: 'prospective' | 'candidate';
  readonly votes: Votes;
  electionDeadlineMs: number;
}

export interface LeaderRole {
  readonly kind: 'leader';
  /** The noop of this term. */
  readonly termStartIndex: MetadataOffset;
  /** Of all voters but this one, and of observers; by {@link RaftCore.keyOf}. */
  readonly progress: Map<string, Progress>;
  heartbeatDeadlineMs: number;
  uncommittedBytes: number;
  handover: { readonly to: string; readonly deadlineMs: number } | undefined;
}

/**
 * The state of one replica that all roles share. Legal changes of role, each with its trigger:
 *
 *   follower    -> prospective  election timeout, by a voter that has not resigned
 *   follower    -> candidate    asked to by the leader (handover)
 *   prospective -> candidate    a majority would vote for it
 *   candidate   -> leader       a majority voted for it
 *   candidate   -> prospective  the election timed out
 *   any         -> follower     a higher term, a leader of this term, an election lost
 *   leader      -> follower     a majority is silent, its removal is committed, it resigned
 */
export class RaftCore {
  readonly config: RaftConfig;
  readonly random: Random;
  readonly log: RaftLog;
  readonly voters: VoterHistory;
  readonly durability: Durability;
  readonly outputs: Output[] = [];
  role: FollowerRole | ElectionRole | LeaderRole;
  nowMs: number;
  resigned = false;
  snapshot: SnapshotMeta | undefined;
  incoming: IncomingSnapshot | undefined;
  #hardState: HardState;
  #hardStateDirty = false;
  #commitIndex: MetadataOffset;
  #deliveredIndex: MetadataOffset;
  #sends: Extract<Output, { kind: 'send' }>[] = [];

  constructor(config: RaftConfig, random: Random, recovered: RecoveredState, nowMs: number) {
    validateLimits(config.limits);
    this.config = config;
    this.random = random;
    this.nowMs = nowMs;
    const { snapshot } = recovered;
    this.#hardState = recovered.hardState;
    this.snapshot = snapshot;
    this.log = recoveredLog(recovered, config.limits);
    const coveredIndex = snapshot?.index ?? 0;
    this.voters = new VoterHistory({ index: coveredIndex, voters: snapshot?.voters ?? [] });
    for (let index = coveredIndex + 1; index <= this.log.lastIndex; index++) {
      const entry = this.log.entryAt(index);
      if (entry !== undefined) this.voters.onAppended(entry);
    }
    this.durability = new Durability(this.log.lastIndex);
    this.#commitIndex = coveredIndex;
    this.#deliveredIndex = coveredIndex;
    assert(this.log.last.term <= this.term, 'the term covers the log', {
      term: this.term,
      lastTerm: this.log.last.term,
    });
    // No leader is known to be cheated, and pre-votes keep this from disturbing one: the first election comes soon.
    // A sole voter has nobody to split votes with.
    const spreadMs = this.voters.current.length === 1 ? 1 : config.limits.heartbeatMs * 2;
    const electionDeadlineMs = nowMs + randomInteger(random, 1, 1 + spreadMs);
    this.role = { kind: 'follower', leader: undefined, leaderContactMs: nowMs, matchedIndex: 0, electionDeadlineMs };
  }

  get term(): ControllerEpoch {
    return this.#hardState.term;
  }

  get votedFor(): ReplicaKey | undefined {
    return this.#hardState.votedFor;
  }

  get commitIndex(): MetadataOffset {
    return this.#commitIndex;
  }

  get isVoter(): boolean {
    return this.voterKeys.includes(this.keyOf(this.config.self));
  }

  /**
   * Also a replica that the newest voter set removes, until it knows that set to be committed: when its log is the
   * longest, nobody else can win and bring the removal to an end (thesis, 4.2.2).
   */
  get mayCampaign(): boolean {
    if (this.resigned || this.incoming?.state === 'installing') return false;
    if (this.isVoter) return true;
    const before = this.voters.currentIndex > this.commitIndex ? this.voters.previous : undefined;
    return before?.some((voter) => this.isSelf(voter)) ?? false;
  }

  get voterKeys(): string[] {
    return this.voters.current.map((voter) => this.keyOf(voter));
  }

  get roleName(): RoleName {
    if (this.role.kind !== 'follower') return this.role.kind;
    if (this.resigned) return 'resigned';
    return this.isVoter ? 'follower' : 'observer';
  }

  get leader(): Replica | undefined {
    if (this.role.kind === 'leader') return this.config.self;
    return this.role.kind === 'follower' ? this.role.leader : undefined;
  }

  hasBug(bug: PlantedRaftBug): boolean {
    return this.config.plantedBugs.has(bug);
  }

  /** Identity of a replica. All comparisons of replicas go through this. */
  keyOf(replica: ReplicaKey): string {
    return this.hasBug('wiped-voter-keeps-vote') ? String(replica.nodeId) : replicaName(replica);
  }

  isSelf(replica: ReplicaKey): boolean {
    return this.keyOf(replica) === this.keyOf(this.config.self);
  }

  /** Whether a message to this replica is meant for the directory this process runs on. */
  isAddressedToSelf(to: ReplicaKey): boolean {
    if (to.directoryId === ANY_DIRECTORY) return to.nodeId === this.config.self.nodeId;
    return this.isSelf(to);
  }

  voterWithId(nodeId: NodeId): Replica | undefined {
    return this.voters.current.find((voter) => voter.nodeId === nodeId);
  }

  randomElectionDeadlineMs(): number {
    const { electionTimeoutMsMin, electionTimeoutMsMax } = this.config.limits;
    return this.nowMs + randomInteger(this.random, electionTimeoutMsMin, electionTimeoutMsMax);
  }

  /** @param term differs from the own one in pre-votes only */
  send(to: Replica, body: MessageBody, term: ControllerEpoch = this.term): void {
    assert(!this.isSelf(to), 'nobody sends to itself');
    const { clusterId, self } = this.config;
    const { nodeId, directoryId } = to;
    const message: Message = {
      protocolVersion: RAFT_PROTOCOL_VERSIONS.min,
      clusterId,
      from: self,
      to: { nodeId, directoryId },
      term,
      body,
    };
    this.#sends.push({ kind: 'send', address: to.address, message });
  }

  setHardState(hardState: HardState): void {
    assert(hardState.term >= this.term, 'the term never decreases', { from: this.term, to: hardState.term });
    const { votedFor } = this.#hardState;
    assert(
      hardState.term > this.term ||
        votedFor === undefined ||
        (hardState.votedFor !== undefined && this.keyOf(hardState.votedFor) === this.keyOf(votedFor)),
      'a vote is given once in a term',
      { term: this.term },
    );
    this.#hardState = hardState;
    this.#hardStateDirty = true;
  }

  /** A follower of `term`, of nobody yet: what was known about any leader of an earlier term is void. */
  becomeFollower(term: ControllerEpoch): void {
    if (term > this.term) this.setHardState({ term, votedFor: undefined });
    const electionDeadlineMs = this.randomElectionDeadlineMs();
    this.role = {
      kind: 'follower',
      leader: undefined,
      leaderContactMs: this.nowMs,
      matchedIndex: 0,
      electionDeadlineMs,
    };
  }

  append(entry: Entry): void {
    this.log.append(entry);
    this.voters.onAppended(entry);
  }

  truncateFrom(index: MetadataOffset): void {
    assert(index > this.#commitIndex, 'committed entries are never cut', { index, commitIndex: this.#commitIndex });
    assert(this.role.kind !== 'leader', 'a leader never cuts its log', { index });
    this.log.truncateFrom(index);
    this.voters.onTruncated(index);
    this.durability.truncated(index);
  }

  /** What lies beyond the log's end is committed later, when it is there. */
  commitTo(index: MetadataOffset): void {
    assert(index <= this.log.lastIndex, 'what is committed is in the log', { index, last: this.log.lastIndex });
    this.#commitIndex = Math.max(this.#commitIndex, index);
  }

  /** The log is now this snapshot, durably. */
  replaceLog(snapshot: SnapshotMeta): void {
    assert(this.role.kind !== 'leader', 'a leader never loads a snapshot', { index: snapshot.index });
    assert(snapshot.index > this.#commitIndex, 'a snapshot moves forward', {
      index: snapshot.index,
      commitIndex: this.#commitIndex,
    });
    this.snapshot = snapshot;
    this.log.reset(snapshot);
    this.voters.reset(snapshot);
    this.durability.replaced(snapshot.index);
    this.#commitIndex = snapshot.index;
    this.#deliveredIndex = snapshot.index;
  }

  /** Moves what has gathered into the outputs: storage first, then what may be sent, then what may be applied. */
  flush(): void {
    this.#persist();
    const sends = this.#sends.splice(0);
    this.outputs.push(...this.durability.admit(sends));
    this.#deliver();
  }

  /** A message held back until now still makes sense only in its own term. */
  persisted(persistId: number): void {
    const free = this.durability.completed(persistId);
    this.#sends.push(...free.filter(({ message }) => message.term >= this.term));
  }

  #persist(): void {
    const { truncateFrom, append } = this.log.handOut();
    if (truncateFrom === undefined && append.length === 0 && !this.#hardStateDirty) return;
    const hardState = this.#hardStateDirty ? this.#hardState : undefined;
    const persistId = this.durability.begin({ lastIndex: this.log.lastIndex, withHardState: this.#hardStateDirty });
    this.#hardStateDirty = false;
    this.outputs.push({ kind: 'persist', persistId, truncateFrom, append, hardState });
  }

  /** Only what is also persisted here: the state machine must not be ahead of its own log after a crash. */
  #deliver(): void {
    const end = Math.min(this.#commitIndex, this.durability.persistedIndex) + 1;
    if (end <= this.#deliveredIndex + 1) return;
    const entries = this.log.slice(this.#deliveredIndex + 1, end, Number.MAX_SAFE_INTEGER);
    this.#deliveredIndex = end - 1;
    this.outputs.push({ kind: 'committed', entries });
  }
}

/** Puts the log that storage found onto the snapshot that storage found. */
function recoveredLog({ snapshot, entries }: RecoveredState, limits: RaftLimits): RaftLog {
  const first = entries[0];
  if (snapshot === undefined) return new RaftLog({ index: 0, term: 0 }, entries);
  const base = { index: snapshot.index, term: snapshot.term };
  if (first === undefined) return new RaftLog(base, []);
  assert(first.index <= snapshot.index + 1, 'the log begins no later than the snapshot ends', { first: first.index });
  if (first.index === snapshot.index + 1) return new RaftLog(base, entries);
  // The process ended between the snapshot's installation and the log's reset: the log is covered, or diverged.
  const covered = entries[snapshot.index - first.index];
  if (covered === undefined || covered.term !== snapshot.term) return new RaftLog(base, []);
  // Storage frees whole files: it may still hold more than is wanted in memory.
  const log = new RaftLog({ index: first.index, term: first.term }, entries.slice(1));
  const { trailingEntries: entriesMax, trailingBytes: bytesMax } = limits;
  const baseIndex = log.baseFor(snapshot.index, { entriesMax, bytesMax });
  if (baseIndex > log.base.index) log.compactTo(baseIndex);
  return log;
}
