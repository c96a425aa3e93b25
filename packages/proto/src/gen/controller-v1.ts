// Generated from proto/ by `npm run gen`. Not edited by hand.
import type { StreamMethod, UnaryMethod } from '@moldau/base';
import { lengthDelimitedEnd, readMapEntry, type MessageCodec, messageCodec, readNested, writeNested } from '../codec.ts';
import { int64Read, int64Write } from '../int64.ts';
import { type EnumCodec, enumCodec } from '../enum-codec.ts';
import { BrokerList, FeatureRange, QuotaEntityPart, RegisterBrokerRecord, RemoveScramCredentialRecord, configResourceTypeCodec, scramMechanismCodec, type ConfigResourceType, type ScramMechanism } from './metadata-v1.ts';

const NO_BYTES = new Uint8Array(0);

export type ReplicaFault = 'unspecified' | 'damaged' | 'offline';
export const replicaFaultCodec: EnumCodec<ReplicaFault> = enumCodec([[0, 'unspecified'], [1, 'damaged'], [2, 'offline']]);

export type ListChange = 'unspecified' | 'append' | 'subtract';
export const listChangeCodec: EnumCodec<ListChange> = enumCodec([[0, 'unspecified'], [1, 'append'], [2, 'subtract']]);

export type QuorumEntryKind = 'unspecified' | 'data' | 'noop' | 'voters';
export const quorumEntryKindCodec: EnumCodec<QuorumEntryKind> = enumCodec([[0, 'unspecified'], [1, 'data'], [2, 'noop'], [3, 'voters']]);

/** The outcome of one item of a request; error_code 0 is success, else Kafka's number. */
export interface Outcome {
  readonly errorCode: number;
  /** What is wrong and what to do; empty on success. */
  readonly message: string;
}
export const Outcome: MessageCodec<Outcome> = messageCodec<Outcome>({
  empty: () => ({ errorCode: 0, message: '' }),
  write(w, m) {
    if (m.errorCode !== 0) w.uint32(8).int32(m.errorCode);
    if (m.message !== '') w.uint32(18).string(m.message);
  },
  read(r, end) {
    let errorCode: number = 0;
    let message: string = '';
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          errorCode = r.int32();
          break;
        case 18:
          message = r.string();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { errorCode, message };
  },
});

export interface RegisterBrokerRequest {
  readonly clusterId: string;
  readonly registration: RegisterBrokerRecord | undefined;
  /** Damaged replicas found by recovery leave ISR and ELR in the same batch that registers the broker. */
  readonly damaged: readonly ReplicaReport[];
}
export const RegisterBrokerRequest: MessageCodec<RegisterBrokerRequest> = messageCodec<RegisterBrokerRequest>({
  empty: () => ({ clusterId: '', registration: undefined, damaged: [] }),
  write(w, m) {
    if (m.clusterId !== '') w.uint32(10).string(m.clusterId);
    if (m.registration !== undefined) writeNested(w, 18, RegisterBrokerRecord, m.registration);
    for (const item of m.damaged) writeNested(w, 26, ReplicaReport, item);
  },
  read(r, end) {
    let clusterId: string = '';
    let registration: RegisterBrokerRecord | undefined = undefined;
    const damaged: ReplicaReport[] = [];
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          clusterId = r.string();
          break;
        case 18:
          registration = readNested(r, RegisterBrokerRecord);
          break;
        case 26:
          damaged.push(readNested(r, ReplicaReport));
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { clusterId, registration, damaged };
  },
});

export interface RegisterBrokerResponse {
  readonly brokerEpoch: number;
  readonly clusterId: string;
}
export const RegisterBrokerResponse: MessageCodec<RegisterBrokerResponse> = messageCodec<RegisterBrokerResponse>({
  empty: () => ({ brokerEpoch: 0, clusterId: '' }),
  write(w, m) {
    if (m.brokerEpoch !== 0) int64Write(w.uint32(8), m.brokerEpoch);
    if (m.clusterId !== '') w.uint32(18).string(m.clusterId);
  },
  read(r, end) {
    let brokerEpoch: number = 0;
    let clusterId: string = '';
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          brokerEpoch = int64Read(r);
          break;
        case 18:
          clusterId = r.string();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { brokerEpoch, clusterId };
  },
});

export interface HeartbeatRequest {
  readonly brokerId: number;
  readonly brokerEpoch: number;
  /** Counts up within a stream; echoed, so that the lease counts from the sending of the heartbeat. */
  readonly sequence: number;
  /** The metadata the broker has applied. */
  readonly appliedOffset: number;
  /** Has recovered its logs and caught up with metadata: may be unfenced. */
  readonly ready: boolean;
  /** Asks for a controlled shutdown: leadership moves first. */
  readonly wantsShutdown: boolean;
}
export const HeartbeatRequest: MessageCodec<HeartbeatRequest> = messageCodec<HeartbeatRequest>({
  empty: () => ({ brokerId: 0, brokerEpoch: 0, sequence: 0, appliedOffset: 0, ready: false, wantsShutdown: false }),
  write(w, m) {
    if (m.brokerId !== 0) w.uint32(8).int32(m.brokerId);
    if (m.brokerEpoch !== 0) int64Write(w.uint32(16), m.brokerEpoch);
    if (m.sequence !== 0) w.uint32(24).uint32(m.sequence);
    if (m.appliedOffset !== 0) int64Write(w.uint32(32), m.appliedOffset);
    if (m.ready !== false) w.uint32(40).bool(m.ready);
    if (m.wantsShutdown !== false) w.uint32(48).bool(m.wantsShutdown);
  },
  read(r, end) {
    let brokerId: number = 0;
    let brokerEpoch: number = 0;
    let sequence: number = 0;
    let appliedOffset: number = 0;
    let ready: boolean = false;
    let wantsShutdown: boolean = false;
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
          sequence = r.uint32();
          break;
        case 32:
          appliedOffset = int64Read(r);
          break;
        case 40:
          ready = r.bool();
          break;
        case 48:
          wantsShutdown = r.bool();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { brokerId, brokerEpoch, sequence, appliedOffset, ready, wantsShutdown };
  },
});

export interface HeartbeatResponse {
  readonly sequence: number;
  /** Lease from the sending of the echoed heartbeat, in ms. */
  readonly sessionTimeoutMs: number;
  readonly fenced: boolean;
  /** All leadership has moved and that is committed: the process may end. */
  readonly mayShutDown: boolean;
  /** Not 0: the registration is void (STALE_BROKER_EPOCH, BROKER_ID_NOT_REGISTERED) or this is not the active controller (NOT_CONTROLLER). */
  readonly errorCode: number;
  readonly controllerId: number;
  readonly controllerEpoch: number;
  /** Committed metadata as the active controller has it: a broker whose feed stays behind it feeds on a node that is cut off. */
  readonly committedOffset: number;
}
export const HeartbeatResponse: MessageCodec<HeartbeatResponse> = messageCodec<HeartbeatResponse>({
  empty: () => ({ sequence: 0, sessionTimeoutMs: 0, fenced: false, mayShutDown: false, errorCode: 0, controllerId: 0, controllerEpoch: 0, committedOffset: 0 }),
  write(w, m) {
    if (m.sequence !== 0) w.uint32(8).uint32(m.sequence);
    if (m.sessionTimeoutMs !== 0) w.uint32(16).uint32(m.sessionTimeoutMs);
    if (m.fenced !== false) w.uint32(24).bool(m.fenced);
    if (m.mayShutDown !== false) w.uint32(32).bool(m.mayShutDown);
    if (m.errorCode !== 0) w.uint32(40).int32(m.errorCode);
    if (m.controllerId !== 0) w.uint32(48).int32(m.controllerId);
    if (m.controllerEpoch !== 0) int64Write(w.uint32(56), m.controllerEpoch);
    if (m.committedOffset !== 0) int64Write(w.uint32(64), m.committedOffset);
  },
  read(r, end) {
    let sequence: number = 0;
    let sessionTimeoutMs: number = 0;
    let fenced: boolean = false;
    let mayShutDown: boolean = false;
    let errorCode: number = 0;
    let controllerId: number = 0;
    let controllerEpoch: number = 0;
    let committedOffset: number = 0;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          sequence = r.uint32();
          break;
        case 16:
          sessionTimeoutMs = r.uint32();
          break;
        case 24:
          fenced = r.bool();
          break;
        case 32:
          mayShutDown = r.bool();
          break;
        case 40:
          errorCode = r.int32();
          break;
        case 48:
          controllerId = r.int32();
          break;
        case 56:
          controllerEpoch = int64Read(r);
          break;
        case 64:
          committedOffset = int64Read(r);
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { sequence, sessionTimeoutMs, fenced, mayShutDown, errorCode, controllerId, controllerEpoch, committedOffset };
  },
});

export interface FollowMetadataRequest {
  readonly clusterId: string;
  readonly nodeId: number;
  /** Last offset and its term already applied; 0 when none. */
  readonly appliedOffset: number;
  readonly appliedEpoch: number;
  /**
   * Grants the sender this many further bytes of batches; each batch costs its length and 64 more, so that empty
   * ones are bounded too. The first message grants the initial window. While credit is above 0 a message is sent, however large.
   */
  readonly creditBytes: number;
}
export const FollowMetadataRequest: MessageCodec<FollowMetadataRequest> = messageCodec<FollowMetadataRequest>({
  empty: () => ({ clusterId: '', nodeId: 0, appliedOffset: 0, appliedEpoch: 0, creditBytes: 0 }),
  write(w, m) {
    if (m.clusterId !== '') w.uint32(10).string(m.clusterId);
    if (m.nodeId !== 0) w.uint32(16).int32(m.nodeId);
    if (m.appliedOffset !== 0) int64Write(w.uint32(24), m.appliedOffset);
    if (m.appliedEpoch !== 0) int64Write(w.uint32(32), m.appliedEpoch);
    if (m.creditBytes !== 0) w.uint32(40).uint32(m.creditBytes);
  },
  read(r, end) {
    let clusterId: string = '';
    let nodeId: number = 0;
    let appliedOffset: number = 0;
    let appliedEpoch: number = 0;
    let creditBytes: number = 0;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          clusterId = r.string();
          break;
        case 16:
          nodeId = r.int32();
          break;
        case 24:
          appliedOffset = int64Read(r);
          break;
        case 32:
          appliedEpoch = int64Read(r);
          break;
        case 40:
          creditBytes = r.uint32();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { clusterId, nodeId, appliedOffset, appliedEpoch, creditBytes };
  },
});

