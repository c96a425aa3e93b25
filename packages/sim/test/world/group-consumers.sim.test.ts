import { MoldauError } from '@moldau/client';
import { topicByName } from '@moldau/metadata';
import { describe, expect, test } from 'vitest';
import { BROKER_IDS, brokerHost } from '../../src/world/names.ts';
import { GroupWorld, type Reader } from './group-world.ts';

const PARTITIONS = 6;
const SEEDS = [1, 2, 3];

async function worldWith(seed: number): Promise<GroupWorld> {
  const world = new GroupWorld(seed);
  await world.open(PARTITIONS);
  world.produce(20);
  return world;
}

/** Java's hash of `g`, over as many partitions as there are by default. */
function coordinatorOf(world: GroupWorld): number {
  const [image] = [...world.world.brokers.values()].flatMap(({ node }) => (node ? [node.inspect().image] : []));
  const topic = image && topicByName(image, '__consumer_offsets');
  const partition = 'g'.charCodeAt(0) % (topic?.partitions.length ?? 1);
  return topic?.partitions[partition]?.leader ?? -1;
}

/** Of each value how often it was finished, over all members. */
function times(readers: readonly Reader[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { value } of readers.flatMap(({ seen }) => seen)) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

function repeated(readers: readonly Reader[]): readonly string[] {
  return [...times(readers)].filter(([, count]) => count > 1).map(([value]) => value);
}

describe.each(SEEDS)('members of a group, seed %i', (seed) => {
  test('two share; one is killed, the other reads on: no acknowledged record is left out', async () => {
    const world = await worldWith(seed);
    const one = world.join('one');
    const other = world.join('other');
    await world.shared([one, other], PARTITIONS);
    expect([one.owned.size, other.owned.size]).toEqual([3, 3]);
    await world.run(3_000);
    world.kill(one);
    await world.shared([other], PARTITIONS);
    await world.stopProducing();
    await world.allIsSeen();
    expect(one.seen.length).toBeGreaterThan(0);
  });

  test('the coordinator dies: nobody loses a partition, and commits go on at the next', async () => {
    const world = await worldWith(seed);
    const readers = [world.join('one'), world.join('other')];
    await world.shared(readers, PARTITIONS);
    await world.run(2_000);
    const events = readers.map((reader) => [...reader.events]);
    const before = coordinatorOf(world);
    world.world.brokers.get(before)?.kill();
    await world.until(() => ![before, -1].includes(coordinatorOf(world)), 'another coordinator');
    await world.run(10_000);
    expect(readers.map((reader) => reader.events)).toEqual(events);
    world.world.brokers.get(before)?.start();
    await world.stopProducing();
    await world.allIsSeen();
    for (const reader of readers) await world.close(reader);
    const last = world.join('last');
    await world.shared([last], PARTITIONS);
    await world.run(5_000);
    expect(last.seen).toEqual([]);
  });

  test('brokers are restarted one by one: each record once, since nobody had to give anything up', async () => {
    const world = await worldWith(seed);
    const readers = [world.join('one'), world.join('other')];
    await world.shared(readers, PARTITIONS);
    for (const id of BROKER_IDS) {
      let isDown = false;
      const machine = world.world.brokers.get(id);
      machine?.stop(() => {
        isDown = true;
      });
      await world.until(() => isDown, `${brokerHost(id)} is down`);
      await world.run(1_000);
      machine?.start();
      await world.run(10_000);
    }
    await world.stopProducing();
    await world.allIsSeen();
    expect(repeated(readers)).toEqual([]);
    expect(readers.map(({ events }) => events.filter((each) => each.startsWith('!')))).toEqual([[], []]);
  });

  test('a member comes: what does not move is read all the while, what moves is read once', async () => {
    const world = await worldWith(seed);
    const readers = [world.join('one'), world.join('other')];
    await world.shared(readers, PARTITIONS);
    await world.run(2_000);
    const had = readers.map(({ owned }) => new Set(owned));
    const seenBefore = readers.map(({ seen }) => seen.length);
    const third = world.join('third');
    await world.until(() => third.owned.size === 2, 'the third has its share');
    await world.shared([...readers, third], PARTITIONS);
    await world.run(2_000);
    for (const [index, { owned, events, seen }] of readers.entries()) {
      // One of three goes, and nothing comes in its place.
      expect(owned.size).toBe(2);
      expect([...owned].every((each) => had[index]?.has(each))).toBe(true);
      expect(events.filter((each) => each.startsWith('-')).length).toBe(1);
      const kept = seen.slice(seenBefore[index]).filter(({ partition }) => owned.has(`t/${partition}`));
      const gaps = kept.slice(1).map(({ atMs }, at) => atMs - (kept[at]?.atMs ?? 0));
      expect(Math.max(...gaps)).toBeLessThan(1_000);
    }
    await world.stopProducing();
    await world.allIsSeen();
    expect(repeated([...readers, third])).toEqual([]);
  });

  test('with range all give up all, and still each record is read once', async () => {
    const world = await worldWith(seed);
    const options = { assignors: ['range', 'cooperative-sticky'] as const };
    const readers = [world.join('one', options)];
    await world.shared(readers, PARTITIONS);
    await world.run(2_000);
    readers.push(world.join('other', options));
    await world.shared(readers, PARTITIONS);
    await world.run(2_000);
    const [one, other] = readers;
    expect(one?.events.filter((each) => each.startsWith('-')).length).toBe(PARTITIONS);
    expect([...(one?.owned ?? [])].sort()).toEqual(
      [...(one?.owned ?? []), ...(other?.owned ?? [])].sort().slice(...(one?.owned.has('t/0') ? [0, 3] : [3])),
    );
    await world.stopProducing();
    await world.allIsSeen();
    expect(repeated(readers)).toEqual([]);
  });

  test('what was closed had committed all that was processed', async () => {
    const world = await worldWith(seed);
    const one = world.join('one');
    await world.shared([one], PARTITIONS);
    await world.run(3_000);
    await world.close(one);
    const other = world.join('other');
    await world.shared([other], PARTITIONS);
    await world.stopProducing();
    await world.allIsSeen();
    // The one in hand when it was closed was not known to be processed.
    expect(repeated([one, other]).length).toBeLessThanOrEqual(1);
  });
});

describe('a member', () => {
  test('that is slow is waited for: what it is at is finished, and committed before another has it', async () => {
    const world = await worldWith(4);
    const one = world.join('one');
    await world.shared([one], PARTITIONS);
    one.workMs = 2_000;
    await world.run(3_000);
    const other = world.join('other');
    await world.shared([one, other], PARTITIONS);
    one.workMs = 0;
    await world.stopProducing();
    await world.allIsSeen();
    expect(repeated([one, other])).toEqual([]);
  });

  test('that does not come for more loses its partitions, and gets some again when it does', async () => {
    const world = await worldWith(5);
    const options = { maxPollIntervalMs: 8_000 };
    const one = world.join('one', options);
    const other = world.join('other', options);
    await world.shared([one, other], PARTITIONS);
    one.workMs = 30_000;
    await world.until(() => other.owned.size === PARTITIONS, 'the other has all');
    expect(one.events.filter((each) => each.startsWith('!')).length).toBe(3);
    one.workMs = 0;
    await world.shared([one, other], PARTITIONS);
    await world.stopProducing();
    await world.allIsSeen();
    expect(one.errors).toEqual([]);
  });

  test('that waits for records is not stalled, however long it takes until there are some', async () => {
    const world = new GroupWorld(12);
    await world.open(PARTITIONS);
    const one = world.join('one', { maxPollIntervalMs: 7_000 });
    await world.shared([one], PARTITIONS);
    await world.run(30_000);
    await world.write('t', 'at last');
    await world.until(() => one.seen.length === 1, 'it is read');
    expect(one.events.length).toBe(PARTITIONS);
  });

  test('with a lasting name that is started again within its session has the same, without a rebalance', async () => {
    const world = await worldWith(6);
    const options = { sessionTimeoutMs: 20_000 };
    const one = world.join('one', { ...options, instanceId: 'first' });
    const other = world.join('other', { ...options, instanceId: 'second' });
    await world.shared([one, other], PARTITIONS);
    const had = [...one.owned].sort();
    const events = other.events.length;
    world.kill(one);
    await world.run(3_000);
    one.machine.start();
    await world.shared([one, other], PARTITIONS);
    expect([...one.owned].sort()).toEqual(had);
    expect(other.events.length).toBe(events);
    await world.stopProducing();
    await world.allIsSeen();
  });

  test('whose lasting name another takes is told so, and the other reads on', async () => {
    const world = await worldWith(7);
    const one = world.join('one', { instanceId: 'same' });
    await world.shared([one], PARTITIONS);
    await world.run(2_000);
    world.readers.splice(0, 1);
    const other = world.join('other', { instanceId: 'same' });
    await world.until(() => one.errors.length > 0, 'the first is fenced');
    // Expected, so it does not end what is waited for later.
    expect(one.errors.splice(0)).toMatchObject([{ code: 'FENCED_INSTANCE_ID', retriable: false }]);
    await world.shared([other], PARTITIONS);
    await world.stopProducing();
    // The first has read some of it, and is no reader any more.
    const before = new Set(one.seen.map(({ value }) => value));
    await world.until(() => world.missing().every((value) => before.has(value)), 'all is read');
  });

  test('that is cut off longer than its session loses all, and reads on when it is back', async () => {
    const world = await worldWith(8);
    const one = world.join('one');
    const other = world.join('other');
    await world.shared([one, other], PARTITIONS);
    await world.until(() => one.seen.length > 20, 'something is read');
    for (const id of BROKER_IDS) world.world.network.partition('one', brokerHost(id));
    await world.until(() => other.owned.size === PARTITIONS, 'the other has all');
    // It does not know yet; what it commits now would put the other back.
    let refusal: unknown;
    one.consumer?.commit().catch((error: unknown) => {
      refusal = error;
    });
    world.world.network.healAll();
    await world.until(() => refusal !== undefined, 'its commit is refused');
    expect(refusal).toMatchObject({ retriable: false });
    expect(['UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION']).toContain(
      refusal instanceof MoldauError ? refusal.code : refusal,
    );
    await world.shared([one, other], PARTITIONS);
    expect(one.events.filter((each) => each.startsWith('!')).length).toBe(3);
    await world.stopProducing();
    await world.allIsSeen();
  });
});

describe('topics of a group', () => {
  test('that grow: the new partitions are read from their beginning, nothing else moves', async () => {
    const world = await worldWith(9);
    const readers = [world.join('one'), world.join('other')];
    await world.shared(readers, PARTITIONS);
    await world.asAdmin((client) => client.admin().createPartitions([{ name: 't', partitions: 8 }]));
    await world.shared(readers, 8);
    expect(readers.flatMap(({ events }) => events).filter((each) => !each.startsWith('+'))).toEqual([]);
    for (const partition of [6, 7]) await world.write('t', `new ${partition}`, partition);
    await world.until(() => ['new 6', 'new 7'].every((value) => times(readers).get(value) === 1), 'they are read');
    await world.stopProducing();
    await world.allIsSeen();
  });

  test('that match a pattern are read once they are there, and given up when they are gone', async () => {
    const world = await worldWith(10);
    const one = world.join('one', { topics: /^(t|more-.*)$/ });
    await world.shared([one], PARTITIONS);
    await world.asAdmin((client) =>
      client.admin().createTopics([{ name: 'more-a', partitions: 1, replicationFactor: 3 }]),
    );
    await world.write('more-a', 'hello');
    await world.until(() => one.owned.has('more-a/0'), 'the new topic is had');
    await world.until(() => one.seen.some(({ value }) => value === 'hello'), 'and read');
    await world.deleteTopic('more-a');
    await world.until(() => !one.owned.has('more-a/0'), 'the topic is given up');
    await world.shared([one], PARTITIONS);
    await world.stopProducing();
    await world.allIsSeen();
  });

  test('that are made anew are read from the beginning of the new one', async () => {
    const world = await worldWith(11);
    const one = world.join('one', { topics: ['u'] });
    const make = async (value: string): Promise<void> => {
      await world.asAdmin((client) =>
        client.admin().createTopics([{ name: 'u', partitions: 1, replicationFactor: 3 }]),
      );
      for (let each = 0; each < 5; each++) await world.write('u', `${value}${each}`);
    };
    await make('old');
    await world.until(() => one.seen.length === 5, 'the first is read');
    await world.deleteTopic('u');
    await make('new');
    await world.until(() => one.seen.length === 10, 'the second is read');
    expect(one.seen.slice(5).map(({ value }) => value)).toEqual(['new0', 'new1', 'new2', 'new3', 'new4']);
    await world.stopProducing();
  });
});
