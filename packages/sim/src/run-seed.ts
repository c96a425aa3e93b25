/**
 * One seed, from boot to verdict:
 *
 *   boot -> faults and load -> heal -> whole again within the time allowed -> everything read back -> clean stop, replicas equal
 *
 * All invariants are checked after every event.
 */
import { topicPartitionKey } from '@moldau/base';
import { checkHistory } from '@moldau/history';
import { InvariantViolation } from './checkers/checker.ts';
import { type Coverage, emptyCoverage, isEnough } from './coverage.ts';
import { FaultDriver } from './faults/driver.ts';
import { History, readRecords } from './history/history.ts';
import type { SimOptions } from './options.ts';
import { AdministratorWorkload } from './workloads/administrator.ts';
import { ConsumerWorkload } from './workloads/consumers.ts';
import type { WorkloadContext } from './workloads/context.ts';
import { FinalReader } from './workloads/final-reader.ts';
import { GroupWorkload } from './workloads/kafka/group-workload.ts';
import { operatorMachine } from './workloads/operator.ts';
import { ProducerWorkload } from './workloads/producers.ts';
import { ReassignerWorkload } from './workloads/reassigner.ts';
import { Topics } from './workloads/topics.ts';
import { replicaDifferences } from './world/byte-identity.ts';
import { groupDifferences, groupsInMemory } from './world/group-replay.ts';
import { complaints } from './world/liveness.ts';
import type { PlantedBug } from './world/nodes.ts';
import { World } from './world/world.ts';

const BOOT_MS_MAX = 60_000;
/** For groups to settle, once the cluster is whole: an old member's session, a rebalance or two, and reading what is there. */
const GROUPS_MS_MAX = 60_000;
const READ_MS_MAX = 60_000;
const STOP_MS_MAX = 60_000;

interface SeedFailure {
  /** The invariant, or what kind of check failed. */
  readonly check: string;
  readonly message: string;
  readonly stack: string;
  /** The last events of all nodes. */
  readonly lastEvents: readonly string[];
}

export interface SeedSurroundings {
  readonly plantedBugs?: ReadonlySet<PlantedBug>;
  /** Told of the world when it is made: what happens outside of its events can still fail it. */
  readonly onWorld?: (world: World) => void;
  /** Awaited at the end, while the world can still be failed. */
  readonly beforeVerdict?: () => Promise<void>;
}

/** Of the partitions that still exist, of whatever durability. */
export interface PartitionCounts {
  all: number;
  /** At the end nothing was asked of them but that no leader lacks anything. */
  exempt: number;
  /** They were so for a while. */
  exemptOnce: number;
}

export interface SeedResult {
  readonly seed: number;
  readonly failure: SeedFailure | undefined;
  readonly coverage: Coverage;
  /** It met too little to count. */
  readonly isThin: boolean;
  readonly traceHash: number;
  readonly eventCount: number;
  readonly virtualMs: number;
  readonly partitions: PartitionCounts;
  /** What the nodes logged, as far as it was kept. */
  readonly events: readonly string[];
}

/** A promise of the cluster as a whole that no single step breaks. */
class BrokenPromise extends Error {
  override readonly name = 'BrokenPromise';
  readonly check: string;

  constructor(check: string, message: string) {
    super(`${check}: ${message}`);
    this.check = check;
  }
}

export async function runSeed(options: SimOptions, surroundings: SeedSurroundings = {}): Promise<SeedResult> {
  const world = new World(options, surroundings.plantedBugs);
  surroundings.onWorld?.(world);
  let failure: SeedFailure | undefined;
  try {
    await runWorld(world);
    await surroundings.beforeVerdict?.();
    world.check();
  } catch (error) {
    failure = describeFailure(world, error);
  }
  return {
    seed: options.seed,
    failure,
    coverage: world.coverage,
    isThin: !isEnough(world.coverage, options),
    traceHash: world.scheduler.traceHash,
    eventCount: world.scheduler.eventCount,
    virtualMs: Math.round(world.nowMs),
    events: world.ring.lines(),
    partitions: countPartitions(world),
  };
}

function countPartitions({ ghost }: World): PartitionCounts {
  const all = [...ghost.partitions.values()];
  return {
    all: all.length,
    exempt: all.filter(({ exempt }) => exempt !== undefined).length,
    exemptOnce: all.filter(({ wasExempt }) => wasExempt).length,
  };
}

