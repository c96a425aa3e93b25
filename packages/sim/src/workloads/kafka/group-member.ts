import { type ErrorCode, errorCodeFromNumber, isRetriable, NO_ERROR, NO_LEADER_EPOCH, type Ports } from '@moldau/base';
import {
  decodeConsumerAssignment,
  decodeConsumerSubscription,
  encodeConsumerAssignment,
  encodeConsumerSubscription,
  type joinGroup,
  type ResponseOf,
} from '@moldau/protocol';
import type { SimRandom } from '../../ports/sim-random.ts';
import type { World } from '../../world/world.ts';
import { sleep } from '../client-machine.ts';
import { LASTING_TOPICS } from '../topics.ts';
import { CoordinatorClient, type GroupTimes, type MemberIdentity } from './coordinator-client.ts';
import { assignCooperatively, assignRanges, nameOf, type Subscriber } from './group-assignors.ts';
import type { KafkaCluster, TopicPartition } from './kafka-cluster.ts';
import { KafkaFetcher } from './kafka-fetcher.ts';
import { LinkLost } from './kafka-link.ts';
import { failUnlessPlanted } from './kafka-machine.ts';
import { MemberCommits } from './member-commits.ts';

const WAIT_MS = 300;
const REST_MS_MAX = 500;
const RETRY_MS_MAX = 200;
const METADATA_MS = 1_500;
const SUBSCRIPTION_VERSION_MAX = 3;
/** Of each pass, that the member is slow beyond its session, leaves and comes again, or is gone without a word. */
const SLOW = 0.025;
const LEAVE = 0.015;
const VANISH = 0.015;
/** Of the times that it comes into a generation, those after which something of the one before is still committed. */
const ZOMBIE = 0.4;

export interface MemberPlan extends GroupTimes {
  readonly group: string;
  /** Null: a dynamic member. */
  readonly instanceId: string | null;
  readonly heartbeatMs: number;
  readonly commitMs: number;
}

/** What the member is told to do by the run. */
export interface MemberOrders {
  /** Members are slow, leave and vanish. */
  readonly loading: boolean;
  /** They have done all that they should: they leave for good. */
  readonly isOver: boolean;
}

/**
 * One run of a consumer in a group, as Kafka's own consumer behaves: eager ("range") or cooperative. It joins, fetches what was
 * committed, reads, commits, sends heartbeats, and does what each error code asks for.
 */
export class GroupMember {
  readonly #world: World;
  readonly #ports: Ports;
  readonly #random: SimRandom;
  readonly #plan: MemberPlan;
  readonly #orders: MemberOrders;
  readonly #cluster: KafkaCluster;
  readonly #coordinator: CoordinatorClient;
  readonly #fetcher: KafkaFetcher;
  readonly #commits: MemberCommits;
  readonly #isCooperative: boolean;
  readonly #owned = new Map<string, TopicPartition>();
  #memberId = '';
  #generation = -1;
  #isLeader = false;
  #partitionsSeen = '';
  /** What a heartbeat or a commit was told; undefined: all is well. */
  #told: ErrorCode | 'topics have grown' | undefined;
  #isSilent = false;
  #isReading = false;

  constructor(
    world: World,
    ports: Ports,
    random: SimRandom,
    plan: MemberPlan,
    orders: MemberOrders,
    open: () => KafkaCluster,
    name: string,
  ) {
    this.#world = world;
    this.#ports = ports;
    this.#random = random;
    this.#plan = plan;
    this.#orders = orders;
    this.#cluster = open();
    const coordination = open();
    this.#coordinator = new CoordinatorClient(coordination, this.#cluster, plan.group);
    this.#fetcher = new KafkaFetcher(world, this.#cluster);
    this.#commits = new MemberCommits(world, this.#coordinator, plan.group, name);
    this.#isCooperative = world.options.groupProtocol === 'cooperative-sticky';
  }

