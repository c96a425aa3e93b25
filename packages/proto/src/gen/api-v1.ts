// Generated from proto/ by `npm run gen`. Not edited by hand.
import type { StreamMethod, UnaryMethod } from '@moldau/base';
import { lengthDelimitedEnd, type MessageCodec, messageCodec, readNested, writeNested } from '../codec.ts';
import { int64Read, int64Write } from '../int64.ts';
import { type EnumCodec, enumCodec } from '../enum-codec.ts';
import { AddVoterRequest, AddVoterResponse, AlterClientQuotasRequest, AlterClientQuotasResponse, AlterConfigsRequest, AlterConfigsResponse, AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse, AlterScramCredentialsRequest, AlterScramCredentialsResponse, CreatePartitionsRequest, CreatePartitionsResponse, CreateTopicsRequest, CreateTopicsResponse, DeleteTopicsRequest, DeleteTopicsResponse, DescribeQuorumRequest, DescribeQuorumResponse, ElectLeadersRequest, ElectLeadersResponse, Outcome, RemoveVoterRequest, RemoveVoterResponse, UnregisterBrokerRequest, UnregisterBrokerResponse, UpdateFeaturesRequest, UpdateFeaturesResponse } from './controller-v1.ts';
import { QuotaEntityPart, configResourceTypeCodec, scramMechanismCodec, type ConfigResourceType, type ScramMechanism } from './metadata-v1.ts';

const NO_BYTES = new Uint8Array(0);

export type Acknowledged = 'unspecified' | 'appended' | 'flushed' | 'replicated';
export const acknowledgedCodec: EnumCodec<Acknowledged> = enumCodec([[0, 'unspecified'], [1, 'appended'], [2, 'flushed'], [3, 'replicated']]);

export type QuotaMatch = 'unspecified' | 'name' | 'default' | 'any';
export const quotaMatchCodec: EnumCodec<QuotaMatch> = enumCodec([[0, 'unspecified'], [1, 'name'], [2, 'default'], [3, 'any']]);

export interface ProduceRequest {
  readonly items: readonly ProduceItem[];
}
export const ProduceRequest: MessageCodec<ProduceRequest> = messageCodec<ProduceRequest>({
  empty: () => ({ items: [] }),
  write(w, m) {
    for (const item of m.items) writeNested(w, 10, ProduceItem, item);
  },
  read(r, end) {
    const items: ProduceItem[] = [];
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          items.push(readNested(r, ProduceItem));
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { items };
  },
});

export interface ProduceItem {
  /** Unique among the unanswered items of the stream. */
  readonly correlation: number;
  readonly topicId: string;
  readonly partition: number;
  /** -1: the sender does not know it. */
  readonly leaderEpoch: number;
  /** 0: no answer is sent; 1: appended at the leader; -1: counted on every in-sync replica. */
  readonly acks: number;
  /** The answer says REQUEST_TIMED_OUT when replication took longer; the records stay appended. */
  readonly timeoutMs: number;
  /** One v2 batch, or several of one producer. */
  readonly records: Uint8Array;
}
export const ProduceItem: MessageCodec<ProduceItem> = messageCodec<ProduceItem>({
  empty: () => ({ correlation: 0, topicId: '', partition: 0, leaderEpoch: 0, acks: 0, timeoutMs: 0, records: NO_BYTES }),
  write(w, m) {
    if (m.correlation !== 0) w.uint32(8).uint32(m.correlation);
    if (m.topicId !== '') w.uint32(18).string(m.topicId);
    if (m.partition !== 0) w.uint32(24).int32(m.partition);
    if (m.leaderEpoch !== 0) w.uint32(32).int32(m.leaderEpoch);
    if (m.acks !== 0) w.uint32(40).int32(m.acks);
    if (m.timeoutMs !== 0) w.uint32(48).uint32(m.timeoutMs);
    if (m.records.length > 0) w.uint32(58).bytes(m.records);
  },
  read(r, end) {
    let correlation: number = 0;
    let topicId: string = '';
    let partition: number = 0;
    let leaderEpoch: number = 0;
    let acks: number = 0;
    let timeoutMs: number = 0;
    let records: Uint8Array = NO_BYTES;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          correlation = r.uint32();
          break;
        case 18:
          topicId = r.string();
          break;
        case 24:
          partition = r.int32();
          break;
        case 32:
          leaderEpoch = r.int32();
          break;
        case 40:
          acks = r.int32();
          break;
        case 48:
          timeoutMs = r.uint32();
          break;
        case 58:
          records = r.bytes();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { correlation, topicId, partition, leaderEpoch, acks, timeoutMs, records };
  },
});

export interface ProduceResponse {
  readonly results: readonly ProduceResult[];
}
export const ProduceResponse: MessageCodec<ProduceResponse> = messageCodec<ProduceResponse>({
  empty: () => ({ results: [] }),
  write(w, m) {
    for (const item of m.results) writeNested(w, 10, ProduceResult, item);
  },
  read(r, end) {
    const results: ProduceResult[] = [];
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          results.push(readNested(r, ProduceResult));
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { results };
  },
});

export interface ProduceResult {
  readonly correlation: number;
  readonly errorCode: number;
  readonly message: string;
  /** With an error -1 when this request has appended nothing; else it was appended there, and may stay or go. */
  readonly baseOffset: number;
  readonly logStartOffset: number;
  /** What the acknowledgement waited for. */
  readonly acknowledged: Acknowledged;
  /** With NOT_LEADER_OR_FOLLOWER and FENCED_LEADER_EPOCH: who leads, as far as this broker knows (KIP-951). */
  readonly currentLeader: CurrentLeader | undefined;
}
export const ProduceResult: MessageCodec<ProduceResult> = messageCodec<ProduceResult>({
  empty: () => ({ correlation: 0, errorCode: 0, message: '', baseOffset: 0, logStartOffset: 0, acknowledged: acknowledgedCodec.empty, currentLeader: undefined }),
  write(w, m) {
    if (m.correlation !== 0) w.uint32(8).uint32(m.correlation);
    if (m.errorCode !== 0) w.uint32(16).int32(m.errorCode);
    if (m.message !== '') w.uint32(26).string(m.message);
    if (m.baseOffset !== 0) int64Write(w.uint32(32), m.baseOffset);
    if (m.logStartOffset !== 0) int64Write(w.uint32(40), m.logStartOffset);
    if (m.acknowledged !== acknowledgedCodec.empty) w.uint32(48).int32(acknowledgedCodec.number(m.acknowledged));
    if (m.currentLeader !== undefined) writeNested(w, 58, CurrentLeader, m.currentLeader);
  },
  read(r, end) {
    let correlation: number = 0;
    let errorCode: number = 0;
    let message: string = '';
    let baseOffset: number = 0;
    let logStartOffset: number = 0;
    let acknowledged: Acknowledged = acknowledgedCodec.empty;
    let currentLeader: CurrentLeader | undefined = undefined;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          correlation = r.uint32();
          break;
        case 16:
          errorCode = r.int32();
          break;
        case 26:
          message = r.string();
          break;
        case 32:
          baseOffset = int64Read(r);
          break;
        case 40:
          logStartOffset = int64Read(r);
          break;
        case 48:
          acknowledged = acknowledgedCodec.name(r.int32());
          break;
        case 58:
          currentLeader = readNested(r, CurrentLeader);
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { correlation, errorCode, message, baseOffset, logStartOffset, acknowledged, currentLeader };
  },
});

export interface CurrentLeader {
  readonly leaderId: number;
  readonly leaderEpoch: number;
  readonly grpcAddress: string;
}
export const CurrentLeader: MessageCodec<CurrentLeader> = messageCodec<CurrentLeader>({
  empty: () => ({ leaderId: 0, leaderEpoch: 0, grpcAddress: '' }),
  write(w, m) {
    if (m.leaderId !== 0) w.uint32(8).int32(m.leaderId);
    if (m.leaderEpoch !== 0) w.uint32(16).int32(m.leaderEpoch);
    if (m.grpcAddress !== '') w.uint32(26).string(m.grpcAddress);
  },
  read(r, end) {
    let leaderId: number = 0;
    let leaderEpoch: number = 0;
    let grpcAddress: string = '';
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          leaderId = r.int32();
          break;
        case 16:
          leaderEpoch = r.int32();
          break;
        case 26:
          grpcAddress = r.string();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { leaderId, leaderEpoch, grpcAddress };
  },
});

export interface FetchRequest {
  readonly subscribe: readonly FetchSubscribe[];
  readonly unsubscribe: readonly number[];
  readonly credit: readonly FetchCredit[];
}
export const FetchRequest: MessageCodec<FetchRequest> = messageCodec<FetchRequest>({
  empty: () => ({ subscribe: [], unsubscribe: [], credit: [] }),
  write(w, m) {
    for (const item of m.subscribe) writeNested(w, 10, FetchSubscribe, item);
    if (m.unsubscribe.length > 0) {
      w.uint32(18).fork();
      for (const item of m.unsubscribe) w.uint32(item);
      w.ldelim();
    }
    for (const item of m.credit) writeNested(w, 26, FetchCredit, item);
  },
  read(r, end) {
    const subscribe: FetchSubscribe[] = [];
    const unsubscribe: number[] = [];
    const credit: FetchCredit[] = [];
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          subscribe.push(readNested(r, FetchSubscribe));
          break;
        case 16:
          unsubscribe.push(r.uint32());
          break;
        case 18:
          for (const until = lengthDelimitedEnd(r); r.pos < until; ) unsubscribe.push(r.uint32());
          break;
        case 26:
          credit.push(readNested(r, FetchCredit));
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { subscribe, unsubscribe, credit };
  },
});

