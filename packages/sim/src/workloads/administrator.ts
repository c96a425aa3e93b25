import { type LeaderEpoch, type Ports, topicPartitionKey } from '@moldau/base';
import { type Admin, type Client, type ClientErrorCode, MoldauError } from '@moldau/client';
import { newestImage, partitionsOf } from '../checkers/partition-state.ts';
import type { SimRandom } from '../ports/sim-random.ts';
import type { Machine } from '../world/machine.ts';
import { clientMachine, expectMoldauError, sleep } from './client-machine.ts';
import type { WorkloadContext } from './context.ts';
import { FLUSHED_TOPIC, REPLICATED_TOPIC } from './topics.ts';

const REPLICATION_FACTOR = 3;
/** Topics that come and go, at one time. */
const PASSING_TOPICS_MAX = 2;
const PARTITIONS_MAX = 4;
/** Of the topics that come and go, those whose old records are deleted; and of the runs, those that begin with such a one. */
const RETENTION_SHARE = 0.5;
/** The smallest segments, and every one of them but the last is too much. By size, so that each log keeps a last record. */
const RETENTION = { 'segment.bytes': '4096', 'retention.bytes': '1' };
const TIMEOUT_MS = 5_000;
const RETRY_MS = 200;
/** The answer to an earlier attempt was lost; or too few brokers are there to hold the replicas. */
const CREATE_CODES: readonly ClientErrorCode[] = ['TOPIC_ALREADY_EXISTS', 'INVALID_REPLICATION_FACTOR'];
/**
 * The client has repeated a deletion whose answer was lost; or, again, too few brokers; or nobody leads, or not who is said to,
 * for longer than it waits; or a topic that promises less has lost the records that were to be deleted.
 */
const ACT_CODES: readonly ClientErrorCode[] = [
  'UNKNOWN_TOPIC_OR_PARTITION',
  'INVALID_REPLICATION_FACTOR',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_OR_FOLLOWER',
  'OFFSET_NOT_AVAILABLE',
  'OFFSET_OUT_OF_RANGE',
];

/** Creates the lasting topics, then does one act of administration after another. */
export class AdministratorWorkload {
  readonly machine: Machine<Client>;
  readonly #context: WorkloadContext;
  readonly #random: SimRandom;
  #topicCount = 0;
  ready = false;

  constructor(context: WorkloadContext) {
    this.#context = context;
    this.#random = context.world.random.fork('workload admin');
    this.machine = clientMachine(context.world, 'admin', (client, ports) => {
      this.#run(client.admin(), ports).catch((error: unknown) => context.world.fail(error));
    });
  }