export interface FollowMetadataResponse {
  readonly part:
    | { readonly kind: 'snapshot'; readonly value: SnapshotChunk }
    | { readonly kind: 'batches'; readonly value: CommittedBatches }
    | undefined;
}
export const FollowMetadataResponse: MessageCodec<FollowMetadataResponse> = messageCodec<FollowMetadataResponse>({
  empty: () => ({ part: undefined }),
  write(w, m) {
    switch (m.part?.kind) {
      case 'snapshot':
        writeNested(w, 10, SnapshotChunk, m.part.value);
        break;
      case 'batches':
        writeNested(w, 18, CommittedBatches, m.part.value);
        break;
    }
  },
  read(r, end) {
    let part: FollowMetadataResponse['part'];
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          part = { kind: 'snapshot', value: readNested(r, SnapshotChunk) };
          break;
        case 18:
          part = { kind: 'batches', value: readNested(r, CommittedBatches) };
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { part };
  },
});

/** A snapshot is pinned while it is sent. */
export interface SnapshotChunk {
  readonly offset: number;
  readonly epoch: number;
  /** MetadataBatch, encoded; its records rebuild a part of the image. */
  readonly batch: Uint8Array;
  readonly last: boolean;
}
export const SnapshotChunk: MessageCodec<SnapshotChunk> = messageCodec<SnapshotChunk>({
  empty: () => ({ offset: 0, epoch: 0, batch: NO_BYTES, last: false }),
  write(w, m) {
    if (m.offset !== 0) int64Write(w.uint32(8), m.offset);
    if (m.epoch !== 0) int64Write(w.uint32(16), m.epoch);
    if (m.batch.length > 0) w.uint32(26).bytes(m.batch);
    if (m.last !== false) w.uint32(32).bool(m.last);
  },
  read(r, end) {
    let offset: number = 0;
    let epoch: number = 0;
    let batch: Uint8Array = NO_BYTES;
    let last: boolean = false;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          offset = int64Read(r);
          break;
        case 16:
          epoch = int64Read(r);
          break;
        case 26:
          batch = r.bytes();
          break;
        case 32:
          last = r.bool();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { offset, epoch, batch, last };
  },
});

export interface CommittedBatches {
  readonly batches: readonly CommittedBatch[];
  /** Committed as far as the sender knows; alone when idle. */
  readonly committedOffset: number;
}
export const CommittedBatches: MessageCodec<CommittedBatches> = messageCodec<CommittedBatches>({
  empty: () => ({ batches: [], committedOffset: 0 }),
  write(w, m) {
    for (const item of m.batches) writeNested(w, 10, CommittedBatch, item);
    if (m.committedOffset !== 0) int64Write(w.uint32(16), m.committedOffset);
  },
  read(r, end) {
    const batches: CommittedBatch[] = [];
    let committedOffset: number = 0;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          batches.push(readNested(r, CommittedBatch));
          break;
        case 16:
          committedOffset = int64Read(r);
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { batches, committedOffset };
  },
});

export interface CommittedBatch {
  readonly offset: number;
  readonly epoch: number;
  /** MetadataBatch, encoded; empty for entries of the quorum itself. */
  readonly batch: Uint8Array;
}
export const CommittedBatch: MessageCodec<CommittedBatch> = messageCodec<CommittedBatch>({
  empty: () => ({ offset: 0, epoch: 0, batch: NO_BYTES }),
  write(w, m) {
    if (m.offset !== 0) int64Write(w.uint32(8), m.offset);
    if (m.epoch !== 0) int64Write(w.uint32(16), m.epoch);
    if (m.batch.length > 0) w.uint32(26).bytes(m.batch);
  },
  read(r, end) {
    let offset: number = 0;
    let epoch: number = 0;
    let batch: Uint8Array = NO_BYTES;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          offset = int64Read(r);
          break;
        case 16:
          epoch = int64Read(r);
          break;
        case 26:
          batch = r.bytes();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { offset, epoch, batch };
  },
});

export interface AlterPartitionRequest {
  readonly brokerId: number;
  readonly brokerEpoch: number;
  readonly partitions: readonly AlterPartitionItem[];
}
export const AlterPartitionRequest: MessageCodec<AlterPartitionRequest> = messageCodec<AlterPartitionRequest>({
  empty: () => ({ brokerId: 0, brokerEpoch: 0, partitions: [] }),
  write(w, m) {
    if (m.brokerId !== 0) w.uint32(8).int32(m.brokerId);
    if (m.brokerEpoch !== 0) int64Write(w.uint32(16), m.brokerEpoch);
    for (const item of m.partitions) writeNested(w, 26, AlterPartitionItem, item);
  },
  read(r, end) {
    let brokerId: number = 0;
    let brokerEpoch: number = 0;
    const partitions: AlterPartitionItem[] = [];
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          brokerId = r.int32();
          break;
        case 16:
          brokerEpoch = int64Read(r);
          break;
        case 26:
          partitions.push(readNested(r, AlterPartitionItem));
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { brokerId, brokerEpoch, partitions };
  },
});

export interface AlterPartitionItem {
  readonly topicId: string;
  readonly partition: number;
  readonly leaderEpoch: number;
  readonly partitionEpoch: number;
  readonly isr: readonly IsrMember[];
}
export const AlterPartitionItem: MessageCodec<AlterPartitionItem> = messageCodec<AlterPartitionItem>({
  empty: () => ({ topicId: '', partition: 0, leaderEpoch: 0, partitionEpoch: 0, isr: [] }),
  write(w, m) {
    if (m.topicId !== '') w.uint32(10).string(m.topicId);
    if (m.partition !== 0) w.uint32(16).int32(m.partition);
    if (m.leaderEpoch !== 0) w.uint32(24).int32(m.leaderEpoch);
    if (m.partitionEpoch !== 0) w.uint32(32).int32(m.partitionEpoch);
    for (const item of m.isr) writeNested(w, 42, IsrMember, item);
  },
  read(r, end) {
    let topicId: string = '';
    let partition: number = 0;
    let leaderEpoch: number = 0;
    let partitionEpoch: number = 0;
    const isr: IsrMember[] = [];
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          topicId = r.string();
          break;
        case 16:
          partition = r.int32();
          break;
        case 24:
          leaderEpoch = r.int32();
          break;
        case 32:
          partitionEpoch = r.int32();
          break;
        case 42:
          isr.push(readNested(r, IsrMember));
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { topicId, partition, leaderEpoch, partitionEpoch, isr };
  },
});

