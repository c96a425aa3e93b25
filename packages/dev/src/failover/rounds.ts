import { setTimeout as delay } from 'node:timers/promises';
import { assert } from '@moldau/base';
import type { Client } from '@moldau/client';
import { activeController, type PartitionFacts, partitionsOf } from '../cluster-facts.ts';
import type { LocalCluster } from '../supervisor/local-cluster.ts';
import { isAlive } from '../supervisor/pid.ts';
import type { AckGaps } from './ack-gaps.ts';

export type KillKind = 'follower' | 'leader' | 'controller' | 'all brokers';

/** What one kill cost. */
export interface KillReport {
  readonly kind: KillKind;
  /** `broker-2 (pid 123)`, with more than one separated by commas. */
  readonly victims: string;
  /** How we know that the processes are gone. */
  readonly proof: string;
  /** Partitions that the victim led. */
  readonly ledCount: number;
  /** Longest time without an acknowledgement, over the partitions that the victim led; 0 when it led none. */
  readonly ledGapMs: number;
  /** The same over all other partitions. */
  readonly otherGapMs: number;
  /** From the start of the victims until every partition had all its replicas in sync. */
  readonly healedMs: number;
}

export interface RoundsContext {
  readonly cluster: LocalCluster;
  readonly client: Client;
  readonly topic: string;
  readonly gaps: AckGaps;
  /** The cluster restarts killed nodes by itself. */
  readonly supervised: boolean;
}

const POLL_MS = 20;
/** Nothing here takes this long unless something is broken. */
const PATIENCE_MS = 60_000;
/** How long a dead controller is left dead: elections take less. */
const CONTROLLER_DOWN_MS = 2_500;
/** The data plane must run undisturbed before each kill, so that gaps belong to the kill. */
const QUIET_MS = 500;

/** Kills one victim (or all brokers), waits for what it led to come back, restarts it, waits until all is in sync. */
export async function killOnce(context: RoundsContext, kind: KillKind): Promise<KillReport> {
  const { cluster, client, topic, gaps } = context;
  await delay(QUIET_MS);
  const partitions = await partitionsOf(client, topic);
  const names = await victimsOf(context, kind, partitions);
  const led = new Set(
    partitions.filter(({ leader }) => names.includes(`broker-${leader}`)).map(({ partition }) => partition),
  );
  const untilHeard = (sinceMs: number): Promise<void> =>
    until(
      () => gaps.silentSince(sinceMs).length === 0,
      () => `acknowledgements on partitions ${gaps.silentSince(sinceMs)}`,
    );
  gaps.reset();
  const killedAtMs = performance.now();
  const pids = await Promise.all(names.map((name) => cluster.kill(name)));
  const proof = pids.map(proofOfDeath).join(', ');
  if (kind === 'controller') await delay(CONTROLLER_DOWN_MS);
  // With all brokers gone nothing comes back before they are started.
  if (kind !== 'all brokers') await untilHeard(killedAtMs + 1);
  const beforeRestart = gaps.longestMs(performance.now());
  const startedAtMs = performance.now();
  if (!context.supervised) for (const name of names) cluster.start(name);
  await cluster.untilReady(names);
  if (kind === 'all brokers') await untilHeard(startedAtMs);
  const gapsMs = kind === 'all brokers' ? gaps.longestMs(performance.now()) : beforeRestart;
  await until(
    async () => (await partitionsOf(client, topic)).every(inSync),
    () => 'all replicas in sync',
  );
  return {
    kind,
    victims: names.map((name, index) => `${name} (pid ${pids[index]})`).join(', '),
    proof,
    ledCount: led.size,
    ledGapMs: worst(gapsMs, (partition) => led.has(partition)),
    otherGapMs: worst(gapsMs, (partition) => !led.has(partition)),
    healedMs: performance.now() - startedAtMs,
  };
}

async function victimsOf(
  { cluster, client }: RoundsContext,
  kind: KillKind,
  partitions: readonly PartitionFacts[],
): Promise<string[]> {
  if (kind === 'controller') return [`controller-${await activeController(client)}`];
  const brokers = cluster.nodes.filter(({ plan, pid }) => plan.role === 'broker' && pid !== undefined);
  if (kind === 'all brokers') return brokers.map(({ plan }) => plan.name);
  const ledBy = (id: number): number => partitions.filter(({ leader }) => leader === id).length;
  const byLed = brokers.toSorted((one, other) => ledBy(one.plan.id) - ledBy(other.plan.id));
  const victim = kind === 'follower' ? byLed[0] : byLed.at(-1);
  assert(victim !== undefined, 'a broker runs');
  return [victim.plan.name];
}

function inSync({ isr, replicas }: PartitionFacts): boolean {
  return isr.length === replicas.length;
}

function worst(gapsMs: readonly number[], counts: (partition: number) => boolean): number {
  return Math.max(0, ...gapsMs.filter((_, partition) => counts(partition)));
}

/** Asks the system for the process: ESRCH says that there is none of this number any more. */
function proofOfDeath(pid: number): string {
  assert(!isAlive(pid), 'a process is gone after kill -9', { pid });
  return `kill(${pid}, 0) = ESRCH`;
}

async function until(condition: () => boolean | Promise<boolean>, what: () => string): Promise<void> {
  const deadlineMs = performance.now() + PATIENCE_MS;
  while (!(await condition())) {
    if (performance.now() > deadlineMs) throw new Error(`waited ${PATIENCE_MS / 1000} s in vain for ${what()}`);
    await delay(POLL_MS);
  }
}