  async #run(admin: Admin, ports: Ports): Promise<void> {
    while (!this.ready) {
      this.ready =
        (await this.#create(admin, FLUSHED_TOPIC, 'flushed')) &&
        (await this.#create(admin, REPLICATED_TOPIC, 'replicated'));
      await sleep(ports, RETRY_MS);
    }
    // From the beginning on: a segment takes time to fill.
    if (this.#random.chance(RETENTION_SHARE)) await this.#try(() => this.#createPassing(admin, RETENTION));
    for (;;) {
      await sleep(ports, this.#random.between(0, 2 * this.#context.world.options.adminEveryMs));
      if (this.#context.loading) await this.#try(() => this.#act(admin));
    }
  }

  async #try(act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      expectMoldauError(this.#context.world, error, ACT_CODES);
    }
  }

  async #create(
    admin: Admin,
    name: string,
    durability: 'flushed' | 'replicated',
    others: Readonly<Record<string, string>> = {},
  ): Promise<boolean> {
    const { options } = this.#context.world;
    const { partitionsPerTopic: partitions, segmentBytes } = options;
    const configs = { durability, 'segment.bytes': String(segmentBytes), ...others };
    try {
      await admin.createTopics([{ name, partitions, replicationFactor: REPLICATION_FACTOR, configs }], {
        timeoutMs: TIMEOUT_MS,
      });
    } catch (error) {
      // Its first answer was lost.
      if (expectMoldauError(this.#context.world, error, CREATE_CODES).code !== 'TOPIC_ALREADY_EXISTS') return false;
    }
    this.#context.topics.set(name, partitions);
    return true;
  }

  async #act(admin: Admin): Promise<void> {
    const acts = [
      () => this.#createPassing(admin, this.#random.chance(RETENTION_SHARE) ? RETENTION : {}),
      () => this.#deletePassing(admin),
      () => this.#deleteRecords(admin),
      () => this.#grow(admin),
      () => this.#configure(admin),
      () => admin.electLeaders('all', { timeoutMs: TIMEOUT_MS }),
    ];
    await acts[Math.floor(this.#random.between(0, acts.length))]?.();
  }

  async #createPassing(admin: Admin, configs: Readonly<Record<string, string>>): Promise<void> {
    if (this.#passing().length >= PASSING_TOPICS_MAX) return;
    const durability = this.#random.chance(0.5) ? 'flushed' : 'replicated';
    await this.#create(admin, `passing-${++this.#topicCount}`, durability, configs);
  }

  async #deletePassing(admin: Admin): Promise<void> {
    const [name] = this.#passing();
    if (name === undefined) return;
    this.#context.topics.remove(name);
    this.#context.world.ghost.condemn(name);
    await admin.deleteTopics([name], { timeoutMs: TIMEOUT_MS });
  }

  /** Some of the oldest records of one partition. */
  async #deleteRecords(admin: Admin): Promise<void> {
    const [name] = this.#passing();
    if (name === undefined) return;
    const { world, topics } = this.#context;
    const partition = Math.floor(this.#random.between(0, topics.get(name)));
    const place = { topic: name, partition };
    const ends = [
      { ...place, at: 'earliest' },
      { ...place, at: 'latest' },
    ] as const;
    const [first, last] = await admin.listOffsets(ends, { timeoutMs: TIMEOUT_MS });
    if (first === undefined || last === undefined) return;
    const before = Math.floor(this.#random.between(Number(first.offset), Number(last.offset) + 1));
    const key = topicPartitionKey(world.ghost.topicIds.get(name) ?? '', partition);
    world.ghost.partition(key)?.deletionAsked(before);
    const leaderEpoch = this.#leaderEpoch(key);
    const [start] = await admin.deleteRecords([{ ...place, before: BigInt(before) }], { timeoutMs: TIMEOUT_MS });
    if (start === undefined || start < BigInt(before))
      throw new Error(`${name}/${partition} begins at ${start} after what is below ${before} was deleted`);
    // The next leader may be one that was fenced when this one looked whose log begins where.
    if (leaderEpoch === this.#leaderEpoch(key)) world.ghost.deletionAnswered(key, before);
  }

  #leaderEpoch(key: string): LeaderEpoch | undefined {
    const image = newestImage(this.#context.world.watch.observation);
    return image && partitionsOf(image).find((each) => each.key === key)?.state.leaderEpoch;
  }

  async #grow(admin: Admin): Promise<void> {
    const { topics } = this.#context;
    const names = topics.names();
    const name = names[Math.floor(this.#random.between(0, names.length))];
    if (name === undefined) return;
    const partitions = topics.get(name) + 1;
    if (partitions > PARTITIONS_MAX) return;
    try {
      await admin.createPartitions([{ name, partitions }], { timeoutMs: TIMEOUT_MS });
    } catch (error) {
      if (!(error instanceof MoldauError) || error.code !== 'INVALID_PARTITIONS') throw error;
    }
    if (topics.get(name) > 0) topics.set(name, partitions);
  }

  async #configure(admin: Admin): Promise<void> {
    const changes = [
      { type: 'topic', name: FLUSHED_TOPIC, setting: 'max.message.bytes', value: '500000' },
      { type: 'topic', name: REPLICATED_TOPIC, setting: 'segment.ms', value: '60000' },
      { type: 'cluster', name: '', setting: 'replica.lag.time.max.ms', value: '3000' },
      { type: 'cluster', name: '', setting: 'replica.lag.time.max.ms', value: undefined },
    ] as const;
    const change = changes[Math.floor(this.#random.between(0, changes.length))];
    if (change !== undefined) await admin.alterConfigs([change], { timeoutMs: TIMEOUT_MS });
  }

  #passing(): string[] {
    return this.#context.topics.names().filter((name) => name.startsWith('passing-'));
  }
}
