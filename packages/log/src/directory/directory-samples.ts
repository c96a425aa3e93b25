import type { MetricSample } from '@moldau/base';
import type { PartitionLog } from '../partition/partition-log.ts';
import type { Checkpointer } from './checkpointer.ts';
import type { DirectoryCore } from './directory-core.ts';

/** The figures of one data directory, read when they are scraped. */
export function directorySamples(
  core: DirectoryCore,
  checkpoints: Checkpointer,
  logs: ReadonlyMap<string, PartitionLog>,
): MetricSample[] {
  const labels = { directory: core.path };
  const gauge = (name: string, help: string, value: number): MetricSample => {
    return { name: `moldau_log_${name}`, help, type: 'gauge', labels, value };
  };
  const counter = (name: string, help: string, value: number): MetricSample => {
    return { name: `moldau_log_${name}_total`, help, type: 'counter', labels, value };
  };
  let sizeBytes = 0;
  for (const log of logs.values()) sizeBytes += log.sizeBytes;
  return [
    gauge('directory_offline', '1 when the disk of the data directory has failed', core.isOffline ? 1 : 0),
    gauge('partitions', 'Logs in the data directory', logs.size),
    gauge('size_bytes', 'Batches of all logs', sizeBytes),
    gauge('tail_bytes', 'Memory of the batches that are kept there', core.tails.bytes),
    gauge('unwritten_bytes', 'Memory of appended batches that are not in their segments yet', core.unwrittenBytes),
    gauge('free_bytes', 'Room for appends before they are refused', Math.max(0, core.space.leftBytes)),
    gauge('open_segments', 'Segment files held open', core.openSegments.count),
    counter('flushes', 'Flushes of the journal', core.flushCount),
    counter('checkpoints', 'Checkpoints', checkpoints.count),
  ];
}
