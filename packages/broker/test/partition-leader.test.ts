import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type BrokerView, type LeaderStart, PartitionLeader } from '../src/partition/partition-leader.ts';
import { NO_BUGS, type PlantedBrokerBug } from '../src/planted-bugs.ts';

const LAG_MS = 1000;
const up = (epoch: number): BrokerView => ({ epoch, fenced: false, shuttingDown: false });
const BROKERS = new Map<number, BrokerView>([
  [1, up(11)],
  [2, up(12)],
  [3, up(13)],
]);
const registered = (id: number): BrokerView | undefined => BROKERS.get(id);

function leaderOf(start: Partial<LeaderStart> = {}, bugs: readonly PlantedBrokerBug[] = []): PartitionLeader {
  return new PartitionLeader(
    {
      nodeId: 1,
      leaderEpoch: 5,
      partitionEpoch: 7,
      isr: [1, 2, 3],
      replicas: [1, 2, 3],
      epochStart: 100,
      highWatermark: 90,
      countedEnd: 100,
      minIsr: 2,
      nowMs: 0,
      ...start,
    },
    bugs.length === 0 ? NO_BUGS : new Set(bugs),
  );
}

function report(leader: PartitionLeader, brokerId: number, countedEnd: number, nowMs = 0, source = {}): object {
  leader.attach(brokerId, { source, brokerEpoch: 10 + brokerId });
  leader.progress(brokerId, source, { countedEnd, nowMs });
  return source;
}

test('the low watermark is the lowest start of the replicas that live, and unknown until all have said theirs', () => {
  const leader = leaderOf();
  const [second, third] = [{}, {}];
  leader.attach(2, { source: second, brokerEpoch: 1 });
  leader.attach(3, { source: third, brokerEpoch: 1 });
  const all = () => true;
  leader.followerStarts(2, second, 7);
  expect(leader.lowWatermark(9, all)).toBeUndefined();
  expect(leader.lowWatermark(9, (id) => id !== 3)).toBe(7);
  leader.followerStarts(3, {}, 1);
  expect(leader.lowWatermark(9, all)).toBeUndefined();
  leader.followerStarts(3, third, 8);
  expect(leader.lowWatermark(9, all)).toBe(7);
  leader.attach(2, { source: {}, brokerEpoch: 2 });
  expect(leader.lowWatermark(9, all)).toBeUndefined();
  expect(leader.lowWatermark(9, () => false)).toBe(9);
});

test('the high watermark waits for every in-sync follower to report in this epoch', () => {
  const leader = leaderOf();
  expect(leader.advance()).toBe(false);
  report(leader, 2, 100);
  expect(leader.advance()).toBe(false);
  report(leader, 3, 95);
  expect(leader.advance()).toBe(true);
  expect(leader.highWatermark).toBe(95);
});

test('the high watermark stands still under the minimum ISR, and moves again when the ISR has grown', () => {
  const leader = leaderOf({ isr: [1], minIsr: 2 });
  report(leader, 2, 100);
  expect(leader.advance()).toBe(false);
  leader.commit([1, 2], 8);
  expect(leader.advance()).toBe(true);
  expect(leader.highWatermark).toBe(100);
});

test('a proposed member counts before it is committed', () => {
  const leader = leaderOf({ isr: [1, 2] });
  const source = report(leader, 2, 100);
  leader.advance();
  report(leader, 3, 100);
  expect(leader.decide(registered, 0, LAG_MS)?.isr.map((member) => member.brokerId)).toEqual([1, 2, 3]);
  leader.setCountedEnd(120);
  leader.progress(2, source, { countedEnd: 120, nowMs: 0 });
  expect(leader.maximalIsr()).toEqual([1, 2, 3]);
  expect(leader.advance()).toBe(false);
});

test('a member that is proposed to leave counts until the controller has committed that', () => {
  const leader = leaderOf();
  report(leader, 2, 100);
  leader.followerGone(3);
  const proposal = leader.decide(registered, 0, LAG_MS);
  expect(proposal).toEqual({
    leaderEpoch: 5,
    partitionEpoch: 7,
    isr: [
      { brokerId: 1, brokerEpoch: 11 },
      { brokerId: 2, brokerEpoch: 12 },
    ],
  });
  expect(leader.advance()).toBe(false);
  leader.commit([1, 2], 8);
  expect(leader.proposal).toBeUndefined();
  expect(leader.advance()).toBe(true);
});

