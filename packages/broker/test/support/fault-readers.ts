import { utf8Decode } from '@moldau/base';
import { fetch } from '@moldau/protocol';
import { readBatchRecords, splitBatches } from '@moldau/records';
import type { SimRandom } from '@moldau/sim';
import type { BrokerWorld } from './broker-world.ts';
import type { KafkaTestClient } from './kafka-test-client.ts';

interface Reader {
  readonly client: KafkaTestClient;
  correlation: number | undefined;
  /** Behind what it has seen. */
  offset: number;
}

/** One Kafka consumer at each broker, which reads whatever replica is there (KIP-392), and what it was shown. */
export class FaultReaders {
  /** By offset. */
  readonly shown = new Map<number, string>();
  /** Records that followers gave. */
  fromFollowers = 0;
  readonly #world: BrokerWorld;
  readonly #random: SimRandom;
  readonly #topicId: string;
  readonly #readers = new Map<number, Reader>();

  constructor(world: BrokerWorld, random: SimRandom, topicId: string) {
    this.#world = world;
    this.#random = random;
    this.#topicId = topicId;
  }

  /** Takes what was answered, and asks again. @returns what is wrong with it */
  async step(ids: readonly number[]): Promise<string | undefined> {
    for (const id of ids) {
      if (this.#world.node(id).broker === undefined) continue;
      const reader = this.#readerOf(id);
      const wrong = await this.#take(id, reader);
      if (wrong !== undefined) return wrong;
      if (reader.correlation === undefined) this.#ask(reader);
    }
    return undefined;
  }

  #readerOf(id: number): Reader {
    const known = this.#readers.get(id);
    if (known !== undefined && known.client.closed === undefined) return known;
    const reader = { client: this.#world.kafka(id), correlation: undefined, offset: known?.offset ?? 0 };
    this.#readers.set(id, reader);
    return reader;
  }

  #ask(reader: Reader): void {
    // Now and then anew from somewhere, so that all of a log is read at all replicas.
    if (this.#random.between(0, 4) < 1) reader.offset = Math.floor(this.#random.between(0, reader.offset + 1));
    const partition = { partition: 0, fetchOffset: reader.offset, partitionMaxBytes: 1_000_000 };
    const topics = [{ topic: 't', partitions: [partition] }];
    reader.correlation = reader.client.send(fetch, 12, { maxWaitMs: 300, minBytes: 1, topics });
  }

  async #take(id: number, reader: Reader): Promise<string | undefined> {
    const { client, correlation } = reader;
    if (correlation === undefined || !client.answered.includes(correlation)) return undefined;
    const { responses } = await client.answer(fetch, 12, correlation);
    reader.correlation = undefined;
    const records = responses[0]?.partitions[0]?.records ?? new Uint8Array(0);
    const isFollower = this.#world.replica(id, this.#topicId)?.role === 'follower';
    for (const { header, position } of splitBatches(records)) {
      for (const { offset, value } of readBatchRecords(records.subarray(position), header)) {
        const text = utf8Decode(value ?? new Uint8Array(0));
        const before = this.shown.get(offset);
        if (before !== undefined && before !== text) return `offset ${offset} was ${before}, and is ${text} at ${id}`;
        this.shown.set(offset, text);
        reader.offset = Math.max(reader.offset, offset + 1);
        if (isFollower) this.fromFollowers++;
      }
    }
    return undefined;
  }
}
