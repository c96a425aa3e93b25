/**
 * Applies records to an image: the one place where cluster state changes. All records of a batch go into one builder,
 * which copies what they touch once: a topic's partition array at the first change to that topic, a map at its first
 * change. The image it came from stays as it was.
 */
import { assert, type ControllerEpoch, type MetadataOffset, type NodeId, present, type TopicId } from '@moldau/base';
import type {
  BrokerStateRecord,
  ClientQuotaRecord,
  ConfigRecord,
  FeatureLevelRecord,
  MetadataRecord,
  PartitionChangeRecord,
  PartitionRecord,
  RegisterBrokerRecord,
  RemoveScramCredentialRecord,
  ReplicaDirectory,
  TopicRecord,
  UnregisterBrokerRecord,
} from '@moldau/proto';
import { SUPPORTED_FEATURES, supportsFeature } from '../features.ts';
import type { PartitionState, ReplicaState } from '../partition/partition-state.ts';
import { type ClientQuotas, quotaEntityKey, quotaEntityOf } from './client-quotas.ts';
import type { BrokerDelta, ClusterDelta, PartitionDelta } from './cluster-delta.ts';
import {
  type BrokerState,
  type ClusterImage,
  type ConfigResource,
  type ConfigsImage,
  configResourceKey,
  type TopicImage,
} from './cluster-image.ts';
import { MetadataError } from './metadata-error.ts';
import { type ScramCredential, scramKey } from './scram-credentials.ts';

/** A topic that the batch touches: a copy of its partitions, and which of them changed. */
interface TopicEdit {
  readonly name: string;
  readonly before: TopicImage | undefined;
  readonly partitions: PartitionState[];
  readonly changed: Set<number>;
}

/** Offset and term of the batch under application. */
export interface BatchPosition {
  readonly offset: MetadataOffset;
  readonly epoch: ControllerEpoch;
}

export class ImageBuilder {
  readonly #base: ClusterImage;
  readonly #at: BatchPosition;
  #clusterId: string;
  #nextProducerId: number;
  readonly #topicEdits = new Map<TopicId, TopicEdit>();
  readonly #topicsDeleted: TopicImage[] = [];
  readonly #topics;
  readonly #topicIds;
  #features: Map<string, number> | undefined;
  readonly #featuresChanged = new Set<string>();
  #brokers: Map<NodeId, BrokerState> | undefined;
  readonly #brokersChanged = new Set<NodeId>();
  readonly #configsChanged = new Map<
    string,
    { readonly resource: ConfigResource; readonly values: Map<string, string> }
  >();

  #quotas: Map<string, ClientQuotas> | undefined;
  readonly #quotasChanged = new Set<string>();
  #credentials: Map<string, ScramCredential> | undefined;
  readonly #credentialsChanged = new Set<string>();

  constructor(base: ClusterImage, at: BatchPosition) {
    this.#base = base;
    this.#at = at;
    this.#clusterId = base.clusterId;
    this.#nextProducerId = base.nextProducerId;
    this.#topics = base.topics.edit();
    this.#topicIds = base.topicIds.edit();
  }