export interface IsrMember {
  readonly brokerId: number;
  /** As the leader saw it in the follower's stream; there is no bypass. */
  readonly brokerEpoch: number;
}
export const IsrMember: MessageCodec<IsrMember> = messageCodec<IsrMember>({
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

export interface AlterPartitionResponse {
  readonly metadataOffset: number;
  /** In the order of the request. */
  readonly partitions: readonly AlterPartitionResult[];
}
export const AlterPartitionResponse: MessageCodec<AlterPartitionResponse> = messageCodec<AlterPartitionResponse>({
  empty: () => ({ metadataOffset: 0, partitions: [] }),
  write(w, m) {
    if (m.metadataOffset !== 0) int64Write(w.uint32(8), m.metadataOffset);
    for (const item of m.partitions) writeNested(w, 18, AlterPartitionResult, item);
  },
  read(r, end) {
    let metadataOffset: number = 0;
    const partitions: AlterPartitionResult[] = [];
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          metadataOffset = int64Read(r);
          break;
        case 18:
          partitions.push(readNested(r, AlterPartitionResult));
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { metadataOffset, partitions };
  },
});

export interface AlterPartitionResult {
  readonly errorCode: number;
  readonly partitionEpoch: number;
  readonly isr: readonly number[];
}
export const AlterPartitionResult: MessageCodec<AlterPartitionResult> = messageCodec<AlterPartitionResult>({
  empty: () => ({ errorCode: 0, partitionEpoch: 0, isr: [] }),
  write(w, m) {
    if (m.errorCode !== 0) w.uint32(8).int32(m.errorCode);
    if (m.partitionEpoch !== 0) w.uint32(16).int32(m.partitionEpoch);
    if (m.isr.length > 0) {
      w.uint32(26).fork();
      for (const item of m.isr) w.int32(item);
      w.ldelim();
    }
  },
  read(r, end) {
    let errorCode: number = 0;
    let partitionEpoch: number = 0;
    const isr: number[] = [];
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          errorCode = r.int32();
          break;
        case 16:
          partitionEpoch = r.int32();
          break;
        case 24:
          isr.push(r.int32());
          break;
        case 26:
          for (const until = lengthDelimitedEnd(r); r.pos < until; ) isr.push(r.int32());
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { errorCode, partitionEpoch, isr };
  },
});

export interface ReplicaReport {
  readonly topicId: string;
  readonly partition: number;
  readonly fault: ReplicaFault;
}
export const ReplicaReport: MessageCodec<ReplicaReport> = messageCodec<ReplicaReport>({
  empty: () => ({ topicId: '', partition: 0, fault: replicaFaultCodec.empty }),
  write(w, m) {
    if (m.topicId !== '') w.uint32(10).string(m.topicId);
    if (m.partition !== 0) w.uint32(16).int32(m.partition);
    if (m.fault !== replicaFaultCodec.empty) w.uint32(24).int32(replicaFaultCodec.number(m.fault));
  },
  read(r, end) {
    let topicId: string = '';
    let partition: number = 0;
    let fault: ReplicaFault = replicaFaultCodec.empty;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          topicId = r.string();
          break;
        case 16:
          partition = r.int32();
          break;
        case 24:
          fault = replicaFaultCodec.name(r.int32());
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { topicId, partition, fault };
  },
});

export interface ReportReplicasRequest {
  readonly brokerId: number;
  readonly brokerEpoch: number;
  readonly replicas: readonly ReplicaReport[];
}
export const ReportReplicasRequest: MessageCodec<ReportReplicasRequest> = messageCodec<ReportReplicasRequest>({
  empty: () => ({ brokerId: 0, brokerEpoch: 0, replicas: [] }),
  write(w, m) {
    if (m.brokerId !== 0) w.uint32(8).int32(m.brokerId);
    if (m.brokerEpoch !== 0) int64Write(w.uint32(16), m.brokerEpoch);
    for (const item of m.replicas) writeNested(w, 26, ReplicaReport, item);
  },
  read(r, end) {
    let brokerId: number = 0;
    let brokerEpoch: number = 0;
    const replicas: ReplicaReport[] = [];
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          brokerId = r.int32();
          break;
        case 16:
          brokerEpoch = int64Read(r);
          break;
        case 26:
          replicas.push(readNested(r, ReplicaReport));
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { brokerId, brokerEpoch, replicas };
  },
});

export interface ReportReplicasResponse {
  readonly metadataOffset: number;
}
export const ReportReplicasResponse: MessageCodec<ReportReplicasResponse> = messageCodec<ReportReplicasResponse>({
  empty: () => ({ metadataOffset: 0 }),
  write(w, m) {
    if (m.metadataOffset !== 0) int64Write(w.uint32(8), m.metadataOffset);
  },
  read(r, end) {
    let metadataOffset: number = 0;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          metadataOffset = int64Read(r);
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { metadataOffset };
  },
});

export interface AllocateProducerIdsRequest {
  readonly brokerId: number;
  readonly brokerEpoch: number;
}
export const AllocateProducerIdsRequest: MessageCodec<AllocateProducerIdsRequest> = messageCodec<AllocateProducerIdsRequest>({
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

/** Ids in [first, first + count). */
export interface AllocateProducerIdsResponse {
  readonly firstProducerId: number;
  readonly count: number;
}
export const AllocateProducerIdsResponse: MessageCodec<AllocateProducerIdsResponse> = messageCodec<AllocateProducerIdsResponse>({
  empty: () => ({ firstProducerId: 0, count: 0 }),
  write(w, m) {
    if (m.firstProducerId !== 0) int64Write(w.uint32(8), m.firstProducerId);
    if (m.count !== 0) w.uint32(16).uint32(m.count);
  },
  read(r, end) {
    let firstProducerId: number = 0;
    let count: number = 0;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          firstProducerId = int64Read(r);
          break;
        case 16:
          count = r.uint32();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { firstProducerId, count };
  },
});

export interface NewTopic {
  readonly name: string;
  /** -1: the cluster's default (num.partitions). */
  readonly partitions: number;
  /** -1: the cluster's default (default.replication.factor). */
  readonly replicationFactor: number;
  /** When present, partitions and replication factor are not. */
  readonly assignments: readonly ReplicaAssignment[];
  readonly configs: ReadonlyMap<string, string>;
}
export const NewTopic: MessageCodec<NewTopic> = messageCodec<NewTopic>({
  empty: () => ({ name: '', partitions: 0, replicationFactor: 0, assignments: [], configs: new Map() }),
  write(w, m) {
    if (m.name !== '') w.uint32(10).string(m.name);
    if (m.partitions !== 0) w.uint32(16).int32(m.partitions);
    if (m.replicationFactor !== 0) w.uint32(24).int32(m.replicationFactor);
    for (const item of m.assignments) writeNested(w, 34, ReplicaAssignment, item);
    for (const [key, value] of m.configs) w.uint32(42).fork().uint32(10).string(key).uint32(18).string(value).ldelim();
  },
  read(r, end) {
    let name: string = '';
    let partitions: number = 0;
    let replicationFactor: number = 0;
    const assignments: ReplicaAssignment[] = [];
    const configs: Map<string, string> = new Map();
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          name = r.string();
          break;
        case 16:
          partitions = r.int32();
          break;
        case 24:
          replicationFactor = r.int32();
          break;
        case 34:
          assignments.push(readNested(r, ReplicaAssignment));
          break;
        case 42:
          readMapEntry(r, configs);
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { name, partitions, replicationFactor, assignments, configs };
  },
});

export interface ReplicaAssignment {
  readonly partition: number;
  readonly brokerIds: readonly number[];
}
export const ReplicaAssignment: MessageCodec<ReplicaAssignment> = messageCodec<ReplicaAssignment>({
  empty: () => ({ partition: 0, brokerIds: [] }),
  write(w, m) {
    if (m.partition !== 0) w.uint32(8).int32(m.partition);
    if (m.brokerIds.length > 0) {
      w.uint32(18).fork();
      for (const item of m.brokerIds) w.int32(item);
      w.ldelim();
    }
  },
  read(r, end) {
    let partition: number = 0;
    const brokerIds: number[] = [];
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          partition = r.int32();
          break;
        case 16:
          brokerIds.push(r.int32());
          break;
        case 18:
          for (const until = lengthDelimitedEnd(r); r.pos < until; ) brokerIds.push(r.int32());
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { partition, brokerIds };
  },
});

export interface CreateTopicsRequest {
  readonly topics: readonly NewTopic[];
  readonly validateOnly: boolean;
}
export const CreateTopicsRequest: MessageCodec<CreateTopicsRequest> = messageCodec<CreateTopicsRequest>({
  empty: () => ({ topics: [], validateOnly: false }),
  write(w, m) {
    for (const item of m.topics) writeNested(w, 10, NewTopic, item);
    if (m.validateOnly !== false) w.uint32(16).bool(m.validateOnly);
  },
  read(r, end) {
    const topics: NewTopic[] = [];
    let validateOnly: boolean = false;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          topics.push(readNested(r, NewTopic));
          break;
        case 16:
          validateOnly = r.bool();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { topics, validateOnly };
  },
});

export interface CreateTopicsResponse {
  readonly metadataOffset: number;
  readonly topics: readonly CreatedTopic[];
}
export const CreateTopicsResponse: MessageCodec<CreateTopicsResponse> = messageCodec<CreateTopicsResponse>({
  empty: () => ({ metadataOffset: 0, topics: [] }),
  write(w, m) {
    if (m.metadataOffset !== 0) int64Write(w.uint32(8), m.metadataOffset);
    for (const item of m.topics) writeNested(w, 18, CreatedTopic, item);
  },
  read(r, end) {
    let metadataOffset: number = 0;
    const topics: CreatedTopic[] = [];
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          metadataOffset = int64Read(r);
          break;
        case 18:
          topics.push(readNested(r, CreatedTopic));
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { metadataOffset, topics };
  },
});

export interface CreatedTopic {
  readonly outcome: Outcome | undefined;
  readonly topicId: string;
  readonly partitions: number;
  readonly replicationFactor: number;
}
export const CreatedTopic: MessageCodec<CreatedTopic> = messageCodec<CreatedTopic>({
  empty: () => ({ outcome: undefined, topicId: '', partitions: 0, replicationFactor: 0 }),
  write(w, m) {
    if (m.outcome !== undefined) writeNested(w, 10, Outcome, m.outcome);
    if (m.topicId !== '') w.uint32(18).string(m.topicId);
    if (m.partitions !== 0) w.uint32(24).int32(m.partitions);
    if (m.replicationFactor !== 0) w.uint32(32).int32(m.replicationFactor);
  },
  read(r, end) {
    let outcome: Outcome | undefined = undefined;
    let topicId: string = '';
    let partitions: number = 0;
    let replicationFactor: number = 0;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          outcome = readNested(r, Outcome);
          break;
        case 18:
          topicId = r.string();
          break;
        case 24:
          partitions = r.int32();
          break;
        case 32:
          replicationFactor = r.int32();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { outcome, topicId, partitions, replicationFactor };
  },
});

export interface DeleteTopicsRequest {
  readonly names: readonly string[];
  /** Topics that are named by their ids: one that was deleted and created anew is another. */
  readonly topicIds: readonly string[];
}
export const DeleteTopicsRequest: MessageCodec<DeleteTopicsRequest> = messageCodec<DeleteTopicsRequest>({
  empty: () => ({ names: [], topicIds: [] }),
  write(w, m) {
    for (const item of m.names) w.uint32(10).string(item);
    for (const item of m.topicIds) w.uint32(18).string(item);
  },
  read(r, end) {
    const names: string[] = [];
    const topicIds: string[] = [];
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          names.push(r.string());
          break;
        case 18:
          topicIds.push(r.string());
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { names, topicIds };
  },
});

/** For each name, then for each id. */
export interface DeleteTopicsResponse {
  readonly metadataOffset: number;
  readonly outcomes: readonly Outcome[];
  readonly topics: readonly DeletedTopic[];
}
export const DeleteTopicsResponse: MessageCodec<DeleteTopicsResponse> = messageCodec<DeleteTopicsResponse>({
  empty: () => ({ metadataOffset: 0, outcomes: [], topics: [] }),
  write(w, m) {
    if (m.metadataOffset !== 0) int64Write(w.uint32(8), m.metadataOffset);
    for (const item of m.outcomes) writeNested(w, 18, Outcome, item);
    for (const item of m.topics) writeNested(w, 26, DeletedTopic, item);
  },
  read(r, end) {
    let metadataOffset: number = 0;
    const outcomes: Outcome[] = [];
    const topics: DeletedTopic[] = [];
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          metadataOffset = int64Read(r);
          break;
        case 18:
          outcomes.push(readNested(r, Outcome));
          break;
        case 26:
          topics.push(readNested(r, DeletedTopic));
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { metadataOffset, outcomes, topics };
  },
});

/** Empty what the controller does not know. */
export interface DeletedTopic {
  readonly name: string;
  readonly topicId: string;
}
export const DeletedTopic: MessageCodec<DeletedTopic> = messageCodec<DeletedTopic>({
  empty: () => ({ name: '', topicId: '' }),
  write(w, m) {
    if (m.name !== '') w.uint32(10).string(m.name);
    if (m.topicId !== '') w.uint32(18).string(m.topicId);
  },
  read(r, end) {
    let name: string = '';
    let topicId: string = '';
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          name = r.string();
          break;
        case 18:
          topicId = r.string();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { name, topicId };
  },
});

export interface CreatePartitionsRequest {
  readonly topics: readonly GrowTopic[];
  readonly validateOnly: boolean;
}
export const CreatePartitionsRequest: MessageCodec<CreatePartitionsRequest> = messageCodec<CreatePartitionsRequest>({
  empty: () => ({ topics: [], validateOnly: false }),
  write(w, m) {
    for (const item of m.topics) writeNested(w, 10, GrowTopic, item);
    if (m.validateOnly !== false) w.uint32(16).bool(m.validateOnly);
  },
  read(r, end) {
    const topics: GrowTopic[] = [];
    let validateOnly: boolean = false;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          topics.push(readNested(r, GrowTopic));
          break;
        case 16:
          validateOnly = r.bool();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { topics, validateOnly };
  },
});

export interface GrowTopic {
  readonly name: string;
  /** The new total; never fewer than today. */
  readonly partitions: number;
  /** For the new partitions only, when present. */
  readonly assignments: readonly ReplicaAssignment[];
}
export const GrowTopic: MessageCodec<GrowTopic> = messageCodec<GrowTopic>({
  empty: () => ({ name: '', partitions: 0, assignments: [] }),
  write(w, m) {
    if (m.name !== '') w.uint32(10).string(m.name);
    if (m.partitions !== 0) w.uint32(16).int32(m.partitions);
    for (const item of m.assignments) writeNested(w, 26, ReplicaAssignment, item);
  },
  read(r, end) {
    let name: string = '';
    let partitions: number = 0;
    const assignments: ReplicaAssignment[] = [];
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          name = r.string();
          break;
        case 16:
          partitions = r.int32();
          break;
        case 26:
          assignments.push(readNested(r, ReplicaAssignment));
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { name, partitions, assignments };
  },
});

export interface CreatePartitionsResponse {
  readonly metadataOffset: number;
  readonly outcomes: readonly Outcome[];
}
export const CreatePartitionsResponse: MessageCodec<CreatePartitionsResponse> = messageCodec<CreatePartitionsResponse>({
  empty: () => ({ metadataOffset: 0, outcomes: [] }),
  write(w, m) {
    if (m.metadataOffset !== 0) int64Write(w.uint32(8), m.metadataOffset);
    for (const item of m.outcomes) writeNested(w, 18, Outcome, item);
  },
  read(r, end) {
    let metadataOffset: number = 0;
    const outcomes: Outcome[] = [];
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          metadataOffset = int64Read(r);
          break;
        case 18:
          outcomes.push(readNested(r, Outcome));
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { metadataOffset, outcomes };
  },
});

export interface AlterConfigsRequest {
  readonly changes: readonly ConfigChange[];
  readonly validateOnly: boolean;
  /** Resources that are judged as a whole: the answer has an outcome for each of them as well. */
  readonly resources: readonly AlteredResource[];
}
export const AlterConfigsRequest: MessageCodec<AlterConfigsRequest> = messageCodec<AlterConfigsRequest>({
  empty: () => ({ changes: [], validateOnly: false, resources: [] }),
  write(w, m) {
    for (const item of m.changes) writeNested(w, 10, ConfigChange, item);
    if (m.validateOnly !== false) w.uint32(16).bool(m.validateOnly);
    for (const item of m.resources) writeNested(w, 26, AlteredResource, item);
  },
  read(r, end) {
    const changes: ConfigChange[] = [];
    let validateOnly: boolean = false;
    const resources: AlteredResource[] = [];
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          changes.push(readNested(r, ConfigChange));
          break;
        case 16:
          validateOnly = r.bool();
          break;
        case 26:
          resources.push(readNested(r, AlteredResource));
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { changes, validateOnly, resources };
  },
});

export interface AlteredResource {
  readonly resourceType: ConfigResourceType;
  readonly resourceName: string;
  /** What it has set and the changes do not name goes back to the default. */
  readonly replace: boolean;
}
export const AlteredResource: MessageCodec<AlteredResource> = messageCodec<AlteredResource>({
  empty: () => ({ resourceType: configResourceTypeCodec.empty, resourceName: '', replace: false }),
  write(w, m) {
    if (m.resourceType !== configResourceTypeCodec.empty) w.uint32(8).int32(configResourceTypeCodec.number(m.resourceType));
    if (m.resourceName !== '') w.uint32(18).string(m.resourceName);
    if (m.replace !== false) w.uint32(24).bool(m.replace);
  },
  read(r, end) {
    let resourceType: ConfigResourceType = configResourceTypeCodec.empty;
    let resourceName: string = '';
    let replace: boolean = false;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          resourceType = configResourceTypeCodec.name(r.int32());
          break;
        case 18:
          resourceName = r.string();
          break;
        case 24:
          replace = r.bool();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { resourceType, resourceName, replace };
  },
});

export interface ConfigChange {
  readonly resourceType: ConfigResourceType;
  readonly resourceName: string;
  readonly name: string;
  /** Absent: back to the default. */
  readonly value: string | undefined;
  /** Of a list: the value's items join or leave those that are in force. */
  readonly listChange: ListChange;
}
export const ConfigChange: MessageCodec<ConfigChange> = messageCodec<ConfigChange>({
  empty: () => ({ resourceType: configResourceTypeCodec.empty, resourceName: '', name: '', value: undefined, listChange: listChangeCodec.empty }),
  write(w, m) {
    if (m.resourceType !== configResourceTypeCodec.empty) w.uint32(8).int32(configResourceTypeCodec.number(m.resourceType));
    if (m.resourceName !== '') w.uint32(18).string(m.resourceName);
    if (m.name !== '') w.uint32(26).string(m.name);
    if (m.value !== undefined) w.uint32(34).string(m.value);
    if (m.listChange !== listChangeCodec.empty) w.uint32(40).int32(listChangeCodec.number(m.listChange));
  },
  read(r, end) {
    let resourceType: ConfigResourceType = configResourceTypeCodec.empty;
    let resourceName: string = '';
    let name: string = '';
    let value: string | undefined = undefined;
    let listChange: ListChange = listChangeCodec.empty;
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
        case 40:
          listChange = listChangeCodec.name(r.int32());
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { resourceType, resourceName, name, value, listChange };
  },
});

/** All changes of one resource succeed or fail together. */
export interface AlterConfigsResponse {
  readonly metadataOffset: number;
  /** For each change, in the order of the request. */
  readonly outcomes: readonly Outcome[];
  /** For each of the request's resources. */
  readonly resourceOutcomes: readonly Outcome[];
}
export const AlterConfigsResponse: MessageCodec<AlterConfigsResponse> = messageCodec<AlterConfigsResponse>({
  empty: () => ({ metadataOffset: 0, outcomes: [], resourceOutcomes: [] }),
  write(w, m) {
    if (m.metadataOffset !== 0) int64Write(w.uint32(8), m.metadataOffset);
    for (const item of m.outcomes) writeNested(w, 18, Outcome, item);
    for (const item of m.resourceOutcomes) writeNested(w, 26, Outcome, item);
  },
  read(r, end) {
    let metadataOffset: number = 0;
    const outcomes: Outcome[] = [];
    const resourceOutcomes: Outcome[] = [];
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          metadataOffset = int64Read(r);
          break;
        case 18:
          outcomes.push(readNested(r, Outcome));
          break;
        case 26:
          resourceOutcomes.push(readNested(r, Outcome));
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { metadataOffset, outcomes, resourceOutcomes };
  },
});

export interface AlterPartitionReassignmentsRequest {
  readonly reassignments: readonly PartitionReassignment[];
  /** Without it a partition that would have more or fewer replicas than it has is refused. */
  readonly allowReplicationFactorChange: boolean;
}
export const AlterPartitionReassignmentsRequest: MessageCodec<AlterPartitionReassignmentsRequest> = messageCodec<AlterPartitionReassignmentsRequest>({
  empty: () => ({ reassignments: [], allowReplicationFactorChange: false }),
  write(w, m) {
    for (const item of m.reassignments) writeNested(w, 10, PartitionReassignment, item);
    if (m.allowReplicationFactorChange !== false) w.uint32(16).bool(m.allowReplicationFactorChange);
  },
  read(r, end) {
    const reassignments: PartitionReassignment[] = [];
    let allowReplicationFactorChange: boolean = false;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          reassignments.push(readNested(r, PartitionReassignment));
          break;
        case 16:
          allowReplicationFactorChange = r.bool();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { reassignments, allowReplicationFactorChange };
  },
});

export interface PartitionReassignment {
  readonly topic: string;
  readonly partition: number;
  /** The brokers that shall have it, the preferred leader first. Absent: a move that is under way is called off. */
  readonly replicas: BrokerList | undefined;
}
export const PartitionReassignment: MessageCodec<PartitionReassignment> = messageCodec<PartitionReassignment>({
  empty: () => ({ topic: '', partition: 0, replicas: undefined }),
  write(w, m) {
    if (m.topic !== '') w.uint32(10).string(m.topic);
    if (m.partition !== 0) w.uint32(16).int32(m.partition);
    if (m.replicas !== undefined) writeNested(w, 26, BrokerList, m.replicas);
  },
  read(r, end) {
    let topic: string = '';
    let partition: number = 0;
    let replicas: BrokerList | undefined = undefined;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          topic = r.string();
          break;
        case 16:
          partition = r.int32();
          break;
        case 26:
          replicas = readNested(r, BrokerList);
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { topic, partition, replicas };
  },
});

export interface AlterPartitionReassignmentsResponse {
  readonly metadataOffset: number;
  /** In the order of the request. */
  readonly outcomes: readonly Outcome[];
}
export const AlterPartitionReassignmentsResponse: MessageCodec<AlterPartitionReassignmentsResponse> = messageCodec<AlterPartitionReassignmentsResponse>({
  empty: () => ({ metadataOffset: 0, outcomes: [] }),
  write(w, m) {
    if (m.metadataOffset !== 0) int64Write(w.uint32(8), m.metadataOffset);
    for (const item of m.outcomes) writeNested(w, 18, Outcome, item);
  },
  read(r, end) {
    let metadataOffset: number = 0;
    const outcomes: Outcome[] = [];
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          metadataOffset = int64Read(r);
          break;
        case 18:
          outcomes.push(readNested(r, Outcome));
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { metadataOffset, outcomes };
  },
});

export interface ElectLeadersRequest {
  /** Empty: all partitions, to their preferred leaders; without outcomes. */
  readonly partitions: readonly PartitionName[];
  /** Elects a replica outside ISR and ELR where no other is left; records can be lost. Only for partitions that are named. */
  readonly unclean: boolean;
}
export const ElectLeadersRequest: MessageCodec<ElectLeadersRequest> = messageCodec<ElectLeadersRequest>({
  empty: () => ({ partitions: [], unclean: false }),
  write(w, m) {
    for (const item of m.partitions) writeNested(w, 10, PartitionName, item);
    if (m.unclean !== false) w.uint32(16).bool(m.unclean);
  },
  read(r, end) {
    const partitions: PartitionName[] = [];
    let unclean: boolean = false;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          partitions.push(readNested(r, PartitionName));
          break;
        case 16:
          unclean = r.bool();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { partitions, unclean };
  },
});

export interface PartitionName {
  readonly topic: string;
  readonly partition: number;
}
export const PartitionName: MessageCodec<PartitionName> = messageCodec<PartitionName>({
  empty: () => ({ topic: '', partition: 0 }),
  write(w, m) {
    if (m.topic !== '') w.uint32(10).string(m.topic);
    if (m.partition !== 0) w.uint32(16).int32(m.partition);
  },
  read(r, end) {
    let topic: string = '';
    let partition: number = 0;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          topic = r.string();
          break;
        case 16:
          partition = r.int32();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { topic, partition };
  },
});

export interface ElectLeadersResponse {
  readonly metadataOffset: number;
  readonly outcomes: readonly Outcome[];
}
export const ElectLeadersResponse: MessageCodec<ElectLeadersResponse> = messageCodec<ElectLeadersResponse>({
  empty: () => ({ metadataOffset: 0, outcomes: [] }),
  write(w, m) {
    if (m.metadataOffset !== 0) int64Write(w.uint32(8), m.metadataOffset);
    for (const item of m.outcomes) writeNested(w, 18, Outcome, item);
  },
  read(r, end) {
    let metadataOffset: number = 0;
    const outcomes: Outcome[] = [];
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          metadataOffset = int64Read(r);
          break;
        case 18:
          outcomes.push(readNested(r, Outcome));
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { metadataOffset, outcomes };
  },
});

export interface UpdateFeaturesRequest {
  readonly name: string;
  readonly level: number;
  readonly validateOnly: boolean;
}
export const UpdateFeaturesRequest: MessageCodec<UpdateFeaturesRequest> = messageCodec<UpdateFeaturesRequest>({
  empty: () => ({ name: '', level: 0, validateOnly: false }),
  write(w, m) {
    if (m.name !== '') w.uint32(10).string(m.name);
    if (m.level !== 0) w.uint32(16).uint32(m.level);
    if (m.validateOnly !== false) w.uint32(24).bool(m.validateOnly);
  },
  read(r, end) {
    let name: string = '';
    let level: number = 0;
    let validateOnly: boolean = false;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          name = r.string();
          break;
        case 16:
          level = r.uint32();
          break;
        case 24:
          validateOnly = r.bool();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { name, level, validateOnly };
  },
});

export interface UpdateFeaturesResponse {
  readonly metadataOffset: number;
}
export const UpdateFeaturesResponse: MessageCodec<UpdateFeaturesResponse> = messageCodec<UpdateFeaturesResponse>({
  empty: () => ({ metadataOffset: 0 }),
  write(w, m) {
    if (m.metadataOffset !== 0) int64Write(w.uint32(8), m.metadataOffset);
  },
  read(r, end) {
    let metadataOffset: number = 0;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          metadataOffset = int64Read(r);
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { metadataOffset };
  },
});

export interface UnregisterBrokerRequest {
  readonly brokerId: number;
}
export const UnregisterBrokerRequest: MessageCodec<UnregisterBrokerRequest> = messageCodec<UnregisterBrokerRequest>({
  empty: () => ({ brokerId: 0 }),
  write(w, m) {
    if (m.brokerId !== 0) w.uint32(8).int32(m.brokerId);
  },
  read(r, end) {
    let brokerId: number = 0;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          brokerId = r.int32();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { brokerId };
  },
});

export interface UnregisterBrokerResponse {
  readonly metadataOffset: number;
}
export const UnregisterBrokerResponse: MessageCodec<UnregisterBrokerResponse> = messageCodec<UnregisterBrokerResponse>({
  empty: () => ({ metadataOffset: 0 }),
  write(w, m) {
    if (m.metadataOffset !== 0) int64Write(w.uint32(8), m.metadataOffset);
  },
  read(r, end) {
    let metadataOffset: number = 0;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          metadataOffset = int64Read(r);
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { metadataOffset };
  },
});

export interface DescribeQuorumRequest {
}
export const DescribeQuorumRequest: MessageCodec<DescribeQuorumRequest> = messageCodec<DescribeQuorumRequest>({
  empty: () => ({  }),
  write() {
  },
  read(r, end) {
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        default:
          r.skipType(tag & 7);
      }
    }
    return {  };
  },
});

export interface DescribeQuorumResponse {
  readonly clusterId: string;
  /** -1: none known. */
  readonly leaderId: number;
  readonly epoch: number;
  readonly commitOffset: number;
  readonly voters: readonly QuorumReplica[];
  readonly observers: readonly QuorumReplica[];
  /** Who answers. */
  readonly nodeId: number;
}
export const DescribeQuorumResponse: MessageCodec<DescribeQuorumResponse> = messageCodec<DescribeQuorumResponse>({
  empty: () => ({ clusterId: '', leaderId: 0, epoch: 0, commitOffset: 0, voters: [], observers: [], nodeId: 0 }),
  write(w, m) {
    if (m.clusterId !== '') w.uint32(10).string(m.clusterId);
    if (m.leaderId !== 0) w.uint32(16).int32(m.leaderId);
    if (m.epoch !== 0) int64Write(w.uint32(24), m.epoch);
    if (m.commitOffset !== 0) int64Write(w.uint32(32), m.commitOffset);
    for (const item of m.voters) writeNested(w, 42, QuorumReplica, item);
    for (const item of m.observers) writeNested(w, 50, QuorumReplica, item);
    if (m.nodeId !== 0) w.uint32(56).int32(m.nodeId);
  },
  read(r, end) {
    let clusterId: string = '';
    let leaderId: number = 0;
    let epoch: number = 0;
    let commitOffset: number = 0;
    const voters: QuorumReplica[] = [];
    const observers: QuorumReplica[] = [];
    let nodeId: number = 0;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          clusterId = r.string();
          break;
        case 16:
          leaderId = r.int32();
          break;
        case 24:
          epoch = int64Read(r);
          break;
        case 32:
          commitOffset = int64Read(r);
          break;
        case 42:
          voters.push(readNested(r, QuorumReplica));
          break;
        case 50:
          observers.push(readNested(r, QuorumReplica));
          break;
        case 56:
          nodeId = r.int32();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { clusterId, leaderId, epoch, commitOffset, voters, observers, nodeId };
  },
});

export interface QuorumReplica {
  readonly nodeId: number;
  readonly directoryId: string;
  readonly address: string;
  /** -1 when the answering node does not know: only the leader does. */
  readonly logEndOffset: number;
  /** Monotonic age of its last sign of life in ms; -1 when unknown. */
  readonly lastContactMs: number;
  /** For how long it has not been known to have all that the leader has, in ms; -1 when that is unknown. */
  readonly behindMs: number;
}
export const QuorumReplica: MessageCodec<QuorumReplica> = messageCodec<QuorumReplica>({
  empty: () => ({ nodeId: 0, directoryId: '', address: '', logEndOffset: 0, lastContactMs: 0, behindMs: 0 }),
  write(w, m) {
    if (m.nodeId !== 0) w.uint32(8).int32(m.nodeId);
    if (m.directoryId !== '') w.uint32(18).string(m.directoryId);
    if (m.address !== '') w.uint32(26).string(m.address);
    if (m.logEndOffset !== 0) int64Write(w.uint32(32), m.logEndOffset);
    if (m.lastContactMs !== 0) int64Write(w.uint32(40), m.lastContactMs);
    if (m.behindMs !== 0) int64Write(w.uint32(48), m.behindMs);
  },
  read(r, end) {
    let nodeId: number = 0;
    let directoryId: string = '';
    let address: string = '';
    let logEndOffset: number = 0;
    let lastContactMs: number = 0;
    let behindMs: number = 0;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          nodeId = r.int32();
          break;
        case 18:
          directoryId = r.string();
          break;
        case 26:
          address = r.string();
          break;
        case 32:
          logEndOffset = int64Read(r);
          break;
        case 40:
          lastContactMs = int64Read(r);
          break;
        case 48:
          behindMs = int64Read(r);
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { nodeId, directoryId, address, logEndOffset, lastContactMs, behindMs };
  },
});

export interface AddVoterRequest {
  readonly nodeId: number;
  readonly directoryId: string;
  readonly address: string;
}
export const AddVoterRequest: MessageCodec<AddVoterRequest> = messageCodec<AddVoterRequest>({
  empty: () => ({ nodeId: 0, directoryId: '', address: '' }),
  write(w, m) {
    if (m.nodeId !== 0) w.uint32(8).int32(m.nodeId);
    if (m.directoryId !== '') w.uint32(18).string(m.directoryId);
    if (m.address !== '') w.uint32(26).string(m.address);
  },
  read(r, end) {
    let nodeId: number = 0;
    let directoryId: string = '';
    let address: string = '';
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          nodeId = r.int32();
          break;
        case 18:
          directoryId = r.string();
          break;
        case 26:
          address = r.string();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { nodeId, directoryId, address };
  },
});

export interface AddVoterResponse {
}
export const AddVoterResponse: MessageCodec<AddVoterResponse> = messageCodec<AddVoterResponse>({
  empty: () => ({  }),
  write() {
  },
  read(r, end) {
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        default:
          r.skipType(tag & 7);
      }
    }
    return {  };
  },
});