test('one proposal is open at a time, and unknown outcomes keep it open', () => {
  const leader = leaderOf();
  leader.followerGone(3);
  expect(leader.decide(registered, 0, LAG_MS)).toBeDefined();
  leader.followerGone(2);
  expect(leader.decide(registered, 0, LAG_MS)).toBeUndefined();
  for (const code of ['NOT_CONTROLLER', 'INVALID_UPDATE_VERSION', 'REQUEST_TIMED_OUT'] as const) {
    expect(leader.refuse(code, 0)).toBe('again');
  }
  expect(leader.proposal).toBeDefined();
});

test('an ineligible member takes the proposal back, and it rests before the next', () => {
  const leader = leaderOf({ isr: [1, 2] });
  report(leader, 3, 100);
  expect(leader.decide(registered, 0, LAG_MS)).toBeDefined();
  expect(leader.refuse('INELIGIBLE_REPLICA', 0)).toBe('withdrawn');
  expect(leader.maximalIsr()).toEqual([1, 2]);
  expect(leader.decide(registered, 1, LAG_MS)).toBeUndefined();
  expect(leader.decide(registered, 600, LAG_MS)).toBeDefined();
});

test.each<[string, number, BrokerView | undefined, boolean]>([
  ['with the epoch start and the high watermark', 100, up(13), true],
  ['below the epoch start', 99, up(13), false],
  ['fenced', 100, { ...up(13), fenced: true }, false],
  ['shutting down', 100, { ...up(13), shuttingDown: true }, false],
  ['restarted since it reported', 100, up(14), false],
  ['unregistered', 100, undefined, false],
])('a follower joins the ISR: %s', (_name, countedEnd, view, joins) => {
  const leader = leaderOf({ isr: [1, 2] });
  report(leader, 3, countedEnd);
  const proposal = leader.decide((id) => (id === 3 ? view : registered(id)), 0, LAG_MS);
  expect(proposal !== undefined).toBe(joins);
});

test('a follower below the high watermark does not join', () => {
  const leader = leaderOf({ isr: [1, 2], epochStart: 100, countedEnd: 150 });
  report(leader, 2, 150);
  leader.advance();
  report(leader, 3, 149);
  expect(leader.decide(registered, 0, LAG_MS)).toBeUndefined();
});

test('a follower that lacks the start of the epoch does not join, though it has all that the new leader knows to be safe', () => {
  const proposed = (bugs: readonly PlantedBrokerBug[]) => {
    const leader = leaderOf({ isr: [1, 2] }, bugs);
    report(leader, 3, 95);
    return leader.decide(registered, 0, LAG_MS)?.isr.map((member) => member.brokerId);
  };
  expect(proposed([])).toBeUndefined();
  expect(proposed(['expand-without-epoch-start-check'])).toEqual([1, 2, 3]);
});

test('what an earlier subscription reported counts for nothing, early or late', () => {
  const leader = leaderOf({ isr: [1, 2] });
  const early = report(leader, 3, 100);
  const next = {};
  leader.attach(3, { source: next, brokerEpoch: 13 });
  expect(leader.countedEndOf(3)).toBeUndefined();
  leader.progress(3, early, { countedEnd: 100, nowMs: 0 });
  expect(leader.countedEndOf(3)).toBeUndefined();
  expect(leader.decide(registered, 0, LAG_MS)).toBeUndefined();
});

test('a follower that lags too long leaves; one that has everything stays however long nothing comes', () => {
  const leader = leaderOf();
  report(leader, 2, 100);
  report(leader, 3, 98);
  leader.tick(5000, 0);
  const proposal = leader.decide(registered, 5000, LAG_MS);
  expect(proposal?.isr.map((member) => member.brokerId)).toEqual([1, 2]);
});

test('a follower without a subscription leaves after the lag, also when it had everything', () => {
  const leader = leaderOf();
  report(leader, 2, 100);
  const source = report(leader, 3, 100);
  leader.tick(5000, 0);
  leader.detach(3, source);
  leader.tick(5900, 0);
  expect(leader.decide(registered, 5900, LAG_MS)).toBeUndefined();
  leader.tick(6100, 0);
  expect(leader.decide(registered, 6100, LAG_MS)?.isr.map((member) => member.brokerId)).toEqual([1, 2]);
});

test('a follower that keeps pace one round behind is caught up', () => {
  const leader = leaderOf();
  const second = report(leader, 2, 100);
  const third = report(leader, 3, 100);
  for (let round = 1; round <= 20; round++) {
    leader.setCountedEnd(100 + round * 10);
    leader.progress(2, second, { countedEnd: 100 + round * 10 - 10, nowMs: round * 200 });
    leader.progress(3, third, { countedEnd: 100 + round * 10, nowMs: round * 200 });
    expect(leader.decide(registered, round * 200, LAG_MS)).toBeUndefined();
  }
});