  /** @throws MetadataError for a record that this version does not know */
  apply({ record }: MetadataRecord): void {
    switch (record?.kind) {
      case 'cluster':
        assert(this.#clusterId === '' || this.#clusterId === record.value.clusterId, 'a cluster id is written once');
        this.#clusterId = record.value.clusterId;
        return;
      case 'featureLevel':
        this.#featureLevel(record.value);
        return;
      case 'registerBroker':
        this.#registerBroker(record.value);
        return;
      case 'unregisterBroker':
        this.#unregisterBroker(record.value);
        return;
      case 'brokerState':
        this.#brokerState(record.value);
        return;
      case 'topic':
        this.#topic(record.value);
        return;
      case 'removeTopic':
        this.#removeTopic(record.value.topicId);
        return;
      case 'partition':
        this.#partition(record.value);
        return;
      case 'partitionChange':
        this.#partitionChange(record.value);
        return;
      case 'config':
        this.#config(record.value);
        return;
      case 'clientQuota':
        this.#clientQuota(record.value);
        return;
      case 'scramCredential':
        this.#scramCredential(record.value, record.value);
        return;
      case 'removeScramCredential':
        this.#scramCredential(record.value, undefined);
        return;
      case 'producerIds':
        assert(record.value.nextProducerId >= this.#nextProducerId, 'producer ids are given out once');
        this.#nextProducerId = record.value.nextProducerId;
        return;
      default:
        throw new MetadataError(
          `The metadata log at offset ${this.#at.offset} holds a kind of record that this version does not know. Run the version that the cluster's metadata.version asks for.`,
        );
    }
  }

  finish(): { readonly image: ClusterImage; readonly delta: ClusterDelta } {
    const topicsCreated: TopicImage[] = [];
    const partitions: PartitionDelta[] = [];
    for (const [topicId, edit] of this.#topicEdits) {
      const topic: TopicImage = { topicId, name: edit.name, partitions: edit.partitions };
      this.#topics.set(topicId, topic);
      if (edit.before === undefined) topicsCreated.push(topic);
      for (const index of edit.changed) {
        partitions.push({
          before: edit.before?.partitions[index],
          after: present(edit.partitions[index], 'a changed partition'),
        });
      }
    }
    const topicShards = this.#topics.shardCopies;
    const image: ClusterImage = {
      offset: this.#at.offset,
      epoch: this.#at.epoch,
      clusterId: this.#clusterId,
      features: this.#features ?? this.#base.features,
      brokers: this.#brokers ?? this.#base.brokers,
      topics: this.#topics.finish(),
      topicIds: this.#topicIds.finish(),
      configs: this.#finishConfigs(),
      quotas: this.#quotas ?? this.#base.quotas,
      credentials: this.#credentials ?? this.#base.credentials,
      nextProducerId: this.#nextProducerId,
    };
    const delta: ClusterDelta = {
      clusterIdChanged: image.clusterId !== this.#base.clusterId,
      features: [...this.#featuresChanged],
      brokers: this.#brokerDeltas(image),
      topicsCreated,
      topicsDeleted: this.#topicsDeleted,
      partitions,
      configs: [...this.#configsChanged.values()].map(({ resource }) => resource),
      quotas: [...this.#quotasChanged],
      credentials: [...this.#credentialsChanged],
      producerIdsChanged: image.nextProducerId !== this.#base.nextProducerId,
      copies: { images: 1, topicShards, topics: this.#topicEdits.size },
    };
    return { image, delta };
  }

  #featureLevel({ name, level }: FeatureLevelRecord): void {
    this.#features ??= new Map(this.#base.features);
    if (level === 0) this.#features.delete(name);
    else if (supportsFeature(SUPPORTED_FEATURES, name, level)) this.#features.set(name, level);
    else {
      throw new MetadataError(
        `The cluster runs with ${name} at level ${level}, which this version of Moldau does not support. Upgrade this node.`,
      );
    }
    this.#featuresChanged.add(name);
  }

  #registerBroker(record: RegisterBrokerRecord): void {
    // In the log the epoch is the batch's offset, which its writer cannot know yet; a snapshot names it.
    const brokerEpoch = record.brokerEpoch === 0 ? this.#at.offset : record.brokerEpoch;
    const before = this.#broker(record.brokerId);
    assert(before === undefined || before.brokerEpoch < brokerEpoch, 'a broker epoch only rises', {
      brokerId: record.brokerId,
      before: before?.brokerEpoch,
      brokerEpoch,
    });
    this.#setBroker({ ...record, brokerEpoch, fenced: true, shuttingDown: false });
  }

  #unregisterBroker({ brokerId, brokerEpoch }: UnregisterBrokerRecord): void {
    const broker = present(this.#broker(brokerId), 'the broker of a record');
    assert(broker.brokerEpoch === brokerEpoch, 'a record names the epoch of its broker', { brokerId, brokerEpoch });
    this.#brokers ??= new Map(this.#base.brokers);
    this.#brokers.delete(brokerId);
    this.#brokersChanged.add(brokerId);
  }

  #brokerState({ brokerId, brokerEpoch, fenced, shuttingDown }: BrokerStateRecord): void {
    const broker = present(this.#broker(brokerId), 'the broker of a record');
    assert(broker.brokerEpoch === brokerEpoch, 'a record names the epoch of its broker', { brokerId, brokerEpoch });
    this.#setBroker({ ...broker, fenced, shuttingDown });
  }

  #broker(brokerId: NodeId): BrokerState | undefined {
    return (this.#brokers ?? this.#base.brokers).get(brokerId);
  }

  #setBroker(broker: BrokerState): void {
    this.#brokers ??= new Map(this.#base.brokers);
    this.#brokers.set(broker.brokerId, broker);
    this.#brokersChanged.add(broker.brokerId);
  }

  #brokerDeltas(image: ClusterImage): BrokerDelta[] {
    return [...this.#brokersChanged].map((brokerId) => ({
      brokerId,
      before: this.#base.brokers.get(brokerId),
      after: image.brokers.get(brokerId),
    }));
  }

  #topic({ topicId, name }: TopicRecord): void {
    assert(this.#topicIds.get(name) === undefined, 'a topic name is taken once', { name });
    assert(this.#topics.get(topicId) === undefined, 'a topic id is taken once', { topicId });
    this.#topicIds.set(name, topicId);
    this.#topicEdits.set(topicId, { name, before: undefined, partitions: [], changed: new Set() });
  }

  #removeTopic(topicId: TopicId): void {
    const before = this.#base.topics.get(topicId);
    const name = this.#topicEdits.get(topicId)?.name ?? present(before, 'the topic of a record').name;
    this.#topicEdits.delete(topicId);
    this.#topicIds.delete(name);
    this.#topics.delete(topicId);
    if (before !== undefined) this.#topicsDeleted.push(before);
    const resource: ConfigResource = { type: 'topic', name };
    if (this.#configValues(resource).size > 0) this.#editConfigs(resource).clear();
  }

  #editTopic(topicId: TopicId): TopicEdit {
    let edit = this.#topicEdits.get(topicId);
    if (edit === undefined) {
      const before = present(this.#topics.get(topicId), 'the topic of a record');
      edit = { name: before.name, before, partitions: [...before.partitions], changed: new Set() };
      this.#topicEdits.set(topicId, edit);
    }
    return edit;
  }

  #partition(record: PartitionRecord): void {
    const { partitions, changed } = this.#editTopic(record.topicId);
    assert(record.partition === partitions.length, 'partitions are added in order', {
      topicId: record.topicId,
      partition: record.partition,
      partitionCount: partitions.length,
    });
    partitions.push(record);
    changed.add(record.partition);
  }

  #partitionChange(change: PartitionChangeRecord): void {
    const { partitions, changed } = this.#editTopic(change.topicId);
    const before = present(partitions[change.partition], 'the partition of a record');
    const bumped = change.leader !== undefined || change.bumpLeaderEpoch;
    partitions[change.partition] = {
      topicId: before.topicId,
      partition: before.partition,
      replicas: moved(change.replicas?.replicas ?? before.replicas, change.moved),
      isr: change.isr?.brokerIds ?? before.isr,
      elr: change.elr?.brokerIds ?? before.elr,
      leader: change.leader ?? before.leader,
      leaderEpoch: before.leaderEpoch + (bumped ? 1 : 0),
      partitionEpoch: before.partitionEpoch + 1,
      addingReplicas: change.addingReplicas?.brokerIds ?? before.addingReplicas,
      removingReplicas: change.removingReplicas?.brokerIds ?? before.removingReplicas,
    };
    changed.add(change.partition);
  }

