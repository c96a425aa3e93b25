import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GroupMember, type MemberEffect, type MemberSettings } from '../../src/group/group-member.ts';
import type { PartitionName } from '../../src/partition-name.ts';

const [A, B, C]: readonly [PartitionName, PartitionName, PartitionName] = [
  { topic: 't', partition: 0 },
  { topic: 't', partition: 1 },
  { topic: 't', partition: 2 },
];

/** A member with what a coordinator would say to it, and all that it asked for. */
class Driven {
  readonly member: GroupMember;
  readonly effects: MemberEffect[] = [];
  nowMs = 0;
  #attempt = 0;

  constructor(settings: Partial<MemberSettings> = {}) {
    this.member = new GroupMember({ instanceId: '', heartbeatIntervalMs: 1_000, isCooperative: true, ...settings });
  }

  do(effects: readonly MemberEffect[]): string {
    this.effects.push(...effects);
    for (const effect of effects) if (effect.kind === 'join' || effect.kind === 'sync') this.#attempt = effect.attempt;
    return effects.map(textOf).join(' ');
  }

  start(): string {
    return this.do(this.member.start(this.nowMs));
  }

  joined(
    error?: 'MEMBER_ID_REQUIRED' | 'UNKNOWN_MEMBER_ID' | 'REBALANCE_IN_PROGRESS' | 'FENCED_INSTANCE_ID',
    generation = 1,
  ): string {
    const answer = {
      error,
      memberId: error === 'UNKNOWN_MEMBER_ID' ? '' : 'm',
      generation,
      protocol: 'x',
      leader: 'm',
    };
    return this.do(this.member.joined(this.#attempt, answer, this.nowMs));
  }

  synced(assigned: readonly PartitionName[]): string {
    return this.do(this.member.synced(this.#attempt, undefined, assigned, this.nowMs));
  }

  syncRefused(error: 'REBALANCE_IN_PROGRESS' | 'UNKNOWN_MEMBER_ID' | 'NOT_COORDINATOR'): string {
    return this.do(this.member.synced(this.#attempt, error, [], this.nowMs));
  }

  unanswered(): string {
    return this.do(this.member.unanswered(this.#attempt, this.nowMs));
  }

  heartbeaten(
    error?:
      | 'REBALANCE_IN_PROGRESS'
      | 'UNKNOWN_MEMBER_ID'
      | 'ILLEGAL_GENERATION'
      | 'FENCED_INSTANCE_ID'
      | 'NOT_COORDINATOR',
    generation = this.member.generation,
  ): string {
    return this.do(this.member.heartbeaten(error, generation, this.nowMs));
  }

  changed(): string {
    return this.do(this.member.changed(this.nowMs));
  }

  tick(): string {
    this.nowMs = Math.max(this.nowMs, this.member.dueMs === Infinity ? this.nowMs : this.member.dueMs);
    return this.do(this.member.tick(this.nowMs));
  }

  /** Stable, with these. */
  with(assigned: readonly PartitionName[]): this {
    this.start();
    this.joined('MEMBER_ID_REQUIRED');
    this.joined();
    this.synced(assigned);
    this.changed();
    return this;
  }
}

function textOf(effect: MemberEffect): string {
  switch (effect.kind) {
    case 'change': {
      const list = (sign: string, of: readonly PartitionName[]): string =>
        of.map((each) => `${sign}${each.partition}`).join('');
      return `change(${effect.losesAll ? 'all lost' : ''}${list('-', effect.revoke)}${list('+', effect.assign)})`;
    }
    case 'leave':
      return `leave(${effect.memberId})`;
    case 'fail':
      return `fail(${effect.code})`;
    default:
      return effect.kind;
  }
}

describe('entering', () => {
  test('is told an id, comes again with it, and reads what it is assigned', () => {
    const driven = new Driven();
    expect(driven.start()).toBe('join');
    expect(driven.joined('MEMBER_ID_REQUIRED')).toBe('join');
    expect(driven.member.memberId).toBe('m');
    expect(driven.joined()).toBe('sync');
    expect(driven.synced([A, B])).toBe('change(+0+1)');
    expect(driven.member.state).toBe('changing');
    expect(driven.changed()).toBe('');
    expect(driven.member.state).toBe('stable');
    expect(driven.member.owned).toEqual([A, B]);
  });

  test.each(['joined', 'synced'] as const)('an answer to an earlier attempt means nothing: %s', (kind) => {
    const driven = new Driven();
    const [first] = driven.member.start(0);
    const attempt = first?.kind === 'join' ? first.attempt : -1;
    driven.member.unanswered(attempt, 0);
    driven.tick();
    const answer = { error: undefined, memberId: 'm', generation: 9, protocol: 'x', leader: 'm' };
    const effects =
      kind === 'joined' ? driven.member.joined(attempt, answer, 0) : driven.member.synced(attempt, undefined, [A], 0);
    expect(effects).toEqual([]);
    expect(driven.member.state).toBe('joining');
  });

  test('what passes is tried again, later each time, up to a second', () => {
    const driven = new Driven();
    driven.start();
    const waits: number[] = [];
    for (let times = 0; times < 8; times++) {
      driven.unanswered();
      waits.push(driven.member.dueMs - driven.nowMs);
      expect(driven.tick()).toBe('join');
    }
    expect(waits).toEqual([50, 100, 200, 400, 800, 1000, 1000, 1000]);
    expect(driven.joined('REBALANCE_IN_PROGRESS')).toBe('');
    expect(driven.member.state).toBe('waiting');
  });

  test('what does not pass is the end', () => {
    const driven = new Driven();
    driven.start();
    expect(driven.joined('FENCED_INSTANCE_ID')).toBe('fail(FENCED_INSTANCE_ID)');
    expect(driven.member.state).toBe('failed');
    expect(driven.tick()).toBe('');
    expect(driven.member.dueMs).toBe(Infinity);
  });
});

describe('a rebalance', () => {
  test('cooperative: keeps all until it is told what to give up, and comes again when it has', () => {
    const driven = new Driven().with([A, B, C]);
    expect(driven.tick()).toBe('heartbeat');
    expect(driven.heartbeaten('REBALANCE_IN_PROGRESS')).toBe('join');
    expect(driven.member.owned).toEqual([A, B, C]);
    driven.joined(undefined, 2);
    expect(driven.synced([A, B])).toBe('change(-2)');
    expect(driven.changed()).toBe('join');
    expect(driven.member.owned).toEqual([A, B]);
    driven.joined(undefined, 3);
    expect(driven.synced([A, B])).toBe('');
    expect(driven.member.state).toBe('stable');
  });

  test('eager: gives up all first', () => {
    const driven = new Driven({ isCooperative: false }).with([A, B]);
    expect(driven.heartbeaten('REBALANCE_IN_PROGRESS')).toBe('change(-0-1)');
    expect(driven.member.owned).toEqual([A, B]);
    expect(driven.changed()).toBe('join');
    driven.joined(undefined, 2);
    expect(driven.synced([A])).toBe('change(+0)');
  });

  test('that is heard of while something is carried out waits for it', () => {
    const driven = new Driven().with([A]);
    driven.heartbeaten('REBALANCE_IN_PROGRESS');
    driven.joined(undefined, 2);
    driven.synced([A, B]);
    expect(driven.heartbeaten('REBALANCE_IN_PROGRESS')).toBe('');
    expect(driven.changed()).toBe('join');
    expect(driven.member.owned).toEqual([A, B]);
  });

  test('that another sync refuses is entered again', () => {
    const driven = new Driven().with([A]);
    driven.heartbeaten('REBALANCE_IN_PROGRESS');
    driven.joined(undefined, 2);
    expect(driven.syncRefused('REBALANCE_IN_PROGRESS')).toBe('');
    expect(driven.tick()).toBe('join');
    expect(driven.member.memberId).toBe('m');
  });
});

describe('who is no member any more', () => {
  test.each([
    ['UNKNOWN_MEMBER_ID', ''],
    ['ILLEGAL_GENERATION', 'm'],
  ] as const)('%s: loses all, and comes again', (error, memberId) => {
    const driven = new Driven().with([A, B]);
    expect(driven.heartbeaten(error)).toBe('change(all lost)');
    expect(driven.member.generation).toBe(-1);
    expect(driven.changed()).toBe('join');
    expect(driven.member.owned).toEqual([]);
    expect(driven.member.memberId).toBe(memberId);
  });

  test('a word about an earlier generation says nothing', () => {
    const driven = new Driven().with([A]);
    driven.heartbeaten('REBALANCE_IN_PROGRESS');
    driven.joined(undefined, 2);
    driven.synced([A]);
    expect(driven.heartbeaten('ILLEGAL_GENERATION', 1)).toBe('');
    expect(driven.member.state).toBe('stable');
  });

  test('in a join: a rebalance did not wait for it', () => {
    const driven = new Driven().with([A]);
    driven.heartbeaten('REBALANCE_IN_PROGRESS');
    expect(driven.joined('UNKNOWN_MEMBER_ID')).toBe('change(all lost)');
    expect(driven.changed()).toBe('join');
  });

  test('while something is carried out: it is lost afterwards', () => {
    const driven = new Driven().with([A]);
    driven.heartbeaten('REBALANCE_IN_PROGRESS');
    driven.joined(undefined, 2);
    driven.synced([B]);
    expect(driven.heartbeaten('UNKNOWN_MEMBER_ID')).toBe('');
    expect(driven.changed()).toBe('change(all lost)');
    expect(driven.changed()).toBe('join');
  });

  test('FENCED_INSTANCE_ID is the end', () => {
    expect(new Driven({ instanceId: 'i' }).with([A]).heartbeaten('FENCED_INSTANCE_ID')).toBe(
      'fail(FENCED_INSTANCE_ID)',
    );
  });
});

describe('going', () => {
  test('gives up what it has, then leaves; a static one falls silent', () => {
    const driven = new Driven().with([A]);
    expect(driven.do(driven.member.close(0))).toBe('change(-0)');
    expect(driven.member.generation).toBe(1);
    expect(driven.changed()).toBe('leave(m)');
    expect(driven.member.state).toBe('left');
    const lasting = new Driven({ instanceId: 'i' }).with([A]);
    expect(lasting.do(lasting.member.close(0))).toBe('change(-0)');
    expect(lasting.changed()).toBe('');
    expect(lasting.member.state).toBe('left');
  });

  test('while something is carried out: what it has afterwards is given up too', () => {
    const driven = new Driven().with([A]);
    driven.heartbeaten('REBALANCE_IN_PROGRESS');
    driven.joined(undefined, 2);
    driven.synced([A, B]);
    expect(driven.do(driven.member.close(0))).toBe('');
    expect(driven.changed()).toBe('change(-0-1)');
    expect(driven.changed()).toBe('leave(m)');
  });

  test('in the midst of a join: the answer means nothing', () => {
    const driven = new Driven();
    driven.start();
    driven.joined('MEMBER_ID_REQUIRED');
    expect(driven.do(driven.member.close(0))).toBe('leave(m)');
    expect(driven.joined()).toBe('');
    expect(driven.member.state).toBe('left');
  });

  test('a stall: leaves at once and loses all, and enters as somebody new', () => {
    const driven = new Driven().with([A, B]);
    expect(driven.do(driven.member.stall(0))).toBe('leave(m) change(all lost)');
    expect(driven.changed()).toBe('');
    expect(driven.member).toMatchObject({ state: 'out', memberId: '', generation: -1, owned: [] });
    expect(driven.start()).toBe('join');
  });
});

describe('heartbeats', () => {
  test('one at a time, an interval apart; sooner when one was lost', () => {
    const driven = new Driven({ heartbeatIntervalMs: 3_000 }).with([A]);
    expect(driven.member.dueMs).toBe(3_000);
    expect(driven.tick()).toBe('heartbeat');
    expect(driven.member.dueMs).toBe(Infinity);
    driven.nowMs += 500;
    driven.heartbeaten();
    expect(driven.member.dueMs).toBe(6_000);
    driven.tick();
    driven.member.heartbeatLost(driven.nowMs);
    expect(driven.member.dueMs).toBe(driven.nowMs + 1_000);
    driven.tick();
    driven.heartbeaten('NOT_COORDINATOR');
    expect(driven.member.dueMs).toBe(driven.nowMs + 1_000);
  });
});

test('whatever happens in whatever order: it is always on its way, or at an end', () => {
  const codes = ['REBALANCE_IN_PROGRESS', 'UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION', 'NOT_COORDINATOR'] as const;
  const step = fc.oneof(
    fc.constantFrom('joined', 'unanswered', 'changed', 'tick', 'rejoin', 'stall', 'start', 'lost'),
    fc.constantFrom('refused', 'required'),
    fc.record({ heard: fc.constantFrom(...codes, undefined) }),
    fc.record({ synced: fc.subarray([A, B, C]) }),
  );
  fc.assert(
    fc.property(fc.boolean(), fc.array(step, { maxLength: 60 }), (isCooperative, steps) => {
      const driven = new Driven({ isCooperative });
      driven.start();
      let generation = 0;
      for (const each of steps) {
        const { member } = driven;
        if (each === 'joined') driven.joined(undefined, ++generation);
        else if (each === 'required') driven.joined('MEMBER_ID_REQUIRED');
        else if (each === 'refused') driven.syncRefused('NOT_COORDINATOR');
        else if (each === 'unanswered') driven.unanswered();
        else if (each === 'changed') driven.changed();
        else if (each === 'tick') driven.tick();
        else if (each === 'rejoin') driven.do(member.rejoin(driven.nowMs));
        else if (each === 'stall') driven.do(member.stall(driven.nowMs));
        else if (each === 'start') driven.start();
        else if (each === 'lost') member.heartbeatLost(driven.nowMs);
        else if ('heard' in each) driven.heartbeaten(each.heard);
        else driven.synced(each.synced);
        // What it waits for is under way, due, or for the application to begin.
        const { state, dueMs } = member;
        const last = driven.effects.findLast(({ kind }) => kind !== 'heartbeat' && kind !== 'leave')?.kind;
        if (state === 'joining') expect(last).toBe('join');
        if (state === 'syncing') expect(last).toBe('sync');
        if (state === 'changing') expect(last).toBe('change');
        if (state === 'waiting') expect(dueMs).toBeLessThan(Infinity);
        if (state === 'stable') expect(member.generation).toBeGreaterThan(0);
        if (!isCooperative && state === 'joining') expect(member.owned).toEqual([]);
        if (state === 'out') expect(member.owned).toEqual([]);
      }
    }),
    { numRuns: 500 },
  );
});
