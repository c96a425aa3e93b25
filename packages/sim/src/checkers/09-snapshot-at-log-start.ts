import { complain, type Invariant } from './checker.ts';

/** Kafka's RaftEventSimulationTest has these two as SnapshotAtLogStart and LeaderNeverLoadSnapshot. */
export const snapshotAtLogStart: Invariant = {
  name: '09-snapshot-at-log-start',
  sentence: 'A log that does not begin at the beginning is covered by a snapshot, and a leader never installs one.',
  create() {
    const check = complain(snapshotAtLogStart.name);
    const before = new Map<
      string,
      { readonly leaderOf: number | undefined; readonly snapshotIndex: number; readonly commitIndex: number }
    >();
    return ({ quorum }) => {
      for (const node of quorum) {
        const life = `${node.nodeId}/${node.directoryId}/${node.life}`;
        check(
          node.baseIndex <= node.snapshotIndex,
          () =>
            `the log of node ${node.nodeId} begins behind ${node.baseIndex}, its snapshot ends at ${node.snapshotIndex}`,
        );
        check(
          node.snapshotIndex <= node.commitIndex,
          () => `node ${node.nodeId} has a snapshot of what is not committed`,
        );
        const last = before.get(life);
        if (last?.leaderOf === node.term && node.role === 'leader' && node.snapshotIndex !== last.snapshotIndex) {
          // One that it took itself was written while it led on: what it covers had been committed a step ago.
          check(
            node.snapshotIndex <= last.commitIndex,
            () =>
              `leader ${node.nodeId} installed a snapshot of ${node.snapshotIndex}, committed was ${last.commitIndex}`,
          );
          check(node.termAt(node.commitIndex) !== undefined, () => `leader ${node.nodeId} lost its log to a snapshot`);
        }
        before.set(life, {
          leaderOf: node.role === 'leader' ? node.term : undefined,
          snapshotIndex: node.snapshotIndex,
          commitIndex: node.commitIndex,
        });
      }
    };
  },
};
