// Generated from proto/ by `npm run gen`. Not edited by hand.
import { lengthDelimitedEnd, type MessageCodec, messageCodec, readNested, writeNested } from '../codec.ts';
import { int64Read, int64Write } from '../int64.ts';
import { type EnumCodec, enumCodec } from '../enum-codec.ts';

const NO_BYTES = new Uint8Array(0);

/** What recovery found in a data directory. */
export type DirectoryVerdict = 'unspecified' | 'clean' | 'crashed-intact' | 'damaged' | 'new';
export const directoryVerdictCodec: EnumCodec<DirectoryVerdict> = enumCodec([[0, 'unspecified'], [1, 'clean'], [2, 'crashed-intact'], [3, 'damaged'], [4, 'new']]);

export type ConfigResourceType = 'unspecified' | 'topic' | 'broker' | 'cluster' | 'founding';
export const configResourceTypeCodec: EnumCodec<ConfigResourceType> = enumCodec([[0, 'unspecified'], [1, 'topic'], [2, 'broker'], [3, 'cluster'], [4, 'founding']]);

export type ScramMechanism = 'unspecified' | 'sha-256' | 'sha-512';
export const scramMechanismCodec: EnumCodec<ScramMechanism> = enumCodec([[0, 'unspecified'], [1, 'sha-256'], [2, 'sha-512']]);

/** One entry of the metadata log. All of its records take effect together or not at all. */
export interface MetadataBatch {
  /** Format of the batch; 1. */
  readonly version: number;
  readonly records: readonly MetadataRecord[];
  /** Wall time at the controller that wrote it, in ms; for people. */
  readonly timestampMs: number;
}
export const MetadataBatch: MessageCodec<MetadataBatch> = messageCodec<MetadataBatch>({
  empty: () => ({ version: 0, records: [], timestampMs: 0 }),
  write(w, m) {
    if (m.version !== 0) w.uint32(8).uint32(m.version);
    for (const item of m.records) writeNested(w, 18, MetadataRecord, item);
    if (m.timestampMs !== 0) int64Write(w.uint32(24), m.timestampMs);
  },
  read(r, end) {
    let version: number = 0;
    const records: MetadataRecord[] = [];
    let timestampMs: number = 0;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          version = r.uint32();
          break;
        case 18:
          records.push(readNested(r, MetadataRecord));
          break;
        case 24:
          timestampMs = int64Read(r);
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { version, records, timestampMs };
  },
});