test('a follower that lags does not join again before it has caught up, though the high watermark waits for it', () => {
  const leader = leaderOf({ isr: [1, 2], replicas: [1, 2], epochStart: 90, countedEnd: 90 });
  const source = report(leader, 2, 90);
  leader.advance();
  leader.setCountedEnd(100);
  leader.tick(1500, 0);
  expect(leader.decide(registered, 1500, LAG_MS)?.isr.map((member) => member.brokerId)).toEqual([1]);
  leader.commit([1], 8);
  // Alone, under the minimum ISR: what the follower has is the high watermark.
  expect([leader.hasMinIsr, leader.highWatermark]).toEqual([false, 90]);
  expect(leader.decide(registered, 1510, LAG_MS)).toBeUndefined();
  leader.progress(2, source, { countedEnd: 95, nowMs: 1600 });
  expect(leader.decide(registered, 1600, LAG_MS)).toBeUndefined();
  leader.setCountedEnd(110);
  leader.progress(2, source, { countedEnd: 100, nowMs: 1700 });
  expect(leader.decide(registered, 1700, LAG_MS)?.isr.map((member) => member.brokerId)).toEqual([1, 2]);
});

test('a follower outside of the ISR of a new leader joins when it has all that the leader began with', () => {
  const leader = leaderOf({ isr: [1, 2] });
  leader.setCountedEnd(200);
  const source = report(leader, 3, 99, 10);
  expect(leader.decide(registered, 10, LAG_MS)).toBeUndefined();
  leader.progress(3, source, { countedEnd: 100, nowMs: 20 });
  expect(leader.decide(registered, 20, LAG_MS)?.isr.map((member) => member.brokerId)).toEqual([1, 2, 3]);
});

test('a follower that had everything while nothing came stays when it is one report behind afterwards', () => {
  const leader = leaderOf();
  const second = report(leader, 2, 100);
  report(leader, 3, 100);
  for (let now = 500; now <= 10_000; now += 500) leader.tick(now, 0);
  leader.setCountedEnd(120);
  leader.progress(2, second, { countedEnd: 110, nowMs: 10_100 });
  expect(leader.decide(registered, 10_100, LAG_MS)).toBeUndefined();
});

test('a stall of the leader does not condemn its followers', () => {
  const leader = leaderOf();
  report(leader, 2, 99);
  report(leader, 3, 99);
  leader.tick(2500, 2000);
  expect(leader.decide(registered, 2500, LAG_MS)).toBeUndefined();
});

test('older news of the ISR changes nothing', () => {
  const leader = leaderOf();
  leader.commit([1, 2], 9);
  leader.commit([1, 2, 3], 8);
  expect(leader.isr).toEqual([1, 2]);
  expect(leader.partitionEpoch).toBe(9);
});

test('a stream is down while an in-sync follower has none', () => {
  const leader = leaderOf({ isr: [1, 2] });
  expect(leader.isrStreamDown()).toBe(true);
  const source = report(leader, 2, 100);
  expect(leader.isrStreamDown()).toBe(false);
  leader.detach(2, {});
  expect(leader.isrStreamDown()).toBe(false);
  leader.detach(2, source);
  expect(leader.isrStreamDown()).toBe(true);
});

/**
 * The model keeps the whole truth of one leader epoch, the sets that may be committed right now included: whatever the
 * controller has decided, each possible in-sync set holds everything below the high watermark on its members' disks.
 */
type Step =
  | { readonly kind: 'append' | 'tick' | 'answer' | 'lose' | 'refuse' }
  | { readonly kind: 'report' | 'restart' | 'gone'; readonly brokerId: number; readonly part: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('append', 'tick', 'answer', 'lose', 'refuse') }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constantFrom('report', 'report', 'report', 'restart', 'gone'),
      brokerId: fc.constantFrom(2, 3),
      part: fc.constantFrom(0.5, 1, 1),
    }),
  },
);

