import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, describe, expect } from 'vitest';
import { until } from '../support/until.ts';
import type { ClientName } from './clients.ts';
import type { InteropClient, Member } from './interop-client.ts';
import { clientOf, cluster, feature, MINUTE_MS, present, TIMES, topicOf } from './suite.ts';

/**
 * Behind a rebalance, before there is something to read: some hand out what a fetch brings that they sent before the partition was
 * another's. All wait for a fetch no longer than a fifth of this.
 */
const FETCHES_END_MS = 1000;
const PARTITIONS = [0, 1, 2, 3, 4, 5];
/** Some ten waits, each of seconds. */
const GROUP_TIMEOUT_MS = 4 * MINUTE_MS;

export function groupFeatures(): void {
  const concurrent = { concurrent: true, timeoutMs: GROUP_TIMEOUT_MS };
  describe('groups', () => {
    feature('group: a second member joins, one is killed with -9', membersChange, concurrent);
    // kafkajs has no group.instance.id, and gives all partitions up in each rebalance.
    const lacks = ['kafkajs'] as const;
    feature('group: a static member comes back without a rebalance', staticMemberReturns, { ...concurrent, lacks });
    feature('group: a cooperative rebalance takes only what another gets', cooperates, { ...concurrent, lacks });
    describe('of all clients', allShare);
  });
}

/** A second member, the death of the first, and a third one. */
async function membersChange(client: InteropClient, name: ClientName): Promise<void> {
  const topic = topicOf('shared', name);
  await cluster().createTopic(topic, PARTITIONS.length);
  const options = { group: topicOf('group', name), topic, ...TIMES };
  const produce = async (from: number, end: number): Promise<string[]> => {
    const values = Array.from({ length: end - from }, (_, index) => `value-${from + index}`);
    await sendEverywhere(topic, values);
    return values;
  };
  const first = client.join(options);
  await until(`${name}: the first member has all`, () => first.assigned?.join() === PARTITIONS.join());
  const before = await produce(0, 60);
  await until(`${name}: the first member reads`, () => first.values.length === before.length);
  await cluster().untilCommitted(options.group);
  const second = client.join(options);
  await until(`${name}: they share`, () => first.assigned?.length === 3 && second.assigned?.length === 3);
  expect([...(first.assigned ?? []), ...(second.assigned ?? [])].toSorted((a, b) => a - b)).toEqual(PARTITIONS);
  await delay(FETCHES_END_MS);
  const shared = await produce(60, 120);
  const both = (): string[] => [...first.values, ...second.values];
  await until(`${name}: both read`, () => both().length >= before.length + shared.length);
  expect(both().toSorted()).toEqual([...before, ...shared].toSorted());
  expect(second.values.length).toBeGreaterThan(0);

  await cluster().untilCommitted(options.group);
  await first.kill();
  await until(`${name}: the second member has all`, () => second.assigned?.join() === PARTITIONS.join());
  const after = await produce(120, 180);
  await until(`${name}: the second member reads all`, () => after.every((value) => second.values.includes(value)));
  // It goes on where the first had committed, and each was read once.
  expect(both().toSorted()).toEqual([...before, ...shared, ...after].toSorted());
  await cluster().untilCommitted(options.group);
  await second.leave();

  const third = client.join(options);
  await until(`${name}: the third member has all`, () => third.assigned?.join() === PARTITIONS.join());
  const last = await produce(180, 200);
  await until(`${name}: the third member reads`, () => third.values.length >= last.length);
  expect(third.values.toSorted()).toEqual(last.toSorted());
  await third.leave();
}

/** KIP-345: the one that is killed is not missed, and has its partitions again. */
async function staticMemberReturns(client: InteropClient, name: ClientName): Promise<void> {
  const topic = topicOf('static', name);
  await cluster().createTopic(topic, PARTITIONS.length);
  // Longer than this test takes: only by its name is the one that was killed not missed.
  const options = { group: topicOf('static-group', name), topic, ...TIMES, sessionMs: MINUTE_MS };
  const join = (instance: string): Member => client.join({ ...options, instance });
  const stays = join('stays');
  await until(`${name}: the first member has all`, () => stays.assigned?.length === PARTITIONS.length);
  const killed = join('comes-back');
  await until(`${name}: they share`, () => stays.assigned?.length === 3 && killed.assigned?.length === 3);
  const [told, held] = [stays.history.length, killed.assigned];
  await killed.kill();
  const back = join('comes-back');
  await until(`${name}: it has them again`, () => back.assigned?.join() === held?.join());
  const values = PARTITIONS.map((partition) => `value-${partition}`);
  await sendEverywhere(topic, values);
  const read = (): string[] => [...stays.values, ...back.values].toSorted();
  await until(`${name}: all is read`, () => read().length >= values.length);
  expect(read()).toEqual(values);
  expect(back.values.toSorted()).toEqual(held?.map((partition) => `value-${partition}`));
  // The heartbeats went on meanwhile: it would have heard of a rebalance.
  await delay(2 * TIMES.heartbeatMs);
  expect(stays.history.length).toBe(told);
  await Promise.all([stays.leave(), back.leave()]);
}