export interface MetadataRecord {
  readonly record:
    | { readonly kind: 'cluster'; readonly value: ClusterRecord }
    | { readonly kind: 'featureLevel'; readonly value: FeatureLevelRecord }
    | { readonly kind: 'registerBroker'; readonly value: RegisterBrokerRecord }
    | { readonly kind: 'unregisterBroker'; readonly value: UnregisterBrokerRecord }
    | { readonly kind: 'brokerState'; readonly value: BrokerStateRecord }
    | { readonly kind: 'topic'; readonly value: TopicRecord }
    | { readonly kind: 'removeTopic'; readonly value: RemoveTopicRecord }
    | { readonly kind: 'partition'; readonly value: PartitionRecord }
    | { readonly kind: 'partitionChange'; readonly value: PartitionChangeRecord }
    | { readonly kind: 'config'; readonly value: ConfigRecord }
    | { readonly kind: 'producerIds'; readonly value: ProducerIdsRecord }
    | { readonly kind: 'clientQuota'; readonly value: ClientQuotaRecord }
    | { readonly kind: 'scramCredential'; readonly value: ScramCredentialRecord }
    | { readonly kind: 'removeScramCredential'; readonly value: RemoveScramCredentialRecord }
    | undefined;
}
export const MetadataRecord: MessageCodec<MetadataRecord> = messageCodec<MetadataRecord>({
  empty: () => ({ record: undefined }),
  write(w, m) {
    switch (m.record?.kind) {
      case 'cluster':
        writeNested(w, 10, ClusterRecord, m.record.value);
        break;
      case 'featureLevel':
        writeNested(w, 18, FeatureLevelRecord, m.record.value);
        break;
      case 'registerBroker':
        writeNested(w, 26, RegisterBrokerRecord, m.record.value);
        break;
      case 'unregisterBroker':
        writeNested(w, 34, UnregisterBrokerRecord, m.record.value);
        break;
      case 'brokerState':
        writeNested(w, 42, BrokerStateRecord, m.record.value);
        break;
      case 'topic':
        writeNested(w, 50, TopicRecord, m.record.value);
        break;
      case 'removeTopic':
        writeNested(w, 58, RemoveTopicRecord, m.record.value);
        break;
      case 'partition':
        writeNested(w, 66, PartitionRecord, m.record.value);
        break;
      case 'partitionChange':
        writeNested(w, 74, PartitionChangeRecord, m.record.value);
        break;
      case 'config':
        writeNested(w, 82, ConfigRecord, m.record.value);
        break;
      case 'producerIds':
        writeNested(w, 90, ProducerIdsRecord, m.record.value);
        break;
      case 'clientQuota':
        writeNested(w, 98, ClientQuotaRecord, m.record.value);
        break;
      case 'scramCredential':
        writeNested(w, 106, ScramCredentialRecord, m.record.value);
        break;
      case 'removeScramCredential':
        writeNested(w, 114, RemoveScramCredentialRecord, m.record.value);
        break;
    }
  },
  read(r, end) {
    let record: MetadataRecord['record'];
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          record = { kind: 'cluster', value: readNested(r, ClusterRecord) };
          break;
        case 18:
          record = { kind: 'featureLevel', value: readNested(r, FeatureLevelRecord) };
          break;
        case 26:
          record = { kind: 'registerBroker', value: readNested(r, RegisterBrokerRecord) };
          break;
        case 34:
          record = { kind: 'unregisterBroker', value: readNested(r, UnregisterBrokerRecord) };
          break;
        case 42:
          record = { kind: 'brokerState', value: readNested(r, BrokerStateRecord) };
          break;
        case 50:
          record = { kind: 'topic', value: readNested(r, TopicRecord) };
          break;
        case 58:
          record = { kind: 'removeTopic', value: readNested(r, RemoveTopicRecord) };
          break;
        case 66:
          record = { kind: 'partition', value: readNested(r, PartitionRecord) };
          break;
        case 74:
          record = { kind: 'partitionChange', value: readNested(r, PartitionChangeRecord) };
          break;
        case 82:
          record = { kind: 'config', value: readNested(r, ConfigRecord) };
          break;
        case 90:
          record = { kind: 'producerIds', value: readNested(r, ProducerIdsRecord) };
          break;
        case 98:
          record = { kind: 'clientQuota', value: readNested(r, ClientQuotaRecord) };
          break;
        case 106:
          record = { kind: 'scramCredential', value: readNested(r, ScramCredentialRecord) };
          break;
        case 114:
          record = { kind: 'removeScramCredential', value: readNested(r, RemoveScramCredentialRecord) };
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { record };
  },
});

/** Born with the first quorum, written once. */
export interface ClusterRecord {
  readonly clusterId: string;
}
export const ClusterRecord: MessageCodec<ClusterRecord> = messageCodec<ClusterRecord>({
  empty: () => ({ clusterId: '' }),
  write(w, m) {
    if (m.clusterId !== '') w.uint32(10).string(m.clusterId);
  },
  read(r, end) {
    let clusterId: string = '';
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          clusterId = r.string();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { clusterId };
  },
});

/** The finalized level of a feature; "metadata.version" decides which records may be written. 0 removes the feature. */
export interface FeatureLevelRecord {
  readonly name: string;
  readonly level: number;
}
export const FeatureLevelRecord: MessageCodec<FeatureLevelRecord> = messageCodec<FeatureLevelRecord>({
  empty: () => ({ name: '', level: 0 }),
  write(w, m) {
    if (m.name !== '') w.uint32(10).string(m.name);
    if (m.level !== 0) w.uint32(16).uint32(m.level);
  },
  read(r, end) {
    let name: string = '';
    let level: number = 0;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          name = r.string();
          break;
        case 16:
          level = r.uint32();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { name, level };
  },
});