export interface RemoveVoterRequest {
  readonly nodeId: number;
  readonly directoryId: string;
}
export const RemoveVoterRequest: MessageCodec<RemoveVoterRequest> = messageCodec<RemoveVoterRequest>({
  empty: () => ({ nodeId: 0, directoryId: '' }),
  write(w, m) {
    if (m.nodeId !== 0) w.uint32(8).int32(m.nodeId);
    if (m.directoryId !== '') w.uint32(18).string(m.directoryId);
  },
  read(r, end) {
    let nodeId: number = 0;
    let directoryId: string = '';
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          nodeId = r.int32();
          break;
        case 18:
          directoryId = r.string();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { nodeId, directoryId };
  },
});

export interface RemoveVoterResponse {
}
export const RemoveVoterResponse: MessageCodec<RemoveVoterResponse> = messageCodec<RemoveVoterResponse>({
  empty: () => ({  }),
  write() {
  },
  read(r, end) {
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        default:
          r.skipType(tag & 7);
      }
    }
    return {  };
  },
});

export interface AlterClientQuotasRequest {
  readonly alterations: readonly QuotaAlteration[];
  readonly validateOnly: boolean;
}
export const AlterClientQuotasRequest: MessageCodec<AlterClientQuotasRequest> = messageCodec<AlterClientQuotasRequest>({
  empty: () => ({ alterations: [], validateOnly: false }),
  write(w, m) {
    for (const item of m.alterations) writeNested(w, 10, QuotaAlteration, item);
    if (m.validateOnly !== false) w.uint32(16).bool(m.validateOnly);
  },
  read(r, end) {
    const alterations: QuotaAlteration[] = [];
    let validateOnly: boolean = false;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          alterations.push(readNested(r, QuotaAlteration));
          break;
        case 16:
          validateOnly = r.bool();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { alterations, validateOnly };
  },
});

