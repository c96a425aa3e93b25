// Generated from proto/ by `npm run gen`. Not edited by hand.
import type { StreamMethod } from '@moldau/base';
import { type MessageCodec, messageCodec, readNested, writeNested } from '../codec.ts';
import { int64Read, int64Write } from '../int64.ts';
import { type EnumCodec, enumCodec } from '../enum-codec.ts';

const NO_BYTES = new Uint8Array(0);

export type StreamKind = 'unspecified' | 'live' | 'catch-up';
export const streamKindCodec: EnumCodec<StreamKind> = enumCodec([[0, 'unspecified'], [1, 'live'], [2, 'catch-up']]);

/** What one turn of the follower's event loop has to say. */
export interface FollowerMessage {
  /** First message of the stream, and only there. */
  readonly hello: Hello | undefined;
  readonly subscribe: readonly Subscribe[];
  readonly unsubscribe: readonly Unsubscribe[];
  readonly progress: readonly Progress[];
}
export const FollowerMessage: MessageCodec<FollowerMessage> = messageCodec<FollowerMessage>({
  empty: () => ({ hello: undefined, subscribe: [], unsubscribe: [], progress: [] }),
  write(w, m) {
    if (m.hello !== undefined) writeNested(w, 10, Hello, m.hello);
    for (const item of m.subscribe) writeNested(w, 18, Subscribe, item);
    for (const item of m.unsubscribe) writeNested(w, 26, Unsubscribe, item);
    for (const item of m.progress) writeNested(w, 34, Progress, item);
  },
  read(r, end) {
    let hello: Hello | undefined = undefined;
    const subscribe: Subscribe[] = [];
    const unsubscribe: Unsubscribe[] = [];
    const progress: Progress[] = [];
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          hello = readNested(r, Hello);
          break;
        case 18:
          subscribe.push(readNested(r, Subscribe));
          break;
        case 26:
          unsubscribe.push(readNested(r, Unsubscribe));
          break;
        case 34:
          progress.push(readNested(r, Progress));
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { hello, subscribe, unsubscribe, progress };
  },
});

export interface Hello {
  readonly clusterId: string;
  readonly brokerId: number;
  /** As granted at the registration; the leader checks it against metadata for every change of an in-sync set. */
  readonly brokerEpoch: number;
  readonly kind: StreamKind;
}
export const Hello: MessageCodec<Hello> = messageCodec<Hello>({
  empty: () => ({ clusterId: '', brokerId: 0, brokerEpoch: 0, kind: streamKindCodec.empty }),
  write(w, m) {
    if (m.clusterId !== '') w.uint32(10).string(m.clusterId);
    if (m.brokerId !== 0) w.uint32(16).int32(m.brokerId);
    if (m.brokerEpoch !== 0) int64Write(w.uint32(24), m.brokerEpoch);
    if (m.kind !== streamKindCodec.empty) w.uint32(32).int32(streamKindCodec.number(m.kind));
  },
  read(r, end) {
    let clusterId: string = '';
    let brokerId: number = 0;
    let brokerEpoch: number = 0;
    let kind: StreamKind = streamKindCodec.empty;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          clusterId = r.string();
          break;
        case 16:
          brokerId = r.int32();
          break;
        case 24:
          brokerEpoch = int64Read(r);
          break;
        case 32:
          kind = streamKindCodec.name(r.int32());
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { clusterId, brokerId, brokerEpoch, kind };
  },
});

