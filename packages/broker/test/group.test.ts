import { utf8Decode } from '@moldau/base';
import { decodeConsumerAssignment } from '@moldau/protocol';
import { expect, test } from 'vitest';
import { GroupDriver } from './support/group-driver.ts';

function two(): { driver: GroupDriver; leader: string; follower: string } {
  const driver = new GroupDriver();
  const [first, second] = driver.stable({}, {});
  return { driver, leader: first?.memberId ?? '', follower: second?.memberId ?? '' };
}

test('the first member waits for others, and leads', () => {
  const driver = new GroupDriver();
  const first = driver.join({ tells: 'a' });
  driver.pass(2000);
  const second = driver.join({ tells: 'b' });
  driver.pass(1500);
  expect(driver.joins.size).toBe(0);
  driver.pass(3000);
  const answer = driver.joined(first);
  expect(answer).toMatchObject({ error: undefined, generation: 1, protocol: 'range', protocolType: 'consumer' });
  expect(answer.leader).toBe(answer.memberId);
  expect(answer.members.map(({ metadata }) => utf8Decode(metadata))).toEqual(['a', 'b']);
  expect(driver.joined(second)).toMatchObject({ generation: 1, leader: answer.memberId, members: [] });
});

test('a stream of newcomers puts the first rebalance off no longer than a rebalance may take', () => {
  const driver = new GroupDriver();
  const first = driver.join({ rebalanceTimeoutMs: 10_000 });
  let waitedMs = 0;
  while (!driver.joins.has(first)) {
    driver.pass(1000);
    waitedMs += 1000;
    if (!driver.joins.has(first)) driver.join({ rebalanceTimeoutMs: 10_000 });
  }
  expect(waitedMs).toBe(10_000);
});

test('nobody is told an assignment before it is replicated', () => {
  const driver = new GroupDriver();
  const tickets = [driver.join(), driver.join()];
  driver.pass(3000);
  driver.pass(3000);
  const [first, second] = tickets.map((ticket) => driver.joined(ticket).memberId);
  const follower = driver.sync(second ?? '', 1);
  const leader = driver.sync(first ?? '', 1, { [first ?? '']: 'A', [second ?? '']: 'B' });
  expect(driver.syncs.size).toBe(0);
  expect(driver.writing[0]?.snapshot.members.map(({ assignment }) => utf8Decode(assignment))).toEqual(['A', 'B']);
  driver.replicate();
  expect(utf8Decode(driver.synced(leader).assignment)).toBe('A');
  expect(utf8Decode(driver.synced(follower).assignment)).toBe('B');
  expect(driver.group.state).toBe('Stable');
});

test('an assignment that cannot be written makes all come again', () => {
  const driver = new GroupDriver();
  const ticket = driver.join();
  driver.pass(3000);
  const { memberId } = driver.joined(ticket);
  const sync = driver.sync(memberId, 1, { [memberId]: 'A' });
  driver.replicate('COORDINATOR_NOT_AVAILABLE');
  expect(driver.synced(sync).error).toBe('COORDINATOR_NOT_AVAILABLE');
  expect(driver.heartbeat(memberId, 1)).toBe('REBALANCE_IN_PROGRESS');
});

test('an assignment is written once a generation, however often the leader sends it', () => {
  const driver = new GroupDriver();
  const ticket = driver.join();
  driver.pass(3000);
  const { memberId } = driver.joined(ticket);
  const first = driver.sync(memberId, 1, { [memberId]: 'A' });
  const second = driver.sync(memberId, 1, { [memberId]: 'other' });
  expect(driver.writing).toHaveLength(1);
  driver.replicate();
  expect(driver.synced(first).error).toBe('REBALANCE_IN_PROGRESS');
  expect(utf8Decode(driver.synced(second).assignment)).toBe('A');
});

test('a member that the leader leaves out gets an assignment that parses', () => {
  const driver = new GroupDriver();
  const tickets = [driver.join(), driver.join()];
  driver.pass(3000);
  driver.pass(3000);
  const [first, second] = tickets.map((ticket) => driver.joined(ticket).memberId);
  driver.sync(first ?? '', 1, { [first ?? '']: 'A' });
  const left = driver.sync(second ?? '', 1);
  driver.replicate();
  expect(decodeConsumerAssignment(driver.synced(left).assignment).assignedPartitions).toEqual([]);
});