/** KIP-429: whoever keeps a partition reads on. */
async function cooperates(client: InteropClient, name: ClientName): Promise<void> {
  const topic = topicOf('cooperative', name);
  const group = topicOf('cooperative-group', name);
  await cluster().createTopic(topic, PARTITIONS.length);
  const options = { group, topic, ...TIMES, assignor: 'cooperative-sticky' } as const;
  const first = client.join(options);
  await until(`${name}: the first member has all`, () => first.assigned?.length === PARTITIONS.length);
  const before = first.history.length;
  const second = client.join(options);
  await until(`${name}: they share`, () => first.assigned?.length === 3 && second.assigned?.length === 3);
  expect([...(first.assigned ?? []), ...(second.assigned ?? [])].toSorted((a, b) => a - b)).toEqual(PARTITIONS);
  for (const held of first.history.slice(before))
    expect(held).toEqual(expect.arrayContaining([...(first.assigned ?? [])]));
  expect(await cluster().assignorOf(group)).toBe('cooperative-sticky');
  const values = PARTITIONS.map((partition) => `value-${partition}`);
  await sendEverywhere(topic, values);
  await until(`${name}: both read`, () => first.values.length + second.values.length >= values.length);
  expect([...first.values, ...second.values].toSorted()).toEqual(values);
  await first.leave();
  await until(`${name}: the second member has all`, () => second.assigned?.length === PARTITIONS.length);
  await second.leave();
}

function allShare(): void {
  /** Who has read each value. */
  const readers = new Map<string, ClientName[]>();
  /** What each was to read, of all rounds. */
  const expected = new Map<ClientName, string[]>(present.map((name) => [name, []]));

  /** All join; then one after the other goes, and with it who led them. */
  beforeAll(async () => {
    const topic = 'mixed';
    const partitions = Array.from({ length: 10 }, (_, partition) => partition);
    await cluster().createTopic(topic, partitions.length);
    const options = { group: 'mixed-group', topic, ...TIMES, assignor: 'roundrobin' } as const;
    const members = new Map(present.map((name) => [name, clientOf(name).join(options)]));
    const here = new Map(members);
    const held = (): readonly number[] =>
      [...here.values()].flatMap(({ assigned = [] }) => assigned).toSorted((a, b) => a - b);
    for (const [name, member] of members) {
      const all = partitions.join();
      await until(`${[...here.keys()]} share all`, () => held().join() === all);
      await delay(FETCHES_END_MS);
      const values = partitions.map((partition) => `${here.size} members, partition ${partition}`);
      await sendEverywhere(topic, values);
      for (const [each, { assigned = [] }] of here) {
        expected.get(each)?.push(...assigned.map((partition) => values[partition] ?? ''));
      }
      const isRead = (value: string): boolean => [...here.values()].some((each) => each.values.includes(value));
      await until(`${[...here.keys()]} read all`, () => values.every(isRead));
      await cluster().untilCommitted(options.group);
      await member.leave();
      here.delete(name);
    }
    for (const [name, { values }] of members) {
      for (const value of values) readers.set(value, [...(readers.get(value) ?? []), name]);
    }
  }, 2 * GROUP_TIMEOUT_MS);

  feature('group: members of all clients share the partitions, without gap or double', async (_, name) => {
    const values = expected.get(name) ?? [];
    expect(values.length).toBeGreaterThan(0);
    for (const value of values) expect([value, readers.get(value)]).toEqual([value, [name]]);
  });
}

/** The same number into each partition. */
async function sendEverywhere(topic: string, values: readonly string[]): Promise<void> {
  const [described] = await cluster().client.admin().describeTopics([topic]);
  const count = described?.partitions.length ?? 1;
  await using producer = cluster().client.producer();
  await Promise.all(
    values.map((value, index) => producer.send(topic, { value: Buffer.from(value), partition: index % count })),
  );
}
