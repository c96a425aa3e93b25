import type { ErrorCode } from '@moldau/base';
import type { World } from '../../world/world.ts';
import type { CommitEntry, CommittedEntry, CoordinatorClient, MemberIdentity } from './coordinator-client.ts';
import { nameOf } from './group-assignors.ts';
import type { TopicPartition } from './kafka-cluster.ts';
import type { Position } from './kafka-fetcher.ts';
import { LinkLost } from './kafka-link.ts';
import { failUnlessPlanted } from './kafka-machine.ts';

/** Nothing was appended, and nothing will be. */
const REFUSALS: readonly ErrorCode[] = [
  'ILLEGAL_GENERATION',
  'UNKNOWN_MEMBER_ID',
  'FENCED_INSTANCE_ID',
  'REBALANCE_IN_PROGRESS',
  'COORDINATOR_LOAD_IN_PROGRESS',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'UNKNOWN_TOPIC_ID',
];
/** What the coordinator does not know of the topic yet says nothing about the member. */
const TOPIC_CODES: readonly ErrorCode[] = ['UNKNOWN_TOPIC_OR_PARTITION', 'UNKNOWN_TOPIC_ID'];

/** What a member would commit. */
interface Commitment {
  readonly from: MemberIdentity;
  readonly positions: readonly (TopicPartition & { readonly offset: number; readonly epoch: number })[];
}

/** The commits of one member. Each is told to the ghost, and can be told from every other by its metadata. */
export class MemberCommits {
  readonly #world: World;
  readonly #coordinator: CoordinatorClient;
  readonly #group: string;
  readonly #name: string;
  readonly #kept = new Map<string, number>();
  #count = 0;

  constructor(world: World, coordinator: CoordinatorClient, group: string, name: string) {
    this.#world = world;
    this.#coordinator = coordinator;
    this.#group = group;
    this.#name = name;
  }

  /** The last offset of this partition of which it was said that it is kept. */
  keptOffset(name: string): number | undefined {
    return this.#kept.get(name);
  }

  remember(from: MemberIdentity, positions: Iterable<Position>): Commitment {
    const known = [...positions].flatMap(({ topic, partition, offset, epoch }) => {
      return offset === undefined ? [] : [{ topic, partition, offset, epoch }];
    });
    return { from, positions: known };
  }

  /** What the member is told; undefined: all is well. @throws LinkLost */
  commit(from: MemberIdentity, positions: Iterable<Position>): Promise<ErrorCode | undefined> {
    return this.#send(this.remember(from, positions));
  }

  /** What was sent long ago comes in now. */
  commitLate(commitment: Commitment): void {
    if (commitment.from.generation < 0) return;
    this.#send(commitment).catch((error: unknown) => {
      if (!(error instanceof LinkLost)) failUnlessPlanted(this.#world, error);
    });
  }

  /** @throws LinkLost */
  async fetch(wanted: readonly TopicPartition[]): Promise<ErrorCode | readonly CommittedEntry[]> {
    const { ghost } = this.#world;
    const asked = ghost.groups.now;
    const committed = await this.#coordinator.committed(wanted);
    if (typeof committed === 'string') return committed;
    for (const { commitId, ...at } of committed) {
      ghost.groupSeen({ kind: 'fetched', group: this.#group, partition: nameOf(at), asked, commitId });
    }
    return committed;
  }

  async #send({ from, positions }: Commitment): Promise<ErrorCode | undefined> {
    if (positions.length === 0) return undefined;
    const { ghost, coverage } = this.#world;
    const entries = positions.map((at): CommitEntry => ({ ...at, commitId: `${this.#name}.${++this.#count}` }));
    for (const entry of entries) {
      const { commitId } = entry;
      ghost.groupSeen({ kind: 'commit', group: this.#group, ...from, commitId, partition: nameOf(entry) });
    }
    try {
      const outcomes = await this.#coordinator.commit(from, entries);
      for (const [index, entry] of entries.entries()) {
        const code = outcomes[index];
        const outcome = code === undefined ? 'kept' : REFUSALS.includes(code) ? 'refused' : 'unknown';
        ghost.groupSeen({ kind: 'committed', commitId: entry.commitId, outcome });
        if (outcome !== 'kept') continue;
        this.#kept.set(nameOf(entry), entry.offset);
        coverage.groupCommits++;
      }
      return outcomes.find((code) => code !== undefined && !TOPIC_CODES.includes(code));
    } catch (error) {
      for (const { commitId } of entries) ghost.groupSeen({ kind: 'committed', commitId, outcome: 'unknown' });
      throw error;
    }
  }
}
