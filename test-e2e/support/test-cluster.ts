import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Client, createClient, type PartitionDescription, string } from '@moldau/client';
import { LocalCluster, type LocalClusterOptions } from '@moldau/dev';
import { type Envelope, envelopeOf, moldau, type Said } from './command.ts';
import { until } from './until.ts';

/** A cluster of real processes on free ports, and a client of it. */
export class TestCluster {
  readonly local: LocalCluster;
  readonly client: Client;
  readonly data: string;

  private constructor(local: LocalCluster, data: string) {
    this.local = local;
    this.client = createClient({ bootstrap: local.bootstrap, clientId: 'test' });
    this.data = data;
  }

  static async start(options: Partial<LocalClusterOptions> = {}): Promise<TestCluster> {
    const data = mkdtempSync(path.join(tmpdir(), 'moldau-e2e-'));
    const local = await LocalCluster.start({
      data,
      brokers: 1,
      controllers: 1,
      port: 0,
      restart: false,
      ...options,
    });
    const cluster = new TestCluster(local, data);
    try {
      await local.untilReady();
    } catch (error) {
      await cluster.close();
      throw error;
    }
    return cluster;
  }

  /** One command against this cluster. */
  run(argv: readonly string[], stdin?: string): Promise<Said> {
    return moldau(['-b', this.local.bootstrap.join(), ...argv], stdin === undefined ? {} : { stdin });
  }

  /** The same with `-o json`: the document and the exit code. */
  async ask(argv: readonly string[], stdin?: string): Promise<Envelope & { readonly code: number }> {
    const said = await this.run(['-o', 'json', ...argv], stdin);
    return { ...envelopeOf(said), code: said.code };
  }

  /** Sends these values, all acknowledged when it resolves. */
  async send(topic: string, values: readonly string[]): Promise<void> {
    await using producer = this.client.producer({ value: string() });
    await Promise.all(values.map((value) => producer.send(topic, { value, partition: 0 })));
  }

  /** All that partition 0 holds. */
  async read(topic: string): Promise<readonly (string | null)[]> {
    await using consumer = this.client.consumer({
      assignments: [{ topic, partition: 0, from: 'earliest' }],
      value: string(),
    });
    const [end] = await consumer.endOffsets();
    const values: (string | null)[] = [];
    if (end?.offset === 0n) return values;
    for await (const { offset, value } of consumer) {
      values.push(value);
      if (offset + 1n === end?.offset) break;
    }
    return values;
  }

  /** Partition 0 of a topic as metadata has it. */
  async partition(topic: string): Promise<PartitionDescription | undefined> {
    const [described] = await this.client.admin().describeTopics([topic]);
    return described?.partitions[0];
  }

  async untilInSync(topic: string, isr: readonly number[]): Promise<void> {
    await until(`the ISR of ${topic} is ${isr}`, async () => {
      const partition = await this.partition(topic);
      return partition?.isr.toSorted((a, b) => a - b).join() === isr.join() && partition.leaderId >= 0;
    });
  }

  async close(): Promise<void> {
    await this.client.close({ drain: false });
    await this.local.killAll();
    rmSync(this.data, { recursive: true, maxRetries: 20, retryDelay: 100 });
  }
}

/** `count` values that differ. */
export function valuesOf(prefix: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${String(index).padStart(6, '0')}`);
}