/** A broker's registration. Its broker epoch is the offset of the metadata batch that holds this record. It starts fenced. */
export interface RegisterBrokerRecord {
  readonly brokerId: number;
  /** One run of the process. */
  readonly incarnationId: string;
  /** host:port of the gRPC listener, for clients, followers and probes. */
  readonly grpcAddress: string;
  /** host:port of the Kafka listener; empty when there is none. */
  readonly kafkaAddress: string;
  /** Empty when unknown. */
  readonly rack: string;
  /** Two replicas of a partition prefer different hosts. Empty when unknown. */
  readonly host: string;
  readonly directories: readonly LogDirectory[];
  readonly features: readonly FeatureRange[];
  /** 0 in the log: the offset of the batch. Set in snapshots, where the batch has no offset. */
  readonly brokerEpoch: number;
}
export const RegisterBrokerRecord: MessageCodec<RegisterBrokerRecord> = messageCodec<RegisterBrokerRecord>({
  empty: () => ({ brokerId: 0, incarnationId: '', grpcAddress: '', kafkaAddress: '', rack: '', host: '', directories: [], features: [], brokerEpoch: 0 }),
  write(w, m) {
    if (m.brokerId !== 0) w.uint32(8).int32(m.brokerId);
    if (m.incarnationId !== '') w.uint32(18).string(m.incarnationId);
    if (m.grpcAddress !== '') w.uint32(26).string(m.grpcAddress);
    if (m.kafkaAddress !== '') w.uint32(34).string(m.kafkaAddress);
    if (m.rack !== '') w.uint32(42).string(m.rack);
    if (m.host !== '') w.uint32(50).string(m.host);
    for (const item of m.directories) writeNested(w, 58, LogDirectory, item);
    for (const item of m.features) writeNested(w, 66, FeatureRange, item);
    if (m.brokerEpoch !== 0) int64Write(w.uint32(72), m.brokerEpoch);
  },
  read(r, end) {
    let brokerId: number = 0;
    let incarnationId: string = '';
    let grpcAddress: string = '';
    let kafkaAddress: string = '';
    let rack: string = '';
    let host: string = '';
    const directories: LogDirectory[] = [];
    const features: FeatureRange[] = [];
    let brokerEpoch: number = 0;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          brokerId = r.int32();
          break;
        case 18:
          incarnationId = r.string();
          break;
        case 26:
          grpcAddress = r.string();
          break;
        case 34:
          kafkaAddress = r.string();
          break;
        case 42:
          rack = r.string();
          break;
        case 50:
          host = r.string();
          break;
        case 58:
          directories.push(readNested(r, LogDirectory));
          break;
        case 66:
          features.push(readNested(r, FeatureRange));
          break;
        case 72:
          brokerEpoch = int64Read(r);
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { brokerId, incarnationId, grpcAddress, kafkaAddress, rack, host, directories, features, brokerEpoch };
  },
});

export interface LogDirectory {
  readonly directoryId: string;
  readonly verdict: DirectoryVerdict;
}
export const LogDirectory: MessageCodec<LogDirectory> = messageCodec<LogDirectory>({
  empty: () => ({ directoryId: '', verdict: directoryVerdictCodec.empty }),
  write(w, m) {
    if (m.directoryId !== '') w.uint32(10).string(m.directoryId);
    if (m.verdict !== directoryVerdictCodec.empty) w.uint32(16).int32(directoryVerdictCodec.number(m.verdict));
  },
  read(r, end) {
    let directoryId: string = '';
    let verdict: DirectoryVerdict = directoryVerdictCodec.empty;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          directoryId = r.string();
          break;
        case 16:
          verdict = directoryVerdictCodec.name(r.int32());
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { directoryId, verdict };
  },
});

export interface FeatureRange {
  readonly name: string;
  readonly minLevel: number;
  readonly maxLevel: number;
}
export const FeatureRange: MessageCodec<FeatureRange> = messageCodec<FeatureRange>({
  empty: () => ({ name: '', minLevel: 0, maxLevel: 0 }),
  write(w, m) {
    if (m.name !== '') w.uint32(10).string(m.name);
    if (m.minLevel !== 0) w.uint32(16).uint32(m.minLevel);
    if (m.maxLevel !== 0) w.uint32(24).uint32(m.maxLevel);
  },
  read(r, end) {
    let name: string = '';
    let minLevel: number = 0;
    let maxLevel: number = 0;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          name = r.string();
          break;
        case 16:
          minLevel = r.uint32();
          break;
        case 24:
          maxLevel = r.uint32();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { name, minLevel, maxLevel };
  },
});

