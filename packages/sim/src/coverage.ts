import { isReassigning, type PartitionState, type ReplicaState, targetReplicas } from '@moldau/metadata';
import type { Observation, QuorumView } from './observation.ts';
import type { FaultKind, SimOptions } from './options.ts';

/** What a seed went through once its cluster stood. A seed that met too little proves too little. */
export interface Coverage {
  acknowledgedRecords: number;
  /** Terms of the quorum that had a leader. */
  controllerElections: number;
  /** Leader epochs of partitions. */
  partitionElections: number;
  crashes: number;
  /** Logs cut because they had parted from their leader's. */
  truncations: number;
  /** Logs begun anew at their leader's start. */
  logResets: number;
  /** Controllers that took over the state of another as a snapshot. */
  raftSnapshots: number;
  /** Brokers whose metadata went on from a snapshot. */
  metadataSnapshots: number;
  isrChanges: number;
  /** Generations of groups that began, by the word of their leaders. */
  groupGenerations: number;
  /** Offsets committed by members, each of a partition. */
  groupCommits: number;
  /** Partitions of groups whose state a coordinator has read from its log. */
  groupLoads: number;
  /** Moves of replicas to other brokers that came to their end, and those that were called off or turned elsewhere. */
  reassignmentsEnded: number;
  reassignmentsTurned: number;
}

/** Below it hardly a record met a fault. */
const ACKNOWLEDGED_MIN = 50;
/** One that begins, and one that begins because of something. */
const GROUP_GENERATIONS_MIN = 2;
const GROUP_COMMITS_MIN = 5;
/** Where one of these is drawn, a seed in which none struck is not what it was drawn to be. */
const CRASHING: readonly FaultKind[] = ['kill', 'power-loss', 'power-loss-of-all'];

/**
 * What seeds must have seen together, for each {@link SEEDS_JUDGED} of them: a third of what they mostly see, and less of
 * what comes in few seeds and then often. Faults are drawn, so most of it cannot be asked of one seed; a change after which
 * a kind of event has become rare is found here.
 */
const SUMS_MIN: Readonly<Coverage> = {
  acknowledgedRecords: 3_500,
  controllerElections: 13,
  partitionElections: 150,
  crashes: 80,
  truncations: 1,
  logResets: 1,
  raftSnapshots: 4,
  metadataSnapshots: 3,
  isrChanges: 350,
  groupGenerations: 35,
  groupCommits: 450,
  groupLoads: 28,
  reassignmentsEnded: 10,
  reassignmentsTurned: 1,
};

/** As many as the fixed ones of CI: fewer may by chance all have been quiet. */
export const SEEDS_JUDGED = 24;

export function emptyCoverage(): Coverage {
  return {
    acknowledgedRecords: 0,
    controllerElections: 0,
    partitionElections: 0,
    crashes: 0,
    truncations: 0,
    logResets: 0,
    raftSnapshots: 0,
    metadataSnapshots: 0,
    isrChanges: 0,
    groupGenerations: 0,
    groupCommits: 0,
    groupLoads: 0,
    reassignmentsEnded: 0,
    reassignmentsTurned: 0,
  };
}

/** Whether one seed counts: records went through, groups rebalanced and committed, and what was drawn has struck and was felt. */
export function isEnough(coverage: Coverage, { faultEveryMs }: Pick<SimOptions, 'faultEveryMs'>): boolean {
  const { acknowledgedRecords, crashes, controllerElections, partitionElections, isrChanges } = coverage;
  if (acknowledgedRecords < ACKNOWLEDGED_MIN) return false;
  if (coverage.groupGenerations < GROUP_GENERATIONS_MIN || coverage.groupCommits < GROUP_COMMITS_MIN) return false;
  if (CRASHING.some((kind) => faultEveryMs.has(kind)) && crashes === 0) return false;
  return faultEveryMs.size === 0 || crashes + controllerElections + partitionElections + isrChanges > 0;
}

/** What so many seeds should have seen together and have not; empty when it is enough, or when they are too few to judge. */
export function shortfalls(total: Coverage, seedCount: number): string[] {
  const times = Math.floor(seedCount / SEEDS_JUDGED);
  return namesOf(total)
    .filter((name) => total[name] < SUMS_MIN[name] * times)
    .map((name) => `${name} ${total[name]}, at least ${SUMS_MIN[name] * times} in ${seedCount} seeds`);
}

export function addCoverage(total: Coverage, seed: Coverage): void {
  for (const name of namesOf(total)) total[name] += seed[name];
}

function namesOf(coverage: Coverage): (keyof Coverage)[] {
  return Object.keys(coverage) as (keyof Coverage)[];
}

/** Counts what can be seen from step to step. Crashes, acknowledgements and truncations are counted where they happen. */
export function coverageWatcher(coverage: Coverage): (observation: Observation) => void {
  const terms = new Set<number>();
  const partitions = new Map<string, PartitionState>();
  const seen = new Map<number, QuorumView>();
  let looked = 0;
  return ({ quorum }) => {
    for (const node of quorum) {
      if (hasInstalled(seen.get(node.nodeId), node)) coverage.raftSnapshots++;
      seen.set(node.nodeId, node);
      if (node.role === 'leader' && !terms.has(node.term)) {
        terms.add(node.term);
        coverage.controllerElections++;
      }
      if (node.image.offset <= looked) continue;
      looked = node.image.offset;
      for (const topic of node.image.topics.values()) {
        for (const state of topic.partitions) {
          const name = `${state.topicId}:${state.partition}`;
          const before = partitions.get(name);
          partitions.set(name, state);
          if (before === undefined || before === state) continue;
          if (before.leaderEpoch !== state.leaderEpoch) coverage.partitionElections++;
          if (before.isr.join() !== state.isr.join()) coverage.isrChanges++;
          if (!isReassigning(before) || sameTarget(before, state)) continue;
          if (!isReassigning(state) && sameReplicas(targetReplicas(before), state.replicas))
            coverage.reassignmentsEnded++;
          else coverage.reassignmentsTurned++;
        }
      }
    }
  };
}

function sameTarget(before: PartitionState, after: PartitionState): boolean {
  return isReassigning(after) && sameReplicas(targetReplicas(before), targetReplicas(after));
}

function sameReplicas(left: readonly ReplicaState[], right: readonly ReplicaState[]): boolean {
  return (
    left.length === right.length && left.every(({ incarnationId }, at) => incarnationId === right[at]?.incarnationId)
  );
}

/** Its own snapshots are of what it had committed before; one from the leader reaches beyond. */
function hasInstalled(before: QuorumView | undefined, now: QuorumView): boolean {
  return before?.life === now.life && now.snapshotIndex > before.commitIndex;
}