/** Starts, or restarts after a divergence, one replica. Its claimed log end counts for nothing until the leader agreed. */
export interface Subscribe {
  /** Chosen by the follower, never reused within a stream; small. */
  readonly subscription: number;
  readonly topicId: string;
  readonly partition: number;
  readonly replicaIncarnation: string;
  readonly leaderEpoch: number;
  readonly logStart: number;
  readonly logEnd: number;
  /** Leader epoch of the last record below log_end; -1 when the log is empty. */
  readonly lastEpoch: number;
  /** Bytes the leader may push before progress returns credit. */
  readonly creditBytes: number;
  /**
   * What the replica had is damaged: it claims nothing, and drops all of it once it is accepted. It is not, as long as
   * metadata may count it as complete: dropped by then, it could be elected with nothing.
   */
  readonly damaged: boolean;
}
export const Subscribe: MessageCodec<Subscribe> = messageCodec<Subscribe>({
  empty: () => ({ subscription: 0, topicId: '', partition: 0, replicaIncarnation: '', leaderEpoch: 0, logStart: 0, logEnd: 0, lastEpoch: 0, creditBytes: 0, damaged: false }),
  write(w, m) {
    if (m.subscription !== 0) w.uint32(8).uint32(m.subscription);
    if (m.topicId !== '') w.uint32(18).string(m.topicId);
    if (m.partition !== 0) w.uint32(24).int32(m.partition);
    if (m.replicaIncarnation !== '') w.uint32(34).string(m.replicaIncarnation);
    if (m.leaderEpoch !== 0) w.uint32(40).int32(m.leaderEpoch);
    if (m.logStart !== 0) int64Write(w.uint32(48), m.logStart);
    if (m.logEnd !== 0) int64Write(w.uint32(56), m.logEnd);
    if (m.lastEpoch !== 0) w.uint32(64).int32(m.lastEpoch);
    if (m.creditBytes !== 0) w.uint32(72).uint32(m.creditBytes);
    if (m.damaged !== false) w.uint32(80).bool(m.damaged);
  },
  read(r, end) {
    let subscription: number = 0;
    let topicId: string = '';
    let partition: number = 0;
    let replicaIncarnation: string = '';
    let leaderEpoch: number = 0;
    let logStart: number = 0;
    let logEnd: number = 0;
    let lastEpoch: number = 0;
    let creditBytes: number = 0;
    let damaged: boolean = false;
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
        case 34:
          replicaIncarnation = r.string();
          break;
        case 40:
          leaderEpoch = r.int32();
          break;
        case 48:
          logStart = int64Read(r);
          break;
        case 56:
          logEnd = int64Read(r);
          break;
        case 64:
          lastEpoch = r.int32();
          break;
        case 72:
          creditBytes = r.uint32();
          break;
        case 80:
          damaged = r.bool();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { subscription, topicId, partition, replicaIncarnation, leaderEpoch, logStart, logEnd, lastEpoch, creditBytes, damaged };
  },
});

export interface Unsubscribe {
  readonly subscription: number;
}
export const Unsubscribe: MessageCodec<Unsubscribe> = messageCodec<Unsubscribe>({
  empty: () => ({ subscription: 0 }),
  write(w, m) {
    if (m.subscription !== 0) w.uint32(8).uint32(m.subscription);
  },
  read(r, end) {
    let subscription: number = 0;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          subscription = r.uint32();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { subscription };
  },
});

export interface Progress {
  readonly subscription: number;
  readonly leaderEpoch: number;
  /** Flushed end in a `flushed` topic, log end in a `replicated` one. */
  readonly countedEnd: number;
  /** Returned credit: bytes that left the follower's receive path. */
  readonly creditBytes: number;
  /**
   * Flushed start of the follower's log: what is below is gone there for good. Its retention may be ahead of the leader's,
   * who sends consumers to it (KIP-392).
   */
  readonly logStart: number;
}
export const Progress: MessageCodec<Progress> = messageCodec<Progress>({
  empty: () => ({ subscription: 0, leaderEpoch: 0, countedEnd: 0, creditBytes: 0, logStart: 0 }),
  write(w, m) {
    if (m.subscription !== 0) w.uint32(8).uint32(m.subscription);
    if (m.leaderEpoch !== 0) w.uint32(16).int32(m.leaderEpoch);
    if (m.countedEnd !== 0) int64Write(w.uint32(24), m.countedEnd);
    if (m.creditBytes !== 0) w.uint32(32).uint32(m.creditBytes);
    if (m.logStart !== 0) int64Write(w.uint32(40), m.logStart);
  },
  read(r, end) {
    let subscription: number = 0;
    let leaderEpoch: number = 0;
    let countedEnd: number = 0;
    let creditBytes: number = 0;
    let logStart: number = 0;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          subscription = r.uint32();
          break;
        case 16:
          leaderEpoch = r.int32();
          break;
        case 24:
          countedEnd = int64Read(r);
          break;
        case 32:
          creditBytes = r.uint32();
          break;
        case 40:
          logStart = int64Read(r);
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { subscription, leaderEpoch, countedEnd, creditBytes, logStart };
  },
});

