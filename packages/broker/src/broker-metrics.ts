import { counter, gauge, type MetricSample } from '@moldau/base';
import type { LogDirectory } from '@moldau/log';
import { effectiveMinIsr, isReassigning, replicationFactor } from '@moldau/metadata';
import type { BrokerCounters, TopicCounters } from './counters.ts';
import type { GroupCoordinator } from './groups/group-coordinator.ts';
import type { KafkaCounters } from './kafka/kafka-counters.ts';
import type { Partition } from './partition/partition.ts';
import type { ReplicaManager } from './replica-manager.ts';
import type { ReplicationQuotas } from './replication/replication-quotas.ts';

/** Kafka's names, as its dashboards know them; read when they are scraped. */
export function* brokerSamples(of: {
  readonly replicas: ReplicaManager;
  readonly directories: readonly LogDirectory[];
  readonly offlineDirectories: number;
  readonly counters: BrokerCounters;
  readonly kafka: KafkaCounters;
  readonly groups: GroupCoordinator;
  readonly inFlightBytes: number;
  readonly diskReads: number;
  readonly quotas: ReplicationQuotas;
  readonly waitingReplicas: number;
  readonly metadataLag: number;
}): Iterable<MetricSample> {
  const { replicas, counters } = of;
  const led = [...replicas.led()];
  const manager = 'kafka_server_replicamanager';
  const partitions = [...replicas.partitions()];
  yield gauge(`${manager}_partitioncount`, 'Replicas on this broker', partitions.length);
  yield gauge(`${manager}_leadercount`, 'Partitions that this broker leads', led.length);
  yield gauge(
    `${manager}_underreplicatedpartitions`,
    'Led partitions with a replica outside the ISR',
    count(led, (each) => isrSize(each) < replicationFactor(each.state)),
  );
  yield gauge(
    `${manager}_underminisrpartitioncount`,
    'Led partitions that cannot take acks=all',
    count(led, (each) => each.leader?.hasMinIsr === false),
  );
  yield gauge(
    `${manager}_atminisrpartitioncount`,
    'Led partitions that could not take acks=all with one replica less',
    count(led, (each) => isrSize(each) === effectiveMinIsr(each.config.minInsyncReplicas, each.state)),
  );
  yield gauge(
    `${manager}_reassigningpartitions`,
    'Led partitions whose replicas move to other brokers',
    count(led, (each) => isReassigning(each.state)),
  );
  yield counter(`${manager}_isrshrinks_total`, 'In-sync sets that lost a member', counters.isrShrinks);
  yield counter(`${manager}_isrexpands_total`, 'In-sync sets that won a member', counters.isrExpands);
  yield counter(
    `${manager}_failedisrupdates_total`,
    'In-sync sets that the controller refused',
    counters.failedIsrUpdates,
  );
  yield gauge(
    'kafka_log_logmanager_offlinelogdirectorycount',
    'Data directories that have failed',
    of.offlineDirectories,
  );
  const topicMetrics = 'kafka_server_brokertopicmetrics';
  yield counter(`${topicMetrics}_replicationbytesin_total`, 'Bytes fetched from leaders', counters.replicationBytesIn);
  yield counter(`${topicMetrics}_replicationbytesout_total`, 'Bytes pushed to followers', counters.replicationBytesOut);
  yield* of.quotas.samples();
  for (const [topic, each] of replicas.topicCounters()) yield* topicSamples(topicMetrics, topic, each);
  yield counter(
    'moldau_broker_truncations_total',
    'Logs that were cut to agree with their leader',
    counters.truncations,
  );
  yield counter(
    'moldau_broker_truncations_below_high_watermark_total',
    'Cuts that took committed records: only an unclean election does that',
    counters.truncatedBelowHighWatermark,
  );
  yield gauge('moldau_broker_produce_in_flight_bytes', 'Batches that wait for their answer', of.inFlightBytes);
  yield gauge('moldau_broker_disk_reads', 'Reads for consumers and replicas that catch up', of.diskReads);
  yield gauge('moldau_broker_waiting_replicas', 'Replicas that no leader serves right now', of.waitingReplicas);
  yield gauge('moldau_broker_metadata_lag', 'Committed metadata entries that are not applied yet', of.metadataLag);
  for (const partition of partitions) {
    const labels = { topic: partition.topic, partition: String(partition.partition) };
    yield gauge('kafka_log_log_size', 'Bytes of batches in the log', partition.log.sizeBytes, labels);
  }
  for (const directory of of.directories) yield* directory.samples();
  yield* of.kafka.samples();
  yield* of.groups.samples();
}

function* topicSamples(prefix: string, topic: string, counters: TopicCounters): Iterable<MetricSample> {
  const labels = { topic };
  yield counter(`${prefix}_bytesin_total`, 'Bytes of batches from producers', counters.bytesIn, labels);
  yield counter(`${prefix}_bytesout_total`, 'Bytes of batches to consumers', counters.bytesOut, labels);
  yield counter(`${prefix}_messagesin_total`, 'Records appended', counters.messagesIn, labels);
  yield counter(
    `${prefix}_producemessageconversions_total`,
    'Records of batches that were compressed anew',
    counters.messageConversions,
    labels,
  );
  yield counter(`${prefix}_totalproducerequests_total`, 'Batches offered', counters.produceRequests, labels);
  yield counter(`${prefix}_totalfetchrequests_total`, 'Subscriptions of consumers', counters.fetchRequests, labels);
  yield counter(`${prefix}_failedproducerequests_total`, 'Batches refused', counters.failedProduceRequests, labels);
  yield counter(`${prefix}_failedfetchrequests_total`, 'Subscriptions refused', counters.failedFetchRequests, labels);
}

function isrSize(partition: Partition): number {
  return partition.leader?.isr.length ?? partition.state.isr.length;
}

function count(partitions: readonly Partition[], is: (partition: Partition) => boolean): number {
  return partitions.reduce((sum, partition) => sum + (is(partition) ? 1 : 0), 0);
}