export interface FetchSubscribe {
  /** Chosen by the client, never reused within a stream. */
  readonly subscription: number;
  readonly topicId: string;
  readonly partition: number;
  readonly offset: number;
  /** -1: unknown. */
  readonly leaderEpoch: number;
  /** Epoch of the record before `offset`, for truncation detection (KIP-320); -1: unknown. */
  readonly lastFetchedEpoch: number;
  readonly creditBytes: number;
}
export const FetchSubscribe: MessageCodec<FetchSubscribe> = messageCodec<FetchSubscribe>({
  empty: () => ({ subscription: 0, topicId: '', partition: 0, offset: 0, leaderEpoch: 0, lastFetchedEpoch: 0, creditBytes: 0 }),
  write(w, m) {
    if (m.subscription !== 0) w.uint32(8).uint32(m.subscription);
    if (m.topicId !== '') w.uint32(18).string(m.topicId);
    if (m.partition !== 0) w.uint32(24).int32(m.partition);
    if (m.offset !== 0) int64Write(w.uint32(32), m.offset);
    if (m.leaderEpoch !== 0) w.uint32(40).int32(m.leaderEpoch);
    if (m.lastFetchedEpoch !== 0) w.uint32(48).int32(m.lastFetchedEpoch);
    if (m.creditBytes !== 0) w.uint32(56).uint32(m.creditBytes);
  },
  read(r, end) {
    let subscription: number = 0;
    let topicId: string = '';
    let partition: number = 0;
    let offset: number = 0;
    let leaderEpoch: number = 0;
    let lastFetchedEpoch: number = 0;
    let creditBytes: number = 0;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          subscription = r.uint32();
          break;
        case 18:
          topicId = r.string();
          break;
        case 24:
          partition = r.int32();
          break;
        case 32:
          offset = int64Read(r);
          break;
        case 40:
          leaderEpoch = r.int32();
          break;
        case 48:
          lastFetchedEpoch = r.int32();
          break;
        case 56:
          creditBytes = r.uint32();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { subscription, topicId, partition, offset, leaderEpoch, lastFetchedEpoch, creditBytes };
  },
});

export interface FetchCredit {
  readonly subscription: number;
  readonly creditBytes: number;
}
export const FetchCredit: MessageCodec<FetchCredit> = messageCodec<FetchCredit>({
  empty: () => ({ subscription: 0, creditBytes: 0 }),
  write(w, m) {
    if (m.subscription !== 0) w.uint32(8).uint32(m.subscription);
    if (m.creditBytes !== 0) w.uint32(16).uint32(m.creditBytes);
  },
  read(r, end) {
    let subscription: number = 0;
    let creditBytes: number = 0;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          subscription = r.uint32();
          break;
        case 16:
          creditBytes = r.uint32();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { subscription, creditBytes };
  },
});

export interface FetchResponse {
  readonly pushes: readonly FetchPush[];
}
export const FetchResponse: MessageCodec<FetchResponse> = messageCodec<FetchResponse>({
  empty: () => ({ pushes: [] }),
  write(w, m) {
    for (const item of m.pushes) writeNested(w, 10, FetchPush, item);
  },
  read(r, end) {
    const pushes: FetchPush[] = [];
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          pushes.push(readNested(r, FetchPush));
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { pushes };
  },
});

export interface FetchPush {
  readonly subscription: number;
  /** Not 0: the subscription has ended for this reason. */
  readonly errorCode: number;
  readonly message: string;
  readonly highWatermark: number;
  readonly logStartOffset: number;
  /** Whole batches; the first may begin below the offset asked for: the client skips. */
  readonly records: Uint8Array;
  readonly currentLeader: CurrentLeader | undefined;
  /** The log parted from what the client had read: valid up to here (KIP-320). */
  readonly diverging: DivergingEpoch | undefined;
}
export const FetchPush: MessageCodec<FetchPush> = messageCodec<FetchPush>({
  empty: () => ({ subscription: 0, errorCode: 0, message: '', highWatermark: 0, logStartOffset: 0, records: NO_BYTES, currentLeader: undefined, diverging: undefined }),
  write(w, m) {
    if (m.subscription !== 0) w.uint32(8).uint32(m.subscription);
    if (m.errorCode !== 0) w.uint32(16).int32(m.errorCode);
    if (m.message !== '') w.uint32(26).string(m.message);
    if (m.highWatermark !== 0) int64Write(w.uint32(32), m.highWatermark);
    if (m.logStartOffset !== 0) int64Write(w.uint32(40), m.logStartOffset);
    if (m.records.length > 0) w.uint32(50).bytes(m.records);
    if (m.currentLeader !== undefined) writeNested(w, 58, CurrentLeader, m.currentLeader);
    if (m.diverging !== undefined) writeNested(w, 66, DivergingEpoch, m.diverging);
  },
  read(r, end) {
    let subscription: number = 0;
    let errorCode: number = 0;
    let message: string = '';
    let highWatermark: number = 0;
    let logStartOffset: number = 0;
    let records: Uint8Array = NO_BYTES;
    let currentLeader: CurrentLeader | undefined = undefined;
    let diverging: DivergingEpoch | undefined = undefined;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          subscription = r.uint32();
          break;
        case 16:
          errorCode = r.int32();
          break;
        case 26:
          message = r.string();
          break;
        case 32:
          highWatermark = int64Read(r);
          break;
        case 40:
          logStartOffset = int64Read(r);
          break;
        case 50:
          records = r.bytes();
          break;
        case 58:
          currentLeader = readNested(r, CurrentLeader);
          break;
        case 66:
          diverging = readNested(r, DivergingEpoch);
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { subscription, errorCode, message, highWatermark, logStartOffset, records, currentLeader, diverging };
  },
});

export interface DivergingEpoch {
  readonly epoch: number;
  readonly endOffset: number;
}
export const DivergingEpoch: MessageCodec<DivergingEpoch> = messageCodec<DivergingEpoch>({
  empty: () => ({ epoch: 0, endOffset: 0 }),
  write(w, m) {
    if (m.epoch !== 0) w.uint32(8).int32(m.epoch);
    if (m.endOffset !== 0) int64Write(w.uint32(16), m.endOffset);
  },
  read(r, end) {
    let epoch: number = 0;
    let endOffset: number = 0;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          epoch = r.int32();
          break;
        case 16:
          endOffset = int64Read(r);
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { epoch, endOffset };
  },
});

export interface ListOffsetsRequest {
  readonly items: readonly ListOffsetsItem[];
}
export const ListOffsetsRequest: MessageCodec<ListOffsetsRequest> = messageCodec<ListOffsetsRequest>({
  empty: () => ({ items: [] }),
  write(w, m) {
    for (const item of m.items) writeNested(w, 10, ListOffsetsItem, item);
  },
  read(r, end) {
    const items: ListOffsetsItem[] = [];
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          items.push(readNested(r, ListOffsetsItem));
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { items };
  },
});

export interface ListOffsetsItem {
  readonly topicId: string;
  readonly partition: number;
  readonly leaderEpoch: number;
  /** Unix ms, or Kafka's special values: -1 latest (high watermark), -2 earliest, -3 max timestamp. */
  readonly timestamp: number;
}
export const ListOffsetsItem: MessageCodec<ListOffsetsItem> = messageCodec<ListOffsetsItem>({
  empty: () => ({ topicId: '', partition: 0, leaderEpoch: 0, timestamp: 0 }),
  write(w, m) {
    if (m.topicId !== '') w.uint32(10).string(m.topicId);
    if (m.partition !== 0) w.uint32(16).int32(m.partition);
    if (m.leaderEpoch !== 0) w.uint32(24).int32(m.leaderEpoch);
    if (m.timestamp !== 0) int64Write(w.uint32(32), m.timestamp);
  },
  read(r, end) {
    let topicId: string = '';
    let partition: number = 0;
    let leaderEpoch: number = 0;
    let timestamp: number = 0;
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
          timestamp = int64Read(r);
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { topicId, partition, leaderEpoch, timestamp };
  },
});

export interface ListOffsetsResponse {
  readonly results: readonly ListOffsetsResult[];
}
export const ListOffsetsResponse: MessageCodec<ListOffsetsResponse> = messageCodec<ListOffsetsResponse>({
  empty: () => ({ results: [] }),
  write(w, m) {
    for (const item of m.results) writeNested(w, 10, ListOffsetsResult, item);
  },
  read(r, end) {
    const results: ListOffsetsResult[] = [];
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          results.push(readNested(r, ListOffsetsResult));
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { results };
  },
});

export interface ListOffsetsResult {
  readonly errorCode: number;
  readonly message: string;
  /** -1 when no record is that young. */
  readonly offset: number;
  readonly timestamp: number;
  readonly leaderEpoch: number;
  readonly currentLeader: CurrentLeader | undefined;
}
export const ListOffsetsResult: MessageCodec<ListOffsetsResult> = messageCodec<ListOffsetsResult>({
  empty: () => ({ errorCode: 0, message: '', offset: 0, timestamp: 0, leaderEpoch: 0, currentLeader: undefined }),
  write(w, m) {
    if (m.errorCode !== 0) w.uint32(8).int32(m.errorCode);
    if (m.message !== '') w.uint32(18).string(m.message);
    if (m.offset !== 0) int64Write(w.uint32(24), m.offset);
    if (m.timestamp !== 0) int64Write(w.uint32(32), m.timestamp);
    if (m.leaderEpoch !== 0) w.uint32(40).int32(m.leaderEpoch);
    if (m.currentLeader !== undefined) writeNested(w, 50, CurrentLeader, m.currentLeader);
  },
  read(r, end) {
    let errorCode: number = 0;
    let message: string = '';
    let offset: number = 0;
    let timestamp: number = 0;
    let leaderEpoch: number = 0;
    let currentLeader: CurrentLeader | undefined = undefined;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          errorCode = r.int32();
          break;
        case 18:
          message = r.string();
          break;
        case 24:
          offset = int64Read(r);
          break;
        case 32:
          timestamp = int64Read(r);
          break;
        case 40:
          leaderEpoch = r.int32();
          break;
        case 50:
          currentLeader = readNested(r, CurrentLeader);
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { errorCode, message, offset, timestamp, leaderEpoch, currentLeader };
  },
});

export interface DeleteRecordsRequest {
  readonly items: readonly DeleteRecordsItem[];
  /** After this REQUEST_TIMED_OUT is answered; what was begun goes on. */
  readonly timeoutMs: number;
}
export const DeleteRecordsRequest: MessageCodec<DeleteRecordsRequest> = messageCodec<DeleteRecordsRequest>({
  empty: () => ({ items: [], timeoutMs: 0 }),
  write(w, m) {
    for (const item of m.items) writeNested(w, 10, DeleteRecordsItem, item);
    if (m.timeoutMs !== 0) w.uint32(16).uint32(m.timeoutMs);
  },
  read(r, end) {
    const items: DeleteRecordsItem[] = [];
    let timeoutMs: number = 0;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          items.push(readNested(r, DeleteRecordsItem));
          break;
        case 16:
          timeoutMs = r.uint32();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { items, timeoutMs };
  },
});