test('a new member is given its id first, and is forgotten unless it comes with it', () => {
  const driver = new GroupDriver({ initialRebalanceDelayMs: 0 });
  const asked = driver.joined(driver.join({ canRetryWithId: true }));
  expect(asked.error).toBe('MEMBER_ID_REQUIRED');
  const ticket = driver.join({ memberId: asked.memberId, canRetryWithId: true });
  driver.pass(1);
  expect(driver.joined(ticket)).toMatchObject({ error: undefined, memberId: asked.memberId });
  const other = driver.joined(driver.join({ canRetryWithId: true }));
  driver.pass(10_000);
  expect(driver.joined(driver.join({ memberId: other.memberId })).error).toBe('UNKNOWN_MEMBER_ID');
});

test('a rebalance waits for those who were given an id', () => {
  const { driver, leader, follower } = two();
  const { memberId } = driver.joined(driver.join({ canRetryWithId: true }));
  const tickets = [leader, follower].map((id) => driver.join({ memberId: id, tells: 'more' }));
  expect(tickets.some((ticket) => driver.joins.has(ticket))).toBe(false);
  const last = driver.join({ memberId, canRetryWithId: true });
  expect([...tickets, last].map((ticket) => driver.joined(ticket).generation)).toEqual([2, 2, 2]);
});

test.each([
  {
    votes: [
      ['a', 'b'],
      ['b', 'a'],
      ['b', 'a'],
    ],
    chosen: 'b',
  },
  { votes: [['a', 'b'], ['b']], chosen: 'b' },
  {
    votes: [
      ['x', 'a'],
      ['y', 'a'],
    ],
    chosen: 'a',
  },
])('members vote for a protocol that all know: $votes', ({ votes, chosen }) => {
  const driver = new GroupDriver();
  const tickets = votes.map((protocols) => driver.join({ protocols }));
  driver.pass(3000);
  driver.pass(3000);
  expect(tickets.map((ticket) => driver.joined(ticket).protocol)).toEqual(votes.map(() => chosen));
});

test.each([
  { name: 'another type', member: { protocolType: 'connect' } },
  { name: 'no common protocol', member: { protocols: ['sticky'] } },
  { name: 'no protocol', member: { protocols: [] } },
])('$name is refused', ({ member }) => {
  const driver = new GroupDriver();
  driver.stable({});
  expect(driver.joined(driver.join(member)).error).toBe('INCONSISTENT_GROUP_PROTOCOL');
});

test('a protocol of another name than the chosen one is refused at the sync', () => {
  const { driver, follower } = two();
  expect(driver.synced(driver.sync(follower, 1, {}, { protocol: 'sticky' })).error).toBe('INCONSISTENT_GROUP_PROTOCOL');
  expect(driver.synced(driver.sync(follower, 1, {}, { protocolType: 'x' })).error).toBe('INCONSISTENT_GROUP_PROTOCOL');
  const right = driver.sync(follower, 1, {}, { protocol: 'range', protocolType: 'consumer' });
  expect(driver.synced(right).error).toBeUndefined();
});

test('a member whose session is over is out, and the others come again', () => {
  const { driver, leader, follower } = two();
  driver.pass(9000);
  expect(driver.heartbeat(follower, 1)).toBeUndefined();
  driver.pass(1000);
  expect(driver.heartbeat(follower, 1)).toBe('REBALANCE_IN_PROGRESS');
  const answer = driver.joined(driver.join({ memberId: follower }));
  expect(answer).toMatchObject({ generation: 2, leader: follower });
  expect(answer.members).toHaveLength(1);
  expect(driver.heartbeat(leader, 1)).toBe('UNKNOWN_MEMBER_ID');
});

test('a stall of the broker costs no member its session', () => {
  const { driver, follower } = two();
  driver.pass(15_000, 6000);
  expect(driver.heartbeat(follower, 1)).toBeUndefined();
});

test('a leader that does not come again in time is replaced by one that did', () => {
  const { driver, leader, follower } = two();
  const ticket = driver.join({ memberId: follower, tells: 'other' });
  for (let ms = 0; ms < 60_000; ms += 5000) {
    driver.heartbeat(leader, 1);
    driver.pass(5000);
  }
  expect(driver.joined(ticket)).toMatchObject({ error: undefined, generation: 2, leader: follower });
  expect(driver.heartbeat(leader, 1)).toBe('UNKNOWN_MEMBER_ID');
});

test('a member that does not fetch its assignment in time is out', () => {
  const driver = new GroupDriver();
  const tickets = [driver.join({ rebalanceTimeoutMs: 5000 }), driver.join({ rebalanceTimeoutMs: 5000 })];
  driver.pass(3000);
  driver.pass(3000);
  const [leader, follower] = tickets.map((ticket) => driver.joined(ticket).memberId);
  driver.sync(leader ?? '', 1, {});
  driver.replicate();
  driver.pass(5000);
  expect(driver.heartbeat(follower ?? '', 1)).toBe('UNKNOWN_MEMBER_ID');
  expect(driver.heartbeat(leader ?? '', 1)).toBe('REBALANCE_IN_PROGRESS');
});