async function runWorld(world: World): Promise<void> {
  const { options } = world;
  const context: WorkloadContext = { world, history: new History(), topics: new Topics(), loading: true };
  const administrator = new AdministratorWorkload(context);
  const consumer = new ConsumerWorkload(context);
  const producers = Array.from({ length: options.producers }, (_, number) => new ProducerWorkload(context, number));
  const reassigner = new ReassignerWorkload(context);
  const groups = new GroupWorkload(context);
  const clients = [consumer.machine, ...producers.map(({ machine }) => machine), ...groups.machines];

  const driver = new FaultDriver(world, clients);
  for (const machine of world.machines()) machine.start();
  administrator.machine.start();
  operatorMachine(world).start();
  if (!(await world.runUntil(() => administrator.ready && complaints(world).length === 0, BOOT_MS_MAX)))
    throw new BrokenPromise('boot', complaints(world).join('; ') || 'the topics cannot be created');

  // Every cluster elects and fills its in-sync sets when it is born: that is no trial.
  Object.assign(world.coverage, emptyCoverage());
  for (const machine of clients) machine.start();
  if (options.reassignEveryMs > 0) reassigner.machine.start();
  driver.start();
  await world.runFor(options.faultPhaseMs);

  driver.end();
  context.loading = false;
  for (const machine of [...producers.map((each) => each.machine), ...groups.machines]) {
    if (!machine.running) machine.start();
  }
  const waiting = (): string[] => {
    const pending = producers.reduce((sum, producer) => sum + producer.pending, 0);
    return [...complaints(world), ...(pending > 0 ? [`${pending} records are neither acknowledged nor refused`] : [])];
  };
  if (!(await world.runUntil(() => waiting().length === 0, options.healMsMax)))
    throw new BrokenPromise('liveness', waiting().join('; '));
  if (!(await world.runUntil(() => groups.complaints().length === 0, GROUPS_MS_MAX)))
    throw new BrokenPromise('liveness', groups.complaints().join('; '));
  groups.end();
  await readBack(world, context);
  // Whoever is left would be expelled while the brokers stop, and that would be written by one of them alone.
  const remaining = (): string[] => [...groups.remaining(), ...complaints(world)];
  if (!(await world.runUntil(() => remaining().length === 0, GROUPS_MS_MAX)))
    throw new BrokenPromise('liveness', remaining().join('; '));
  await stopAndCompare(world);
}

async function readBack(world: World, { history, topics }: WorkloadContext): Promise<void> {
  const reader = new FinalReader(world, topics.names());
  if (!(await world.runUntil(() => reader.done, READ_MS_MAX)))
    throw new BrokenPromise('liveness', `not everything can be read back: ${reader.trouble}`);
  const isPromised = (topic: string, partition: number): boolean => {
    const key = topicPartitionKey(world.ghost.topicIds.get(topic) ?? '', partition);
    return topics.get(topic) > 0 && reader.finished.has(key) && world.ghost.promised(key) !== undefined;
  };
  const isDeleted = (topic: string, partition: number, offset: bigint): boolean => {
    const key = topicPartitionKey(world.ghost.topicIds.get(topic) ?? '', partition);
    return offset < (world.ghost.partition(key)?.legalStart ?? 0);
  };
  const { numbers, records } = readRecords(reader.reads, history);
  const verdict = checkHistory(history.judged({ isPromised, isDeleted, numbers }), records);
  if (verdict.violations.length > 0)
    throw new BrokenPromise('history', verdict.violations.map(({ kind, message }) => `${kind}: ${message}`).join('; '));
}

async function stopAndCompare(world: World): Promise<void> {
  const known = groupsInMemory(world);
  let stopped = 0;
  for (const machine of world.brokers.values()) {
    machine.held = true;
    machine.stop(() => {
      stopped++;
    });
  }
  if (!(await world.runUntil(() => stopped === world.brokers.size, STOP_MS_MAX)))
    throw new BrokenPromise('liveness', 'a broker does not stop');
  const differences = replicaDifferences(world);
  if (differences.length > 0) throw new BrokenPromise('replicas-equal', differences.join('; '));
  const forgotten = groupDifferences(world, known);
  if (forgotten.length > 0) throw new BrokenPromise('groups-are-the-replay', forgotten.join('; '));
}

function describeFailure(world: World, error: unknown): SeedFailure {
  const known = error instanceof Error ? error : new Error(String(error));
  const check =
    error instanceof InvariantViolation
      ? error.invariant
      : error instanceof BrokenPromise
        ? error.check
        : `error ${known.name}`;
  const cause = known.cause instanceof Error ? `\n  by ${known.cause.stack ?? ''}` : '';
  return { check, message: known.message, stack: `${known.stack ?? ''}${cause}`, lastEvents: world.ring.lines() };
}