/** All changes of one entity succeed or fail together. */
export interface QuotaAlteration {
  readonly entity: readonly QuotaEntityPart[];
  readonly changes: readonly QuotaChange[];
}
export const QuotaAlteration: MessageCodec<QuotaAlteration> = messageCodec<QuotaAlteration>({
  empty: () => ({ entity: [], changes: [] }),
  write(w, m) {
    for (const item of m.entity) writeNested(w, 10, QuotaEntityPart, item);
    for (const item of m.changes) writeNested(w, 18, QuotaChange, item);
  },
  read(r, end) {
    const entity: QuotaEntityPart[] = [];
    const changes: QuotaChange[] = [];
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          entity.push(readNested(r, QuotaEntityPart));
          break;
        case 18:
          changes.push(readNested(r, QuotaChange));
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { entity, changes };
  },
});

export interface QuotaChange {
  readonly key: string;
  /** Absent: no quota. */
  readonly value: number | undefined;
}
export const QuotaChange: MessageCodec<QuotaChange> = messageCodec<QuotaChange>({
  empty: () => ({ key: '', value: undefined }),
  write(w, m) {
    if (m.key !== '') w.uint32(10).string(m.key);
    if (m.value !== undefined) w.uint32(17).double(m.value);
  },
  read(r, end) {
    let key: string = '';
    let value: number | undefined = undefined;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          key = r.string();
          break;
        case 17:
          value = r.double();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { key, value };
  },
});