test('a follower that comes again with nothing new is told of its generation; the leader causes the next', () => {
  const { driver, leader, follower } = two();
  expect(driver.joined(driver.join({ memberId: follower }))).toMatchObject({ generation: 1, leader, members: [] });
  driver.join({ memberId: leader });
  expect(driver.heartbeat(follower, 1)).toBe('REBALANCE_IN_PROGRESS');
});

test('a join storm ends in one generation with all', () => {
  const driver = new GroupDriver();
  const tickets = Array.from({ length: 100 }, () => driver.join());
  driver.pass(3000);
  driver.pass(3000);
  const answers = tickets.map((ticket) => driver.joined(ticket));
  expect(new Set(answers.map(({ generation }) => generation))).toEqual(new Set([1]));
  expect(answers[0]?.members).toHaveLength(100);
  expect(driver.joined(driver.join()).error).toBe('GROUP_MAX_SIZE_REACHED');
});

test('a join sent twice is answered twice, and counts once', () => {
  const { driver, leader, follower } = two();
  const first = driver.join({ memberId: leader });
  const second = driver.join({ memberId: leader });
  expect(driver.joined(first).error).toBe('REBALANCE_IN_PROGRESS');
  driver.join({ memberId: follower });
  expect(driver.joined(second)).toMatchObject({ generation: 2 });
  expect(driver.joined(second).members).toHaveLength(2);
});

test.each([
  { name: 'the generation before', member: 'follower', generation: 0, error: 'ILLEGAL_GENERATION' },
  { name: 'one that is not yet', member: 'follower', generation: 2, error: 'ILLEGAL_GENERATION' },
  { name: 'a stranger', member: 'x', generation: 1, error: 'UNKNOWN_MEMBER_ID' },
  { name: 'no generation, no member', member: '', generation: -1, error: 'UNKNOWN_MEMBER_ID' },
])('a commit of $name is refused', ({ member, generation, error }) => {
  const { driver, follower } = two();
  expect(driver.commit(member === 'follower' ? follower : member, generation)).toBe(error);
});

test('a commit is taken from members until the next generation is known, and then when it is assigned', () => {
  const { driver, leader, follower } = two();
  expect(driver.commit(follower, 1)).toBeUndefined();
  const tickets = [driver.join({ memberId: leader })];
  expect(driver.commit(follower, 1)).toBeUndefined();
  tickets.push(driver.join({ memberId: follower }));
  expect(driver.commit(follower, 1)).toBe('ILLEGAL_GENERATION');
  expect(driver.commit(follower, 2)).toBe('REBALANCE_IN_PROGRESS');
  driver.assign(tickets.map((ticket) => driver.joined(ticket)));
  expect(driver.commit(follower, 2)).toBeUndefined();
});

test('without members anybody commits, without a generation', () => {
  const driver = new GroupDriver();
  expect(driver.commit('', -1)).toBeUndefined();
  expect(driver.commit('', 0)).toBe('UNKNOWN_MEMBER_ID');
});

test('leaving is answered member by member', () => {
  const { driver, leader, follower } = two();
  expect(driver.leave({ memberId: follower }, { memberId: 'x' }, { instanceId: 'y' })).toEqual([
    undefined,
    'UNKNOWN_MEMBER_ID',
    'UNKNOWN_MEMBER_ID',
  ]);
  expect(driver.heartbeat(leader, 1)).toBe('REBALANCE_IN_PROGRESS');
  expect(driver.leave({ memberId: leader })).toEqual([undefined]);
  expect(driver.group.state).toBe('Empty');
  driver.replicateAll();
  expect(driver.log.at(-1)).toMatchObject({ generation: 2, members: [], protocol: null, leader: null });
});

test('a static member that is started again takes its place without a rebalance', () => {
  const driver = new GroupDriver();
  const [first, second] = driver.stable({ instanceId: 'a' }, { instanceId: 'b' });
  const ticket = driver.join({ instanceId: 'b' });
  expect(driver.joins.has(ticket)).toBe(false);
  driver.replicate();
  const answer = driver.joined(ticket);
  expect(answer).toMatchObject({ error: undefined, generation: 1, leader: first?.memberId, skipAssignment: false });
  expect(answer.memberId).not.toBe(second?.memberId);
  const sync = driver.synced(driver.sync(answer.memberId, 1, {}, { instanceId: 'b' }));
  expect(utf8Decode(sync.assignment)).toBe(`work of ${second?.memberId}`);
  expect(driver.heartbeat(second?.memberId ?? '', 1, 'b')).toBe('FENCED_INSTANCE_ID');
  expect(driver.commit(second?.memberId ?? '', 1, 'b')).toBe('FENCED_INSTANCE_ID');
  expect(driver.leave({ memberId: second?.memberId ?? '', instanceId: 'b' })).toEqual(['FENCED_INSTANCE_ID']);
  expect(driver.heartbeat(first?.memberId ?? '', 1, 'a')).toBeUndefined();
});

