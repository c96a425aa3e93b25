import { SimRandom } from './ports/sim-random.ts';

/** How the members of a group are assigned what they read: all of it anew, or only what moves (KIP-429). */
type GroupProtocol = 'range' | 'cooperative-sticky';

/** What kind of trouble a seed may meet. */
export type FaultKind =
  | 'kill'
  | 'power-loss'
  | 'power-loss-of-all'
  | 'pause'
  | 'stall'
  | 'partition'
  | 'one-way-partition'
  | 'slow-link'
  | 'reset'
  | 'lossy-link'
  | 'slow-disk'
  | 'sync-failure'
  | 'io-error'
  | 'store-failure'
  | 'bit-rot'
  | 'wipe'
  | 'disk-full'
  | 'clean-restart'
  | 'voter-change';

export const FAULT_KINDS: readonly FaultKind[] = [
  'kill',
  'power-loss',
  'power-loss-of-all',
  'pause',
  'stall',
  'partition',
  'one-way-partition',
  'slow-link',
  'reset',
  'lossy-link',
  'slow-disk',
  'sync-failure',
  'io-error',
  'store-failure',
  'bit-rot',
  'wipe',
  'disk-full',
  'clean-restart',
  'voter-change',
];

/** Of all seeds, those in which replicas move. */
const REASSIGNING_SHARE = 0.3;
/** Who comes by which door, and how groups are. */
interface DoorOptions {
  /** Of the producers, those that come through the Kafka door. */
  readonly kafkaProducers: number;
  /** Who reads the lasting topics from their beginning, and who reads everything back at the end. */
  readonly kafkaConsumer: boolean;
  readonly kafkaFinalReader: boolean;
  /** Consumers that share the lasting topics among them, in so many groups. */
  readonly groupMembers: number;
  readonly groups: number;
  readonly groupProtocol: GroupProtocol;
  /** Groups have times and sizes at which a run shows much, instead of production's. */
  readonly quickGroups: boolean;
}

/**
 * What one seed is about. The seed first draws these (swarm testing, Groce et al. 2012): a run with few kinds of faults
 * goes deeper into them than one with all of them. A failure prints them; seed and commit are enough to replay it.
 */
export interface SimOptions extends DoorOptions {
  readonly seed: number;
  /** Virtual time with faults and load. Then faults end, all must heal, and everything is read back. */
  readonly faultPhaseMs: number;
  /** Virtual time within which the healed cluster must be whole again. */
  readonly healMsMax: number;
  /** Mean virtual time between two faults of a kind; a kind that is absent does not happen. */
  readonly faultEveryMs: ReadonlyMap<FaultKind, number>;
  /** How long a killed node stays down, a partition stands, and so on: uniform in this range. */
  readonly faultMsMin: number;
  readonly faultMsMax: number;
  readonly networkDelayMsMax: number;
  /** Relative error of the fastest and the slowest clock. */
  readonly clockDrift: number;
  readonly partitionsPerTopic: number;
  readonly producers: number;
  /** Records a second of each producer. */
  readonly recordsPerSecond: number;
  /** Mean virtual time between two acts of administration: topics, growth, configs, elections. */
  readonly adminEveryMs: number;
  /** Mean virtual time between two moves of replicas, or calls to end one; 0: none, and no brokers to move to. */
  readonly reassignEveryMs: number;
  /** Entries of the metadata log between two snapshots: small, so that snapshots are sent. */
  readonly metadataSnapshotEntries: number;
  /** Of one file of the metadata log: small, so that files end, and are trimmed. */
  readonly metadataFileBytes: number;
  readonly segmentBytes: number;
}

/** @param only when given, exactly these kinds of faults */
export function drawOptions(seed: number, only?: readonly FaultKind[]): SimOptions {
  const random = new SimRandom(seed).fork('options');
  const faultEveryMs = new Map<FaultKind, number>();
  for (const kind of FAULT_KINDS) {
    // Drawn for every kind, so that leaving some out does not change the others.
    const happens = random.chance(0.4);
    const everyMs = Math.round(random.between(1_500, 12_000));
    if (only ? only.includes(kind) : happens) faultEveryMs.set(kind, everyMs);
  }
  const drawn = {
    seed,
    faultPhaseMs: Math.round(random.between(8_000, 20_000)),
    healMsMax: 120_000,
    faultEveryMs,
    faultMsMin: 50,
    faultMsMax: Math.round(random.between(500, 8_000)),
    networkDelayMsMax: random.chance(0.2) ? random.between(5, 40) : random.between(0.2, 3),
    clockDrift: random.chance(0.3) ? random.between(0, 0.01) : 0,
    partitionsPerTopic: 1 + Math.floor(random.between(0, 3)),
    producers: 1 + Math.floor(random.between(0, 3)),
    recordsPerSecond: Math.round(random.between(10, 60)),
    adminEveryMs: Math.round(random.between(1_000, 6_000)),
    // Mostly so few that whoever was away for seconds is sent one.
    metadataSnapshotEntries: Math.round(random.chance(0.7) ? random.between(2, 10) : random.between(10, 100)),
    metadataFileBytes: Math.round(random.between(512, 16_384)),
    segmentBytes: Math.round(random.between(4_096, 65_536)),
    reassignEveryMs: drawReassignments(seed),
  };
  return { ...drawn, ...drawDoors(new SimRandom(seed).fork('doors'), drawn.producers) };
}

function drawDoors(random: SimRandom, producers: number): DoorOptions {
  return {
    kafkaProducers: Math.floor(random.between(0, producers + 1)),
    kafkaConsumer: random.chance(0.5),
    kafkaFinalReader: random.chance(0.5),
    groupMembers: 2 + Math.floor(random.between(0, 3)),
    groups: random.chance(0.3) ? 2 : 1,
    groupProtocol: random.chance(0.5) ? 'range' : 'cooperative-sticky',
    quickGroups: true,
  };
}

/** Drawn apart from all else, so that seeds without moves are as they were before there were any. */
function drawReassignments(seed: number): number {
  const random = new SimRandom(seed).fork('reassignments');
  return random.chance(REASSIGNING_SHARE) ? Math.round(random.between(300, 3_000)) : 0;
}

export function describeOptions(options: SimOptions): string {
  const { faultEveryMs, ...rest } = options;
  const faults = [...faultEveryMs].map(([kind, everyMs]) => `${kind}/${everyMs}ms`).join(' ') || 'none';
  const text = (value: number | boolean | string): string =>
    String(typeof value === 'number' ? Math.round(value * 1000) / 1000 : value);
  const others = Object.entries(rest).map(([name, value]) => `${name}=${text(value)}`);
  return `${others.join(' ')} faults: ${faults}`;
}
