import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Client, createClient } from '@moldau/client';
import { fetch, metadata } from '@moldau/protocol';
import { type BatchHeader, splitBatches } from '@moldau/records';
import { CommandProcess, moldau } from '../support/command.ts';
import { KafkaWire } from '../support/kafka-wire.ts';
import { freePort } from '../support/lone-nodes.ts';
import { until } from '../support/until.ts';

/** gRPC and admin of six nodes, and Kafka of three. */
const PORTS = 15;
const FETCH_BYTES_MAX = 16 * 1024 * 1024;

/** What `npm start` runs, on free ports: three controllers, three brokers, replication factor 3. */
export class InteropCluster {
  readonly kafka: string;
  readonly client: Client;
  readonly #up: CommandProcess;
  readonly #data: string;

  private constructor(up: CommandProcess, data: string, kafka: string, grpc: string) {
    this.#up = up;
    this.#data = data;
    this.kafka = kafka;
    this.client = createClient({ bootstrap: grpc.split(','), clientId: 'interop' });
  }

  static async start(): Promise<InteropCluster> {
    const data = mkdtempSync(path.join(tmpdir(), 'moldau-interop-'));
    const port = String(await freePort(PORTS));
    const up = new CommandProcess(['dev', 'up', '--data', data, '--no-example', '--port', port]);
    await up.untilSaid(/^ready in .*$/m);
    const [, kafka = '', grpc = ''] = /^ready in \S+ s: kafka (\S+) grpc (\S+) /m.exec(up.out) ?? [];
    return new InteropCluster(up, data, kafka, grpc);
  }

  async createTopic(name: string, partitions: number, configs: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.client.admin().createTopics([{ name, partitions, replicationFactor: 3, configs }]);
  }

  /** What the members of a group agreed on. */
  async assignorOf(group: string): Promise<string> {
    return (await this.client.admin().describeGroup(group)).protocol;
  }

  /** Waits until all that there is has been read by this group, and is committed. kcat does so every 5 s. */
  async untilCommitted(group: string): Promise<void> {
    const admin = this.client.admin();
    await until(`${group} has committed all`, async () => {
      const { partitions } = await admin.describeGroup(group);
      return partitions.every(({ committedOffset = 0n, endOffset }) => committedOffset === endOffset);
    });
  }

  /** Headers of the batches in partition 0, as its leader keeps them. */
  async batches(topic: string): Promise<readonly BatchHeader[]> {
    const leader = await this.#leaderOf(topic);
    const partition = { partition: 0, fetchOffset: 0, partitionMaxBytes: FETCH_BYTES_MAX, lastFetchedEpoch: -1 };
    const { responses } = await leader.ask(fetch, 11, {
      maxWaitMs: 500,
      minBytes: 1,
      topics: [{ topic, partitions: [partition] }],
    });
    await leader.close();
    const records = responses[0]?.partitions[0]?.records ?? new Uint8Array();
    return splitBatches(records).map(({ header }) => header);
  }

  async leaderId(topic: string): Promise<number> {
    const [described] = await this.client.admin().describeTopics([topic]);
    return described?.partitions[0]?.leaderId ?? -1;
  }

  /** kill -9 of a broker, as `moldau dev kill` does it. */
  async kill(broker: number): Promise<void> {
    await this.#dev('kill', String(broker));
  }

  /** Starts it again, and waits until nothing is missing. */
  async heal(broker: number): Promise<void> {
    await this.#dev('start', String(broker));
    await until('the cluster is whole again', async () => (await this.#health()) === 0);
  }

  async close(): Promise<void> {
    await this.client.close({ drain: false });
    this.#up.child.kill('SIGTERM');
    await this.#up.ended;
    rmSync(this.#data, { recursive: true, maxRetries: 20, retryDelay: 100 });
  }

  async #dev(...argv: string[]): Promise<void> {
    const said = await moldau(['dev', ...argv, '--data', this.#data]);
    if (said.code !== 0) throw new Error(`dev ${argv.join(' ')}: ${said.err}`);
  }

  async #health(): Promise<number> {
    const [, grpc = ''] = / grpc (\S+) /.exec(this.#up.out) ?? [];
    return (await moldau(['-b', grpc, 'cluster', 'health'])).code;
  }

  async #leaderOf(topic: string): Promise<KafkaWire> {
    const [first = ''] = this.kafka.split(',');
    const wire = await KafkaWire.open(first);
    const { brokers, topics } = await wire.ask(metadata, 5, { topics: [{ name: topic }] });
    await wire.close();
    const leader = brokers.find(({ nodeId }) => nodeId === topics[0]?.partitions[0]?.leaderId);
    if (leader === undefined) throw new Error(`${topic} has no leader`);
    return await KafkaWire.open(`${leader.host}:${leader.port}`);
  }
}