test.each([
  { canSkipAssignment: true, leads: true },
  { canSkipAssignment: false, leads: false },
])('a static leader that is started again does not assign: skip $canSkipAssignment', ({ canSkipAssignment, leads }) => {
  const driver = new GroupDriver();
  const [first] = driver.stable({ instanceId: 'a' }, {});
  const ticket = driver.join({ instanceId: 'a', canSkipAssignment });
  driver.replicate();
  const answer = driver.joined(ticket);
  expect(answer.leader === answer.memberId).toBe(leads);
  expect(answer.skipAssignment).toBe(leads);
  expect(answer.members).toHaveLength(leads ? 2 : 0);
  expect(answer.memberId).not.toBe(first?.memberId);
});

test('a static member that tells of another choice causes a rebalance', () => {
  const driver = new GroupDriver();
  driver.stable({ instanceId: 'a', protocols: ['x', 'y'] });
  const ticket = driver.join({ instanceId: 'a', protocols: ['y', 'x'] });
  expect(driver.joined(ticket)).toMatchObject({ generation: 2, protocol: 'y' });
});

test('a static member keeps its place through a rebalance, as long as its session', () => {
  const driver = new GroupDriver();
  const [first, second] = driver.stable(
    { instanceId: 'a', rebalanceTimeoutMs: 5000, sessionTimeoutMs: 20_000 },
    { rebalanceTimeoutMs: 5000, sessionTimeoutMs: 20_000 },
  );
  const ticket = driver.join({ memberId: second?.memberId ?? '', tells: 'x', rebalanceTimeoutMs: 5000 });
  driver.pass(5000);
  expect(driver.joined(ticket)).toMatchObject({ generation: 2, leader: second?.memberId });
  expect(driver.joined(ticket).members).toHaveLength(2);
  expect(driver.heartbeat(first?.memberId ?? '', 2, 'a')).toBeUndefined();
});

test('two that bear one lasting name: the later one stays, the earlier one is told', () => {
  const driver = new GroupDriver();
  const first = driver.join({ instanceId: 'a' });
  const second = driver.join({ instanceId: 'a' });
  expect(driver.joined(first).error).toBe('FENCED_INSTANCE_ID');
  driver.pass(3000);
  driver.pass(3000);
  expect(driver.joined(second)).toMatchObject({ error: undefined, generation: 1 });
});

test('the administrator takes a static member out by its name alone', () => {
  const driver = new GroupDriver();
  driver.stable({ instanceId: 'a' });
  expect(driver.leave({ instanceId: 'a' })).toEqual([undefined]);
  expect(driver.group.state).toBe('Empty');
});

test('metadata is bounded, of a member and of a group', () => {
  const driver = new GroupDriver({ memberMetadataBytesMax: 10, groupMetadataBytesMax: 15 });
  expect(driver.joined(driver.join({ tells: 'x'.repeat(11) })).error).toBe('GROUP_MAX_SIZE_REACHED');
  driver.join({ tells: 'x'.repeat(10) });
  expect(driver.joined(driver.join({ tells: 'x'.repeat(10) })).error).toBe('GROUP_MAX_SIZE_REACHED');
});

test('a group is restored as it was replicated', () => {
  const driver = new GroupDriver();
  const answers = driver.stable({ tells: 'a' }, { instanceId: 's', tells: 'b' });
  const [snapshot] = driver.log;
  if (snapshot === undefined) throw new Error('an assignment was written');
  const after = new GroupDriver({}, snapshot);
  expect(after.group.snapshot()).toEqual(snapshot);
  expect(after.group.snapshot()).toEqual(driver.group.snapshot());
  for (const { memberId } of answers) {
    const instanceId = memberId.startsWith('s') ? 's' : null;
    expect(after.heartbeat(memberId, 1, instanceId)).toBeUndefined();
  }
  after.pass(10_000);
  expect(after.group.state).toBe('Empty');
});

test('whoever waits when the coordinator stops is told', () => {
  const { driver, leader } = two();
  const ticket = driver.join({ memberId: leader });
  driver.end();
  expect(driver.joined(ticket).error).toBe('NOT_COORDINATOR');
  expect(driver.heartbeat(leader, 1)).toBe('COORDINATOR_NOT_AVAILABLE');
});