/** What one turn of the leader's event loop has to say. */
export interface LeaderMessage {
  readonly accepted: readonly Accepted[];
  readonly diverging: readonly Diverging[];
  readonly startAt: readonly StartAt[];
  readonly rejected: readonly Rejected[];
  readonly push: readonly Push[];
}
export const LeaderMessage: MessageCodec<LeaderMessage> = messageCodec<LeaderMessage>({
  empty: () => ({ accepted: [], diverging: [], startAt: [], rejected: [], push: [] }),
  write(w, m) {
    for (const item of m.accepted) writeNested(w, 10, Accepted, item);
    for (const item of m.diverging) writeNested(w, 18, Diverging, item);
    for (const item of m.startAt) writeNested(w, 26, StartAt, item);
    for (const item of m.rejected) writeNested(w, 34, Rejected, item);
    for (const item of m.push) writeNested(w, 42, Push, item);
  },
  read(r, end) {
    const accepted: Accepted[] = [];
    const diverging: Diverging[] = [];
    const startAt: StartAt[] = [];
    const rejected: Rejected[] = [];
    const push: Push[] = [];
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 10:
          accepted.push(readNested(r, Accepted));
          break;
        case 18:
          diverging.push(readNested(r, Diverging));
          break;
        case 26:
          startAt.push(readNested(r, StartAt));
          break;
        case 34:
          rejected.push(readNested(r, Rejected));
          break;
        case 42:
          push.push(readNested(r, Push));
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { accepted, diverging, startAt, rejected, push };
  },
});

/** The follower's log is a prefix of the leader's: pushes follow from its log end. */
export interface Accepted {
  readonly subscription: number;
  readonly highWatermark: number;
  readonly logStart: number;
  /**
   * On the live stream, also later: what the follower lacks is not in memory any more. This subscription has ended;
   * subscribe on the catch-up stream.
   */
  readonly catchUp: boolean;
}
export const Accepted: MessageCodec<Accepted> = messageCodec<Accepted>({
  empty: () => ({ subscription: 0, highWatermark: 0, logStart: 0, catchUp: false }),
  write(w, m) {
    if (m.subscription !== 0) w.uint32(8).uint32(m.subscription);
    if (m.highWatermark !== 0) int64Write(w.uint32(16), m.highWatermark);
    if (m.logStart !== 0) int64Write(w.uint32(24), m.logStart);
    if (m.catchUp !== false) w.uint32(32).bool(m.catchUp);
  },
  read(r, end) {
    let subscription: number = 0;
    let highWatermark: number = 0;
    let logStart: number = 0;
    let catchUp: boolean = false;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          subscription = r.uint32();
          break;
        case 16:
          highWatermark = int64Read(r);
          break;
        case 24:
          logStart = int64Read(r);
          break;
        case 32:
          catchUp = r.bool();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { subscription, highWatermark, logStart, catchUp };
  },
});

/** The logs part: truncate to the smaller of the own end of that epoch and end_offset, then subscribe again (new number). */
export interface Diverging {
  readonly subscription: number;
  readonly epoch: number;
  readonly endOffset: number;
}
export const Diverging: MessageCodec<Diverging> = messageCodec<Diverging>({
  empty: () => ({ subscription: 0, epoch: 0, endOffset: 0 }),
  write(w, m) {
    if (m.subscription !== 0) w.uint32(8).uint32(m.subscription);
    if (m.epoch !== 0) w.uint32(16).int32(m.epoch);
    if (m.endOffset !== 0) int64Write(w.uint32(24), m.endOffset);
  },
  read(r, end) {
    let subscription: number = 0;
    let epoch: number = 0;
    let endOffset: number = 0;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          subscription = r.uint32();
          break;
        case 16:
          epoch = r.int32();
          break;
        case 24:
          endOffset = int64Read(r);
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { subscription, epoch, endOffset };
  },
});

/** The follower's log ends below the leader's start: drop all, begin at this offset with this history. */
export interface StartAt {
  readonly subscription: number;
  readonly offset: number;
  readonly epochs: readonly EpochStart[];
  /** Producer state at the offset, as the log writes its snapshots. */
  readonly producerState: Uint8Array;
  readonly highWatermark: number;
}
export const StartAt: MessageCodec<StartAt> = messageCodec<StartAt>({
  empty: () => ({ subscription: 0, offset: 0, epochs: [], producerState: NO_BYTES, highWatermark: 0 }),
  write(w, m) {
    if (m.subscription !== 0) w.uint32(8).uint32(m.subscription);
    if (m.offset !== 0) int64Write(w.uint32(16), m.offset);
    for (const item of m.epochs) writeNested(w, 26, EpochStart, item);
    if (m.producerState.length > 0) w.uint32(34).bytes(m.producerState);
    if (m.highWatermark !== 0) int64Write(w.uint32(40), m.highWatermark);
  },
  read(r, end) {
    let subscription: number = 0;
    let offset: number = 0;
    const epochs: EpochStart[] = [];
    let producerState: Uint8Array = NO_BYTES;
    let highWatermark: number = 0;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          subscription = r.uint32();
          break;
        case 16:
          offset = int64Read(r);
          break;
        case 26:
          epochs.push(readNested(r, EpochStart));
          break;
        case 34:
          producerState = r.bytes();
          break;
        case 40:
          highWatermark = int64Read(r);
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { subscription, offset, epochs, producerState, highWatermark };
  },
});

