import { present, utf8Decode } from '@moldau/base';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { JoinAnswer } from '../src/groups/group-types.ts';
import { GroupDriver } from './support/group-driver.ts';

const PARTITIONS = 6;
const CLIENTS = 5;

/** A client as it may be written: it does what it is told, late, twice, or not at all. */
interface Client {
  readonly instanceId: string | null;
  memberId: string;
  generation: number;
  join: number | undefined;
  sync: number | undefined;
  answer: JoinAnswer | undefined;
  version: number;
}

type Step =
  | { readonly kind: 'join' | 'sync' | 'beat' | 'leave' | 'restart' | 'change'; readonly client: number }
  | { readonly kind: 'pass'; readonly ms: number; readonly stalledMs: number }
  /** `late`: it comes through after its time was up. */
  | { readonly kind: 'replicate' | 'fail' | 'late' }
  /** `kept`: how many of the snapshots on their way had reached the next coordinator. */
  | { readonly kind: 'failover'; readonly kept: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ kind: fc.constantFrom('join', 'sync', 'beat'), client: fc.nat(CLIENTS - 1) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom('leave', 'restart', 'change'), client: fc.nat(CLIENTS - 1) }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('pass'), ms: fc.nat(7000), stalledMs: fc.nat(300) }) },
  { weight: 5, arbitrary: fc.constant({ kind: 'replicate' }) },
  { weight: 1, arbitrary: fc.constantFrom({ kind: 'fail' }, { kind: 'late' }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('failover'), kept: fc.nat(2) }) },
) as fc.Arbitrary<Step>;

/** Clients, their group, and what nobody may ever see. */
class Model {
  driver = new GroupDriver();
  readonly clients: Client[] = Array.from({ length: CLIENTS }, (_, index) => ({
    instanceId: index < 2 ? `s${index}` : null,
    memberId: '',
    generation: -1,
    join: undefined,
    sync: undefined,
    answer: undefined,
    version: 0,
  }));
  /** By generation and partition: the one that was told it owns it. */
  readonly owners = new Map<string, string>();
  highestGeneration = 0;
  /** What a failover leaves of the answers: nothing is waited for any more. */
  readonly drivers: GroupDriver[] = [this.driver];

  take(step: Step): void {
    if ('client' in step) this.#client(step.kind, present(this.clients[step.client], 'a client'));
    else if (step.kind === 'pass') this.driver.pass(step.ms, step.stalledMs);
    else if (step.kind === 'replicate') this.#replicate(undefined);
    else if (step.kind === 'fail') this.#replicate('COORDINATOR_NOT_AVAILABLE');
    else if (step.kind === 'late') this.#late();
    else if (step.kind === 'failover') this.#failover(step.kept);
    this.#listen();
    expect(this.driver.group.generation).toBeGreaterThanOrEqual(this.highestGeneration);
    this.highestGeneration = this.driver.group.generation;
  }

  /** All clients behave, until the group is stable and nobody waits. */
  settle(): void {
    for (let round = 0; round < 60; round++) {
      for (const client of this.clients) {
        this.#client('beat', client);
        this.#client('join', client);
        this.#client('sync', client);
      }
      while (this.driver.writing.length > 0) this.driver.replicate();
      this.driver.pass(1000);
      this.#listen();
    }
    expect(this.driver.group.state).toBe('Stable');
    expect(this.clients.filter(({ join, sync }) => join !== undefined || sync !== undefined)).toEqual([]);
  }