export interface UnregisterBrokerRecord {
  readonly brokerId: number;
  readonly brokerEpoch: number;
}
export const UnregisterBrokerRecord: MessageCodec<UnregisterBrokerRecord> = messageCodec<UnregisterBrokerRecord>({
  empty: () => ({ brokerId: 0, brokerEpoch: 0 }),
  write(w, m) {
    if (m.brokerId !== 0) w.uint32(8).int32(m.brokerId);
    if (m.brokerEpoch !== 0) int64Write(w.uint32(16), m.brokerEpoch);
  },
  read(r, end) {
    let brokerId: number = 0;
    let brokerEpoch: number = 0;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          brokerId = r.int32();
          break;
        case 16:
          brokerEpoch = int64Read(r);
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { brokerId, brokerEpoch };
  },
});

/** Fencing, unfencing, beginning of a controlled shutdown. */
export interface BrokerStateRecord {
  readonly brokerId: number;
  readonly brokerEpoch: number;
  readonly fenced: boolean;
  readonly shuttingDown: boolean;
}
export const BrokerStateRecord: MessageCodec<BrokerStateRecord> = messageCodec<BrokerStateRecord>({
  empty: () => ({ brokerId: 0, brokerEpoch: 0, fenced: false, shuttingDown: false }),
  write(w, m) {
    if (m.brokerId !== 0) w.uint32(8).int32(m.brokerId);
    if (m.brokerEpoch !== 0) int64Write(w.uint32(16), m.brokerEpoch);
    if (m.fenced !== false) w.uint32(24).bool(m.fenced);
    if (m.shuttingDown !== false) w.uint32(32).bool(m.shuttingDown);
  },
  read(r, end) {
    let brokerId: number = 0;
    let brokerEpoch: number = 0;
    let fenced: boolean = false;
    let shuttingDown: boolean = false;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          brokerId = r.int32();
          break;
        case 16:
          brokerEpoch = int64Read(r);
          break;
        case 24:
          fenced = r.bool();
          break;
        case 32:
          shuttingDown = r.bool();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { brokerId, brokerEpoch, fenced, shuttingDown };
  },
});

export interface TopicRecord {
  readonly topicId: string;
  readonly name: string;
}
export const TopicRecord: MessageCodec<TopicRecord> = messageCodec<TopicRecord>({
  empty: () => ({ topicId: '', name: '' }),
  write(w, m) {
    if (m.topicId !== '') w.uint32(10).string(m.topicId);
    if (m.name !== '') w.uint32(18).string(m.name);
  },
  read(r, end) {
    let topicId: string = '';
    let name: string = '';
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          topicId = r.string();
          break;
        case 18:
          name = r.string();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { topicId, name };
  },
});

/** Removes the topic, its partitions and its configs. */
export interface RemoveTopicRecord {
  readonly topicId: string;
}
export const RemoveTopicRecord: MessageCodec<RemoveTopicRecord> = messageCodec<RemoveTopicRecord>({
  empty: () => ({ topicId: '' }),
  write(w, m) {
    if (m.topicId !== '') w.uint32(10).string(m.topicId);
  },
  read(r, end) {
    let topicId: string = '';
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          topicId = r.string();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { topicId };
  },
});