  get generation(): number {
    return this.#generation;
  }

  /** `topic/partition` of what it reads. */
  get owned(): Iterable<string> {
    return this.#owned.keys();
  }

  /** Why it has not read and committed all there is; undefined: it has. */
  get complaint(): string | undefined {
    if (!this.#isReading || this.#told !== undefined) return 'is in no generation';
    for (const position of this.#fetcher.positions) {
      const end = this.#world.ghost.end(position);
      const { offset = -1 } = position;
      if (end === undefined || (offset >= end && this.#commits.keptOffset(nameOf(position)) === offset)) continue;
      return `is at ${offset} of ${nameOf(position)}, which ends at ${end}`;
    }
    return undefined;
  }

  get #identity(): MemberIdentity {
    return { memberId: this.#memberId, instanceId: this.#plan.instanceId, generation: this.#generation };
  }

  async run(): Promise<void> {
    while (!this.#orders.isOver) {
      try {
        if (await this.#enter()) await this.#read();
      } catch (error) {
        if (!(error instanceof LinkLost)) throw error;
        this.#coordinator.forget();
      }
      await this.#rest(RETRY_MS_MAX);
    }
    this.#cluster.close();
    this.#coordinator.close();
  }

  /** @throws LinkLost */
  async #enter(): Promise<boolean> {
    await this.#cluster.refresh(LASTING_TOPICS);
    if (!this.#isCooperative) this.#letGo([...this.#owned.keys()]);
    const before = this.#commits.remember(this.#identity, this.#fetcher.positions);
    const { groupProtocol } = this.#world.options;
    const metadata = this.#subscription();
    const joined = await this.#coordinator.join(this.#identity, { name: groupProtocol, metadata }, this.#plan);
    if (joined.errorCode !== NO_ERROR) {
      const code = errorCodeFromNumber(joined.errorCode);
      if (code === 'MEMBER_ID_REQUIRED') this.#memberId = joined.memberId;
      else this.#react(code);
      return false;
    }
    this.#memberId = joined.memberId;
    this.#generation = joined.generationId;
    this.#isLeader = this.#leads(joined);
    this.#partitionsSeen = '';
    const asked = this.#world.ghost.groups.now;
    const assignments = joined.members.length > 0 && !joined.skipAssignment ? this.#assign(joined) : [];
    const synced = await this.#coordinator.sync(this.#identity, groupProtocol, assignments, this.#plan);
    if (synced.errorCode !== NO_ERROR) {
      this.#react(errorCodeFromNumber(synced.errorCode));
      return false;
    }
    const mustComeAgain = await this.#assigned(synced.assignment, asked);
    if (this.#random.chance(ZOMBIE)) this.#commits.commitLate(before);
    return !mustComeAgain;
  }

  /**
   * Before version 9 a static leader that was started again is told of its run before as the leader, so that it does not
   * assign; but nobody else looks whether topics have grown.
   */
  #leads({ leader, memberId }: ResponseOf<typeof joinGroup>): boolean {
    const { instanceId } = this.#plan;
    return leader === memberId || (instanceId !== null && leader.startsWith(`${instanceId}-`));
  }

  #subscription(): Uint8Array {
    const version = Math.floor(this.#random.between(this.#isCooperative ? 1 : 0, SUBSCRIPTION_VERSION_MAX + 1));
    const ownedPartitions = [...this.#owned.values()].map(({ topic, partition }) => ({
      topic,
      partitions: [partition],
    }));
    const generationId = this.#generation;
    return encodeConsumerSubscription(version, { topics: LASTING_TOPICS, ownedPartitions, generationId });
  }

  #assign({
    members,
    generationId: generation,
  }: ResponseOf<typeof joinGroup>): { readonly memberId: string; readonly assignment: Uint8Array }[] {
    const { group } = this.#plan;
    this.#world.coverage.groupGenerations++;
    this.#world.ghost.groupSeen({
      kind: 'began',
      group,
      generation,
      memberIds: members.map(({ memberId }) => memberId),
    });
    const subscribers = members.map(({ memberId, groupInstanceId, metadata }): Subscriber => {
      const { ownedPartitions } = decodeConsumerSubscription(metadata);
      const owned = ownedPartitions.flatMap(({ topic, partitions }) =>
        partitions.map((partition) => nameOf({ topic, partition })),
      );
      return { memberId, rank: groupInstanceId ?? memberId, owned: new Set(owned) };
    });
    this.#partitionsSeen = this.#partitionCounts();
    const topics = new Map(LASTING_TOPICS.map((topic) => [topic, this.#cluster.partitionCount(topic)]));
    const assignment = (this.#isCooperative ? assignCooperatively : assignRanges)(subscribers, topics);
    return [...assignment].map(([memberId, partitions]) => ({
      memberId,
      assignment: encodeConsumerAssignment(1, {
        assignedPartitions: partitions.map(({ topic, partition }) => ({ topic, partitions: [partition] })),
      }),
    }));
  }

  /** Whether it has let go of something, which others wait for. @throws LinkLost */
  async #assigned(bytes: Uint8Array, asked: number): Promise<boolean> {
    const { group } = this.#plan;
    const { assignedPartitions } = decodeConsumerAssignment(bytes);
    const assigned = assignedPartitions.flatMap(({ topic, partitions }) =>
      partitions.map((partition) => ({ topic, partition })),
    );
    const names = new Set(assigned.map(nameOf));
    this.#world.ghost.groupSeen({ kind: 'assigned', group, ...this.#identity, asked, partitions: [...names] });
    const lost = [...this.#owned.keys()].filter((name) => !names.has(name));
    this.#letGo(lost);
    const added = assigned.filter((at) => !this.#owned.has(nameOf(at)));
    for (const at of added) this.#owned.set(nameOf(at), at);
    if (added.length > 0) await this.#resume(added);
    return this.#isCooperative && lost.length > 0;
  }

  /** Begins where the group has committed. @throws LinkLost */
  async #resume(added: readonly TopicPartition[]): Promise<void> {
    for (;;) {
      const committed = await this.#commits.fetch(added);
      if (typeof committed !== 'string') {
        for (const { offset, epoch, ...at } of committed) {
          this.#fetcher.add(at, offset < 0 ? undefined : offset, offset < 0 ? NO_LEADER_EPOCH : epoch);
        }
        return;
      }
      this.#react(committed);
      await this.#rest(RETRY_MS_MAX);
    }
  }

  /** Until it is told to come again. */
  async #read(): Promise<void> {
    const { clock } = this.#ports;
    const reading = { isOver: false };
    this.#told = undefined;
    this.#isReading = true;
    this.#beat(reading).catch((error: unknown) => failUnlessPlanted(this.#world, error));
    let commitMs = clock.nowMs() + this.#plan.commitMs;
    let metadataMs = clock.nowMs() + METADATA_MS;
    try {
      while (this.#told === undefined) {
        if (this.#orders.isOver) return await this.#leave();
        await this.#fetcher.poll(WAIT_MS);
        await this.#rest(REST_MS_MAX);
        if (this.#isLeader && clock.nowMs() >= metadataMs) {
          metadataMs = clock.nowMs() + METADATA_MS;
          await this.#cluster.refresh(LASTING_TOPICS);
          if (this.#partitionCounts() !== this.#partitionsSeen) this.#told ??= 'topics have grown';
        }
        if (clock.nowMs() >= commitMs) {
          commitMs = clock.nowMs() + this.#plan.commitMs;
          this.#hear(await this.#commits.commit(this.#identity, this.#fetcher.positions));
        }
        if (this.#orders.loading && (await this.#isAway())) return;
      }
      await this.#obey(this.#told);
    } finally {
      this.#isReading = false;
      reading.isOver = true;
    }
  }

  async #obey(told: ErrorCode | 'topics have grown'): Promise<void> {
    if (told === 'topics have grown') return;
    // Before it comes again, so that whoever reads on begins where it ended.
    if (told === 'REBALANCE_IN_PROGRESS') await this.#commits.commit(this.#identity, this.#fetcher.positions);
    this.#react(told);
  }

  /** Heartbeats go on beside everything else, as in a thread of their own. */
  async #beat(reading: { readonly isOver: boolean }): Promise<void> {
    for (;;) {
      await sleep(this.#ports, this.#plan.heartbeatMs);
      if (reading.isOver) return;
      if (this.#isSilent || this.#told !== undefined) continue;
      try {
        const code = await this.#coordinator.heartbeat(this.#identity);
        if (!reading.isOver) this.#hear(code);
      } catch (error) {
        if (!(error instanceof LinkLost)) throw error;
        this.#coordinator.forget();
      }
    }
  }

  /** Where the coordinator is matters to the next question alone. */
  #hear(code: ErrorCode | undefined): void {
    if (code === undefined) return;
    if (isCoordinatorCode(code)) this.#react(code);
    else this.#told ??= code;
  }

  /** Whether the member is in the group no more, by its own will. */
  async #isAway(): Promise<boolean> {
    if (this.#random.chance(SLOW)) {
      this.#isSilent = true;
      await sleep(this.#ports, this.#plan.sessionTimeoutMs * this.#random.between(0.5, 2));
      this.#isSilent = false;
      // It does not know yet what has become of its generation.
      this.#hear(await this.#commits.commit(this.#identity, this.#fetcher.positions));
    }
    if (this.#random.chance(LEAVE)) {
      await this.#leave();
      return true;
    }
    if (!this.#random.chance(VANISH)) return false;
    this.#startAnew();
    return true;
  }

  async #leave(): Promise<void> {
    const isStatic = this.#plan.instanceId !== null;
    // A static one is restarted, and taken out at the very end alone.
    if (!isStatic || this.#orders.isOver) await this.#coordinator.leave(this.#identity);
    this.#startAnew();
  }

  /** @throws Error for a code that should not be met */
  #react(code: ErrorCode): void {
    if (isCoordinatorCode(code)) {
      if (code !== 'COORDINATOR_LOAD_IN_PROGRESS') this.#coordinator.forget();
    } else if (code === 'UNKNOWN_MEMBER_ID' || code === 'FENCED_INSTANCE_ID') this.#startAnew();
    else if (code === 'ILLEGAL_GENERATION') {
      this.#letGo([...this.#owned.keys()]);
      this.#generation = -1;
    } else if (code !== 'REBALANCE_IN_PROGRESS' && !isRetriable(code)) {
      throw new Error(`a member of ${this.#plan.group} is answered with ${code}`);
    }
  }

  #startAnew(): void {
    this.#letGo([...this.#owned.keys()]);
    this.#memberId = '';
    this.#generation = -1;
  }

  #letGo(partitions: readonly string[]): void {
    if (partitions.length === 0) return;
    this.#world.ghost.groupSeen({ kind: 'let-go', group: this.#plan.group, memberId: this.#memberId, partitions });
    for (const name of partitions) {
      this.#owned.delete(name);
      this.#fetcher.drop(name);
    }
  }

  #partitionCounts(): string {
    return LASTING_TOPICS.map((topic) => this.#cluster.partitionCount(topic)).join();
  }

  #rest(msMax: number): Promise<void> {
    return sleep(this.#ports, this.#random.between(0, msMax));
  }
}

function isCoordinatorCode(code: ErrorCode): boolean {
  return code === 'NOT_COORDINATOR' || code === 'COORDINATOR_NOT_AVAILABLE' || code === 'COORDINATOR_LOAD_IN_PROGRESS';
}
