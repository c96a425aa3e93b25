import { bytesEqual } from '@moldau/base';
import type { BrokerDelta, ClusterDelta, PartitionDelta } from './cluster-delta.ts';
import type { ClusterImage, ConfigResource, TopicImage } from './cluster-image.ts';

/**
 * What differs between two images, for whoever jumps from one to the other by a snapshot. Costs a walk over both;
 * parts that the two share by reference are skipped.
 */
export function diffImages(before: ClusterImage, after: ClusterImage): ClusterDelta {
  const topicsCreated: TopicImage[] = [];
  const topicsDeleted: TopicImage[] = [];
  const partitions: PartitionDelta[] = [];
  for (const topic of after.topics.values()) {
    const old = before.topics.get(topic.topicId);
    if (old === topic) continue;
    if (old === undefined) topicsCreated.push(topic);
    for (const [index, state] of topic.partitions.entries()) {
      const oldState = old?.partitions[index];
      // The epoch counts every change, so equal epochs are equal states.
      if (oldState?.partitionEpoch !== state.partitionEpoch) partitions.push({ before: oldState, after: state });
    }
  }
  for (const topic of before.topics.values()) if (!after.topics.has(topic.topicId)) topicsDeleted.push(topic);
  return {
    clusterIdChanged: before.clusterId !== after.clusterId,
    features: changedKeys(before.features, after.features),
    brokers: diffBrokers(before, after),
    topicsCreated,
    topicsDeleted,
    partitions,
    configs: diffConfigs(before, after),
    quotas: diffQuotas(before, after),
    credentials: diffCredentials(before, after),
    producerIdsChanged: before.nextProducerId !== after.nextProducerId,
    copies: { images: 0, topicShards: 0, topics: 0 },
  };
}

function diffBrokers(before: ClusterImage, after: ClusterImage): BrokerDelta[] {
  const ids = new Set([...before.brokers.keys(), ...after.brokers.keys()]);
  const deltas: BrokerDelta[] = [];
  for (const brokerId of ids) {
    const old = before.brokers.get(brokerId);
    const now = after.brokers.get(brokerId);
    const same =
      old?.brokerEpoch === now?.brokerEpoch && old?.fenced === now?.fenced && old?.shuttingDown === now?.shuttingDown;
    if (!same) deltas.push({ brokerId, before: old, after: now });
  }
  return deltas;
}

function diffConfigs(before: ClusterImage, after: ClusterImage): ConfigResource[] {
  const changed: ConfigResource[] = [];
  for (const [key, configs] of after.configs) {
    const old = before.configs.get(key);
    if (old !== configs && changedKeys(old?.values ?? new Map(), configs.values).length > 0) changed.push(configs);
  }
  for (const [key, configs] of before.configs) if (!after.configs.has(key)) changed.push(configs);
  return changed.map(({ type, name }) => ({ type, name }));
}

function diffQuotas({ quotas: before }: ClusterImage, { quotas: after }: ClusterImage): string[] {
  const none: ReadonlyMap<string, number> = new Map();
  return changedKeys(before, after).filter(
    (key) => changedKeys(before.get(key)?.values ?? none, after.get(key)?.values ?? none).length > 0,
  );
}

function diffCredentials({ credentials: before }: ClusterImage, { credentials: after }: ClusterImage): string[] {
  return changedKeys(before, after).filter((key) => {
    const [old, now] = [before.get(key), after.get(key)];
    if (old === undefined || now === undefined || old.iterations !== now.iterations) return true;
    const isSame = (name: 'salt' | 'storedKey' | 'serverKey'): boolean => bytesEqual(old[name], now[name]);
    return !(isSame('salt') && isSame('storedKey') && isSame('serverKey'));
  });
}

function changedKeys<V>(before: ReadonlyMap<string, V>, after: ReadonlyMap<string, V>): string[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].filter((name) => before.get(name) !== after.get(name));
}