export interface AlterClientQuotasResponse {
  readonly metadataOffset: number;
  /** For each alteration, in the order of the request. */
  readonly outcomes: readonly Outcome[];
  /** What is stored and has no effect in this version; empty when all has. */
  readonly notice: string;
}
export const AlterClientQuotasResponse: MessageCodec<AlterClientQuotasResponse> = messageCodec<AlterClientQuotasResponse>({
  empty: () => ({ metadataOffset: 0, outcomes: [], notice: '' }),
  write(w, m) {
    if (m.metadataOffset !== 0) int64Write(w.uint32(8), m.metadataOffset);
    for (const item of m.outcomes) writeNested(w, 18, Outcome, item);
    if (m.notice !== '') w.uint32(26).string(m.notice);
  },
  read(r, end) {
    let metadataOffset: number = 0;
    const outcomes: Outcome[] = [];
    let notice: string = '';
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          metadataOffset = int64Read(r);
          break;
        case 18:
          outcomes.push(readNested(r, Outcome));
          break;
        case 26:
          notice = r.string();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { metadataOffset, outcomes, notice };
  },
});

/** A user is named once for each mechanism, over deletions and upsertions; otherwise nothing of that user is done. */
export interface AlterScramCredentialsRequest {
  readonly deletions: readonly RemoveScramCredentialRecord[];
  readonly upsertions: readonly ScramUpsertion[];
}
export const AlterScramCredentialsRequest: MessageCodec<AlterScramCredentialsRequest> = messageCodec<AlterScramCredentialsRequest>({
  empty: () => ({ deletions: [], upsertions: [] }),
  write(w, m) {
    for (const item of m.deletions) writeNested(w, 10, RemoveScramCredentialRecord, item);
    for (const item of m.upsertions) writeNested(w, 18, ScramUpsertion, item);
  },
  read(r, end) {
    const deletions: RemoveScramCredentialRecord[] = [];
    const upsertions: ScramUpsertion[] = [];
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          deletions.push(readNested(r, RemoveScramCredentialRecord));
          break;
        case 18:
          upsertions.push(readNested(r, ScramUpsertion));
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { deletions, upsertions };
  },
});

export interface ScramUpsertion {
  readonly user: string;
  readonly mechanism: ScramMechanism;
  readonly iterations: number;
  readonly salt: Uint8Array;
  /** The password, salted and hashed by the client (RFC 5802). What is stored is made from it; it is not. */
  readonly saltedPassword: Uint8Array;
}
export const ScramUpsertion: MessageCodec<ScramUpsertion> = messageCodec<ScramUpsertion>({
  empty: () => ({ user: '', mechanism: scramMechanismCodec.empty, iterations: 0, salt: NO_BYTES, saltedPassword: NO_BYTES }),
  write(w, m) {
    if (m.user !== '') w.uint32(10).string(m.user);
    if (m.mechanism !== scramMechanismCodec.empty) w.uint32(16).int32(scramMechanismCodec.number(m.mechanism));
    if (m.iterations !== 0) w.uint32(24).int32(m.iterations);
    if (m.salt.length > 0) w.uint32(34).bytes(m.salt);
    if (m.saltedPassword.length > 0) w.uint32(42).bytes(m.saltedPassword);
  },
  read(r, end) {
    let user: string = '';
    let mechanism: ScramMechanism = scramMechanismCodec.empty;
    let iterations: number = 0;
    let salt: Uint8Array = NO_BYTES;
    let saltedPassword: Uint8Array = NO_BYTES;
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
          saltedPassword = r.bytes();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { user, mechanism, iterations, salt, saltedPassword };
  },
});

export interface AlterScramCredentialsResponse {
  readonly metadataOffset: number;
  /** Each user of the request once. */
  readonly outcomes: readonly ScramOutcome[];
  /** What is stored and has no effect in this version; empty when all has. */
  readonly notice: string;
}
export const AlterScramCredentialsResponse: MessageCodec<AlterScramCredentialsResponse> = messageCodec<AlterScramCredentialsResponse>({
  empty: () => ({ metadataOffset: 0, outcomes: [], notice: '' }),
  write(w, m) {
    if (m.metadataOffset !== 0) int64Write(w.uint32(8), m.metadataOffset);
    for (const item of m.outcomes) writeNested(w, 18, ScramOutcome, item);
    if (m.notice !== '') w.uint32(26).string(m.notice);
  },
  read(r, end) {
    let metadataOffset: number = 0;
    const outcomes: ScramOutcome[] = [];
    let notice: string = '';
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          metadataOffset = int64Read(r);
          break;
        case 18:
          outcomes.push(readNested(r, ScramOutcome));
          break;
        case 26:
          notice = r.string();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { metadataOffset, outcomes, notice };
  },
});

export interface ScramOutcome {
  readonly user: string;
  readonly outcome: Outcome | undefined;
}
export const ScramOutcome: MessageCodec<ScramOutcome> = messageCodec<ScramOutcome>({
  empty: () => ({ user: '', outcome: undefined }),
  write(w, m) {
    if (m.user !== '') w.uint32(10).string(m.user);
    if (m.outcome !== undefined) writeNested(w, 18, Outcome, m.outcome);
  },
  read(r, end) {
    let user: string = '';
    let outcome: Outcome | undefined = undefined;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          user = r.string();
          break;
        case 18:
          outcome = readNested(r, Outcome);
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { user, outcome };
  },
});

/** The connection works: what was sent before has come. */
export interface QuorumDelivered {
}
export const QuorumDelivered: MessageCodec<QuorumDelivered> = messageCodec<QuorumDelivered>({
  empty: () => ({  }),
  write() {
  },
  read(r, end) {
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        default:
          r.skipType(tag & 7);
      }
    }
    return {  };
  },
});

export interface QuorumIntroduceRequest {
  readonly nodeId: number;
}
export const QuorumIntroduceRequest: MessageCodec<QuorumIntroduceRequest> = messageCodec<QuorumIntroduceRequest>({
  empty: () => ({ nodeId: 0 }),
  write(w, m) {
    if (m.nodeId !== 0) w.uint32(8).int32(m.nodeId);
  },
  read(r, end) {
    let nodeId: number = 0;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          nodeId = r.int32();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { nodeId };
  },
});

export interface QuorumIntroduceResponse {
  readonly nodeId: number;
  readonly directoryId: string;
  /** Empty: this node belongs to no cluster yet, and its log is empty. */
  readonly clusterId: string;
  /** controller.quorum.voters as this node was given it, in the order of the ids: founders must agree on it. */
  readonly configuredVoters: string;
  /** What its program reads and writes: a level is finalized when every voter has said that it can run with it. */
  readonly features: readonly FeatureRange[];
}
export const QuorumIntroduceResponse: MessageCodec<QuorumIntroduceResponse> = messageCodec<QuorumIntroduceResponse>({
  empty: () => ({ nodeId: 0, directoryId: '', clusterId: '', configuredVoters: '', features: [] }),
  write(w, m) {
    if (m.nodeId !== 0) w.uint32(8).int32(m.nodeId);
    if (m.directoryId !== '') w.uint32(18).string(m.directoryId);
    if (m.clusterId !== '') w.uint32(26).string(m.clusterId);
    if (m.configuredVoters !== '') w.uint32(34).string(m.configuredVoters);
    for (const item of m.features) writeNested(w, 42, FeatureRange, item);
  },
  read(r, end) {
    let nodeId: number = 0;
    let directoryId: string = '';
    let clusterId: string = '';
    let configuredVoters: string = '';
    const features: FeatureRange[] = [];
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          nodeId = r.int32();
          break;
        case 18:
          directoryId = r.string();
          break;
        case 26:
          clusterId = r.string();
          break;
        case 34:
          configuredVoters = r.string();
          break;
        case 42:
          features.push(readNested(r, FeatureRange));
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { nodeId, directoryId, clusterId, configuredVoters, features };
  },
});

/** One replica of the log: a node and the directory it keeps it in. */
export interface QuorumPeer {
  readonly nodeId: number;
  readonly directoryId: string;
  /** host:port */
  readonly address: string;
}
export const QuorumPeer: MessageCodec<QuorumPeer> = messageCodec<QuorumPeer>({
  empty: () => ({ nodeId: 0, directoryId: '', address: '' }),
  write(w, m) {
    if (m.nodeId !== 0) w.uint32(8).int32(m.nodeId);
    if (m.directoryId !== '') w.uint32(18).string(m.directoryId);
    if (m.address !== '') w.uint32(26).string(m.address);
  },
  read(r, end) {
    let nodeId: number = 0;
    let directoryId: string = '';
    let address: string = '';
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          nodeId = r.int32();
          break;
        case 18:
          directoryId = r.string();
          break;
        case 26:
          address = r.string();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { nodeId, directoryId, address };
  },
});

