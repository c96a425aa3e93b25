import { type Client, type Consumer, type GroupOptions, type Message, MoldauError, string } from '@moldau/client';
import { beforeAll, describe, expect, test } from 'vitest';
import { sleep } from '../../src/workloads/client-machine.ts';
import { GroupWorld } from './group-world.ts';

// One world for all: each test has a group and a topic of its own.
const world = new GroupWorld(21);
let topicCount = 0;

beforeAll(() => world.open(1));

/** A topic with as many records in each of its partitions. */
async function topicWith(records: number, partitions = 1): Promise<string> {
  const name = `topic-${++topicCount}`;
  await world.asAdmin(async (client) => {
    await client.admin().createTopics([{ name, partitions, replicationFactor: 3 }]);
    const producer = client.producer({ value: string() });
    for (let partition = 0; partition < partitions; partition++) {
      for (let each = 0; each < records; each++) await producer.send(name, { value: `v${each}`, partition });
    }
  });
  return name;
}

function member(client: Client, topic: string, more: Partial<GroupOptions<Uint8Array, string>> = {}) {
  return client.consumer({ group: topic, topics: [topic], value: string(), autoCommit: false, ...more });
}

async function take(consumer: Consumer<Uint8Array, string>, count: number): Promise<Message<Uint8Array, string>[]> {
  const taken: Message<Uint8Array, string>[] = [];
  if (count === 0) return taken;
  for await (const message of consumer) {
    taken.push(message);
    if (taken.length === count) break;
  }
  return taken;
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'nothing';
  } catch (error) {
    return error instanceof MoldauError ? error.code : String(error);
  }
}

describe('commits', () => {
  test('what the application says is committed, with its remark and the epoch it was read in', async () => {
    const topic = await topicWith(10);
    await world.asAdmin(async (client) => {
      await using consumer = member(client, topic);
      await take(consumer, 4);
      expect(await consumer.committed()).toEqual([
        { topic, partition: 0, offset: undefined, leaderEpoch: -1, metadata: '' },
      ]);
      await consumer.commit();
      expect(await consumer.committed()).toMatchObject([{ offset: 4n, metadata: '' }]);
      await consumer.commit([{ topic, partition: 0, offset: 2n, metadata: 'why' }]);
      expect(await consumer.committed()).toMatchObject([{ offset: 2n, metadata: 'why', leaderEpoch: -1 }]);
      await take(consumer, 1);
      await consumer.commit();
      const [committed] = await consumer.committed();
      expect(committed).toMatchObject({ offset: 5n });
      expect(committed?.leaderEpoch).toBeGreaterThanOrEqual(0);
    });
    await world.asAdmin(async (client) => {
      await using consumer = member(client, topic);
      expect(await take(consumer, 2)).toMatchObject([{ offset: 5n }, { offset: 6n }]);
    });
  });

  test('by itself: what was processed, not what the application is still at', async () => {
    const topic = await topicWith(10);
    await world.asAdmin(async (client, ports) => {
      await using consumer = member(client, topic, { autoCommit: true, autoCommitIntervalMs: 500 });
      let handled = 0;
      for await (const { offset } of consumer) {
        await sleep(ports, 1_000);
        const [committed] = await consumer.committed();
        expect(committed?.offset ?? 0n).toBe(offset);
        if (++handled === 4) break;
      }
    });
    await world.asAdmin(async (client) => {
      await using consumer = member(client, topic);
      // The fourth was left in the midst of it.
      expect(await take(consumer, 1)).toMatchObject([{ offset: 3n }]);
    });
  });

  test('an explicit commit of what is in hand stands, whatever is committed by itself at the close', async () => {
    const topic = await topicWith(10);
    await world.asAdmin(async (client) => {
      await using consumer = member(client, topic, { autoCommit: true });
      for await (const { messages } of consumer.batches()) {
        await consumer.commit([{ topic, partition: 0, offset: (messages[0]?.offset ?? 0n) + 1n }]);
        break;
      }
    });
    await world.asAdmin(async (client) => {
      await using consumer = member(client, topic);
      expect(await consumer.committed([{ topic, partition: 0 }])).toMatchObject([{ offset: 1n }]);
    });
  });

  test('only of what the member has, and only by members', async () => {
    const topic = await topicWith(1);
    await world.asAdmin(async (client) => {
      await using consumer = member(client, topic);
      await consumer.start();
      const elsewhere = consumer.commit([{ topic, partition: 9, offset: 1n }]);
      expect(await codeOf(elsewhere)).toBe('INVALID_ARGUMENT');
      expect(await codeOf(consumer.commit([{ topic, partition: 0, offset: -1n }]))).toBe('INVALID_ARGUMENT');
      await using byHand = client.consumer({ assignments: [{ topic, from: 'earliest' }] });
      expect(await codeOf(byHand.commit())).toBe('INVALID_ARGUMENT');
    });
  });

  test('are refused once the partitions are gone: by then another may have them', async () => {
    const topic = await topicWith(4);
    await world.asAdmin(async (client, ports) => {
      await using consumer = member(client, topic, {
        maxPollIntervalMs: 6_000,
        sessionTimeoutMs: 6_000,
        heartbeatIntervalMs: 1_000,
      });
      for await (const _ of consumer) {
        await sleep(ports, 20_000);
        expect(consumer.assignments()).toEqual([]);
        expect(await codeOf(consumer.commit([{ topic, partition: 0, offset: 1n }]))).toBe('INVALID_ARGUMENT');
        break;
      }
    });
  });
});

