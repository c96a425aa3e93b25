import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { nativeChecksum } from '@moldau/host';
import { apiVersions, fetch as fetchRecords, metadata, produce } from '@moldau/protocol';
import { BatchBuilder } from '@moldau/records';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { CommandProcess } from './support/command.ts';
import { KafkaWire } from './support/kafka-wire.ts';
import { combined, freePort, LoneNodes } from './support/lone-nodes.ts';
import { START_TIMEOUT_MS, until } from './support/until.ts';

/*
 * What is no Kafka client, or a bad one, against a real broker: it is closed or answered as Kafka would, told in one line of
 * the log that names the peer, and costs nobody else anything. Beside every test a client works on, and is timed.
 */

const TOPIC = 'kept';
const MIB = 1024 * 1024;
/**
 * Whoever waits for the bad one waits until that is closed, which takes half a minute or more. Far below that, and far above what
 * a request takes on a machine that does other things as well.
 */
const DISTURBED_MS = 10_000;
const UNSUPPORTED_VERSION = 35;
const CORRUPT_MESSAGE = 2;
const UNKNOWN_TOPIC_ID = 100;

const nodes = new LoneNodes();
let node: CommandProcess;
let kafka: string;
let admin: string;
let good: GoodClient;
/** How much the broker had said before the test. */
let before = { out: 0, err: 0 };

/** Produces and reads its own record back, again and again. */
class GoodClient {
  readonly #wire: KafkaWire;
  readonly #done: Promise<void>;
  #isStopped = false;
  rounds = 0;
  slowestMs = 0;

  private constructor(wire: KafkaWire) {
    this.#wire = wire;
    this.#done = this.#work();
  }

  static async open(): Promise<GoodClient> {
    return new GoodClient(await KafkaWire.open(kafka));
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#done;
    await this.#wire.close();
  }

  async #work(): Promise<void> {
    while (!this.#isStopped) {
      const startedMs = performance.now();
      const { baseOffset } = await produceOne(this.#wire, batchOf('good'));
      const { responses } = await this.#wire.ask(fetchRecords, 11, {
        maxWaitMs: 0,
        minBytes: 1,
        topics: [
          {
            topic: TOPIC,
            partitions: [{ partition: 0, fetchOffset: baseOffset, partitionMaxBytes: 1000, lastFetchedEpoch: -1 }],
          },
        ],
      });
      const [partition] = responses[0]?.partitions ?? [];
      if (partition?.errorCode !== 0) throw new Error(`a good client is told ${partition?.errorCode}`);
      this.slowestMs = Math.max(this.slowestMs, performance.now() - startedMs);
      this.rounds++;
      await delay(5);
    }
  }
}

beforeAll(async () => {
  const controllerPort = await freePort();
  const properties = combined(controllerPort, `${nodes.root}/node`);
  node = nodes.start('node', {
    ...properties,
    listeners: `${properties['listeners']},KAFKA://127.0.0.1:0`,
    'auto.create.topics.enable': 'true',
  });
  const info = await nodes.untilReady('node', node);
  kafka = info.kafka ?? '';
  admin = info.admin;
  const wire = await KafkaWire.open(kafka);
  await until('the topic is there', async () => {
    const { topics } = await wire.ask(metadata, 5, { topics: [{ name: TOPIC }], allowAutoTopicCreation: true });
    return topics[0]?.errorCode === 0 && topics[0].partitions[0]?.leaderId === 1;
  });
  await wire.close();
}, START_TIMEOUT_MS);
afterAll(() => nodes.close());

beforeEach(async () => {
  before = { out: node.out.length, err: node.err.length };
  good = await GoodClient.open();
});

afterEach(async () => {
  await delay(50);
  await good.stop();
  expect(good.rounds).toBeGreaterThan(0);
  expect(good.slowestMs).toBeLessThan(DISTURBED_MS);
  expect(node.child.exitCode).toBeNull();
});

function batchOf(value: string): Uint8Array {
  const builder = new BatchBuilder();
  builder.append({ key: null, value: Buffer.from(value), headers: [] }, Date.now());
  return builder.finish(nativeChecksum);
}

async function produceOne(wire: KafkaWire, records: Uint8Array): Promise<{ errorCode: number; baseOffset: number }> {
  const topicData = [{ name: TOPIC, partitionData: [{ index: 0, records }] }];
  const { responses } = await wire.ask(produce, 9, { acks: -1, timeoutMs: 10_000, topicData });
  const [answer] = responses[0]?.partitionResponses ?? [];
  if (answer === undefined) throw new Error('the answer names no partition');
  return { errorCode: answer.errorCode, baseOffset: Number(answer.baseOffset) };
}