export interface PartitionRecord {
  readonly topicId: string;
  readonly partition: number;
  /** In order of preference: the first is the preferred leader. */
  readonly replicas: readonly Replica[];
  readonly isr: readonly number[];
  /** Eligible leader replicas (KIP-966): in no ISR, but known to hold everything below the high watermark. */
  readonly elr: readonly number[];
  /** -1: none. */
  readonly leader: number;
  readonly leaderEpoch: number;
  readonly partitionEpoch: number;
  /** Brokers whose replicas a reassignment adds (KIP-455). They are among the replicas; the others are the set that it began with. */
  readonly addingReplicas: readonly number[];
  /** Brokers whose replicas it takes away once all others are in sync. They are among the replicas until then. */
  readonly removingReplicas: readonly number[];
}
export const PartitionRecord: MessageCodec<PartitionRecord> = messageCodec<PartitionRecord>({
  empty: () => ({ topicId: '', partition: 0, replicas: [], isr: [], elr: [], leader: 0, leaderEpoch: 0, partitionEpoch: 0, addingReplicas: [], removingReplicas: [] }),
  write(w, m) {
    if (m.topicId !== '') w.uint32(10).string(m.topicId);
    if (m.partition !== 0) w.uint32(16).int32(m.partition);
    for (const item of m.replicas) writeNested(w, 26, Replica, item);
    if (m.isr.length > 0) {
      w.uint32(34).fork();
      for (const item of m.isr) w.int32(item);
      w.ldelim();
    }
    if (m.elr.length > 0) {
      w.uint32(42).fork();
      for (const item of m.elr) w.int32(item);
      w.ldelim();
    }
    if (m.leader !== 0) w.uint32(48).int32(m.leader);
    if (m.leaderEpoch !== 0) w.uint32(56).int32(m.leaderEpoch);
    if (m.partitionEpoch !== 0) w.uint32(64).int32(m.partitionEpoch);
    if (m.addingReplicas.length > 0) {
      w.uint32(74).fork();
      for (const item of m.addingReplicas) w.int32(item);
      w.ldelim();
    }
    if (m.removingReplicas.length > 0) {
      w.uint32(82).fork();
      for (const item of m.removingReplicas) w.int32(item);
      w.ldelim();
    }
  },
  read(r, end) {
    let topicId: string = '';
    let partition: number = 0;
    const replicas: Replica[] = [];
    const isr: number[] = [];
    const elr: number[] = [];
    let leader: number = 0;
    let leaderEpoch: number = 0;
    let partitionEpoch: number = 0;
    const addingReplicas: number[] = [];
    const removingReplicas: number[] = [];
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          topicId = r.string();
          break;
        case 16:
          partition = r.int32();
          break;
        case 26:
          replicas.push(readNested(r, Replica));
          break;
        case 32:
          isr.push(r.int32());
          break;
        case 34:
          for (const until = lengthDelimitedEnd(r); r.pos < until; ) isr.push(r.int32());
          break;
        case 40:
          elr.push(r.int32());
          break;
        case 42:
          for (const until = lengthDelimitedEnd(r); r.pos < until; ) elr.push(r.int32());
          break;
        case 48:
          leader = r.int32();
          break;
        case 56:
          leaderEpoch = r.int32();
          break;
        case 64:
          partitionEpoch = r.int32();
          break;
        case 72:
          addingReplicas.push(r.int32());
          break;
        case 74:
          for (const until = lengthDelimitedEnd(r); r.pos < until; ) addingReplicas.push(r.int32());
          break;
        case 80:
          removingReplicas.push(r.int32());
          break;
        case 82:
          for (const until = lengthDelimitedEnd(r); r.pos < until; ) removingReplicas.push(r.int32());
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { topicId, partition, replicas, isr, elr, leader, leaderEpoch, partitionEpoch, addingReplicas, removingReplicas };
  },
});

export interface Replica {
  readonly brokerId: number;
  /** Where the broker keeps it; empty until the broker has chosen. */
  readonly directoryId: string;
  /** Makes a replica that was removed and comes back another one. */
  readonly incarnationId: string;
}
export const Replica: MessageCodec<Replica> = messageCodec<Replica>({
  empty: () => ({ brokerId: 0, directoryId: '', incarnationId: '' }),
  write(w, m) {
    if (m.brokerId !== 0) w.uint32(8).int32(m.brokerId);
    if (m.directoryId !== '') w.uint32(18).string(m.directoryId);
    if (m.incarnationId !== '') w.uint32(26).string(m.incarnationId);
  },
  read(r, end) {
    let brokerId: number = 0;
    let directoryId: string = '';
    let incarnationId: string = '';
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          brokerId = r.int32();
          break;
        case 18:
          directoryId = r.string();
          break;
        case 26:
          incarnationId = r.string();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { brokerId, directoryId, incarnationId };
  },
});