export interface EpochStart {
  readonly epoch: number;
  readonly startOffset: number;
}
export const EpochStart: MessageCodec<EpochStart> = messageCodec<EpochStart>({
  empty: () => ({ epoch: 0, startOffset: 0 }),
  write(w, m) {
    if (m.epoch !== 0) w.uint32(8).int32(m.epoch);
    if (m.startOffset !== 0) int64Write(w.uint32(16), m.startOffset);
  },
  read(r, end) {
    let epoch: number = 0;
    let startOffset: number = 0;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          epoch = r.int32();
          break;
        case 16:
          startOffset = int64Read(r);
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { epoch, startOffset };
  },
});

/** Not the leader, not in this epoch, not a replica, stale broker epoch: Kafka's number says which. */
export interface Rejected {
  readonly subscription: number;
  readonly errorCode: number;
  /** What the leader knows, so that the follower can wait for its own metadata to get there. */
  readonly leaderEpoch: number;
  readonly message: string;
}
export const Rejected: MessageCodec<Rejected> = messageCodec<Rejected>({
  empty: () => ({ subscription: 0, errorCode: 0, leaderEpoch: 0, message: '' }),
  write(w, m) {
    if (m.subscription !== 0) w.uint32(8).uint32(m.subscription);
    if (m.errorCode !== 0) w.uint32(16).int32(m.errorCode);
    if (m.leaderEpoch !== 0) w.uint32(24).int32(m.leaderEpoch);
    if (m.message !== '') w.uint32(34).string(m.message);
  },
  read(r, end) {
    let subscription: number = 0;
    let errorCode: number = 0;
    let leaderEpoch: number = 0;
    let message: string = '';
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          subscription = r.uint32();
          break;
        case 16:
          errorCode = r.int32();
          break;
        case 24:
          leaderEpoch = r.int32();
          break;
        case 34:
          message = r.string();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { subscription, errorCode, leaderEpoch, message };
  },
});

export interface Push {
  readonly subscription: number;
  readonly leaderEpoch: number;
  readonly highWatermark: number;
  readonly logStart: number;
  /** Whole record batches, v2; empty when only the high watermark moved. */
  readonly records: Uint8Array;
  /** In a catch-up stream: the follower has come near the end and should subscribe on the live stream. */
  readonly handOver: boolean;
}
export const Push: MessageCodec<Push> = messageCodec<Push>({
  empty: () => ({ subscription: 0, leaderEpoch: 0, highWatermark: 0, logStart: 0, records: NO_BYTES, handOver: false }),
  write(w, m) {
    if (m.subscription !== 0) w.uint32(8).uint32(m.subscription);
    if (m.leaderEpoch !== 0) w.uint32(16).int32(m.leaderEpoch);
    if (m.highWatermark !== 0) int64Write(w.uint32(24), m.highWatermark);
    if (m.logStart !== 0) int64Write(w.uint32(32), m.logStart);
    if (m.records.length > 0) w.uint32(42).bytes(m.records);
    if (m.handOver !== false) w.uint32(48).bool(m.handOver);
  },
  read(r, end) {
    let subscription: number = 0;
    let leaderEpoch: number = 0;
    let highWatermark: number = 0;
    let logStart: number = 0;
    let records: Uint8Array = NO_BYTES;
    let handOver: boolean = false;
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
        case 8:
          subscription = r.uint32();
          break;
        case 16:
          leaderEpoch = r.int32();
          break;
        case 24:
          highWatermark = int64Read(r);
          break;
        case 32:
          logStart = int64Read(r);
          break;
        case 42:
          records = r.bytes();
          break;
        case 48:
          handOver = r.bool();
          break;
        default:
          r.skipType(tag & 7);
      }
    }
    return { subscription, leaderEpoch, highWatermark, logStart, records, handOver };
  },
});

export const ReplicationService: {
  readonly replicate: StreamMethod<FollowerMessage, LeaderMessage>;
} = {
  replicate: { kind: 'stream', path: '/moldau.replication.v1.Replication/Replicate', request: FollowerMessage, response: LeaderMessage },
};
