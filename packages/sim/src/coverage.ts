import type { Observation } from './observation.ts';

/** What a seed went through. A seed that met too little proves too little. */
export interface Coverage {
  acknowledgedRecords: number;
  /** Terms of the quorum that had a leader. */
  controllerElections: number;
  /** Leader epochs of partitions begun after the first. */
  partitionElections: number;
  crashes: number;
  /** Logs cut because they had parted from their leader's. */
  truncations: number;
  /** Metadata or partitions begun from a snapshot or from a leader's log start. */
  snapshotInstalls: number;
  isrChanges: number;
}

/** Below any of these a seed does not count. Faults are drawn, so the rarer ones are demanded of the whole table only. */
const COVERAGE_MIN: Readonly<Partial<Coverage>> = {
  acknowledgedRecords: 50,
  controllerElections: 1,
};

export function emptyCoverage(): Coverage {
  return {
    acknowledgedRecords: 0,
    controllerElections: 0,
    partitionElections: 0,
    crashes: 0,
    truncations: 0,
    snapshotInstalls: 0,
    isrChanges: 0,
  };
}

export function isEnough(coverage: Coverage): boolean {
  return Object.entries(COVERAGE_MIN).every(([name, least]) => coverage[name as keyof Coverage] >= least);
}

export function addCoverage(total: Coverage, seed: Coverage): void {
  for (const name of Object.keys(total) as (keyof Coverage)[]) total[name] += seed[name];
}

/** Counts what can be seen from step to step. Crashes, acknowledgements and truncations are counted where they happen. */
export function coverageWatcher(coverage: Coverage): (observation: Observation) => void {
  const terms = new Set<number>();
  const partitions = new Map<string, { leaderEpoch: number; isr: string }>();
  let looked = 0;
  return ({ quorum }) => {
    for (const node of quorum) {
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
          const isr = state.isr.join();
          partitions.set(name, { leaderEpoch: state.leaderEpoch, isr });
          if (before === undefined) continue;
          if (before.leaderEpoch !== state.leaderEpoch) coverage.partitionElections++;
          if (before.isr !== isr) coverage.isrChanges++;
        }
      }
    }
  };
}
