import type { Ports } from '@moldau/base';
import { type Client, type Consumer, type GroupOptions, type PartitionName, string } from '@moldau/client';
import { drawOptions } from '../../src/options.ts';
import { clientMachine, sleep } from '../../src/workloads/client-machine.ts';
import { complaints } from '../../src/world/liveness.ts';
import type { Machine } from '../../src/world/machine.ts';
import { World } from '../../src/world/world.ts';

const TOPIC = 't';
/** The first generation of a group waits for 3 s for further members. */
const SETTLED_MS_MAX = 60_000;

/** A program that is a member of a group, on a host of its own, and all that it saw. */
export interface Reader {
  readonly machine: Machine<Client>;
  consumer: Consumer<string, string> | undefined;
  /** Values in the order of delivery, and when that was. */
  readonly seen: { readonly value: string; readonly partition: number; readonly atMs: number }[];
  /** `+t/0`: assigned, `-`: revoked, `!`: lost. */
  readonly events: string[];
  readonly owned: Set<string>;
  readonly errors: unknown[];
  closed: boolean;
  /** Told before these are noted as had. */
  onAssigned: (names: readonly string[]) => void;
  /** Time that the application takes for each record. */
  workMs: number;
}

/** A cluster of three and three, a topic that is written to, and members of groups. */
export class GroupWorld {
  readonly world: World;
  readonly readers: Reader[] = [];
  readonly produced: string[] = [];
  #isProducing = false;
  #pending = 0;

  constructor(seed: number) {
    this.world = new World({ ...drawOptions(seed, []), networkDelayMsMax: 1, clockDrift: 0, quickGroups: false });
  }

  async open(partitions: number): Promise<void> {
    for (const machine of this.world.machines()) machine.start();
    await this.until(() => complaints(this.world).length === 0, 'boot');
    await this.asAdmin(async (client) => {
      const configs = { durability: 'flushed' };
      await client.admin().createTopics([{ name: TOPIC, partitions, replicationFactor: 3, configs }]);
    });
  }

  /** One program's work, to its end. */
  async asAdmin<T>(work: (client: Client, ports: Ports) => Promise<T>): Promise<T> {
    let outcome: { readonly value: T } | undefined;
    let failure: unknown;
    const machine = clientMachine(this.world, `admin-${this.world.scheduler.eventCount}`, (client, ports) => {
      work(client, ports).then(
        (value) => {
          outcome = { value };
        },
        (error: unknown) => {
          failure = error;
        },
      );
    });
    machine.start();
    await this.until(() => outcome !== undefined || failure !== undefined, 'the work of an administrator');
    machine.kill();
    if (outcome === undefined) throw failure;
    return outcome.value;
  }

  deleteTopic(name: string): Promise<void> {
    this.world.ghost.condemn(name);
    return this.asAdmin((client) => client.admin().deleteTopics([name]));
  }

  /** One record into that partition. */
  async write(topic: string, value: string, partition = 0): Promise<void> {
    await this.asAdmin((client) => client.producer({ value: string() }).send(topic, { value, partition }));
  }

  /** Writes a record every so often to each partition in turn, until {@link stopProducing}. */
  produce(everyMs: number): void {
    this.#isProducing = true;
    clientMachine(this.world, 'producer', (client, ports) => {
      const producer = client.producer({ key: string(), value: string() });
      const run = async (): Promise<void> => {
        for (let number = 0; this.#isProducing; number++) {
          const value = `v${number}`;
          this.#pending++;
          producer.send(TOPIC, { value, key: value }).then(
            () => {
              this.produced.push(value);
              this.#pending--;
            },
            (error: unknown) => this.world.fail(error),
          );
          await sleep(ports, everyMs);
        }
      };
      run().catch((error: unknown) => this.world.fail(error));
    }).start();
  }

