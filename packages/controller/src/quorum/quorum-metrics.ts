import { counter, gauge, type MetadataOffset, type MetricSample } from '@moldau/base';
import type { QuorumState } from '../quorum-node.ts';

/** What a node counts beside what its machine says. */
export interface QuorumFigures {
  readonly appliedIndex: MetadataOffset;
  readonly snapshotIndex: MetadataOffset;
  readonly proposals: number;
  readonly logBytes: number;
  readonly droppedCount: number;
  readonly rejectedCount: number;
}

export function* quorumMetrics(
  { term, commitIndex, logEnd, role }: QuorumState,
  figures: QuorumFigures,
): Iterable<MetricSample> {
  yield gauge('moldau_quorum_is_leader', 'Whether this node leads the quorum', role === 'leader' ? 1 : 0);
  yield gauge('moldau_quorum_term', 'The Raft term', term);
  yield gauge('moldau_quorum_commit_index', 'Last committed entry of the metadata log', commitIndex);
  yield gauge('moldau_quorum_last_index', 'Last entry of the metadata log', logEnd);
  yield gauge('moldau_quorum_applied_index', 'Last entry the state machine has applied', figures.appliedIndex);
  yield gauge('moldau_quorum_snapshot_index', 'Last entry in the newest snapshot', figures.snapshotIndex);
  yield gauge('moldau_quorum_proposals', 'Proposals that are not committed yet', figures.proposals);
  yield gauge('moldau_quorum_log_bytes', 'Size of the metadata log on disk', figures.logBytes);
  yield counter(
    'moldau_quorum_messages_dropped_total',
    'Messages to other nodes that were dropped',
    figures.droppedCount,
  );
  yield counter(
    'moldau_quorum_messages_rejected_total',
    'Messages from other nodes that were dropped for their cluster or version',
    figures.rejectedCount,
  );
}
