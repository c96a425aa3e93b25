import { counter, gauge, type MetricSample } from '@moldau/base';
import { isActive } from '@moldau/metadata';
import { countPartitions } from './managers/replication.ts';
import type { QuorumController } from './quorum-controller.ts';
import type { QuorumNode } from './quorum-node.ts';

/** Kafka's names as its exporters print them, where the meaning is Kafka's. */
export function* controllerMetrics(controller: QuorumController, quorum: QuorumNode): Iterable<MetricSample> {
  const { committed, writer, counts } = controller;
  const brokers = [...committed.brokers.values()];
  const partitions = countPartitions(committed);
  const prefix = 'kafka_controller_kafkacontroller';
  yield gauge(`${prefix}_activecontrollercount`, 'Whether this node is the active controller.', writer.leading ? 1 : 0);
  yield gauge(
    `${prefix}_activebrokercount`,
    'Brokers that are unfenced and not shutting down.',
    brokers.filter(isActive).length,
  );
  yield gauge(
    `${prefix}_fencedbrokercount`,
    'Registered brokers that are fenced.',
    brokers.filter(({ fenced }) => fenced).length,
  );
  yield gauge(`${prefix}_globaltopiccount`, 'Topics of the cluster.', committed.topics.size);
  yield gauge(`${prefix}_globalpartitioncount`, 'Partitions of the cluster.', partitions.partitions);
  yield gauge(`${prefix}_offlinepartitionscount`, 'Partitions without a leader.', partitions.offline);
  yield gauge(
    `${prefix}_preferredreplicaimbalancecount`,
    'Partitions not led by their first replica.',
    partitions.notPreferred,
  );
  yield gauge(
    'moldau_controller_underreplicatedpartitions',
    'Partitions whose ISR lacks a replica.',
    partitions.underReplicated,
  );
  yield gauge(
    'moldau_controller_reassigningpartitions',
    'Partitions whose replicas move to other brokers.',
    partitions.reassigning,
  );
  yield gauge(`${prefix}_lastappliedrecordoffset`, 'Offset of the newest metadata applied here.', committed.offset);
  yield gauge('moldau_controller_inflight_batches', 'Batches proposed and not committed.', writer.inFlightCount);
  yield gauge('moldau_controller_followers', 'Streams of committed metadata that are open.', counts.feeds);
  yield counter(
    'moldau_controller_batches_written_total',
    'Metadata batches proposed by this node.',
    writer.written.batches,
  );
  yield counter(
    'moldau_controller_records_written_total',
    'Metadata records proposed by this node.',
    writer.written.records,
  );
  yield counter(
    'moldau_controller_leader_changes_total',
    'Changes of partition leaders seen in the metadata.',
    counts.elections,
  );
  yield counter('moldau_controller_brokers_fenced_total', 'Fencings of brokers seen in the metadata.', counts.fencings);
  yield counter('moldau_controller_batches_applied_total', 'Metadata batches applied.', counts.batchesApplied);
  yield counter(
    'moldau_controller_image_copies_total',
    'Copies of the image that applying them cost.',
    counts.imageCopies,
  );
  yield* quorum.metrics.samples();
}