export interface QuorumMessage {
  /** Of these messages' meaning; a node drops what is not in the range that it speaks. */
  readonly protocolVersion: number;
  readonly clusterId: string;
  readonly from: QuorumPeer | undefined;
  readonly toNodeId: number;
  /** The directory meant; empty: whichever the node has. */
  readonly toDirectoryId: string;
  readonly term: number;
  readonly body:
    | { readonly kind: 'voteRequest'; readonly value: QuorumVoteRequest }
    | { readonly kind: 'voteResponse'; readonly value: QuorumVoteResponse }
    | { readonly kind: 'append'; readonly value: QuorumAppend }
    | { readonly kind: 'appendAccepted'; readonly value: QuorumAppendAccepted }
    | { readonly kind: 'appendRejected'; readonly value: QuorumAppendRejected }
    | { readonly kind: 'snapshotChunk'; readonly value: QuorumSnapshotChunk }
    | { readonly kind: 'snapshotProgress'; readonly value: QuorumSnapshotProgress }
    | { readonly kind: 'timeoutNow'; readonly value: QuorumTimeoutNow }
    | { readonly kind: 'observe'; readonly value: QuorumObserve }
    | { readonly kind: 'leaderHint'; readonly value: QuorumLeaderHint }
    | undefined;
}
export const QuorumMessage: MessageCodec<QuorumMessage> = messageCodec<QuorumMessage>({
  empty: () => ({ protocolVersion: 0, clusterId: '', from: undefined, toNodeId: 0, toDirectoryId: '', term: 0, body: undefined }),
  write(w, m) {
    if (m.protocolVersion !== 0) w.uint32(8).uint32(m.protocolVersion);
    if (m.clusterId !== '') w.uint32(18).string(m.clusterId);
    if (m.from !== undefined) writeNested(w, 26, QuorumPeer, m.from);
    if (m.toNodeId !== 0) w.uint32(32).int32(m.toNodeId);
    if (m.toDirectoryId !== '') w.uint32(42).string(m.toDirectoryId);
    if (m.term !== 0) int64Write(w.uint32(48), m.term);
    switch (m.body?.kind) {
      case 'voteRequest':
        writeNested(w, 82, QuorumVoteRequest, m.body.value);
        break;
      case 'voteResponse':
        writeNested(w, 90, QuorumVoteResponse, m.body.value);
        break;
      case 'append':
        writeNested(w, 98, QuorumAppend, m.body.value);
        break;
      case 'appendAccepted':
        writeNested(w, 106, QuorumAppendAccepted, m.body.value);
        break;
      case 'appendRejected':
        writeNested(w, 114, QuorumAppendRejected, m.body.value);
        break;
      case 'snapshotChunk':
        writeNested(w, 122, QuorumSnapshotChunk, m.body.value);
        break;
      case 'snapshotProgress':
        writeNested(w, 130, QuorumSnapshotProgress, m.body.value);
        break;
      case 'timeoutNow':
        writeNested(w, 138, QuorumTimeoutNow, m.body.value);
        break;
      case 'observe':
        writeNested(w, 146, QuorumObserve, m.body.value);
        break;
      case 'leaderHint':
        writeNested(w, 154, QuorumLeaderHint, m.body.value);
        break;
    }
  },
  read(r, end) {
    let protocolVersion: number = 0;
    let clusterId: string = '';
    let from: QuorumPeer | undefined = undefined;
    let toNodeId: number = 0;
    let toDirectoryId: string = '';
    let term: number = 0;
    let body: QuorumMessage['body'];
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          protocolVersion = r.uint32();
          break;
        case 18:
          clusterId = r.string();
          break;
        case 26:
          from = readNested(r, QuorumPeer);
          break;
        case 32:
          toNodeId = r.int32();
          break;
        case 42:
          toDirectoryId = r.string();
          break;
        case 48:
          term = int64Read(r);
          break;
        case 82:
          body = { kind: 'voteRequest', value: readNested(r, QuorumVoteRequest) };
          break;
        case 90:
          body = { kind: 'voteResponse', value: readNested(r, QuorumVoteResponse) };
          break;
        case 98:
          body = { kind: 'append', value: readNested(r, QuorumAppend) };
          break;
        case 106:
          body = { kind: 'appendAccepted', value: readNested(r, QuorumAppendAccepted) };
          break;
        case 114:
          body = { kind: 'appendRejected', value: readNested(r, QuorumAppendRejected) };
          break;
        case 122:
          body = { kind: 'snapshotChunk', value: readNested(r, QuorumSnapshotChunk) };
          break;
        case 130:
          body = { kind: 'snapshotProgress', value: readNested(r, QuorumSnapshotProgress) };
          break;
        case 138:
          body = { kind: 'timeoutNow', value: readNested(r, QuorumTimeoutNow) };
          break;
        case 146:
          body = { kind: 'observe', value: readNested(r, QuorumObserve) };
          break;
        case 154:
          body = { kind: 'leaderHint', value: readNested(r, QuorumLeaderHint) };
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { protocolVersion, clusterId, from, toNodeId, toDirectoryId, term, body };
  },
});

export interface QuorumVoteRequest {
  readonly preVote: boolean;
  /** The leader asked for this election. */
  readonly transfer: boolean;
  readonly lastIndex: number;
  readonly lastTerm: number;
}
export const QuorumVoteRequest: MessageCodec<QuorumVoteRequest> = messageCodec<QuorumVoteRequest>({
  empty: () => ({ preVote: false, transfer: false, lastIndex: 0, lastTerm: 0 }),
  write(w, m) {
    if (m.preVote !== false) w.uint32(8).bool(m.preVote);
    if (m.transfer !== false) w.uint32(16).bool(m.transfer);
    if (m.lastIndex !== 0) int64Write(w.uint32(24), m.lastIndex);
    if (m.lastTerm !== 0) int64Write(w.uint32(32), m.lastTerm);
  },
  read(r, end) {
    let preVote: boolean = false;
    let transfer: boolean = false;
    let lastIndex: number = 0;
    let lastTerm: number = 0;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          preVote = r.bool();
          break;
        case 16:
          transfer = r.bool();
          break;
        case 24:
          lastIndex = int64Read(r);
          break;
        case 32:
          lastTerm = int64Read(r);
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { preVote, transfer, lastIndex, lastTerm };
  },
});

export interface QuorumVoteResponse {
  readonly preVote: boolean;
  readonly granted: boolean;
}
export const QuorumVoteResponse: MessageCodec<QuorumVoteResponse> = messageCodec<QuorumVoteResponse>({
  empty: () => ({ preVote: false, granted: false }),
  write(w, m) {
    if (m.preVote !== false) w.uint32(8).bool(m.preVote);
    if (m.granted !== false) w.uint32(16).bool(m.granted);
  },
  read(r, end) {
    let preVote: boolean = false;
    let granted: boolean = false;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          preVote = r.bool();
          break;
        case 16:
          granted = r.bool();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { preVote, granted };
  },
});

export interface QuorumEntry {
  readonly term: number;
  readonly kind: QuorumEntryKind;
  readonly payload: Uint8Array;
}
export const QuorumEntry: MessageCodec<QuorumEntry> = messageCodec<QuorumEntry>({
  empty: () => ({ term: 0, kind: quorumEntryKindCodec.empty, payload: NO_BYTES }),
  write(w, m) {
    if (m.term !== 0) int64Write(w.uint32(8), m.term);
    if (m.kind !== quorumEntryKindCodec.empty) w.uint32(16).int32(quorumEntryKindCodec.number(m.kind));
    if (m.payload.length > 0) w.uint32(26).bytes(m.payload);
  },
  read(r, end) {
    let term: number = 0;
    let kind: QuorumEntryKind = quorumEntryKindCodec.empty;
    let payload: Uint8Array = NO_BYTES;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          term = int64Read(r);
          break;
        case 16:
          kind = quorumEntryKindCodec.name(r.int32());
          break;
        case 26:
          payload = r.bytes();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { term, kind, payload };
  },
});

export interface QuorumAppend {
  readonly prevIndex: number;
  readonly prevTerm: number;
  /** Indexes count up from prev_index + 1. */
  readonly entries: readonly QuorumEntry[];
  readonly commitIndex: number;
}
export const QuorumAppend: MessageCodec<QuorumAppend> = messageCodec<QuorumAppend>({
  empty: () => ({ prevIndex: 0, prevTerm: 0, entries: [], commitIndex: 0 }),
  write(w, m) {
    if (m.prevIndex !== 0) int64Write(w.uint32(8), m.prevIndex);
    if (m.prevTerm !== 0) int64Write(w.uint32(16), m.prevTerm);
    for (const item of m.entries) writeNested(w, 26, QuorumEntry, item);
    if (m.commitIndex !== 0) int64Write(w.uint32(32), m.commitIndex);
  },
  read(r, end) {
    let prevIndex: number = 0;
    let prevTerm: number = 0;
    const entries: QuorumEntry[] = [];
    let commitIndex: number = 0;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          prevIndex = int64Read(r);
          break;
        case 16:
          prevTerm = int64Read(r);
          break;
        case 26:
          entries.push(readNested(r, QuorumEntry));
          break;
        case 32:
          commitIndex = int64Read(r);
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { prevIndex, prevTerm, entries, commitIndex };
  },
});

export interface QuorumAppendAccepted {
  readonly matchIndex: number;
}
export const QuorumAppendAccepted: MessageCodec<QuorumAppendAccepted> = messageCodec<QuorumAppendAccepted>({
  empty: () => ({ matchIndex: 0 }),
  write(w, m) {
    if (m.matchIndex !== 0) int64Write(w.uint32(8), m.matchIndex);
  },
  read(r, end) {
    let matchIndex: number = 0;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          matchIndex = int64Read(r);
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { matchIndex };
  },
});

export interface QuorumAppendRejected {
  readonly prevIndex: number;
  readonly hintIndex: number;
  readonly hintTerm: number;
}
export const QuorumAppendRejected: MessageCodec<QuorumAppendRejected> = messageCodec<QuorumAppendRejected>({
  empty: () => ({ prevIndex: 0, hintIndex: 0, hintTerm: 0 }),
  write(w, m) {
    if (m.prevIndex !== 0) int64Write(w.uint32(8), m.prevIndex);
    if (m.hintIndex !== 0) int64Write(w.uint32(16), m.hintIndex);
    if (m.hintTerm !== 0) int64Write(w.uint32(24), m.hintTerm);
  },
  read(r, end) {
    let prevIndex: number = 0;
    let hintIndex: number = 0;
    let hintTerm: number = 0;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          prevIndex = int64Read(r);
          break;
        case 16:
          hintIndex = int64Read(r);
          break;
        case 24:
          hintTerm = int64Read(r);
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { prevIndex, hintIndex, hintTerm };
  },
});

export interface QuorumSnapshot {
  readonly index: number;
  readonly term: number;
  readonly voters: readonly QuorumPeer[];
  readonly sizeBytes: number;
  /** CRC-32C of the file up to the checksum at its end. */
  readonly checksum: number;
}
export const QuorumSnapshot: MessageCodec<QuorumSnapshot> = messageCodec<QuorumSnapshot>({
  empty: () => ({ index: 0, term: 0, voters: [], sizeBytes: 0, checksum: 0 }),
  write(w, m) {
    if (m.index !== 0) int64Write(w.uint32(8), m.index);
    if (m.term !== 0) int64Write(w.uint32(16), m.term);
    for (const item of m.voters) writeNested(w, 26, QuorumPeer, item);
    if (m.sizeBytes !== 0) int64Write(w.uint32(32), m.sizeBytes);
    if (m.checksum !== 0) w.uint32(40).uint32(m.checksum);
  },
  read(r, end) {
    let index: number = 0;
    let term: number = 0;
    const voters: QuorumPeer[] = [];
    let sizeBytes: number = 0;
    let checksum: number = 0;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          index = int64Read(r);
          break;
        case 16:
          term = int64Read(r);
          break;
        case 26:
          voters.push(readNested(r, QuorumPeer));
          break;
        case 32:
          sizeBytes = int64Read(r);
          break;
        case 40:
          checksum = r.uint32();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { index, term, voters, sizeBytes, checksum };
  },
});

