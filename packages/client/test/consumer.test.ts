import { pureChecksum, utf8Encode } from '@moldau/base';
import { BatchBuilder } from '@moldau/records';
import { describe, expect, test } from 'vitest';
import { type Consumer, type Message, MoldauError, string } from '../src/index.ts';
import { codeOf, FakeCluster } from './fake-cluster.ts';

const TEXT = { key: string(), value: string() };

/** Appends one batch with these values, at timestamps 1000, 1001, ... of their offsets. */
function append(cluster: FakeCluster, partition: number, values: readonly (string | Uint8Array)[]): void {
  const log = cluster.partition('t', partition);
  const builder = new BatchBuilder();
  for (const [index, value] of values.entries()) {
    const bytes = typeof value === 'string' ? utf8Encode(value) : value;
    builder.append({ key: null, value: bytes, headers: [] }, 1000 + log.endOffset + index);
  }
  log.append(builder.finish(pureChecksum));
  cluster.pushAll();
}

function newCluster(seed: number, partitions = 1): FakeCluster {
  const cluster = new FakeCluster(seed);
  cluster.addTopic('t', partitions);
  return cluster;
}

async function take<K, V>(consumer: Consumer<K, V>, count: number): Promise<Message<K, V>[]> {
  const taken: Message<K, V>[] = [];
  if (count === 0) return taken;
  for await (const message of consumer) if (taken.push(message) === count) break;
  return taken;
}

async function valuesOf<K, V>(consumer: Consumer<K, V>, count: number): Promise<(V | null)[]> {
  return (await take(consumer, count)).map(({ value }) => value);
}