describe('where a member begins what the group has not read', () => {
  test.each([
    ['earliest', '0'],
    ['latest', 'nothing there'],
    ['none', 'NO_COMMITTED_OFFSET'],
    [{ durationMs: 3_600_000 }, '0'],
    [{ durationMs: 1 }, 'nothing there'],
  ] as const)('%j: %s', async (autoOffsetReset, expected) => {
    const topic = await topicWith(3);
    await world.run(1_000);
    const found = await world.asAdmin(async (client, ports) => {
      await using consumer = member(client, topic, { autoOffsetReset });
      await consumer.start();
      const first = take(consumer, 1).then(
        ([message]) => String(message?.offset),
        (error: unknown) => (error instanceof MoldauError ? error.code : String(error)),
      );
      return await Promise.race([first, sleep(ports, 5_000).then(() => 'nothing there')]);
    });
    expect(found).toBe(expected);
  });

  test('a seek helps where nothing else says where', async () => {
    const topic = await topicWith(3);
    await world.asAdmin(async (client) => {
      await using consumer = member(client, topic, { autoOffsetReset: 'none' });
      expect(await codeOf(take(consumer, 1))).toBe('NO_COMMITTED_OFFSET');
      consumer.seek(topic, 0, 1n);
      expect(await take(consumer, 1)).toMatchObject([{ offset: 1n }]);
    });
  });

  test('places of its own: the listener seeks before anything is delivered', async () => {
    const topic = await topicWith(5);
    await world.asAdmin(async (client) => {
      const made: { consumer?: Consumer<Uint8Array, string> } = {};
      await using consumer = member(client, topic, {
        listener: {
          onAssigned: (parts) => {
            for (const { partition } of parts) made.consumer?.seek(topic, partition, 3n);
          },
        },
      });
      made.consumer = consumer;
      expect(await take(consumer, 2)).toMatchObject([{ offset: 3n }, { offset: 4n }]);
    });
  });

  test('a committed offset that retention has passed is begun as the member says', async () => {
    const topic = await topicWith(3);
    await world.asAdmin((client) => client.admin().alterGroupOffsets(topic, [{ topic, partition: 0, offset: 99n }]));
    await world.asAdmin(async (client) => {
      await using consumer = member(client, topic);
      expect(await take(consumer, 1)).toMatchObject([{ offset: 0n }]);
    });
    await world.asAdmin(async (client) => {
      await using consumer = member(client, topic, { autoOffsetReset: 'none' });
      expect(await codeOf(take(consumer, 1))).toBe('OFFSET_OUT_OF_RANGE');
    });
  });
});