/** Lines of the broker's log about this peer, of this test: a port may have been another's before. */
function linesOf(peer: string): string[] {
  const said = `${node.out.slice(before.out)}${node.err.slice(before.err)}`;
  return said.split('\n').filter((line) => line.includes(`${peer}"`));
}

/** A sample of the broker's metrics. */
async function metric(name: string): Promise<number> {
  const text = await (await fetch(`http://${admin}/metrics`)).text();
  return Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${name} `))
      ?.split(' ')[1],
  );
}

function framed(...bytes: readonly number[]): Uint8Array {
  return new Uint8Array([0, 0, 0, bytes.length, ...bytes]);
}

describe('closed, with one line that names the peer', () => {
  test.each<[string, Uint8Array | string, RegExp]>([
    ['HTTP', 'GET /index.html HTTP/1.1\r\nHost: kafka\r\n\r\n', /HTTP/],
    ['a line of text', 'hello, is this a chat?\r\n', /./],
    ['a frame of a negative size', new Uint8Array([255, 255, 255, 255]), /./],
    ['a frame of 2 GiB', new Uint8Array([0x7f, 255, 255, 255]), /./],
    ['a frame without a header', framed(0, 18), /./],
    ['an API key that does not exist', framed(3, 231, 0, 0, 0, 0, 0, 1, 255, 255), /API 999/],
    ['an API of Kafka that is not served', framed(0, 4, 0, 0, 0, 0, 0, 1, 255, 255), /API 4/],
    ['Produce 2, which is advertised and refused', framed(0, 0, 0, 2, 0, 0, 0, 1, 255, 255), /API 0 version 2/],
    ['Metadata 99', framed(0, 3, 0, 99, 0, 0, 0, 1, 255, 255), /API 3 version 99/],
    ['a body that ends too early', framed(0, 3, 0, 5, 0, 0, 0, 1, 255, 255, 0, 0, 0, 1), /./],
    ['an array of more than there is', framed(0, 3, 0, 5, 0, 0, 0, 1, 255, 255, 0x7f, 255, 255, 255), /./],
  ])('%s', async (_, bytes, reason) => {
    const bad = await KafkaWire.open(kafka);
    const peer = bad.local;
    bad.raw(bytes);
    await until('it is closed', () => bad.isClosed);
    expect(bad.answered).toEqual([]);
    await until('it is told', () => linesOf(peer).length > 0);
    await delay(100);
    expect(linesOf(peer)).toEqual([expect.stringMatching(reason)]);
    expect(linesOf(peer)).toEqual([expect.stringContaining('a Kafka connection is closed')]);
  });

  test('a real TLS client', async () => {
    const [host, port] = kafka.split(':');
    const bad = connectTls({ host, port: Number(port), rejectUnauthorized: false });
    let peer = '';
    bad.on('connect', () => {
      peer = `${bad.localAddress}:${bad.localPort}`;
    });
    let isRefused = false;
    bad.on('error', () => {
      isRefused = true;
    });
    await until('it gives up', () => isRefused);
    await until('it is told', () => linesOf(peer).length > 0);
    expect(linesOf(peer)).toEqual([
      expect.stringMatching(/a Kafka connection is closed.*TLS|TLS.*connection is closed/),
    ]);
  });

  test('random bytes of 200 connections at once', async () => {
    const all = await Promise.all(Array.from({ length: 200 }, () => KafkaWire.open(kafka)));
    const peers = all.map((wire) => wire.local);
    for (const wire of all) {
      // The first byte makes a size that is too large for any frame, so that none waits for more.
      wire.raw(Buffer.concat([Buffer.from([0x70]), randomBytes(999)]));
    }
    await until('all are closed', () => all.every(({ isClosed }) => isClosed));
    await until('all are told', () => peers.every((peer) => linesOf(peer).length === 1));
  });

  test('a failed produce that nobody waits for', async () => {
    const bad = await KafkaWire.open(kafka);
    const topicData = [{ name: 'nowhere', partitionData: [{ index: 7, records: batchOf('lost') }] }];
    bad.send(produce, 9, { acks: 0, timeoutMs: 1000, topicData });
    await until('it is closed', () => bad.isClosed);
    expect(bad.answered).toEqual([]);
  });
});

describe('answered, and the connection goes on', () => {
  test('ApiVersions 99: in the layout of version 0, with what is served', async () => {
    const wire = await KafkaWire.open(kafka);
    wire.raw(framed(0, 18, 0, 99, 0, 0, 0, 77, 255, 255, 0));
    const frame = Buffer.from(await wire.frame(77));
    expect(frame.readInt16BE(4)).toBe(UNSUPPORTED_VERSION);
    const count = frame.readInt32BE(6);
    const keys = Array.from({ length: count }, (_, index) => frame.readInt16BE(10 + index * 6));
    expect(keys).toContain(18);
    // Nothing stands behind the list: version 0 has no more.
    expect(frame.length).toBe(10 + count * 6);
    const { errorCode, apiKeys } = await wire.ask(apiVersions, 3, {
      clientSoftwareName: 'a',
      clientSoftwareVersion: '1',
    });
    expect(errorCode).toBe(0);
    expect(apiKeys.find(({ apiKey }) => apiKey === 0)?.minVersion).toBe(0);
    await wire.close();
  });

  test.each([
    ['its records', -1],
    ['its checksum', 17],
    ['its attributes', 22],
  ])('a batch that was damaged in %s is not taken', async (_, at) => {
    const wire = await KafkaWire.open(kafka);
    const damaged = batchOf('damaged on its way');
    const position = at < 0 ? damaged.length + at : at;
    damaged[position] = (damaged[position] ?? 0) ^ 0x40;
    expect((await produceOne(wire, damaged)).errorCode).toBe(CORRUPT_MESSAGE);
    expect((await produceOne(wire, batchOf('whole'))).errorCode).toBe(0);
    await wire.close();
  });

  test('an unknown topic id, in each API that takes one', async () => {
    const wire = await KafkaWire.open(kafka);
    const topicId = 'AAAAAAAAAAAAAAAAAAAAKg';
    const described = await wire.ask(metadata, 12, { topics: [{ topicId, name: null }] });
    expect(described.topics[0]?.errorCode).toBe(UNKNOWN_TOPIC_ID);
    const partition = { partition: 0, fetchOffset: 0, partitionMaxBytes: 1000, lastFetchedEpoch: -1 };
    const read = await wire.ask(fetchRecords, 13, {
      maxWaitMs: 0,
      minBytes: 1,
      topics: [{ topicId, partitions: [partition] }],
    });
    expect(read.responses[0]?.partitions[0]?.errorCode).toBe(UNKNOWN_TOPIC_ID);
    const topicData = [{ topicId, partitionData: [{ index: 0, records: batchOf('x') }] }];
    const written = await wire.ask(produce, 13, { acks: -1, timeoutMs: 1000, topicData });
    expect(written.responses[0]?.partitionResponses[0]?.errorCode).toBe(UNKNOWN_TOPIC_ID);
    await wire.close();
  });
});

describe('in bounds', () => {
  test('10,000 requests without reading, and then all answers in their order', async () => {
    const deep = await KafkaWire.open(kafka);
    deep.socket.pause();
    const ids = Array.from({ length: 10_000 }, () => deep.send(metadata, 5, { topics: null }));
    await delay(1000);
    expect(deep.answered).toEqual([]);
    deep.socket.resume();
    await until('all are answered', () => deep.answered.length === ids.length);
    expect(deep.answered).toEqual(ids);
    await deep.close();
  });

  test('a reader that takes nothing holds no more than its bound', async () => {
    const filler = await KafkaWire.open(kafka);
    for (let batch = 0; batch < 16; batch++) await produceOne(filler, batchOf('x'.repeat(MIB - 1000)));
    await filler.close();
    const residentBytes = await metric('process_resident_memory_bytes');
    const slow = await KafkaWire.open(kafka);
    slow.socket.pause();
    const partition = { partition: 0, fetchOffset: 0, partitionMaxBytes: 16 * MIB, lastFetchedEpoch: -1 };
    const topics = [{ topic: TOPIC, partitions: [partition] }];
    for (let request = 0; request < 200; request++) {
      slow.send(fetchRecords, 11, { maxWaitMs: 0, minBytes: 1, maxBytes: 16 * MIB, topics });
    }
    await delay(2000);
    expect(slow.answered).toEqual([]);
    // 200 answers of 16 MiB were asked for.
    expect((await metric('process_resident_memory_bytes')) - residentBytes).toBeLessThan(300 * MIB);
    expect(await metric('moldau_broker_produce_in_flight_bytes')).toBeLessThan(64 * MIB);
    await slow.close();
    await until('all is given back', async () => (await metric('moldau_broker_produce_in_flight_bytes')) < MIB);
  });

  test('who stops in the middle of a request, or closes its half, is let go', async () => {
    const count = (): Promise<number> => metric('kafka_server_socket_server_connection_count');
    // The good one: those of the tests before may not have been missed yet.
    await until('one is connected', async () => (await count()) === 1);
    const [torn, half] = [await KafkaWire.open(kafka), await KafkaWire.open(kafka, { allowHalfOpen: true })];
    torn.raw(new Uint8Array([0, 0, 1, 0, 0, 3]));
    torn.socket.end();
    half.send(metadata, 5, { topics: [] });
    half.socket.end();
    await until('both are closed', () => torn.isClosed && half.isClosed);
    await until('the broker has forgotten both', async () => (await count()) === 1);
  });
});