/** Absent fields stay as they are. The partition epoch goes up by one. */
export interface PartitionChangeRecord {
  readonly topicId: string;
  readonly partition: number;
  readonly isr: BrokerList | undefined;
  readonly elr: BrokerList | undefined;
  /** -1: none. When present the leader epoch goes up by one, also when the leader stays the same. */
  readonly leader: number | undefined;
  readonly replicas: ReplicaList | undefined;
  /** Raises the leader epoch although the leader is not named. */
  readonly bumpLeaderEpoch: boolean;
  /**
   * One replica lies in another directory now. Written by the registration of a broker, for all its partitions at once: all
   * replicas would not fit one entry of the log.
   */
  readonly moved: ReplicaDirectory | undefined;
  readonly addingReplicas: BrokerList | undefined;
  readonly removingReplicas: BrokerList | undefined;
}
export const PartitionChangeRecord: MessageCodec<PartitionChangeRecord> = messageCodec<PartitionChangeRecord>({
  empty: () => ({ topicId: '', partition: 0, isr: undefined, elr: undefined, leader: undefined, replicas: undefined, bumpLeaderEpoch: false, moved: undefined, addingReplicas: undefined, removingReplicas: undefined }),
  write(w, m) {
    if (m.topicId !== '') w.uint32(10).string(m.topicId);
    if (m.partition !== 0) w.uint32(16).int32(m.partition);
    if (m.isr !== undefined) writeNested(w, 26, BrokerList, m.isr);
    if (m.elr !== undefined) writeNested(w, 34, BrokerList, m.elr);
    if (m.leader !== undefined) w.uint32(40).int32(m.leader);
    if (m.replicas !== undefined) writeNested(w, 50, ReplicaList, m.replicas);
    if (m.bumpLeaderEpoch !== false) w.uint32(56).bool(m.bumpLeaderEpoch);
    if (m.moved !== undefined) writeNested(w, 66, ReplicaDirectory, m.moved);
    if (m.addingReplicas !== undefined) writeNested(w, 74, BrokerList, m.addingReplicas);
    if (m.removingReplicas !== undefined) writeNested(w, 82, BrokerList, m.removingReplicas);
  },
  read(r, end) {
    let topicId: string = '';
    let partition: number = 0;
    let isr: BrokerList | undefined = undefined;
    let elr: BrokerList | undefined = undefined;
    let leader: number | undefined = undefined;
    let replicas: ReplicaList | undefined = undefined;
    let bumpLeaderEpoch: boolean = false;
    let moved: ReplicaDirectory | undefined = undefined;
    let addingReplicas: BrokerList | undefined = undefined;
    let removingReplicas: BrokerList | undefined = undefined;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          topicId = r.string();
          break;
        case 16:
          partition = r.int32();
          break;
        case 26:
          isr = readNested(r, BrokerList);
          break;
        case 34:
          elr = readNested(r, BrokerList);
          break;
        case 40:
          leader = r.int32();
          break;
        case 50:
          replicas = readNested(r, ReplicaList);
          break;
        case 56:
          bumpLeaderEpoch = r.bool();
          break;
        case 66:
          moved = readNested(r, ReplicaDirectory);
          break;
        case 74:
          addingReplicas = readNested(r, BrokerList);
          break;
        case 82:
          removingReplicas = readNested(r, BrokerList);
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { topicId, partition, isr, elr, leader, replicas, bumpLeaderEpoch, moved, addingReplicas, removingReplicas };
  },
});

export interface ReplicaDirectory {
  readonly brokerId: number;
  readonly directoryId: string;
}
export const ReplicaDirectory: MessageCodec<ReplicaDirectory> = messageCodec<ReplicaDirectory>({
  empty: () => ({ brokerId: 0, directoryId: '' }),
  write(w, m) {
    if (m.brokerId !== 0) w.uint32(8).int32(m.brokerId);
    if (m.directoryId !== '') w.uint32(18).string(m.directoryId);
  },
  read(r, end) {
    let brokerId: number = 0;
    let directoryId: string = '';
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          brokerId = r.int32();
          break;
        case 18:
          directoryId = r.string();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { brokerId, directoryId };
  },
});