function violates(steps: readonly Step[], bugs: readonly PlantedBrokerBug[]): string | undefined {
  const leader = leaderOf({ epochStart: 10, highWatermark: 5, countedEnd: 10 }, bugs);
  const durable = new Map<number, number>([
    [2, 6],
    [3, 6],
  ]);
  const sources = new Map<number, object>();
  let committed: readonly number[] = [1, 2, 3];
  let partitionEpoch = 7;
  let end = 10;
  let now = 0;
  let proposed: readonly number[] | undefined;
  for (const each of steps) {
    now += 100;
    if (each.kind === 'append') {
      end += 10;
      leader.setCountedEnd(end);
    } else if (each.kind === 'tick') leader.tick(now, 0);
    else if (each.kind === 'refuse') {
      if (proposed !== undefined) leader.refuse('INELIGIBLE_REPLICA', now);
      proposed = undefined;
    } else if (each.kind === 'answer' || each.kind === 'lose') {
      // The controller commits; the answer may be lost, and only metadata tells later.
      if (proposed !== undefined) {
        committed = proposed;
        partitionEpoch++;
        proposed = undefined;
      }
      if (each.kind === 'answer') leader.commit(committed, partitionEpoch);
    } else if ('brokerId' in each) {
      const { brokerId } = each;
      const source = sources.get(brokerId);
      if (each.kind === 'report') {
        const counted = Math.floor((durable.get(brokerId) ?? 0) + each.part * (end - (durable.get(brokerId) ?? 0)));
        durable.set(brokerId, counted);
        if (source !== undefined) leader.progress(brokerId, source, { countedEnd: counted, nowMs: now });
      } else if (each.kind === 'restart') {
        // A new subscription. The disk keeps what was true: what is below the high watermark of an in-sync member.
        if (!committed.includes(brokerId) && proposed?.includes(brokerId) !== true) durable.set(brokerId, 0);
        const fresh = {};
        sources.set(brokerId, fresh);
        leader.attach(brokerId, { source: fresh, brokerEpoch: 10 + brokerId });
      } else {
        if (source !== undefined) leader.detach(brokerId, source);
        sources.delete(brokerId);
        leader.followerGone(brokerId);
      }
    }
    leader.advance();
    const fresh = leader.decide(registered, now, LAG_MS);
    if (fresh !== undefined && fresh.partitionEpoch === partitionEpoch) proposed = fresh.isr.map((m) => m.brokerId);
    for (const isr of proposed === undefined ? [committed] : [committed, proposed]) {
      for (const id of isr) {
        const has = id === 1 ? end : (durable.get(id) ?? 0);
        if (has < leader.highWatermark) return `broker ${id} of ISR ${isr} has ${has}, HW ${leader.highWatermark}`;
      }
    }
  }
  return undefined;
}

test('every set that may be the ISR holds everything below the high watermark', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      expect(violates(steps, [])).toBeUndefined();
    }),
    { numRuns: 2000 },
  );
});

test.each<PlantedBrokerBug>([
  'hw-from-committed-isr',
  'shrink-before-commit',
  'progress-credited-to-reused-subscription',
])('the property finds the planted bug %s', (bug) => {
  const found = fc.check(
    fc.property(fc.array(step, { minLength: 10, maxLength: 80 }), (steps) => violates(steps, [bug]) === undefined),
    { numRuns: 20_000 },
  );
  expect(found.failed).toBe(true);
});

test('consumers may be sent to members of the committed ISR that have what they read', () => {
  const leader = leaderOf({ isr: [1, 2, 3], replicas: [1, 2, 3, 4] });
  const source = report(leader, 2, 100);
  const readable = (offset: number): number[] => leader.readableFollowers(offset).map(({ brokerId }) => brokerId);
  // Nobody knows where its log begins.
  expect(readable(50)).toEqual([]);
  leader.followerStarts(2, source, 0);
  // The others have no subscription, or have reported nothing.
  expect(readable(50)).toEqual([2]);
  leader.attach(3, { source: {}, brokerEpoch: 13 });
  expect(readable(50)).toEqual([2]);
  const third = report(leader, 3, 80);
  leader.followerStarts(3, third, 0);
  expect([readable(80), readable(81), readable(100), readable(101)]).toEqual([[2, 3], [2], [2], []]);
  // In no ISR.
  leader.followerStarts(4, report(leader, 4, 100), 0);
  expect(readable(50)).toEqual([2, 3]);
  leader.followerStarts(2, source, 60);
  expect([readable(59), readable(60)]).toEqual([[3], [2, 3]]);
  leader.followerStarts(2, {}, 90);
  expect(readable(60)).toEqual([2, 3]);
  leader.detach(3, third);
  expect(readable(60)).toEqual([2]);
  leader.commit([1, 3], 8);
  expect(readable(60)).toEqual([]);
});
