import { type Ports, topicPartitionKey } from '@moldau/base';
import { type Client, type ClientErrorCode, string } from '@moldau/client';
import type { FinalRead } from '../history/history.ts';
import type { World } from '../world/world.ts';
import { clientMachine, expectMoldauError, READ_CODES, sleep } from './client-machine.ts';
import { kafkaMachine } from './kafka/kafka-machine.ts';
import { readPartitionByKafka } from './kafka/kafka-reader.ts';

const RETRY_MS = 500;

/** A new program reads every partition of which something is promised, from its beginning to its end. */
export class FinalReader {
  readonly #world: World;
  readonly #topics: readonly string[];
  done = false;
  readonly reads: FinalRead[] = [];
  /** topicId:partition of those that were read to their end: one that is whole again later was not. */
  readonly finished: Set<string> = new Set();
  /** The last failure, for who waits in vain. */
  trouble = '';

  constructor(world: World, topics: readonly string[]) {
    this.#world = world;
    this.#topics = topics;
    const machine = world.options.kafkaFinalReader
      ? kafkaMachine(world, 'reader', (open, ports) => {
          const cluster = open();
          return this.#run(ports, (at) => readPartitionByKafka(world, cluster, at));
        })
      : clientMachine(world, 'reader', (client, ports) => {
          const run = this.#run(ports, ({ topic, partition }) => this.#read(client, topic, partition));
          run.catch((error: unknown) => world.fail(error));
        });
    machine.start();
  }

  async #run(
    ports: Ports,
    read: (at: { readonly topic: string; readonly partition: number }) => Promise<readonly FinalRead[] | undefined>,
  ): Promise<void> {
    for (const at of this.#partitions()) {
      let found = await read(at);
      for (; found === undefined; found = await read(at)) await sleep(ports, RETRY_MS);
      this.reads.push(...found);
      this.finished.add(topicPartitionKey(this.#world.ghost.topicIds.get(at.topic) ?? '', at.partition));
    }
    this.done = true;
  }

  *#partitions(): Iterable<{ readonly topic: string; readonly partition: number }> {
    const { ghost } = this.#world;
    for (const topic of this.#topics) {
      const topicId = ghost.topicIds.get(topic) ?? '';
      for (let partition = 0; ghost.partition(topicPartitionKey(topicId, partition)) !== undefined; partition++) {
        if (ghost.promised(topicPartitionKey(topicId, partition)) !== undefined) yield { topic, partition };
      }
    }
  }

  /** Where old records are deleted, a reader may be too slow for them; it begins again. */
  #codes(topic: string, partition: number): readonly ClientErrorCode[] {
    const { ghost } = this.#world;
    const key = topicPartitionKey(ghost.topicIds.get(topic) ?? '', partition);
    return (ghost.partition(key)?.legalStart ?? 0) > 0 ? [...READ_CODES, 'OFFSET_OUT_OF_RANGE'] : READ_CODES;
  }

  async #read(client: Client, topic: string, partition: number): Promise<readonly FinalRead[] | undefined> {
    const assignments = [{ topic, partition, from: 'earliest' as const }];
    const consumer = client.consumer({ key: string(), value: string(), assignments });
    const reads: FinalRead[] = [];
    try {
      const [first] = await client.admin().listOffsets([{ topic, partition, at: 'earliest' }]);
      const end = (await consumer.endOffsets())[0]?.offset ?? 0n;
      // All of it may have been deleted.
      if (end > (first?.offset ?? 0n)) {
        for await (const message of consumer) {
          reads.push({ topic, partition, offset: Number(message.offset), value: message.value ?? '' });
          if (message.offset >= end - 1n) break;
        }
      }
    } catch (error) {
      this.trouble = `${topic}/${partition}: ${expectMoldauError(this.#world, error, this.#codes(topic, partition)).message}`;
      return undefined;
    } finally {
      await consumer.close();
    }
    return reads;
  }
}