export interface BrokerList {
  readonly brokerIds: readonly number[];
}
export const BrokerList: MessageCodec<BrokerList> = messageCodec<BrokerList>({
  empty: () => ({ brokerIds: [] }),
  write(w, m) {
    if (m.brokerIds.length > 0) {
      w.uint32(10).fork();
      for (const item of m.brokerIds) w.int32(item);
      w.ldelim();
    }
  },
  read(r, end) {
    const brokerIds: number[] = [];
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          brokerIds.push(r.int32());
          break;
        case 10:
          for (const until = lengthDelimitedEnd(r); r.pos < until; ) brokerIds.push(r.int32());
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { brokerIds };
  },
});

export interface ReplicaList {
  readonly replicas: readonly Replica[];
}
export const ReplicaList: MessageCodec<ReplicaList> = messageCodec<ReplicaList>({
  empty: () => ({ replicas: [] }),
  write(w, m) {
    for (const item of m.replicas) writeNested(w, 10, Replica, item);
  },
  read(r, end) {
    const replicas: Replica[] = [];
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          replicas.push(readNested(r, Replica));
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { replicas };
  },
});

export interface ConfigRecord {
  readonly resourceType: ConfigResourceType;
  /** Topic name, broker id in decimal, or empty. */
  readonly resourceName: string;
  /** Kafka's name where the meaning is Kafka's. */
  readonly name: string;
  /** Absent: back to the default. */
  readonly value: string | undefined;
}
export const ConfigRecord: MessageCodec<ConfigRecord> = messageCodec<ConfigRecord>({
  empty: () => ({ resourceType: configResourceTypeCodec.empty, resourceName: '', name: '', value: undefined }),
  write(w, m) {
    if (m.resourceType !== configResourceTypeCodec.empty) w.uint32(8).int32(configResourceTypeCodec.number(m.resourceType));
    if (m.resourceName !== '') w.uint32(18).string(m.resourceName);
    if (m.name !== '') w.uint32(26).string(m.name);
    if (m.value !== undefined) w.uint32(34).string(m.value);
  },
  read(r, end) {
    let resourceType: ConfigResourceType = configResourceTypeCodec.empty;
    let resourceName: string = '';
    let name: string = '';
    let value: string | undefined = undefined;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          resourceType = configResourceTypeCodec.name(r.int32());
          break;
        case 18:
          resourceName = r.string();
          break;
        case 26:
          name = r.string();
          break;
        case 34:
          value = r.string();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { resourceType, resourceName, name, value };
  },
});

/** Producer ids below this have been given out in blocks. */
export interface ProducerIdsRecord {
  readonly brokerId: number;
  readonly brokerEpoch: number;
  readonly nextProducerId: number;
}
export const ProducerIdsRecord: MessageCodec<ProducerIdsRecord> = messageCodec<ProducerIdsRecord>({
  empty: () => ({ brokerId: 0, brokerEpoch: 0, nextProducerId: 0 }),
  write(w, m) {
    if (m.brokerId !== 0) w.uint32(8).int32(m.brokerId);
    if (m.brokerEpoch !== 0) int64Write(w.uint32(16), m.brokerEpoch);
    if (m.nextProducerId !== 0) int64Write(w.uint32(24), m.nextProducerId);
  },
  read(r, end) {
    let brokerId: number = 0;
    let brokerEpoch: number = 0;
    let nextProducerId: number = 0;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          brokerId = r.int32();
          break;
        case 16:
          brokerEpoch = int64Read(r);
          break;
        case 24:
          nextProducerId = int64Read(r);
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { brokerId, brokerEpoch, nextProducerId };
  },
});

/** One quota of one entity. Stored, and not enforced yet. */
export interface ClientQuotaRecord {
  /** Each type once, in the order of their names. */
  readonly entity: readonly QuotaEntityPart[];
  /** Kafka's name: producer_byte_rate, consumer_byte_rate, request_percentage, controller_mutation_rate, connection_creation_rate. */
  readonly key: string;
  /** Absent: no quota. */
  readonly value: number | undefined;
}
export const ClientQuotaRecord: MessageCodec<ClientQuotaRecord> = messageCodec<ClientQuotaRecord>({
  empty: () => ({ entity: [], key: '', value: undefined }),
  write(w, m) {
    for (const item of m.entity) writeNested(w, 10, QuotaEntityPart, item);
    if (m.key !== '') w.uint32(18).string(m.key);
    if (m.value !== undefined) w.uint32(25).double(m.value);
  },
  read(r, end) {
    const entity: QuotaEntityPart[] = [];
    let key: string = '';
    let value: number | undefined = undefined;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          entity.push(readNested(r, QuotaEntityPart));
          break;
        case 18:
          key = r.string();
          break;
        case 25:
          value = r.double();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { entity, key, value };
  },
});