export interface DeleteRecordsItem {
  readonly topicId: string;
  readonly partition: number;
  /** What is below is deleted, at most up to the high watermark; -1: all up to there. */
  readonly beforeOffset: number;
}
export const DeleteRecordsItem: MessageCodec<DeleteRecordsItem> = messageCodec<DeleteRecordsItem>({
  empty: () => ({ topicId: '', partition: 0, beforeOffset: 0 }),
  write(w, m) {
    if (m.topicId !== '') w.uint32(10).string(m.topicId);
    if (m.partition !== 0) w.uint32(16).int32(m.partition);
    if (m.beforeOffset !== 0) int64Write(w.uint32(24), m.beforeOffset);
  },
  read(r, end) {
    let topicId: string = '';
    let partition: number = 0;
    let beforeOffset: number = 0;
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
          beforeOffset = int64Read(r);
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { topicId, partition, beforeOffset };
  },
});

export interface DeleteRecordsResponse {
  /** In the order of the request. */
  readonly results: readonly DeleteRecordsResult[];
}
export const DeleteRecordsResponse: MessageCodec<DeleteRecordsResponse> = messageCodec<DeleteRecordsResponse>({
  empty: () => ({ results: [] }),
  write(w, m) {
    for (const item of m.results) writeNested(w, 10, DeleteRecordsResult, item);
  },
  read(r, end) {
    const results: DeleteRecordsResult[] = [];
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          results.push(readNested(r, DeleteRecordsResult));
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { results };
  },
});

export interface DeleteRecordsResult {
  readonly errorCode: number;
  readonly message: string;
  /** Where the log begins now; -1 with an error. */
  readonly logStartOffset: number;
  readonly currentLeader: CurrentLeader | undefined;
}
export const DeleteRecordsResult: MessageCodec<DeleteRecordsResult> = messageCodec<DeleteRecordsResult>({
  empty: () => ({ errorCode: 0, message: '', logStartOffset: 0, currentLeader: undefined }),
  write(w, m) {
    if (m.errorCode !== 0) w.uint32(8).int32(m.errorCode);
    if (m.message !== '') w.uint32(18).string(m.message);
    if (m.logStartOffset !== 0) int64Write(w.uint32(24), m.logStartOffset);
    if (m.currentLeader !== undefined) writeNested(w, 34, CurrentLeader, m.currentLeader);
  },
  read(r, end) {
    let errorCode: number = 0;
    let message: string = '';
    let logStartOffset: number = 0;
    let currentLeader: CurrentLeader | undefined = undefined;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          errorCode = r.int32();
          break;
        case 18:
          message = r.string();
          break;
        case 24:
          logStartOffset = int64Read(r);
          break;
        case 34:
          currentLeader = readNested(r, CurrentLeader);
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { errorCode, message, logStartOffset, currentLeader };
  },
});