  #config(record: ConfigRecord): void {
    const values = this.#editConfigs({ type: record.resourceType, name: record.resourceName });
    if (record.value === undefined) values.delete(record.name);
    else values.set(record.name, record.value);
  }

  #clientQuota({ entity: parts, key: name, value }: ClientQuotaRecord): void {
    const entity = quotaEntityOf(parts);
    const key = quotaEntityKey(entity);
    this.#quotas ??= new Map(this.#base.quotas);
    const values = new Map(this.#quotas.get(key)?.values);
    if (value === undefined) values.delete(name);
    else values.set(name, value);
    if (values.size === 0) this.#quotas.delete(key);
    else this.#quotas.set(key, { entity, values });
    this.#quotasChanged.add(key);
  }

  #scramCredential(of: RemoveScramCredentialRecord, credential: ScramCredential | undefined): void {
    const key = scramKey(of);
    this.#credentials ??= new Map(this.#base.credentials);
    if (credential === undefined) this.#credentials.delete(key);
    else {
      // What was decoded shares the memory of its batch.
      const salt = new Uint8Array(credential.salt);
      const storedKey = new Uint8Array(credential.storedKey);
      const serverKey = new Uint8Array(credential.serverKey);
      this.#credentials.set(key, { ...credential, salt, storedKey, serverKey });
    }
    this.#credentialsChanged.add(key);
  }

  #configValues(resource: ConfigResource): ReadonlyMap<string, string> {
    const key = configResourceKey(resource);
    return this.#configsChanged.get(key)?.values ?? this.#base.configs.get(key)?.values ?? new Map<string, string>();
  }

  #editConfigs(resource: ConfigResource): Map<string, string> {
    const key = configResourceKey(resource);
    let edit = this.#configsChanged.get(key);
    if (edit === undefined) {
      edit = { resource, values: new Map(this.#base.configs.get(key)?.values) };
      this.#configsChanged.set(key, edit);
    }
    return edit.values;
  }

  #finishConfigs(): ReadonlyMap<string, ConfigsImage> {
    if (this.#configsChanged.size === 0) return this.#base.configs;
    const configs = new Map(this.#base.configs);
    for (const [key, { resource, values }] of this.#configsChanged) {
      if (values.size === 0) configs.delete(key);
      else configs.set(key, { ...resource, values });
    }
    return configs;
  }
}

function moved(replicas: readonly ReplicaState[], to: ReplicaDirectory | undefined): readonly ReplicaState[] {
  if (to === undefined) return replicas;
  assert(
    replicas.some(({ brokerId }) => brokerId === to.brokerId),
    'a replica that moves is one of its partition',
    { brokerId: to.brokerId },
  );
  return replicas.map((replica) =>
    replica.brokerId === to.brokerId ? { ...replica, directoryId: to.directoryId } : replica,
  );
}