  #client(kind: 'join' | 'sync' | 'beat' | 'leave' | 'restart' | 'change', client: Client): void {
    const { driver } = this;
    const { memberId, instanceId, generation, answer } = client;
    if (kind === 'restart') {
      client.memberId = '';
      client.generation = -1;
      client.answer = undefined;
      client.join = undefined;
      client.sync = undefined;
    } else if (kind === 'change') {
      client.version++;
      if (memberId !== '' && client.join === undefined) client.generation = -1;
    } else if (kind === 'leave') {
      driver.leave({ memberId, ...(instanceId !== null && { instanceId }) });
      if (client.join === undefined) this.#client('restart', client);
    } else if (kind === 'beat' && generation >= 0) {
      const error = driver.heartbeat(memberId, generation, instanceId);
      if (error === 'REBALANCE_IN_PROGRESS') client.generation = -1;
      else if (error !== undefined) this.#client('restart', client);
    } else if (kind === 'join' && client.join === undefined && generation < 0) {
      client.join = driver.join({ memberId, instanceId, tells: `${client.version}`, canRetryWithId: true });
    } else if (kind === 'sync' && answer !== undefined && client.sync === undefined) {
      const more = instanceId === null ? {} : { instanceId };
      client.sync = driver.sync(memberId, answer.generation, assignment(answer), more);
    }
  }

  #listen(): void {
    for (const client of this.clients) {
      const joined = client.join === undefined ? undefined : this.driver.joins.get(client.join);
      if (joined !== undefined) {
        client.join = undefined;
        client.answer = joined.error === undefined ? joined : undefined;
        client.generation = joined.error === undefined ? joined.generation : -1;
        const isOut = joined.error === 'UNKNOWN_MEMBER_ID' || joined.error === 'FENCED_INSTANCE_ID';
        client.memberId = isOut ? '' : joined.memberId;
      }
      const synced = client.sync === undefined ? undefined : this.driver.syncs.get(client.sync);
      if (synced === undefined) continue;
      client.sync = undefined;
      if (synced.error === undefined) this.#owns(client, utf8Decode(synced.assignment));
      else client.generation = -1;
      if (synced.error === 'UNKNOWN_MEMBER_ID' || synced.error === 'FENCED_INSTANCE_ID') client.memberId = '';
      client.answer = undefined;
    }
  }

  /** Told once, it holds for the generation: nobody else may be told the same. A static member's next run is the same owner. */
  #owns(client: Client, partitions: string): void {
    const owner = client.instanceId ?? client.memberId;
    for (const partition of partitions.startsWith('[') ? (JSON.parse(partitions) as number[]) : []) {
      const key = `${client.answer?.generation ?? client.generation}:${partition}`;
      expect(this.owners.get(key) ?? owner).toBe(owner);
      this.owners.set(key, owner);
    }
  }

  #replicate(error: 'COORDINATOR_NOT_AVAILABLE' | undefined): void {
    if (this.driver.writing.length > 0) this.driver.replicate(error);
  }

  #late(): void {
    const [written] = this.driver.writing;
    this.#replicate('COORDINATOR_NOT_AVAILABLE');
    if (written !== undefined) this.driver.log.push(written.snapshot);
  }

  /** Another coordinator begins with what was replicated; whoever waited was told to go there. */
  #failover(kept: number): void {
    const reached = this.driver.writing.slice(0, kept).map(({ snapshot }) => snapshot);
    this.driver.end();
    this.#listen();
    const log = [...this.driver.log, ...reached];
    const snapshot = log.at(-1);
    const next = new GroupDriver({}, snapshot);
    next.nowMs = this.driver.nowMs;
    next.nextTicket = this.driver.nextTicket;
    next.log.push(...log);
    this.highestGeneration = snapshot?.generation ?? 0;
    this.driver = next;
    this.drivers.push(next);
    for (const client of this.clients) {
      client.join = undefined;
      client.sync = undefined;
    }
  }

  /** Every ticket that was ever handed in. */
  unanswered(): number {
    return this.drivers.reduce((sum, { tickets, joins, syncs }) => sum + tickets.size - joins.size - syncs.size, 0);
  }
}

/** Range, over the members in order. */
function assignment({ leader, memberId, members }: JoinAnswer): Record<string, string> {
  if (leader !== memberId || members.length === 0) return {};
  const share = Math.ceil(PARTITIONS / members.length);
  const all = Array.from({ length: PARTITIONS }, (_, index) => index);
  return Object.fromEntries(
    members.map((each, index) => [each.memberId, JSON.stringify(all.slice(index * share, (index + 1) * share))]),
  );
}

test('whatever clients do, a partition has one owner in a generation, generations rise, and everybody is answered', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 80 }), (steps) => {
      const model = new Model();
      for (const each of steps) model.take(each);
      model.settle();
      expect(model.unanswered()).toBe(0);
    }),
    { numRuns: 1000 },
  );
});