export interface InitProducerIdRequest {
}
export const InitProducerIdRequest: MessageCodec<InitProducerIdRequest> = messageCodec<InitProducerIdRequest>({
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

export interface InitProducerIdResponse {
  readonly producerId: number;
  readonly producerEpoch: number;
}
export const InitProducerIdResponse: MessageCodec<InitProducerIdResponse> = messageCodec<InitProducerIdResponse>({
  empty: () => ({ producerId: 0, producerEpoch: 0 }),
  write(w, m) {
    if (m.producerId !== 0) int64Write(w.uint32(8), m.producerId);
    if (m.producerEpoch !== 0) w.uint32(16).int32(m.producerEpoch);
  },
  read(r, end) {
    let producerId: number = 0;
    let producerEpoch: number = 0;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          producerId = int64Read(r);
          break;
        case 16:
          producerEpoch = r.int32();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { producerId, producerEpoch };
  },
});

export interface MetadataRequest {
  /** Empty: all topics. */
  readonly topics: readonly string[];
  /** The broker answers once it has applied this offset, waiting at most a second. */
  readonly minMetadataOffset: number;
  /** No topics at all, only the cluster. */
  readonly brokersOnly: boolean;
}
export const MetadataRequest: MessageCodec<MetadataRequest> = messageCodec<MetadataRequest>({
  empty: () => ({ topics: [], minMetadataOffset: 0, brokersOnly: false }),
  write(w, m) {
    for (const item of m.topics) w.uint32(10).string(item);
    if (m.minMetadataOffset !== 0) int64Write(w.uint32(16), m.minMetadataOffset);
    if (m.brokersOnly !== false) w.uint32(24).bool(m.brokersOnly);
  },
  read(r, end) {
    const topics: string[] = [];
    let minMetadataOffset: number = 0;
    let brokersOnly: boolean = false;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          topics.push(r.string());
          break;
        case 16:
          minMetadataOffset = int64Read(r);
          break;
        case 24:
          brokersOnly = r.bool();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { topics, minMetadataOffset, brokersOnly };
  },
});

export interface MetadataResponse {
  readonly metadataOffset: number;
  readonly clusterId: string;
  readonly controllerId: number;
  readonly brokers: readonly BrokerInfo[];
  readonly topics: readonly TopicInfo[];
}
export const MetadataResponse: MessageCodec<MetadataResponse> = messageCodec<MetadataResponse>({
  empty: () => ({ metadataOffset: 0, clusterId: '', controllerId: 0, brokers: [], topics: [] }),
  write(w, m) {
    if (m.metadataOffset !== 0) int64Write(w.uint32(8), m.metadataOffset);
    if (m.clusterId !== '') w.uint32(18).string(m.clusterId);
    if (m.controllerId !== 0) w.uint32(24).int32(m.controllerId);
    for (const item of m.brokers) writeNested(w, 34, BrokerInfo, item);
    for (const item of m.topics) writeNested(w, 42, TopicInfo, item);
  },
  read(r, end) {
    let metadataOffset: number = 0;
    let clusterId: string = '';
    let controllerId: number = 0;
    const brokers: BrokerInfo[] = [];
    const topics: TopicInfo[] = [];
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          metadataOffset = int64Read(r);
          break;
        case 18:
          clusterId = r.string();
          break;
        case 24:
          controllerId = r.int32();
          break;
        case 34:
          brokers.push(readNested(r, BrokerInfo));
          break;
        case 42:
          topics.push(readNested(r, TopicInfo));
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { metadataOffset, clusterId, controllerId, brokers, topics };
  },
});

export interface BrokerInfo {
  readonly brokerId: number;
  readonly grpcAddress: string;
  readonly kafkaAddress: string;
  readonly rack: string;
  readonly host: string;
  readonly brokerEpoch: number;
  readonly fenced: boolean;
  readonly shuttingDown: boolean;
}
export const BrokerInfo: MessageCodec<BrokerInfo> = messageCodec<BrokerInfo>({
  empty: () => ({ brokerId: 0, grpcAddress: '', kafkaAddress: '', rack: '', host: '', brokerEpoch: 0, fenced: false, shuttingDown: false }),
  write(w, m) {
    if (m.brokerId !== 0) w.uint32(8).int32(m.brokerId);
    if (m.grpcAddress !== '') w.uint32(18).string(m.grpcAddress);
    if (m.kafkaAddress !== '') w.uint32(26).string(m.kafkaAddress);
    if (m.rack !== '') w.uint32(34).string(m.rack);
    if (m.host !== '') w.uint32(42).string(m.host);
    if (m.brokerEpoch !== 0) int64Write(w.uint32(48), m.brokerEpoch);
    if (m.fenced !== false) w.uint32(56).bool(m.fenced);
    if (m.shuttingDown !== false) w.uint32(64).bool(m.shuttingDown);
  },
  read(r, end) {
    let brokerId: number = 0;
    let grpcAddress: string = '';
    let kafkaAddress: string = '';
    let rack: string = '';
    let host: string = '';
    let brokerEpoch: number = 0;
    let fenced: boolean = false;
    let shuttingDown: boolean = false;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          brokerId = r.int32();
          break;
        case 18:
          grpcAddress = r.string();
          break;
        case 26:
          kafkaAddress = r.string();
          break;
        case 34:
          rack = r.string();
          break;
        case 42:
          host = r.string();
          break;
        case 48:
          brokerEpoch = int64Read(r);
          break;
        case 56:
          fenced = r.bool();
          break;
        case 64:
          shuttingDown = r.bool();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { brokerId, grpcAddress, kafkaAddress, rack, host, brokerEpoch, fenced, shuttingDown };
  },
});

export interface TopicInfo {
  readonly errorCode: number;
  readonly message: string;
  readonly name: string;
  readonly topicId: string;
  readonly partitions: readonly PartitionInfo[];
}
export const TopicInfo: MessageCodec<TopicInfo> = messageCodec<TopicInfo>({
  empty: () => ({ errorCode: 0, message: '', name: '', topicId: '', partitions: [] }),
  write(w, m) {
    if (m.errorCode !== 0) w.uint32(8).int32(m.errorCode);
    if (m.message !== '') w.uint32(18).string(m.message);
    if (m.name !== '') w.uint32(26).string(m.name);
    if (m.topicId !== '') w.uint32(34).string(m.topicId);
    for (const item of m.partitions) writeNested(w, 42, PartitionInfo, item);
  },
  read(r, end) {
    let errorCode: number = 0;
    let message: string = '';
    let name: string = '';
    let topicId: string = '';
    const partitions: PartitionInfo[] = [];
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          errorCode = r.int32();
          break;
        case 18:
          message = r.string();
          break;
        case 26:
          name = r.string();
          break;
        case 34:
          topicId = r.string();
          break;
        case 42:
          partitions.push(readNested(r, PartitionInfo));
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { errorCode, message, name, topicId, partitions };
  },
});

export interface PartitionInfo {
  readonly partition: number;
  readonly leaderId: number;
  readonly leaderEpoch: number;
  readonly partitionEpoch: number;
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
  readonly elr: readonly number[];
  /** Brokers whose replicas a reassignment adds or removes (KIP-455); both are among the replicas meanwhile. */
  readonly addingReplicas: readonly number[];
  readonly removingReplicas: readonly number[];
}
export const PartitionInfo: MessageCodec<PartitionInfo> = messageCodec<PartitionInfo>({
  empty: () => ({ partition: 0, leaderId: 0, leaderEpoch: 0, partitionEpoch: 0, replicas: [], isr: [], elr: [], addingReplicas: [], removingReplicas: [] }),
  write(w, m) {
    if (m.partition !== 0) w.uint32(8).int32(m.partition);
    if (m.leaderId !== 0) w.uint32(16).int32(m.leaderId);
    if (m.leaderEpoch !== 0) w.uint32(24).int32(m.leaderEpoch);
    if (m.partitionEpoch !== 0) w.uint32(32).int32(m.partitionEpoch);
    if (m.replicas.length > 0) {
      w.uint32(42).fork();
      for (const item of m.replicas) w.int32(item);
      w.ldelim();
    }
    if (m.isr.length > 0) {
      w.uint32(50).fork();
      for (const item of m.isr) w.int32(item);
      w.ldelim();
    }
    if (m.elr.length > 0) {
      w.uint32(58).fork();
      for (const item of m.elr) w.int32(item);
      w.ldelim();
    }
    if (m.addingReplicas.length > 0) {
      w.uint32(66).fork();
      for (const item of m.addingReplicas) w.int32(item);
      w.ldelim();
    }
    if (m.removingReplicas.length > 0) {
      w.uint32(74).fork();
      for (const item of m.removingReplicas) w.int32(item);
      w.ldelim();
    }
  },
  read(r, end) {
    let partition: number = 0;
    let leaderId: number = 0;
    let leaderEpoch: number = 0;
    let partitionEpoch: number = 0;
    const replicas: number[] = [];
    const isr: number[] = [];
    const elr: number[] = [];
    const addingReplicas: number[] = [];
    const removingReplicas: number[] = [];
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          partition = r.int32();
          break;
        case 16:
          leaderId = r.int32();
          break;
        case 24:
          leaderEpoch = r.int32();
          break;
        case 32:
          partitionEpoch = r.int32();
          break;
        case 40:
          replicas.push(r.int32());
          break;
        case 42:
          for (const until = lengthDelimitedEnd(r); r.pos < until; ) replicas.push(r.int32());
          break;
        case 48:
          isr.push(r.int32());
          break;
        case 50:
          for (const until = lengthDelimitedEnd(r); r.pos < until; ) isr.push(r.int32());
          break;
        case 56:
          elr.push(r.int32());
          break;
        case 58:
          for (const until = lengthDelimitedEnd(r); r.pos < until; ) elr.push(r.int32());
          break;
        case 64:
          addingReplicas.push(r.int32());
          break;
        case 66:
          for (const until = lengthDelimitedEnd(r); r.pos < until; ) addingReplicas.push(r.int32());
          break;
        case 72:
          removingReplicas.push(r.int32());
          break;
        case 74:
          for (const until = lengthDelimitedEnd(r); r.pos < until; ) removingReplicas.push(r.int32());
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { partition, leaderId, leaderEpoch, partitionEpoch, replicas, isr, elr, addingReplicas, removingReplicas };
  },
});

export interface DescribeConfigsRequest {
  readonly resources: readonly ConfigResource[];
}
export const DescribeConfigsRequest: MessageCodec<DescribeConfigsRequest> = messageCodec<DescribeConfigsRequest>({
  empty: () => ({ resources: [] }),
  write(w, m) {
    for (const item of m.resources) writeNested(w, 10, ConfigResource, item);
  },
  read(r, end) {
    const resources: ConfigResource[] = [];
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          resources.push(readNested(r, ConfigResource));
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { resources };
  },
});

export interface ConfigResource {
  readonly resourceType: ConfigResourceType;
  readonly resourceName: string;
}
export const ConfigResource: MessageCodec<ConfigResource> = messageCodec<ConfigResource>({
  empty: () => ({ resourceType: configResourceTypeCodec.empty, resourceName: '' }),
  write(w, m) {
    if (m.resourceType !== configResourceTypeCodec.empty) w.uint32(8).int32(configResourceTypeCodec.number(m.resourceType));
    if (m.resourceName !== '') w.uint32(18).string(m.resourceName);
  },
  read(r, end) {
    let resourceType: ConfigResourceType = configResourceTypeCodec.empty;
    let resourceName: string = '';
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          resourceType = configResourceTypeCodec.name(r.int32());
          break;
        case 18:
          resourceName = r.string();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { resourceType, resourceName };
  },
});

export interface DescribeConfigsResponse {
  readonly resources: readonly DescribedResource[];
}
export const DescribeConfigsResponse: MessageCodec<DescribeConfigsResponse> = messageCodec<DescribeConfigsResponse>({
  empty: () => ({ resources: [] }),
  write(w, m) {
    for (const item of m.resources) writeNested(w, 10, DescribedResource, item);
  },
  read(r, end) {
    const resources: DescribedResource[] = [];
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          resources.push(readNested(r, DescribedResource));
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { resources };
  },
});

export interface DescribedResource {
  readonly outcome: Outcome | undefined;
  readonly entries: readonly ConfigEntry[];
}
export const DescribedResource: MessageCodec<DescribedResource> = messageCodec<DescribedResource>({
  empty: () => ({ outcome: undefined, entries: [] }),
  write(w, m) {
    if (m.outcome !== undefined) writeNested(w, 10, Outcome, m.outcome);
    for (const item of m.entries) writeNested(w, 18, ConfigEntry, item);
  },
  read(r, end) {
    let outcome: Outcome | undefined = undefined;
    const entries: ConfigEntry[] = [];
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          outcome = readNested(r, Outcome);
          break;
        case 18:
          entries.push(readNested(r, ConfigEntry));
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { outcome, entries };
  },
});

export interface ConfigEntry {
  readonly name: string;
  readonly value: string;
  /** "default", "cluster", "broker", "topic", or "static": from the configuration that the node was started with. */
  readonly source: string;
  readonly type: string;
  readonly documentation: string;
  readonly readOnly: boolean;
}
export const ConfigEntry: MessageCodec<ConfigEntry> = messageCodec<ConfigEntry>({
  empty: () => ({ name: '', value: '', source: '', type: '', documentation: '', readOnly: false }),
  write(w, m) {
    if (m.name !== '') w.uint32(10).string(m.name);
    if (m.value !== '') w.uint32(18).string(m.value);
    if (m.source !== '') w.uint32(26).string(m.source);
    if (m.type !== '') w.uint32(34).string(m.type);
    if (m.documentation !== '') w.uint32(42).string(m.documentation);
    if (m.readOnly !== false) w.uint32(48).bool(m.readOnly);
  },
  read(r, end) {
    let name: string = '';
    let value: string = '';
    let source: string = '';
    let type: string = '';
    let documentation: string = '';
    let readOnly: boolean = false;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          name = r.string();
          break;
        case 18:
          value = r.string();
          break;
        case 26:
          source = r.string();
          break;
        case 34:
          type = r.string();
          break;
        case 42:
          documentation = r.string();
          break;
        case 48:
          readOnly = r.bool();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { name, value, source, type, documentation, readOnly };
  },
});

export interface DescribeClientQuotasRequest {
  /** What an entity must have to be shown: all of these. */
  readonly filters: readonly QuotaFilter[];
  /** It must have nothing else. */
  readonly strict: boolean;
}
export const DescribeClientQuotasRequest: MessageCodec<DescribeClientQuotasRequest> = messageCodec<DescribeClientQuotasRequest>({
  empty: () => ({ filters: [], strict: false }),
  write(w, m) {
    for (const item of m.filters) writeNested(w, 10, QuotaFilter, item);
    if (m.strict !== false) w.uint32(16).bool(m.strict);
  },
  read(r, end) {
    const filters: QuotaFilter[] = [];
    let strict: boolean = false;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          filters.push(readNested(r, QuotaFilter));
          break;
        case 16:
          strict = r.bool();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { filters, strict };
  },
});

export interface QuotaFilter {
  /** "user", "client-id" or "ip". */
  readonly type: string;
  readonly match: QuotaMatch;
  /** With QUOTA_MATCH_NAME. */
  readonly name: string;
}
export const QuotaFilter: MessageCodec<QuotaFilter> = messageCodec<QuotaFilter>({
  empty: () => ({ type: '', match: quotaMatchCodec.empty, name: '' }),
  write(w, m) {
    if (m.type !== '') w.uint32(10).string(m.type);
    if (m.match !== quotaMatchCodec.empty) w.uint32(16).int32(quotaMatchCodec.number(m.match));
    if (m.name !== '') w.uint32(26).string(m.name);
  },
  read(r, end) {
    let type: string = '';
    let match: QuotaMatch = quotaMatchCodec.empty;
    let name: string = '';
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          type = r.string();
          break;
        case 16:
          match = quotaMatchCodec.name(r.int32());
          break;
        case 26:
          name = r.string();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { type, match, name };
  },
});

export interface DescribeClientQuotasResponse {
  readonly entries: readonly DescribedQuotas[];
}
export const DescribeClientQuotasResponse: MessageCodec<DescribeClientQuotasResponse> = messageCodec<DescribeClientQuotasResponse>({
  empty: () => ({ entries: [] }),
  write(w, m) {
    for (const item of m.entries) writeNested(w, 10, DescribedQuotas, item);
  },
  read(r, end) {
    const entries: DescribedQuotas[] = [];
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          entries.push(readNested(r, DescribedQuotas));
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { entries };
  },
});

export interface DescribedQuotas {
  readonly entity: readonly QuotaEntityPart[];
  readonly values: readonly QuotaValue[];
}
export const DescribedQuotas: MessageCodec<DescribedQuotas> = messageCodec<DescribedQuotas>({
  empty: () => ({ entity: [], values: [] }),
  write(w, m) {
    for (const item of m.entity) writeNested(w, 10, QuotaEntityPart, item);
    for (const item of m.values) writeNested(w, 18, QuotaValue, item);
  },
  read(r, end) {
    const entity: QuotaEntityPart[] = [];
    const values: QuotaValue[] = [];
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          entity.push(readNested(r, QuotaEntityPart));
          break;
        case 18:
          values.push(readNested(r, QuotaValue));
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { entity, values };
  },
});

export interface QuotaValue {
  readonly key: string;
  readonly value: number;
}
export const QuotaValue: MessageCodec<QuotaValue> = messageCodec<QuotaValue>({
  empty: () => ({ key: '', value: 0 }),
  write(w, m) {
    if (m.key !== '') w.uint32(10).string(m.key);
    if (m.value !== 0) w.uint32(17).double(m.value);
  },
  read(r, end) {
    let key: string = '';
    let value: number = 0;
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

export interface DescribeScramCredentialsRequest {
  /** None: all. */
  readonly users: readonly string[];
}
export const DescribeScramCredentialsRequest: MessageCodec<DescribeScramCredentialsRequest> = messageCodec<DescribeScramCredentialsRequest>({
  empty: () => ({ users: [] }),
  write(w, m) {
    for (const item of m.users) w.uint32(10).string(item);
  },
  read(r, end) {
    const users: string[] = [];
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          users.push(r.string());
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { users };
  },
});

export interface DescribeScramCredentialsResponse {
  readonly users: readonly DescribedScramUser[];
}
export const DescribeScramCredentialsResponse: MessageCodec<DescribeScramCredentialsResponse> = messageCodec<DescribeScramCredentialsResponse>({
  empty: () => ({ users: [] }),
  write(w, m) {
    for (const item of m.users) writeNested(w, 10, DescribedScramUser, item);
  },
  read(r, end) {
    const users: DescribedScramUser[] = [];
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          users.push(readNested(r, DescribedScramUser));
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { users };
  },
});

/** Never what the user logs in with. */
export interface DescribedScramUser {
  readonly user: string;
  readonly outcome: Outcome | undefined;
  readonly credentials: readonly ScramCredentialInfo[];
}
export const DescribedScramUser: MessageCodec<DescribedScramUser> = messageCodec<DescribedScramUser>({
  empty: () => ({ user: '', outcome: undefined, credentials: [] }),
  write(w, m) {
    if (m.user !== '') w.uint32(10).string(m.user);
    if (m.outcome !== undefined) writeNested(w, 18, Outcome, m.outcome);
    for (const item of m.credentials) writeNested(w, 26, ScramCredentialInfo, item);
  },
  read(r, end) {
    let user: string = '';
    let outcome: Outcome | undefined = undefined;
    const credentials: ScramCredentialInfo[] = [];
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          user = r.string();
          break;
        case 18:
          outcome = readNested(r, Outcome);
          break;
        case 26:
          credentials.push(readNested(r, ScramCredentialInfo));
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { user, outcome, credentials };
  },
});

export interface ScramCredentialInfo {
  readonly mechanism: ScramMechanism;
  readonly iterations: number;
}
export const ScramCredentialInfo: MessageCodec<ScramCredentialInfo> = messageCodec<ScramCredentialInfo>({
  empty: () => ({ mechanism: scramMechanismCodec.empty, iterations: 0 }),
  write(w, m) {
    if (m.mechanism !== scramMechanismCodec.empty) w.uint32(8).int32(scramMechanismCodec.number(m.mechanism));
    if (m.iterations !== 0) w.uint32(16).int32(m.iterations);
  },
  read(r, end) {
    let mechanism: ScramMechanism = scramMechanismCodec.empty;
    let iterations: number = 0;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          mechanism = scramMechanismCodec.name(r.int32());
          break;
        case 16:
          iterations = r.int32();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { mechanism, iterations };
  },
});

export interface FindCoordinatorRequest {
  readonly groupId: string;
}
export const FindCoordinatorRequest: MessageCodec<FindCoordinatorRequest> = messageCodec<FindCoordinatorRequest>({
  empty: () => ({ groupId: '' }),
  write(w, m) {
    if (m.groupId !== '') w.uint32(10).string(m.groupId);
  },
  read(r, end) {
    let groupId: string = '';
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          groupId = r.string();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { groupId };
  },
});

export interface FindCoordinatorResponse {
  readonly brokerId: number;
  readonly grpcAddress: string;
}
export const FindCoordinatorResponse: MessageCodec<FindCoordinatorResponse> = messageCodec<FindCoordinatorResponse>({
  empty: () => ({ brokerId: 0, grpcAddress: '' }),
  write(w, m) {
    if (m.brokerId !== 0) w.uint32(8).int32(m.brokerId);
    if (m.grpcAddress !== '') w.uint32(18).string(m.grpcAddress);
  },
  read(r, end) {
    let brokerId: number = 0;
    let grpcAddress: string = '';
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          brokerId = r.int32();
          break;
        case 18:
          grpcAddress = r.string();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { brokerId, grpcAddress };
  },
});

/**
 * Answered when the generation begins: that may take as long as the slowest member's rebalance timeout. Who gives up
 * waiting stays a member until its session ends; it may ask again.
 */
export interface JoinGroupRequest {
  readonly groupId: string;
  /** Empty: none was given yet. The answer is then MEMBER_ID_REQUIRED with the id to come again with (KIP-394). */
  readonly memberId: string;
  /** Lasting name of a static member (KIP-345); empty: it has none. */
  readonly instanceId: string;
  readonly sessionTimeoutMs: number;
  /** How long a rebalance waits for this member to come again. */
  readonly rebalanceTimeoutMs: number;
  /** "consumer". */
  readonly protocolType: string;
  /** The preferred one first. */
  readonly protocols: readonly GroupProtocol[];
}
export const JoinGroupRequest: MessageCodec<JoinGroupRequest> = messageCodec<JoinGroupRequest>({
  empty: () => ({ groupId: '', memberId: '', instanceId: '', sessionTimeoutMs: 0, rebalanceTimeoutMs: 0, protocolType: '', protocols: [] }),
  write(w, m) {
    if (m.groupId !== '') w.uint32(10).string(m.groupId);
    if (m.memberId !== '') w.uint32(18).string(m.memberId);
    if (m.instanceId !== '') w.uint32(26).string(m.instanceId);
    if (m.sessionTimeoutMs !== 0) w.uint32(32).uint32(m.sessionTimeoutMs);
    if (m.rebalanceTimeoutMs !== 0) w.uint32(40).uint32(m.rebalanceTimeoutMs);
    if (m.protocolType !== '') w.uint32(50).string(m.protocolType);
    for (const item of m.protocols) writeNested(w, 58, GroupProtocol, item);
  },
  read(r, end) {
    let groupId: string = '';
    let memberId: string = '';
    let instanceId: string = '';
    let sessionTimeoutMs: number = 0;
    let rebalanceTimeoutMs: number = 0;
    let protocolType: string = '';
    const protocols: GroupProtocol[] = [];
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          groupId = r.string();
          break;
        case 18:
          memberId = r.string();
          break;
        case 26:
          instanceId = r.string();
          break;
        case 32:
          sessionTimeoutMs = r.uint32();
          break;
        case 40:
          rebalanceTimeoutMs = r.uint32();
          break;
        case 50:
          protocolType = r.string();
          break;
        case 58:
          protocols.push(readNested(r, GroupProtocol));
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { groupId, memberId, instanceId, sessionTimeoutMs, rebalanceTimeoutMs, protocolType, protocols };
  },
});

export interface GroupProtocol {
  readonly name: string;
  readonly metadata: Uint8Array;
}
export const GroupProtocol: MessageCodec<GroupProtocol> = messageCodec<GroupProtocol>({
  empty: () => ({ name: '', metadata: NO_BYTES }),
  write(w, m) {
    if (m.name !== '') w.uint32(10).string(m.name);
    if (m.metadata.length > 0) w.uint32(18).bytes(m.metadata);
  },
  read(r, end) {
    let name: string = '';
    let metadata: Uint8Array = NO_BYTES;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          name = r.string();
          break;
        case 18:
          metadata = r.bytes();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { name, metadata };
  },
});

export interface JoinGroupResponse {
  readonly errorCode: number;
  readonly generation: number;
  readonly protocolType: string;
  readonly protocol: string;
  /** Member id of the one that assigns. */
  readonly leader: string;
  readonly memberId: string;
  /** The leader is to sync without assignments: those that are there stay (KIP-814). */
  readonly skipAssignment: boolean;
  /** For the leader. */
  readonly members: readonly JoinedMember[];
}
export const JoinGroupResponse: MessageCodec<JoinGroupResponse> = messageCodec<JoinGroupResponse>({
  empty: () => ({ errorCode: 0, generation: 0, protocolType: '', protocol: '', leader: '', memberId: '', skipAssignment: false, members: [] }),
  write(w, m) {
    if (m.errorCode !== 0) w.uint32(8).int32(m.errorCode);
    if (m.generation !== 0) w.uint32(16).int32(m.generation);
    if (m.protocolType !== '') w.uint32(26).string(m.protocolType);
    if (m.protocol !== '') w.uint32(34).string(m.protocol);
    if (m.leader !== '') w.uint32(42).string(m.leader);
    if (m.memberId !== '') w.uint32(50).string(m.memberId);
    if (m.skipAssignment !== false) w.uint32(56).bool(m.skipAssignment);
    for (const item of m.members) writeNested(w, 66, JoinedMember, item);
  },
  read(r, end) {
    let errorCode: number = 0;
    let generation: number = 0;
    let protocolType: string = '';
    let protocol: string = '';
    let leader: string = '';
    let memberId: string = '';
    let skipAssignment: boolean = false;
    const members: JoinedMember[] = [];
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          errorCode = r.int32();
          break;
        case 16:
          generation = r.int32();
          break;
        case 26:
          protocolType = r.string();
          break;
        case 34:
          protocol = r.string();
          break;
        case 42:
          leader = r.string();
          break;
        case 50:
          memberId = r.string();
          break;
        case 56:
          skipAssignment = r.bool();
          break;
        case 66:
          members.push(readNested(r, JoinedMember));
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { errorCode, generation, protocolType, protocol, leader, memberId, skipAssignment, members };
  },
});

export interface JoinedMember {
  readonly memberId: string;
  readonly instanceId: string;
  readonly metadata: Uint8Array;
}
export const JoinedMember: MessageCodec<JoinedMember> = messageCodec<JoinedMember>({
  empty: () => ({ memberId: '', instanceId: '', metadata: NO_BYTES }),
  write(w, m) {
    if (m.memberId !== '') w.uint32(10).string(m.memberId);
    if (m.instanceId !== '') w.uint32(18).string(m.instanceId);
    if (m.metadata.length > 0) w.uint32(26).bytes(m.metadata);
  },
  read(r, end) {
    let memberId: string = '';
    let instanceId: string = '';
    let metadata: Uint8Array = NO_BYTES;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          memberId = r.string();
          break;
        case 18:
          instanceId = r.string();
          break;
        case 26:
          metadata = r.bytes();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { memberId, instanceId, metadata };
  },
});

export interface SyncGroupRequest {
  readonly groupId: string;
  readonly memberId: string;
  readonly instanceId: string;
  readonly generation: number;
  readonly protocolType: string;
  readonly protocol: string;
  /** From the leader. */
  readonly assignments: readonly MemberAssignment[];
}
export const SyncGroupRequest: MessageCodec<SyncGroupRequest> = messageCodec<SyncGroupRequest>({
  empty: () => ({ groupId: '', memberId: '', instanceId: '', generation: 0, protocolType: '', protocol: '', assignments: [] }),
  write(w, m) {
    if (m.groupId !== '') w.uint32(10).string(m.groupId);
    if (m.memberId !== '') w.uint32(18).string(m.memberId);
    if (m.instanceId !== '') w.uint32(26).string(m.instanceId);
    if (m.generation !== 0) w.uint32(32).int32(m.generation);
    if (m.protocolType !== '') w.uint32(42).string(m.protocolType);
    if (m.protocol !== '') w.uint32(50).string(m.protocol);
    for (const item of m.assignments) writeNested(w, 58, MemberAssignment, item);
  },
  read(r, end) {
    let groupId: string = '';
    let memberId: string = '';
    let instanceId: string = '';
    let generation: number = 0;
    let protocolType: string = '';
    let protocol: string = '';
    const assignments: MemberAssignment[] = [];
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          groupId = r.string();
          break;
        case 18:
          memberId = r.string();
          break;
        case 26:
          instanceId = r.string();
          break;
        case 32:
          generation = r.int32();
          break;
        case 42:
          protocolType = r.string();
          break;
        case 50:
          protocol = r.string();
          break;
        case 58:
          assignments.push(readNested(r, MemberAssignment));
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { groupId, memberId, instanceId, generation, protocolType, protocol, assignments };
  },
});

export interface MemberAssignment {
  readonly memberId: string;
  readonly assignment: Uint8Array;
}
export const MemberAssignment: MessageCodec<MemberAssignment> = messageCodec<MemberAssignment>({
  empty: () => ({ memberId: '', assignment: NO_BYTES }),
  write(w, m) {
    if (m.memberId !== '') w.uint32(10).string(m.memberId);
    if (m.assignment.length > 0) w.uint32(18).bytes(m.assignment);
  },
  read(r, end) {
    let memberId: string = '';
    let assignment: Uint8Array = NO_BYTES;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          memberId = r.string();
          break;
        case 18:
          assignment = r.bytes();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { memberId, assignment };
  },
});

export interface SyncGroupResponse {
  readonly errorCode: number;
  readonly assignment: Uint8Array;
}
export const SyncGroupResponse: MessageCodec<SyncGroupResponse> = messageCodec<SyncGroupResponse>({
  empty: () => ({ errorCode: 0, assignment: NO_BYTES }),
  write(w, m) {
    if (m.errorCode !== 0) w.uint32(8).int32(m.errorCode);
    if (m.assignment.length > 0) w.uint32(18).bytes(m.assignment);
  },
  read(r, end) {
    let errorCode: number = 0;
    let assignment: Uint8Array = NO_BYTES;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          errorCode = r.int32();
          break;
        case 18:
          assignment = r.bytes();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { errorCode, assignment };
  },
});

export interface GroupHeartbeatRequest {
  readonly groupId: string;
  readonly memberId: string;
  readonly instanceId: string;
  readonly generation: number;
}
export const GroupHeartbeatRequest: MessageCodec<GroupHeartbeatRequest> = messageCodec<GroupHeartbeatRequest>({
  empty: () => ({ groupId: '', memberId: '', instanceId: '', generation: 0 }),
  write(w, m) {
    if (m.groupId !== '') w.uint32(10).string(m.groupId);
    if (m.memberId !== '') w.uint32(18).string(m.memberId);
    if (m.instanceId !== '') w.uint32(26).string(m.instanceId);
    if (m.generation !== 0) w.uint32(32).int32(m.generation);
  },
  read(r, end) {
    let groupId: string = '';
    let memberId: string = '';
    let instanceId: string = '';
    let generation: number = 0;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          groupId = r.string();
          break;
        case 18:
          memberId = r.string();
          break;
        case 26:
          instanceId = r.string();
          break;
        case 32:
          generation = r.int32();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { groupId, memberId, instanceId, generation };
  },
});

export interface GroupHeartbeatResponse {
  readonly errorCode: number;
}
export const GroupHeartbeatResponse: MessageCodec<GroupHeartbeatResponse> = messageCodec<GroupHeartbeatResponse>({
  empty: () => ({ errorCode: 0 }),
  write(w, m) {
    if (m.errorCode !== 0) w.uint32(8).int32(m.errorCode);
  },
  read(r, end) {
    let errorCode: number = 0;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          errorCode = r.int32();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { errorCode };
  },
});

export interface LeaveGroupRequest {
  readonly groupId: string;
  readonly members: readonly LeavingMember[];
}
export const LeaveGroupRequest: MessageCodec<LeaveGroupRequest> = messageCodec<LeaveGroupRequest>({
  empty: () => ({ groupId: '', members: [] }),
  write(w, m) {
    if (m.groupId !== '') w.uint32(10).string(m.groupId);
    for (const item of m.members) writeNested(w, 18, LeavingMember, item);
  },
  read(r, end) {
    let groupId: string = '';
    const members: LeavingMember[] = [];
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          groupId = r.string();
          break;
        case 18:
          members.push(readNested(r, LeavingMember));
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { groupId, members };
  },
});

export interface LeavingMember {
  /** Empty: the static member of that instance id, whatever its member id is. */
  readonly memberId: string;
  readonly instanceId: string;
}
export const LeavingMember: MessageCodec<LeavingMember> = messageCodec<LeavingMember>({
  empty: () => ({ memberId: '', instanceId: '' }),
  write(w, m) {
    if (m.memberId !== '') w.uint32(10).string(m.memberId);
    if (m.instanceId !== '') w.uint32(18).string(m.instanceId);
  },
  read(r, end) {
    let memberId: string = '';
    let instanceId: string = '';
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          memberId = r.string();
          break;
        case 18:
          instanceId = r.string();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { memberId, instanceId };
  },
});

export interface LeaveGroupResponse {
  readonly errorCode: number;
  /** In the order of the members. */
  readonly memberErrorCodes: readonly number[];
}
export const LeaveGroupResponse: MessageCodec<LeaveGroupResponse> = messageCodec<LeaveGroupResponse>({
  empty: () => ({ errorCode: 0, memberErrorCodes: [] }),
  write(w, m) {
    if (m.errorCode !== 0) w.uint32(8).int32(m.errorCode);
    if (m.memberErrorCodes.length > 0) {
      w.uint32(18).fork();
      for (const item of m.memberErrorCodes) w.int32(item);
      w.ldelim();
    }
  },
  read(r, end) {
    let errorCode: number = 0;
    const memberErrorCodes: number[] = [];
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          errorCode = r.int32();
          break;
        case 16:
          memberErrorCodes.push(r.int32());
          break;
        case 18:
          for (const until = lengthDelimitedEnd(r); r.pos < until; ) memberErrorCodes.push(r.int32());
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { errorCode, memberErrorCodes };
  },
});

export interface CommitOffsetsRequest {
  readonly groupId: string;
  /** Empty, with generation -1: from outside, which a group that somebody is in refuses. */
  readonly memberId: string;
  readonly instanceId: string;
  readonly generation: number;
  readonly offsets: readonly OffsetToCommit[];
}
export const CommitOffsetsRequest: MessageCodec<CommitOffsetsRequest> = messageCodec<CommitOffsetsRequest>({
  empty: () => ({ groupId: '', memberId: '', instanceId: '', generation: 0, offsets: [] }),
  write(w, m) {
    if (m.groupId !== '') w.uint32(10).string(m.groupId);
    if (m.memberId !== '') w.uint32(18).string(m.memberId);
    if (m.instanceId !== '') w.uint32(26).string(m.instanceId);
    if (m.generation !== 0) w.uint32(32).int32(m.generation);
    for (const item of m.offsets) writeNested(w, 42, OffsetToCommit, item);
  },
  read(r, end) {
    let groupId: string = '';
    let memberId: string = '';
    let instanceId: string = '';
    let generation: number = 0;
    const offsets: OffsetToCommit[] = [];
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          groupId = r.string();
          break;
        case 18:
          memberId = r.string();
          break;
        case 26:
          instanceId = r.string();
          break;
        case 32:
          generation = r.int32();
          break;
        case 42:
          offsets.push(readNested(r, OffsetToCommit));
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { groupId, memberId, instanceId, generation, offsets };
  },
});

export interface OffsetToCommit {
  readonly topic: string;
  /** Instead of the name: an offset of a topic that is gone is then not taken for one of its successor. */
  readonly topicId: string;
  readonly partition: number;
  /** The next one to read. */
  readonly offset: number;
  /** Of the last record read (KIP-320); -1: unknown. */
  readonly leaderEpoch: number;
  readonly metadata: string;
}
export const OffsetToCommit: MessageCodec<OffsetToCommit> = messageCodec<OffsetToCommit>({
  empty: () => ({ topic: '', topicId: '', partition: 0, offset: 0, leaderEpoch: 0, metadata: '' }),
  write(w, m) {
    if (m.topic !== '') w.uint32(10).string(m.topic);
    if (m.topicId !== '') w.uint32(18).string(m.topicId);
    if (m.partition !== 0) w.uint32(24).int32(m.partition);
    if (m.offset !== 0) int64Write(w.uint32(32), m.offset);
    if (m.leaderEpoch !== 0) w.uint32(40).int32(m.leaderEpoch);
    if (m.metadata !== '') w.uint32(50).string(m.metadata);
  },
  read(r, end) {
    let topic: string = '';
    let topicId: string = '';
    let partition: number = 0;
    let offset: number = 0;
    let leaderEpoch: number = 0;
    let metadata: string = '';
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          topic = r.string();
          break;
        case 18:
          topicId = r.string();
          break;
        case 24:
          partition = r.int32();
          break;
        case 32:
          offset = int64Read(r);
          break;
        case 40:
          leaderEpoch = r.int32();
          break;
        case 50:
          metadata = r.string();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { topic, topicId, partition, offset, leaderEpoch, metadata };
  },
});

export interface CommitOffsetsResponse {
  /** In the order of the offsets. */
  readonly errorCodes: readonly number[];
}
export const CommitOffsetsResponse: MessageCodec<CommitOffsetsResponse> = messageCodec<CommitOffsetsResponse>({
  empty: () => ({ errorCodes: [] }),
  write(w, m) {
    if (m.errorCodes.length > 0) {
      w.uint32(10).fork();
      for (const item of m.errorCodes) w.int32(item);
      w.ldelim();
    }
  },
  read(r, end) {
    const errorCodes: number[] = [];
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          errorCodes.push(r.int32());
          break;
        case 10:
          for (const until = lengthDelimitedEnd(r); r.pos < until; ) errorCodes.push(r.int32());
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { errorCodes };
  },
});

export interface FetchOffsetsRequest {
  readonly groupId: string;
  /** Everything that is committed, whatever `topics` says. */
  readonly all: boolean;
  readonly topics: readonly OffsetsWanted[];
}
export const FetchOffsetsRequest: MessageCodec<FetchOffsetsRequest> = messageCodec<FetchOffsetsRequest>({
  empty: () => ({ groupId: '', all: false, topics: [] }),
  write(w, m) {
    if (m.groupId !== '') w.uint32(10).string(m.groupId);
    if (m.all !== false) w.uint32(16).bool(m.all);
    for (const item of m.topics) writeNested(w, 26, OffsetsWanted, item);
  },
  read(r, end) {
    let groupId: string = '';
    let all: boolean = false;
    const topics: OffsetsWanted[] = [];
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          groupId = r.string();
          break;
        case 16:
          all = r.bool();
          break;
        case 26:
          topics.push(readNested(r, OffsetsWanted));
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { groupId, all, topics };
  },
});

export interface OffsetsWanted {
  readonly topic: string;
  readonly partitions: readonly number[];
}
export const OffsetsWanted: MessageCodec<OffsetsWanted> = messageCodec<OffsetsWanted>({
  empty: () => ({ topic: '', partitions: [] }),
  write(w, m) {
    if (m.topic !== '') w.uint32(10).string(m.topic);
    if (m.partitions.length > 0) {
      w.uint32(18).fork();
      for (const item of m.partitions) w.int32(item);
      w.ldelim();
    }
  },
  read(r, end) {
    let topic: string = '';
    const partitions: number[] = [];
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          topic = r.string();
          break;
        case 16:
          partitions.push(r.int32());
          break;
        case 18:
          for (const until = lengthDelimitedEnd(r); r.pos < until; ) partitions.push(r.int32());
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { topic, partitions };
  },
});

export interface FetchOffsetsResponse {
  readonly errorCode: number;
  readonly offsets: readonly CommittedOffset[];
}
export const FetchOffsetsResponse: MessageCodec<FetchOffsetsResponse> = messageCodec<FetchOffsetsResponse>({
  empty: () => ({ errorCode: 0, offsets: [] }),
  write(w, m) {
    if (m.errorCode !== 0) w.uint32(8).int32(m.errorCode);
    for (const item of m.offsets) writeNested(w, 18, CommittedOffset, item);
  },
  read(r, end) {
    let errorCode: number = 0;
    const offsets: CommittedOffset[] = [];
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          errorCode = r.int32();
          break;
        case 18:
          offsets.push(readNested(r, CommittedOffset));
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { errorCode, offsets };
  },
});

export interface CommittedOffset {
  readonly topic: string;
  readonly partition: number;
  /** -1: nothing is committed. */
  readonly offset: number;
  readonly leaderEpoch: number;
  readonly metadata: string;
}
export const CommittedOffset: MessageCodec<CommittedOffset> = messageCodec<CommittedOffset>({
  empty: () => ({ topic: '', partition: 0, offset: 0, leaderEpoch: 0, metadata: '' }),
  write(w, m) {
    if (m.topic !== '') w.uint32(10).string(m.topic);
    if (m.partition !== 0) w.uint32(16).int32(m.partition);
    if (m.offset !== 0) int64Write(w.uint32(24), m.offset);
    if (m.leaderEpoch !== 0) w.uint32(32).int32(m.leaderEpoch);
    if (m.metadata !== '') w.uint32(42).string(m.metadata);
  },
  read(r, end) {
    let topic: string = '';
    let partition: number = 0;
    let offset: number = 0;
    let leaderEpoch: number = 0;
    let metadata: string = '';
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          topic = r.string();
          break;
        case 16:
          partition = r.int32();
          break;
        case 24:
          offset = int64Read(r);
          break;
        case 32:
          leaderEpoch = r.int32();
          break;
        case 42:
          metadata = r.string();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { topic, partition, offset, leaderEpoch, metadata };
  },
});

export interface DeleteOffsetsRequest {
  readonly groupId: string;
  readonly offsets: readonly OffsetToDelete[];
}
export const DeleteOffsetsRequest: MessageCodec<DeleteOffsetsRequest> = messageCodec<DeleteOffsetsRequest>({
  empty: () => ({ groupId: '', offsets: [] }),
  write(w, m) {
    if (m.groupId !== '') w.uint32(10).string(m.groupId);
    for (const item of m.offsets) writeNested(w, 18, OffsetToDelete, item);
  },
  read(r, end) {
    let groupId: string = '';
    const offsets: OffsetToDelete[] = [];
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          groupId = r.string();
          break;
        case 18:
          offsets.push(readNested(r, OffsetToDelete));
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { groupId, offsets };
  },
});

export interface OffsetToDelete {
  readonly topic: string;
  readonly partition: number;
}
export const OffsetToDelete: MessageCodec<OffsetToDelete> = messageCodec<OffsetToDelete>({
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

export interface DeleteOffsetsResponse {
  readonly errorCode: number;
  /** In the order of the offsets. */
  readonly errorCodes: readonly number[];
}
export const DeleteOffsetsResponse: MessageCodec<DeleteOffsetsResponse> = messageCodec<DeleteOffsetsResponse>({
  empty: () => ({ errorCode: 0, errorCodes: [] }),
  write(w, m) {
    if (m.errorCode !== 0) w.uint32(8).int32(m.errorCode);
    if (m.errorCodes.length > 0) {
      w.uint32(18).fork();
      for (const item of m.errorCodes) w.int32(item);
      w.ldelim();
    }
  },
  read(r, end) {
    let errorCode: number = 0;
    const errorCodes: number[] = [];
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          errorCode = r.int32();
          break;
        case 16:
          errorCodes.push(r.int32());
          break;
        case 18:
          for (const until = lengthDelimitedEnd(r); r.pos < until; ) errorCodes.push(r.int32());
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { errorCode, errorCodes };
  },
});

export interface DescribeGroupRequest {
  readonly groupId: string;
}
export const DescribeGroupRequest: MessageCodec<DescribeGroupRequest> = messageCodec<DescribeGroupRequest>({
  empty: () => ({ groupId: '' }),
  write(w, m) {
    if (m.groupId !== '') w.uint32(10).string(m.groupId);
  },
  read(r, end) {
    let groupId: string = '';
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          groupId = r.string();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { groupId };
  },
});

export interface DescribeGroupResponse {
  readonly errorCode: number;
  /** "Empty", "PreparingRebalance", "CompletingRebalance", "Stable". */
  readonly state: string;
  readonly protocolType: string;
  readonly protocol: string;
  readonly generation: number;
  readonly members: readonly GroupMember[];
}
export const DescribeGroupResponse: MessageCodec<DescribeGroupResponse> = messageCodec<DescribeGroupResponse>({
  empty: () => ({ errorCode: 0, state: '', protocolType: '', protocol: '', generation: 0, members: [] }),
  write(w, m) {
    if (m.errorCode !== 0) w.uint32(8).int32(m.errorCode);
    if (m.state !== '') w.uint32(18).string(m.state);
    if (m.protocolType !== '') w.uint32(26).string(m.protocolType);
    if (m.protocol !== '') w.uint32(34).string(m.protocol);
    if (m.generation !== 0) w.uint32(40).int32(m.generation);
    for (const item of m.members) writeNested(w, 50, GroupMember, item);
  },
  read(r, end) {
    let errorCode: number = 0;
    let state: string = '';
    let protocolType: string = '';
    let protocol: string = '';
    let generation: number = 0;
    const members: GroupMember[] = [];
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          errorCode = r.int32();
          break;
        case 18:
          state = r.string();
          break;
        case 26:
          protocolType = r.string();
          break;
        case 34:
          protocol = r.string();
          break;
        case 40:
          generation = r.int32();
          break;
        case 50:
          members.push(readNested(r, GroupMember));
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { errorCode, state, protocolType, protocol, generation, members };
  },
});

export interface GroupMember {
  readonly memberId: string;
  readonly instanceId: string;
  readonly clientId: string;
  readonly clientHost: string;
  /** Both empty while the group is not stable. */
  readonly subscription: Uint8Array;
  readonly assignment: Uint8Array;
}
export const GroupMember: MessageCodec<GroupMember> = messageCodec<GroupMember>({
  empty: () => ({ memberId: '', instanceId: '', clientId: '', clientHost: '', subscription: NO_BYTES, assignment: NO_BYTES }),
  write(w, m) {
    if (m.memberId !== '') w.uint32(10).string(m.memberId);
    if (m.instanceId !== '') w.uint32(18).string(m.instanceId);
    if (m.clientId !== '') w.uint32(26).string(m.clientId);
    if (m.clientHost !== '') w.uint32(34).string(m.clientHost);
    if (m.subscription.length > 0) w.uint32(42).bytes(m.subscription);
    if (m.assignment.length > 0) w.uint32(50).bytes(m.assignment);
  },
  read(r, end) {
    let memberId: string = '';
    let instanceId: string = '';
    let clientId: string = '';
    let clientHost: string = '';
    let subscription: Uint8Array = NO_BYTES;
    let assignment: Uint8Array = NO_BYTES;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          memberId = r.string();
          break;
        case 18:
          instanceId = r.string();
          break;
        case 26:
          clientId = r.string();
          break;
        case 34:
          clientHost = r.string();
          break;
        case 42:
          subscription = r.bytes();
          break;
        case 50:
          assignment = r.bytes();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { memberId, instanceId, clientId, clientHost, subscription, assignment };
  },
});

export interface ListGroupsRequest {
}
export const ListGroupsRequest: MessageCodec<ListGroupsRequest> = messageCodec<ListGroupsRequest>({
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

/** Those that the answering broker coordinates. */
export interface ListGroupsResponse {
  /** COORDINATOR_LOAD_IN_PROGRESS: there are more. */
  readonly errorCode: number;
  readonly groups: readonly ListedGroup[];
}
export const ListGroupsResponse: MessageCodec<ListGroupsResponse> = messageCodec<ListGroupsResponse>({
  empty: () => ({ errorCode: 0, groups: [] }),
  write(w, m) {
    if (m.errorCode !== 0) w.uint32(8).int32(m.errorCode);
    for (const item of m.groups) writeNested(w, 18, ListedGroup, item);
  },
  read(r, end) {
    let errorCode: number = 0;
    const groups: ListedGroup[] = [];
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          errorCode = r.int32();
          break;
        case 18:
          groups.push(readNested(r, ListedGroup));
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { errorCode, groups };
  },
});

export interface ListedGroup {
  readonly groupId: string;
  readonly protocolType: string;
  readonly state: string;
}
export const ListedGroup: MessageCodec<ListedGroup> = messageCodec<ListedGroup>({
  empty: () => ({ groupId: '', protocolType: '', state: '' }),
  write(w, m) {
    if (m.groupId !== '') w.uint32(10).string(m.groupId);
    if (m.protocolType !== '') w.uint32(18).string(m.protocolType);
    if (m.state !== '') w.uint32(26).string(m.state);
  },
  read(r, end) {
    let groupId: string = '';
    let protocolType: string = '';
    let state: string = '';
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          groupId = r.string();
          break;
        case 18:
          protocolType = r.string();
          break;
        case 26:
          state = r.string();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { groupId, protocolType, state };
  },
});

export interface DeleteGroupRequest {
  readonly groupId: string;
}
export const DeleteGroupRequest: MessageCodec<DeleteGroupRequest> = messageCodec<DeleteGroupRequest>({
  empty: () => ({ groupId: '' }),
  write(w, m) {
    if (m.groupId !== '') w.uint32(10).string(m.groupId);
  },
  read(r, end) {
    let groupId: string = '';
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          groupId = r.string();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { groupId };
  },
});

export interface DeleteGroupResponse {
  readonly errorCode: number;
}
export const DeleteGroupResponse: MessageCodec<DeleteGroupResponse> = messageCodec<DeleteGroupResponse>({
  empty: () => ({ errorCode: 0 }),
  write(w, m) {
    if (m.errorCode !== 0) w.uint32(8).int32(m.errorCode);
  },
  read(r, end) {
    let errorCode: number = 0;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          errorCode = r.int32();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { errorCode };
  },
});

export const ApiService: {
  /** Batches in, acknowledgements out, in any order; matched by correlation. What came in one turn is answered in few messages. */
  readonly produce: StreamMethod<ProduceRequest, ProduceResponse>;
  /** Subscriptions with credit in bytes; the broker pushes committed batches as they come. */
  readonly fetch: StreamMethod<FetchRequest, FetchResponse>;
  readonly listOffsets: UnaryMethod<ListOffsetsRequest, ListOffsetsResponse>;
  /** Asked of the partitions' leaders. Answered once the records are gone from all replicas on brokers that live. */
  readonly deleteRecords: UnaryMethod<DeleteRecordsRequest, DeleteRecordsResponse>;
  readonly initProducerId: UnaryMethod<InitProducerIdRequest, InitProducerIdResponse>;
  readonly metadata: UnaryMethod<MetadataRequest, MetadataResponse>;
  /** What a broker was started with ("static") is told by that broker alone: the answers of others lack it. */
  readonly describeConfigs: UnaryMethod<DescribeConfigsRequest, DescribeConfigsResponse>;
  readonly describeClientQuotas: UnaryMethod<DescribeClientQuotasRequest, DescribeClientQuotasResponse>;
  readonly describeScramCredentials: UnaryMethod<DescribeScramCredentialsRequest, DescribeScramCredentialsResponse>;
  readonly describeQuorum: UnaryMethod<DescribeQuorumRequest, DescribeQuorumResponse>;
  /** Forwarded to the active controller; answered once this broker has applied the change. */
  readonly createTopics: UnaryMethod<CreateTopicsRequest, CreateTopicsResponse>;
  readonly deleteTopics: UnaryMethod<DeleteTopicsRequest, DeleteTopicsResponse>;
  readonly createPartitions: UnaryMethod<CreatePartitionsRequest, CreatePartitionsResponse>;
  readonly alterConfigs: UnaryMethod<AlterConfigsRequest, AlterConfigsResponse>;
  readonly alterPartitionReassignments: UnaryMethod<AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse>;
  readonly alterClientQuotas: UnaryMethod<AlterClientQuotasRequest, AlterClientQuotasResponse>;
  readonly alterScramCredentials: UnaryMethod<AlterScramCredentialsRequest, AlterScramCredentialsResponse>;
  readonly electLeaders: UnaryMethod<ElectLeadersRequest, ElectLeadersResponse>;
  readonly updateFeatures: UnaryMethod<UpdateFeaturesRequest, UpdateFeaturesResponse>;
  readonly unregisterBroker: UnaryMethod<UnregisterBrokerRequest, UnregisterBrokerResponse>;
  readonly addVoter: UnaryMethod<AddVoterRequest, AddVoterResponse>;
  readonly removeVoter: UnaryMethod<RemoveVoterRequest, RemoveVoterResponse>;
  /** Any broker. */
  readonly findCoordinator: UnaryMethod<FindCoordinatorRequest, FindCoordinatorResponse>;
  /** The coordinator of the group; others answer NOT_COORDINATOR. */
  readonly joinGroup: UnaryMethod<JoinGroupRequest, JoinGroupResponse>;
  readonly syncGroup: UnaryMethod<SyncGroupRequest, SyncGroupResponse>;
  readonly groupHeartbeat: UnaryMethod<GroupHeartbeatRequest, GroupHeartbeatResponse>;
  readonly leaveGroup: UnaryMethod<LeaveGroupRequest, LeaveGroupResponse>;
  readonly commitOffsets: UnaryMethod<CommitOffsetsRequest, CommitOffsetsResponse>;
  readonly fetchOffsets: UnaryMethod<FetchOffsetsRequest, FetchOffsetsResponse>;
  readonly deleteOffsets: UnaryMethod<DeleteOffsetsRequest, DeleteOffsetsResponse>;
  readonly describeGroup: UnaryMethod<DescribeGroupRequest, DescribeGroupResponse>;
  readonly deleteGroup: UnaryMethod<DeleteGroupRequest, DeleteGroupResponse>;
  /** Each broker, for the groups that it coordinates. */
  readonly listGroups: UnaryMethod<ListGroupsRequest, ListGroupsResponse>;
} = {
  produce: { kind: 'stream', path: '/moldau.api.v1.Api/Produce', request: ProduceRequest, response: ProduceResponse },
  fetch: { kind: 'stream', path: '/moldau.api.v1.Api/Fetch', request: FetchRequest, response: FetchResponse },
  listOffsets: { kind: 'unary', path: '/moldau.api.v1.Api/ListOffsets', request: ListOffsetsRequest, response: ListOffsetsResponse },
  deleteRecords: { kind: 'unary', path: '/moldau.api.v1.Api/DeleteRecords', request: DeleteRecordsRequest, response: DeleteRecordsResponse },
  initProducerId: { kind: 'unary', path: '/moldau.api.v1.Api/InitProducerId', request: InitProducerIdRequest, response: InitProducerIdResponse },
  metadata: { kind: 'unary', path: '/moldau.api.v1.Api/Metadata', request: MetadataRequest, response: MetadataResponse },
  describeConfigs: { kind: 'unary', path: '/moldau.api.v1.Api/DescribeConfigs', request: DescribeConfigsRequest, response: DescribeConfigsResponse },
  describeClientQuotas: { kind: 'unary', path: '/moldau.api.v1.Api/DescribeClientQuotas', request: DescribeClientQuotasRequest, response: DescribeClientQuotasResponse },
  describeScramCredentials: { kind: 'unary', path: '/moldau.api.v1.Api/DescribeScramCredentials', request: DescribeScramCredentialsRequest, response: DescribeScramCredentialsResponse },
  describeQuorum: { kind: 'unary', path: '/moldau.api.v1.Api/DescribeQuorum', request: DescribeQuorumRequest, response: DescribeQuorumResponse },
  createTopics: { kind: 'unary', path: '/moldau.api.v1.Api/CreateTopics', request: CreateTopicsRequest, response: CreateTopicsResponse },
  deleteTopics: { kind: 'unary', path: '/moldau.api.v1.Api/DeleteTopics', request: DeleteTopicsRequest, response: DeleteTopicsResponse },
  createPartitions: { kind: 'unary', path: '/moldau.api.v1.Api/CreatePartitions', request: CreatePartitionsRequest, response: CreatePartitionsResponse },
  alterConfigs: { kind: 'unary', path: '/moldau.api.v1.Api/AlterConfigs', request: AlterConfigsRequest, response: AlterConfigsResponse },
  alterPartitionReassignments: { kind: 'unary', path: '/moldau.api.v1.Api/AlterPartitionReassignments', request: AlterPartitionReassignmentsRequest, response: AlterPartitionReassignmentsResponse },
  alterClientQuotas: { kind: 'unary', path: '/moldau.api.v1.Api/AlterClientQuotas', request: AlterClientQuotasRequest, response: AlterClientQuotasResponse },
  alterScramCredentials: { kind: 'unary', path: '/moldau.api.v1.Api/AlterScramCredentials', request: AlterScramCredentialsRequest, response: AlterScramCredentialsResponse },
  electLeaders: { kind: 'unary', path: '/moldau.api.v1.Api/ElectLeaders', request: ElectLeadersRequest, response: ElectLeadersResponse },
  updateFeatures: { kind: 'unary', path: '/moldau.api.v1.Api/UpdateFeatures', request: UpdateFeaturesRequest, response: UpdateFeaturesResponse },
  unregisterBroker: { kind: 'unary', path: '/moldau.api.v1.Api/UnregisterBroker', request: UnregisterBrokerRequest, response: UnregisterBrokerResponse },
  addVoter: { kind: 'unary', path: '/moldau.api.v1.Api/AddVoter', request: AddVoterRequest, response: AddVoterResponse },
  removeVoter: { kind: 'unary', path: '/moldau.api.v1.Api/RemoveVoter', request: RemoveVoterRequest, response: RemoveVoterResponse },
  findCoordinator: { kind: 'unary', path: '/moldau.api.v1.Api/FindCoordinator', request: FindCoordinatorRequest, response: FindCoordinatorResponse },
  joinGroup: { kind: 'unary', path: '/moldau.api.v1.Api/JoinGroup', request: JoinGroupRequest, response: JoinGroupResponse },
  syncGroup: { kind: 'unary', path: '/moldau.api.v1.Api/SyncGroup', request: SyncGroupRequest, response: SyncGroupResponse },
  groupHeartbeat: { kind: 'unary', path: '/moldau.api.v1.Api/GroupHeartbeat', request: GroupHeartbeatRequest, response: GroupHeartbeatResponse },
  leaveGroup: { kind: 'unary', path: '/moldau.api.v1.Api/LeaveGroup', request: LeaveGroupRequest, response: LeaveGroupResponse },
  commitOffsets: { kind: 'unary', path: '/moldau.api.v1.Api/CommitOffsets', request: CommitOffsetsRequest, response: CommitOffsetsResponse },
  fetchOffsets: { kind: 'unary', path: '/moldau.api.v1.Api/FetchOffsets', request: FetchOffsetsRequest, response: FetchOffsetsResponse },
  deleteOffsets: { kind: 'unary', path: '/moldau.api.v1.Api/DeleteOffsets', request: DeleteOffsetsRequest, response: DeleteOffsetsResponse },
  describeGroup: { kind: 'unary', path: '/moldau.api.v1.Api/DescribeGroup', request: DescribeGroupRequest, response: DescribeGroupResponse },
  deleteGroup: { kind: 'unary', path: '/moldau.api.v1.Api/DeleteGroup', request: DeleteGroupRequest, response: DeleteGroupResponse },
  listGroups: { kind: 'unary', path: '/moldau.api.v1.Api/ListGroups', request: ListGroupsRequest, response: ListGroupsResponse },
};