describe('consumer', () => {
  test.each([{ partition: 1 }, {}])('a topic that has grown since is looked up again (%j)', async (assigned) => {
    const cluster = newCluster(77);
    append(cluster, 0, ['a']);
    const { client } = cluster.client();
    const before = client.consumer({ assignments: [{ topic: 't', from: 'earliest' }], ...TEXT });
    expect(await cluster.settle(valuesOf(before, 1))).toEqual(['a']);
    cluster.growTopic('t');
    append(cluster, 1, ['b']);
    const after = client.consumer({ assignments: [{ topic: 't', ...assigned, from: 'earliest' }], ...TEXT });
    const count = assigned.partition === undefined ? 2 : 1;
    expect(await cluster.settle(valuesOf(after, count))).toContain('b');
    const offsets = client.admin().listOffsets([{ topic: 't', partition: 1, at: 'latest' }]);
    expect(await cluster.settle(offsets)).toMatchObject([{ offset: 1n }]);
  });

  test.each([
    ['earliest' as const, ['a', 'b', 'c', 'd']],
    [2n, ['c', 'd']],
    [{ timestamp: 1001 }, ['b', 'c', 'd']],
  ])('from %s it delivers %j', async (from, expected) => {
    const cluster = newCluster(1);
    append(cluster, 0, ['a', 'b', 'c']);
    append(cluster, 0, ['d']);
    const consumer = cluster.client().client.consumer({ assignments: [{ topic: 't', from }], ...TEXT });
    expect(await cluster.settle(valuesOf(consumer, expected.length))).toEqual(expected);
    expect(consumer.position('t', 0)).toBe(4n);
  });

  test.each([['latest' as const], [{ timestamp: 5000 }]])('from %j it delivers what comes afterwards', async (from) => {
    const cluster = newCluster(2);
    append(cluster, 0, ['old']);
    const consumer = cluster.client().client.consumer({ assignments: [{ topic: 't', from }], ...TEXT });
    const next = valuesOf(consumer, 1);
    cluster.scheduler.after(500, () => append(cluster, 0, ['new']));
    expect(await cluster.settle(next)).toEqual(['new']);
  });

  test('a message says where it comes from, with a bigint offset', async () => {
    const cluster = newCluster(3, 2);
    append(cluster, 1, ['a']);
    const consumer = cluster
      .client()
      .client.consumer({ assignments: [{ topic: 't', partition: 1, from: 0n }], ...TEXT });
    expect(await cluster.settle(take(consumer, 1))).toEqual([
      { topic: 't', partition: 1, offset: 0n, timestamp: 1000, key: null, value: 'a', headers: [] },
    ]);
    expect(consumer.assignments()).toEqual([{ topic: 't', partition: 1 }]);
  });

  test('all partitions of a topic are read, in turns, each in order', async () => {
    const cluster = newCluster(4, 3);
    for (let round = 0; round < 10; round++) for (const p of [0, 1, 2]) append(cluster, p, [`${p}-${round}`]);
    const consumer = cluster.client().client.consumer({ assignments: [{ topic: 't', from: 'earliest' }], ...TEXT });
    await cluster.settle(consumer.start());
    await cluster.scheduler.run({ untilMs: 1_000 });
    const values = await cluster.settle(valuesOf(consumer, 30));
    for (const p of [0, 1, 2]) {
      const own = values.filter((value) => value?.startsWith(`${p}-`));
      expect(own).toEqual(Array.from({ length: 10 }, (_, round) => `${p}-${round}`));
    }
    expect(new Set(values.slice(0, 3).map((value) => value?.[0])).size).toBe(3);
  });

  test('batches come as arrays of one partition, with the high watermark', async () => {
    const cluster = newCluster(5);
    append(cluster, 0, ['a', 'b']);
    append(cluster, 0, ['c']);
    const consumer = cluster.client().client.consumer({ assignments: [{ topic: 't', from: 1n }], ...TEXT });
    const sizes: unknown[] = [];
    const read = async (): Promise<void> => {
      for await (const { messages, highWatermark } of consumer.batches()) {
        sizes.push([messages.map(({ value }) => value), highWatermark]);
        if (sizes.length === 2) break;
      }
    };
    await cluster.settle(read());
    expect(sizes).toEqual([
      [['b'], 3n],
      [['c'], 3n],
    ]);
  });

  test('leaving the loop keeps the place; closing inside the loop ends it', async () => {
    const cluster = newCluster(6);
    append(cluster, 0, ['a', 'b', 'c', 'd']);
    const consumer = cluster.client().client.consumer({ assignments: [{ topic: 't', from: 'earliest' }], ...TEXT });
    expect(await cluster.settle(valuesOf(consumer, 2))).toEqual(['a', 'b']);
    const rest: (string | null)[] = [];
    const read = async (): Promise<void> => {
      for await (const { value } of consumer) {
        rest.push(value);
        await consumer.close();
      }
    };
    await cluster.settle(read());
    expect(rest).toEqual(['c']);
  });

  test('a loop that waits ends when the consumer is closed, and with ABORTED when its signal says so', async () => {
    const cluster = newCluster(7);
    const { client } = cluster.client();
    const assignments = [{ topic: 't', from: 'latest' as const }];
    const closed = client.consumer({ assignments });
    const waiting = codeOf(valuesOf(closed, 1));
    cluster.scheduler.after(100, () => void closed.close());
    expect(await cluster.settle(waiting)).toBe('no error');
    const controller = new AbortController();
    const aborted = client.consumer({ assignments, signal: controller.signal });
    const stopping = codeOf(valuesOf(aborted, 1));
    cluster.scheduler.after(100, () => controller.abort());
    expect(await cluster.settle(stopping)).toBe('ABORTED');
  });

  test('what was asked to seek is delivered from there, forwards and back', async () => {
    const cluster = newCluster(8);
    append(cluster, 0, ['a', 'b', 'c', 'd']);
    const consumer = cluster.client().client.consumer({ assignments: [{ topic: 't', from: 'earliest' }], ...TEXT });
    expect(await cluster.settle(valuesOf(consumer, 3))).toEqual(['a', 'b', 'c']);
    consumer.seek('t', 0, 1n);
    expect(await cluster.settle(valuesOf(consumer, 1))).toEqual(['b']);
    consumer.seek('t', 0, 'earliest');
    expect(await cluster.settle(valuesOf(consumer, 2))).toEqual(['a', 'b']);
  });

  test('a paused partition delivers nothing, even in the midst of a batch', async () => {
    const cluster = newCluster(9, 2);
    append(cluster, 0, ['0a', '0b']);
    const consumer = cluster.client().client.consumer({ assignments: [{ topic: 't', from: 'earliest' }], ...TEXT });
    expect(await cluster.settle(valuesOf(consumer, 1))).toEqual(['0a']);
    consumer.pause([{ topic: 't', partition: 0 }]);
    append(cluster, 1, ['1a']);
    expect(await cluster.settle(valuesOf(consumer, 1))).toEqual(['1a']);
    consumer.resume();
    expect(await cluster.settle(valuesOf(consumer, 1))).toEqual(['0b']);
  });

  test('end offsets are asked for, and the lag follows from what was delivered', async () => {
    const cluster = newCluster(10);
    append(cluster, 0, ['a', 'b', 'c']);
    const consumer = cluster.client().client.consumer({ assignments: [{ topic: 't', from: 'earliest' }], ...TEXT });
    expect(await cluster.settle(consumer.endOffsets())).toEqual([{ topic: 't', partition: 0, offset: 3n }]);
    await cluster.settle(take(consumer, 2));
    expect(consumer.lag()).toEqual([{ topic: 't', partition: 0, lag: 1n }]);
  });

  test('prefetch is bounded by credit, and delivery gives it back', async () => {
    const cluster = newCluster(11);
    const value = 'x'.repeat(10_000);
    for (let n = 0; n < 40; n++) append(cluster, 0, [value]);
    const assignments = [{ topic: 't', from: 'earliest' as const }];
    const consumer = cluster.client().client.consumer({ assignments, prefetchBytes: 65_536, ...TEXT });
    let pushed = 0;
    cluster.onPushRecords = (bytes) => {
      pushed += bytes.length;
      return bytes;
    };
    await cluster.settle(consumer.start());
    await cluster.scheduler.run({ untilMs: 1_000 });
    expect(pushed).toBeGreaterThan(50_000);
    expect(pushed).toBeLessThan(65_536 + 11_000);
    await cluster.settle(take(consumer, 40));
    expect(cluster.grants.reduce((sum, bytes) => sum + bytes, 0)).toBeGreaterThan(300_000);
  });

  test('a leader that moves, with its stream broken or not, costs and repeats nothing', async () => {
    const cluster = newCluster(12);
    const consumer = cluster.client().client.consumer({ assignments: [{ topic: 't', from: 'earliest' }], ...TEXT });
    const values = valuesOf(consumer, 60);
    for (let n = 0; n < 60; n++) cluster.scheduler.after(n * 10, () => append(cluster, 0, [String(n)]));
    cluster.scheduler.after(155, () => cluster.move(cluster.partition('t', 0), 2));
    cluster.scheduler.after(305, () => {
      cluster.kill(2);
      cluster.move(cluster.partition('t', 0), 3);
    });
    expect(await cluster.settle(values)).toEqual(Array.from({ length: 60 }, (_, n) => String(n)));
  });

  test('a log cut back below what was delivered is an error; above it, reading goes on from there', async () => {
    const cluster = newCluster(13);
    append(cluster, 0, ['a', 'b']);
    append(cluster, 0, ['c', 'd']);
    const assignments = [{ topic: 't', from: 'earliest' as const }];
    const consumer = cluster.client().client.consumer({ assignments, ...TEXT });
    expect(await cluster.settle(valuesOf(consumer, 2))).toEqual(['a', 'b']);
    const log = cluster.partition('t', 0);
    log.batches.pop();
    log.endOffset = 2;
    cluster.move(log, 2);
    await cluster.scheduler.run({ untilMs: cluster.scheduler.nowMs + 2_000 });
    append(cluster, 0, ['C']);
    expect(await cluster.settle(valuesOf(consumer, 1))).toEqual(['C']);
    log.batches = log.batches.slice(0, 1);
    log.endOffset = 1;
    cluster.move(log, 3);
    expect(await cluster.settle(codeOf(valuesOf(consumer, 1)))).toBe('LOG_TRUNCATED');
  });

  test('a leader whose log differs where delivery stands is an error, one that forgot so old an epoch is not', async () => {
    const cluster = newCluster(18);
    append(cluster, 0, ['a', 'b']);
    const { client } = cluster.client();
    for (const [epoch, outcome] of [
      [0, 'LOG_TRUNCATED'],
      [-1, 'no error'],
    ] as const) {
      const consumer = client.consumer({ assignments: [{ topic: 't', from: 'earliest' }], ...TEXT });
      await cluster.settle(valuesOf(consumer, cluster.partition('t', 0).endOffset));
      cluster.diverging = ({ lastFetchedEpoch }) =>
        lastFetchedEpoch < 0 ? undefined : { epoch, endOffset: cluster.partition('t', 0).endOffset };
      const next = codeOf(valuesOf(consumer, 1));
      cluster.move(cluster.partition('t', 0), 2 + (epoch + 1));
      await cluster.scheduler.run({ untilMs: cluster.scheduler.nowMs + 3_000 });
      append(cluster, 0, ['c']);
      expect(await cluster.settle(next)).toBe(outcome);
      cluster.diverging = () => undefined;
    }
  });

  test('an offset that is not in the log is an error, or a new start where that was asked for', async () => {
    const cluster = newCluster(14);
    append(cluster, 0, ['a', 'b']);
    const assignments = [{ topic: 't', from: 17n }];
    const { client } = cluster.client();
    const failing = client.consumer({ assignments });
    expect(await cluster.settle(codeOf(valuesOf(failing, 1)))).toBe('OFFSET_OUT_OF_RANGE');
    failing.seek('t', 0, 1n);
    expect((await cluster.settle(take(failing, 1)))[0]?.offset).toBe(1n);
    const resetting = client.consumer({ assignments, onOffsetOutOfRange: 'earliest', ...TEXT });
    expect(await cluster.settle(valuesOf(resetting, 2))).toEqual(['a', 'b']);
  });

  test('a batch damaged on its way is read again; one damaged for good is an error, or passed over', async () => {
    const cluster = newCluster(15);
    append(cluster, 0, ['a']);
    append(cluster, 0, ['b']);
    const damage = (bytes: Uint8Array): Uint8Array => {
      bytes[bytes.length - 2] = (bytes[bytes.length - 2] ?? 0) ^ 1;
      return bytes;
    };
    let damaged = 2;
    cluster.onPushRecords = (bytes) => (damaged-- > 0 ? damage(bytes) : bytes);
    const assignments = [{ topic: 't', from: 'earliest' as const }];
    const { client } = cluster.client();
    expect(await cluster.settle(valuesOf(client.consumer({ assignments, ...TEXT }), 2))).toEqual(['a', 'b']);
    const first = cluster.partition('t', 0).batches[0];
    if (first !== undefined) damage(first.bytes);
    cluster.onPushRecords = (bytes) => bytes;
    expect(await cluster.settle(codeOf(valuesOf(client.consumer({ assignments }), 1)))).toBe('CORRUPT_MESSAGE');
    const skipping = client.consumer({ assignments, onBadRecord: 'skip', ...TEXT });
    expect(await cluster.settle(valuesOf(skipping, 1))).toEqual(['b']);
  });

  test('a record that the codec refuses: fail stands still before it, skip passes it, raw shows its bytes', async () => {
    const cluster = newCluster(16);
    append(cluster, 0, ['a', new Uint8Array([255]), 'c']);
    const assignments = [{ topic: 't', from: 'earliest' as const }];
    const { client } = cluster.client();
    const failing = client.consumer({ assignments, ...TEXT });
    expect(await cluster.settle(valuesOf(failing, 1))).toEqual(['a']);
    expect(await cluster.settle(codeOf(valuesOf(failing, 1)))).toBe('BAD_RECORD');
    expect(failing.position('t', 0)).toBe(1n);
    failing.seek('t', 0, 2n);
    expect(await cluster.settle(valuesOf(failing, 1))).toEqual(['c']);
    const skipping = client.consumer({ assignments, onBadRecord: 'skip', ...TEXT });
    expect(await cluster.settle(valuesOf(skipping, 2))).toEqual(['a', 'c']);
    const raw = client.consumer({ assignments, onBadRecord: 'raw', ...TEXT });
    const [, bad] = await cluster.settle(take(raw, 3));
    expect(bad).toMatchObject({ value: null, offset: 1n, bad: { value: new Uint8Array([255]) } });
  });

  test('bad assignments are refused by name', async () => {
    const cluster = newCluster(17, 2);
    const { client } = cluster.client();
    expect(() => client.consumer({ assignments: [] })).toThrow(/needs assignments/);
    expect(() => client.consumer({ assignments: [{ topic: 't', from: -1n }] })).toThrow(/offset as bigint/);
    const unknown = client.consumer({ assignments: [{ topic: 'nope', from: 0n }], topicTimeoutMs: 200 });
    expect(await cluster.settle(codeOf(valuesOf(unknown, 1)))).toBe('UNKNOWN_TOPIC_OR_PARTITION');
    const beyond = client.consumer({ assignments: [{ topic: 't', partition: 2, from: 0n }] });
    await expect(cluster.settle(beyond.start())).rejects.toThrow(/partitions 0 to 1/);
    const twice = client.consumer({
      assignments: [
        { topic: 't', from: 0n },
        { topic: 't', partition: 1, from: 0n },
      ],
    });
    await expect(cluster.settle(twice.start())).rejects.toThrow(/assigned twice/);
  });
});