describe('reading', () => {
  test('pause, resume, position, lag', async () => {
    const topic = await topicWith(5, 2);
    await world.asAdmin(async (client) => {
      await using consumer = member(client, topic);
      await consumer.start();
      consumer.pause([{ topic, partition: 0 }]);
      expect((await take(consumer, 5)).every(({ partition }) => partition === 1)).toBe(true);
      consumer.resume();
      expect((await take(consumer, 5)).every(({ partition }) => partition === 0)).toBe(true);
      expect(consumer.position(topic, 0)).toBe(5n);
      expect(consumer.lag()).toEqual([0, 1].map((partition) => ({ topic, partition, lag: 0n })));
    });
  });

  test('what the listener throws ends the loop, and the group goes on without this member', async () => {
    const topic = await topicWith(2);
    await world.asAdmin(async (client) => {
      await using consumer = member(client, topic, {
        listener: {
          onAssigned: () => {
            throw new Error('no room for these');
          },
        },
      });
      expect(await codeOf(take(consumer, 1))).toContain('no room for these');
    });
    // It has left when it is closed.
    await world.asAdmin(async (client) => {
      expect(await client.admin().describeGroup(topic)).toMatchObject({ state: 'Empty', members: [] });
    });
  });

  test.each([
    [{ group: '' }],
    [{ topics: [] }],
    [{ sessionTimeoutMs: 1_000, heartbeatIntervalMs: 900 }],
    [{ maxPollIntervalMs: 0 }],
    [{ instanceId: '' }],
    [{ assignors: [] }],
    [{ autoOffsetReset: { durationMs: -1 } }],
  ])('what cannot be is refused at once: %j', async (more) => {
    await world.asAdmin((client) => {
      expect(() => member(client, 'x', more)).toThrow(MoldauError);
      return Promise.resolve();
    });
  });

  test('a session that the broker does not allow is refused', async () => {
    const topic = await topicWith(1);
    await world.asAdmin(async (client) => {
      await using consumer = member(client, topic, { sessionTimeoutMs: 1_000, heartbeatIntervalMs: 300 });
      expect(await codeOf(consumer.start())).toBe('INVALID_SESSION_TIMEOUT');
    });
  });

  test('members that share in ways that do not go together are told so', async () => {
    const topic = await topicWith(1);
    await world.asAdmin(async (client) => {
      await using one = member(client, topic, { assignors: ['range'] });
      await one.start();
      await using other = member(client, topic);
      expect(await codeOf(other.start())).toBe('INCONSISTENT_GROUP_PROTOCOL');
    });
  });
});

describe('the admin', () => {
  test('lists and describes groups: state, members, what they read, lag', async () => {
    const topic = await topicWith(4, 2);
    await world.asAdmin(async (client) => {
      const admin = client.admin();
      await using consumer = member(client, topic, { instanceId: 'one' });
      await take(consumer, 3);
      await consumer.commit();
      expect((await admin.listGroups()).find(({ groupId }) => groupId === topic)).toEqual({
        groupId: topic,
        protocolType: 'consumer',
        state: 'Stable',
      });
      const found = await admin.describeGroup(topic);
      expect(found).toMatchObject({ groupId: topic, state: 'Stable', protocol: 'cooperative-sticky' });
      const [one] = found.members;
      expect(one).toMatchObject({ instanceId: 'one', topics: [topic], clientId: expect.stringMatching(/^admin-/) });
      expect(one?.assignment).toEqual([0, 1].map((partition) => ({ topic, partition })));
      expect(found.partitions.reduce((sum, { lag = 0n }) => sum + lag, 0n)).toBe(5n);
      expect(found.partitions.every(({ memberId }) => memberId === one?.memberId)).toBe(true);
    });
  });

  test('moves, forgets and deletes only what nobody uses', async () => {
    const topic = await topicWith(4, 2);
    await world.asAdmin(async (client) => {
      const admin = client.admin();
      const offsets = [0, 1].map((partition) => ({ topic, partition, offset: 3n, metadata: 'moved' }));
      {
        await using consumer = member(client, topic);
        await consumer.start();
        expect(await codeOf(admin.alterGroupOffsets(topic, offsets))).toBe('NON_EMPTY_GROUP');
        expect(await codeOf(admin.deleteGroup(topic))).toBe('NON_EMPTY_GROUP');
        expect(await codeOf(admin.deleteGroupOffsets(topic, [{ topic, partition: 0 }]))).toBe(
          'GROUP_SUBSCRIBED_TO_TOPIC',
        );
      }
      await admin.alterGroupOffsets(topic, offsets);
      await admin.deleteGroupOffsets(topic, [{ topic, partition: 1 }]);
      expect((await admin.describeGroup(topic)).partitions).toMatchObject([
        { partition: 0, committedOffset: 3n, endOffset: 4n, lag: 1n, metadata: 'moved', memberId: '' },
      ]);
      expect(await codeOf(admin.alterGroupOffsets(topic, [{ topic, partition: 7, offset: 0n }]))).toBe(
        'UNKNOWN_TOPIC_OR_PARTITION',
      );
      await admin.deleteGroup(topic);
      expect(await codeOf(admin.describeGroup(topic))).toBe('GROUP_ID_NOT_FOUND');
      expect(await codeOf(admin.deleteGroup(topic))).toBe('GROUP_ID_NOT_FOUND');
    });
  });
});