  async stopProducing(): Promise<void> {
    this.#isProducing = false;
    await this.until(() => this.#pending === 0, 'all is acknowledged');
  }

  /** Starts a member; its machine can be killed, or its consumer closed. */
  join(host: string, options: Partial<GroupOptions<string, string>> = {}): Reader {
    const reader: Reader = {
      machine: clientMachine(this.world, host, (client, ports) => {
        this.#read(reader, client, ports, options).catch((error: unknown) => reader.errors.push(error));
      }),
      consumer: undefined,
      seen: [],
      events: [],
      owned: new Set(),
      errors: [],
      closed: false,
      onAssigned: () => undefined,
      workMs: 0,
    };
    this.readers.push(reader);
    reader.machine.start();
    return reader;
  }

  async #read(
    reader: Reader,
    client: Client,
    ports: Ports,
    options: Partial<GroupOptions<string, string>>,
  ): Promise<void> {
    const note = (sign: string, partitions: readonly PartitionName[]): void => {
      for (const { topic, partition } of partitions) {
        reader.events.push(`${sign}${topic}/${partition}`);
        if (sign === '+') reader.owned.add(`${topic}/${partition}`);
        else reader.owned.delete(`${topic}/${partition}`);
      }
    };
    reader.owned.clear();
    const consumer = client.consumer<string, string>({
      group: 'g',
      topics: [TOPIC],
      key: string(),
      value: string(),
      sessionTimeoutMs: 6_000,
      heartbeatIntervalMs: 1_000,
      autoCommitIntervalMs: 1_000,
      metadataMaxAgeMs: 5_000,
      listener: {
        onAssigned: (partitions) => {
          reader.onAssigned(partitions.map(({ topic, partition }) => `${topic}/${partition}`));
          note('+', partitions);
        },
        onRevoked: (partitions) => note('-', partitions),
        onLost: (partitions) => note('!', partitions),
      },
      ...options,
    });
    reader.consumer = consumer;
    for await (const { value, partition } of consumer) {
      if (reader.workMs > 0) await sleep(ports, reader.workMs);
      reader.seen.push({ value: value ?? '', partition, atMs: this.world.nowMs });
    }
  }

  kill(reader: Reader): void {
    reader.machine.kill();
    reader.owned.clear();
  }

  async close(reader: Reader): Promise<void> {
    let done = false;
    reader.closed = true;
    reader.consumer?.close().then(
      () => {
        done = true;
      },
      (error: unknown) => this.world.fail(error),
    );
    await this.until(() => done, 'a consumer is closed');
  }

  /** Each partition is had by one of these. */
  async shared(readers: readonly Reader[], partitions: number): Promise<void> {
    const all = (): string[] => readers.flatMap(({ owned }) => [...owned]).sort();
    const wanted = Array.from({ length: partitions }, (_, index) => `${TOPIC}/${index}`).sort();
    await this.until(() => JSON.stringify(all()) === JSON.stringify(wanted), 'all is shared');
  }

  async allIsSeen(): Promise<void> {
    await this.until(() => this.missing().length === 0, 'all is read');
  }

  /** Acknowledged records that no member has finished. */
  missing(): readonly string[] {
    const seen = new Set(this.readers.flatMap((reader) => reader.seen.map(({ value }) => value)));
    return this.produced.filter((value) => !seen.has(value));
  }

  run(ms: number): Promise<void> {
    return this.world.runFor(ms);
  }

  async until(condition: () => boolean, what: string): Promise<void> {
    if (await this.world.runUntil(() => condition() || this.#errors().length > 0, SETTLED_MS_MAX)) {
      const [error] = this.#errors();
      if (error !== undefined && !condition()) throw error;
      return;
    }
    const members = this.readers.map(
      ({ machine, owned, seen }) => `${machine.host} ${[...owned].join()} ${seen.length}`,
    );
    throw new Error(
      `not within ${SETTLED_MS_MAX} ms: ${what}; ${members.join('; ')}\n${this.world.ring.lines().slice(-40).join('\n')}`,
    );
  }

  #errors(): readonly unknown[] {
    return this.readers.flatMap(({ errors }) => errors);
  }
}