describe('a consumer under faults', () => {
  test.each(Array.from({ length: 30 }, (_, seed) => seed))('seed %i: each record once, in order', async (seed) => {
    const cluster = newCluster(1000 + seed, 2);
    const { random } = cluster;
    const assignments = [{ topic: 't', from: 'earliest' as const }];
    const consumer = cluster.client().client.consumer({ assignments, prefetchBytes: 65_536 * 2, ...TEXT });
    const counts = [0, 0];
    for (let n = 0; n < 200; n++) {
      const partition = n % 2;
      cluster.scheduler.after(random.between(0, 2_000), () => {
        const values = Array.from({ length: 1 + Math.floor(random.between(0, 4)) }, () => {
          const value = String(counts[partition] ?? 0).padEnd(2_000, '.');
          counts[partition] = (counts[partition] ?? 0) + 1;
          return value;
        });
        append(cluster, partition, values);
      });
    }
    for (let fault = 0; fault < 25; fault++) {
      cluster.scheduler.after(random.between(0, 2_000), () => {
        const id = 1 + Math.floor(random.between(0, 3));
        if (random.chance(0.5)) cluster.breakStreams(id);
        else cluster.move(cluster.partition('t', fault % 2), id);
      });
    }
    cluster.onPushRecords = (bytes) => {
      if (random.chance(0.05)) bytes[70] = (bytes[70] ?? 0) ^ 4;
      return bytes;
    };
    cluster.scheduler.after(2_000, () => {
      cluster.onPushRecords = (bytes) => bytes;
    });
    const read: Message<string, string>[] = [];
    const reading = (async () => {
      for await (const message of consumer) read.push(message);
    })();
    // Batches are damaged at random: three in a row for one place fail the consumer, which is right, and rare.
    const failure = reading.then(
      () => 'closed',
      (error: unknown) => (error instanceof MoldauError ? error.code : String(error)),
    );
    await cluster.scheduler.run({ untilMs: 6_000 });
    await consumer.close();
    expect(['closed', 'CORRUPT_MESSAGE']).toContain(await cluster.settle(failure));
    for (const partition of [0, 1]) {
      const own = read.filter((message) => message.partition === partition);
      expect(own.map(({ offset }) => Number(offset))).toEqual([...own.keys()]);
      expect(own.map(({ value }) => Number.parseInt(value ?? '', 10))).toEqual([...own.keys()]);
      if ((await failure) === 'closed') expect(own.length).toBe(counts[partition]);
    }
  });
});