export interface QuotaEntityPart {
  /** "user", "client-id" or "ip". */
  readonly type: string;
  /** Absent: whoever has no quota of its own. */
  readonly name: string | undefined;
}
export const QuotaEntityPart: MessageCodec<QuotaEntityPart> = messageCodec<QuotaEntityPart>({
  empty: () => ({ type: '', name: undefined }),
  write(w, m) {
    if (m.type !== '') w.uint32(10).string(m.type);
    if (m.name !== undefined) w.uint32(18).string(m.name);
  },
  read(r, end) {
    let type: string = '';
    let name: string | undefined = undefined;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          type = r.string();
          break;
        case 18:
          name = r.string();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { type, name };
  },
});

/**
 * What a user's login by one mechanism is checked against (RFC 5802). Stored, and not used yet. Whoever has it cannot log in with it,
 * but can guess passwords: it goes into no answer and no log.
 */
export interface ScramCredentialRecord {
  readonly user: string;
  readonly mechanism: ScramMechanism;
  readonly iterations: number;
  readonly salt: Uint8Array;
  readonly storedKey: Uint8Array;
  readonly serverKey: Uint8Array;
}
export const ScramCredentialRecord: MessageCodec<ScramCredentialRecord> = messageCodec<ScramCredentialRecord>({
  empty: () => ({ user: '', mechanism: scramMechanismCodec.empty, iterations: 0, salt: NO_BYTES, storedKey: NO_BYTES, serverKey: NO_BYTES }),
  write(w, m) {
    if (m.user !== '') w.uint32(10).string(m.user);
    if (m.mechanism !== scramMechanismCodec.empty) w.uint32(16).int32(scramMechanismCodec.number(m.mechanism));
    if (m.iterations !== 0) w.uint32(24).int32(m.iterations);
    if (m.salt.length > 0) w.uint32(34).bytes(m.salt);
    if (m.storedKey.length > 0) w.uint32(42).bytes(m.storedKey);
    if (m.serverKey.length > 0) w.uint32(50).bytes(m.serverKey);
  },
  read(r, end) {
    let user: string = '';
    let mechanism: ScramMechanism = scramMechanismCodec.empty;
    let iterations: number = 0;
    let salt: Uint8Array = NO_BYTES;
    let storedKey: Uint8Array = NO_BYTES;
    let serverKey: Uint8Array = NO_BYTES;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          user = r.string();
          break;
        case 16:
          mechanism = scramMechanismCodec.name(r.int32());
          break;
        case 24:
          iterations = r.int32();
          break;
        case 34:
          salt = r.bytes();
          break;
        case 42:
          storedKey = r.bytes();
          break;
        case 50:
          serverKey = r.bytes();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { user, mechanism, iterations, salt, storedKey, serverKey };
  },
});

export interface RemoveScramCredentialRecord {
  readonly user: string;
  readonly mechanism: ScramMechanism;
}
export const RemoveScramCredentialRecord: MessageCodec<RemoveScramCredentialRecord> = messageCodec<RemoveScramCredentialRecord>({
  empty: () => ({ user: '', mechanism: scramMechanismCodec.empty }),
  write(w, m) {
    if (m.user !== '') w.uint32(10).string(m.user);
    if (m.mechanism !== scramMechanismCodec.empty) w.uint32(16).int32(scramMechanismCodec.number(m.mechanism));
  },
  read(r, end) {
    let user: string = '';
    let mechanism: ScramMechanism = scramMechanismCodec.empty;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          user = r.string();
          break;
        case 16:
          mechanism = scramMechanismCodec.name(r.int32());
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { user, mechanism };
  },
});