export interface QuorumSnapshotChunk {
  readonly snapshot: QuorumSnapshot | undefined;
  readonly positionBytes: number;
  readonly bytes: Uint8Array;
}
export const QuorumSnapshotChunk: MessageCodec<QuorumSnapshotChunk> = messageCodec<QuorumSnapshotChunk>({
  empty: () => ({ snapshot: undefined, positionBytes: 0, bytes: NO_BYTES }),
  write(w, m) {
    if (m.snapshot !== undefined) writeNested(w, 10, QuorumSnapshot, m.snapshot);
    if (m.positionBytes !== 0) int64Write(w.uint32(16), m.positionBytes);
    if (m.bytes.length > 0) w.uint32(26).bytes(m.bytes);
  },
  read(r, end) {
    let snapshot: QuorumSnapshot | undefined = undefined;
    let positionBytes: number = 0;
    let bytes: Uint8Array = NO_BYTES;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          snapshot = readNested(r, QuorumSnapshot);
          break;
        case 16:
          positionBytes = int64Read(r);
          break;
        case 26:
          bytes = r.bytes();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { snapshot, positionBytes, bytes };
  },
});

export interface QuorumSnapshotProgress {
  readonly snapshot: QuorumSnapshot | undefined;
  readonly positionBytes: number;
  readonly busy: boolean;
}
export const QuorumSnapshotProgress: MessageCodec<QuorumSnapshotProgress> = messageCodec<QuorumSnapshotProgress>({
  empty: () => ({ snapshot: undefined, positionBytes: 0, busy: false }),
  write(w, m) {
    if (m.snapshot !== undefined) writeNested(w, 10, QuorumSnapshot, m.snapshot);
    if (m.positionBytes !== 0) int64Write(w.uint32(16), m.positionBytes);
    if (m.busy !== false) w.uint32(24).bool(m.busy);
  },
  read(r, end) {
    let snapshot: QuorumSnapshot | undefined = undefined;
    let positionBytes: number = 0;
    let busy: boolean = false;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          snapshot = readNested(r, QuorumSnapshot);
          break;
        case 16:
          positionBytes = int64Read(r);
          break;
        case 24:
          busy = r.bool();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { snapshot, positionBytes, busy };
  },
});

export interface QuorumTimeoutNow {
}
export const QuorumTimeoutNow: MessageCodec<QuorumTimeoutNow> = messageCodec<QuorumTimeoutNow>({
  empty: () => ({  }),
  write() {
  },
  read(r, end) {
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        default:
          r.skipType(tag & 7);
      }
    }
    return {  };
  },
});

export interface QuorumObserve {
}
export const QuorumObserve: MessageCodec<QuorumObserve> = messageCodec<QuorumObserve>({
  empty: () => ({  }),
  write() {
  },
  read(r, end) {
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        default:
          r.skipType(tag & 7);
      }
    }
    return {  };
  },
});

export interface QuorumLeaderHint {
  readonly leader: QuorumPeer | undefined;
}
export const QuorumLeaderHint: MessageCodec<QuorumLeaderHint> = messageCodec<QuorumLeaderHint>({
  empty: () => ({ leader: undefined }),
  write(w, m) {
    if (m.leader !== undefined) writeNested(w, 10, QuorumPeer, m.leader);
  },
  read(r, end) {
    let leader: QuorumPeer | undefined = undefined;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          leader = readNested(r, QuorumPeer);
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { leader };
  },
});

export const ControllerService: {
  /** Registers one run of a broker. The same node and directory ids with a new incarnation fence the old run at once. */
  readonly registerBroker: UnaryMethod<RegisterBrokerRequest, RegisterBrokerResponse>;
  /** One stream per broker, on a connection of its own. Its loss makes the controller probe the broker's address. */
  readonly heartbeat: StreamMethod<HeartbeatRequest, HeartbeatResponse>;
  /** Committed metadata in order: a snapshot first when the broker's offset is not in the log any more. Any quorum node serves it. */
  readonly followMetadata: StreamMethod<FollowMetadataRequest, FollowMetadataResponse>;
  /** A leader proposes new in-sync sets for partitions. */
  readonly alterPartition: UnaryMethod<AlterPartitionRequest, AlterPartitionResponse>;
  /** A broker reports replicas that are damaged or on a directory that went offline. */
  readonly reportReplicas: UnaryMethod<ReportReplicasRequest, ReportReplicasResponse>;
  readonly allocateProducerIds: UnaryMethod<AllocateProducerIdsRequest, AllocateProducerIdsResponse>;
  readonly createTopics: UnaryMethod<CreateTopicsRequest, CreateTopicsResponse>;
  readonly deleteTopics: UnaryMethod<DeleteTopicsRequest, DeleteTopicsResponse>;
  readonly createPartitions: UnaryMethod<CreatePartitionsRequest, CreatePartitionsResponse>;
  readonly alterConfigs: UnaryMethod<AlterConfigsRequest, AlterConfigsResponse>;
  /** Moves replicas to other brokers, or calls that off (KIP-455): answered when it has begun. */
  readonly alterPartitionReassignments: UnaryMethod<AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse>;
  readonly electLeaders: UnaryMethod<ElectLeadersRequest, ElectLeadersResponse>;
  readonly alterClientQuotas: UnaryMethod<AlterClientQuotasRequest, AlterClientQuotasResponse>;
  readonly alterScramCredentials: UnaryMethod<AlterScramCredentialsRequest, AlterScramCredentialsResponse>;
  readonly updateFeatures: UnaryMethod<UpdateFeaturesRequest, UpdateFeaturesResponse>;
  readonly unregisterBroker: UnaryMethod<UnregisterBrokerRequest, UnregisterBrokerResponse>;
  /** Answered by any quorum node. */
  readonly describeQuorum: UnaryMethod<DescribeQuorumRequest, DescribeQuorumResponse>;
  readonly addVoter: UnaryMethod<AddVoterRequest, AddVoterResponse>;
  readonly removeVoter: UnaryMethod<RemoveVoterRequest, RemoveVoterResponse>;
} = {
  registerBroker: { kind: 'unary', path: '/moldau.controller.v1.Controller/RegisterBroker', request: RegisterBrokerRequest, response: RegisterBrokerResponse },
  heartbeat: { kind: 'stream', path: '/moldau.controller.v1.Controller/Heartbeat', request: HeartbeatRequest, response: HeartbeatResponse },
  followMetadata: { kind: 'stream', path: '/moldau.controller.v1.Controller/FollowMetadata', request: FollowMetadataRequest, response: FollowMetadataResponse },
  alterPartition: { kind: 'unary', path: '/moldau.controller.v1.Controller/AlterPartition', request: AlterPartitionRequest, response: AlterPartitionResponse },
  reportReplicas: { kind: 'unary', path: '/moldau.controller.v1.Controller/ReportReplicas', request: ReportReplicasRequest, response: ReportReplicasResponse },
  allocateProducerIds: { kind: 'unary', path: '/moldau.controller.v1.Controller/AllocateProducerIds', request: AllocateProducerIdsRequest, response: AllocateProducerIdsResponse },
  createTopics: { kind: 'unary', path: '/moldau.controller.v1.Controller/CreateTopics', request: CreateTopicsRequest, response: CreateTopicsResponse },
  deleteTopics: { kind: 'unary', path: '/moldau.controller.v1.Controller/DeleteTopics', request: DeleteTopicsRequest, response: DeleteTopicsResponse },
  createPartitions: { kind: 'unary', path: '/moldau.controller.v1.Controller/CreatePartitions', request: CreatePartitionsRequest, response: CreatePartitionsResponse },
  alterConfigs: { kind: 'unary', path: '/moldau.controller.v1.Controller/AlterConfigs', request: AlterConfigsRequest, response: AlterConfigsResponse },
  alterPartitionReassignments: { kind: 'unary', path: '/moldau.controller.v1.Controller/AlterPartitionReassignments', request: AlterPartitionReassignmentsRequest, response: AlterPartitionReassignmentsResponse },
  electLeaders: { kind: 'unary', path: '/moldau.controller.v1.Controller/ElectLeaders', request: ElectLeadersRequest, response: ElectLeadersResponse },
  alterClientQuotas: { kind: 'unary', path: '/moldau.controller.v1.Controller/AlterClientQuotas', request: AlterClientQuotasRequest, response: AlterClientQuotasResponse },
  alterScramCredentials: { kind: 'unary', path: '/moldau.controller.v1.Controller/AlterScramCredentials', request: AlterScramCredentialsRequest, response: AlterScramCredentialsResponse },
  updateFeatures: { kind: 'unary', path: '/moldau.controller.v1.Controller/UpdateFeatures', request: UpdateFeaturesRequest, response: UpdateFeaturesResponse },
  unregisterBroker: { kind: 'unary', path: '/moldau.controller.v1.Controller/UnregisterBroker', request: UnregisterBrokerRequest, response: UnregisterBrokerResponse },
  describeQuorum: { kind: 'unary', path: '/moldau.controller.v1.Controller/DescribeQuorum', request: DescribeQuorumRequest, response: DescribeQuorumResponse },
  addVoter: { kind: 'unary', path: '/moldau.controller.v1.Controller/AddVoter', request: AddVoterRequest, response: AddVoterResponse },
  removeVoter: { kind: 'unary', path: '/moldau.controller.v1.Controller/RemoveVoter', request: RemoveVoterRequest, response: RemoveVoterResponse },
};

export const QuorumService: {
  /**
   * Messages from one quorum node to another. The answers go over the receiver's own stream; here it only confirms that
   * something came, once for each turn of its event loop.
   */
  readonly deliver: StreamMethod<QuorumMessage, QuorumDelivered>;
  /**
   * Asked by a node with an empty directory before it founds or joins a quorum, by one without a leader, and by the leader
   * before a feature's level is raised.
   */
  readonly introduce: UnaryMethod<QuorumIntroduceRequest, QuorumIntroduceResponse>;
} = {
  deliver: { kind: 'stream', path: '/moldau.controller.v1.Quorum/Deliver', request: QuorumMessage, response: QuorumDelivered },
  introduce: { kind: 'unary', path: '/moldau.controller.v1.Quorum/Introduce', request: QuorumIntroduceRequest, response: QuorumIntroduceResponse },
};
