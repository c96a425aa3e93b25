import {
  type Codec,
  type ErrorCode,
  errorNumber,
  NO_ERROR,
  present,
  pureChecksum,
  type Rpc,
  type RpcChannel,
  type RpcCloseReason,
  RpcError,
  type RpcStream,
  type RpcStreamEvents,
  type StreamMethod,
  type UnaryMethod,
} from '@moldau/base';
import {
  ApiService,
  type DivergingEpoch,
  type FetchRequest,
  type FetchSubscribe,
  type ListOffsetsRequest,
  type MetadataRequest,
  type MetadataResponse,
  type ProduceItem,
  type ProduceRequest,
  type ProduceResult,
} from '@moldau/proto';
import { assignBatch, type BatchRecord, parseBatchHeader, readBatchRecords, sequenceAfter } from '@moldau/records';
import { LogRing, Scheduler, SimClock, SimCompression, SimLogger, SimProcess, SimRandom, SimTimers } from '@moldau/sim';
import { Client, type ClientOptions, type ClientPorts, MoldauError } from '../src/index.ts';

/** What the broker does with one batch that reaches its leader. */
export type Fate =
  | { readonly kind: 'keep' }
  /** Answers with this code and appends nothing. */
  | { readonly kind: 'refuse'; readonly code: ErrorCode }
  /** Appends, and answers with this code all the same. */
  | { readonly kind: 'keepAndSay'; readonly code: ErrorCode }
  /** Nothing is heard of it; the stream breaks, before or after the append. */
  | { readonly kind: 'break'; readonly appended: boolean }
  /** Appends and never answers. */
  | { readonly kind: 'mute' };

export interface StoredBatch {
  readonly bytes: Uint8Array;
  readonly baseOffset: number;
  readonly endOffset: number;
}

interface ProducerEntry {
  epoch: number;
  batches: { readonly sequence: number; readonly last: number; readonly baseOffset: number }[];
}

/** A partition that keeps the promises of a replicated one: what is appended stays, whoever leads. */
export class FakePartition {
  leaderId: number;
  leaderEpoch = 1;
  /** As metadata tells it; nothing else looks at it. */
  assignment = { replicas: [1, 2, 3], addingReplicas: [] as number[], removingReplicas: [] as number[] };
  startOffset = 0;
  endOffset = 0;
  batches: StoredBatch[] = [];
  readonly producers = new Map<number, ProducerEntry>();

  constructor(leaderId: number) {
    this.leaderId = leaderId;
  }

  records(): BatchRecord[] {
    return this.batches.flatMap(({ bytes }) => readBatchRecords(bytes, parseBatchHeader(bytes)));
  }

  /** The rules of KIP-98, as packages/log has them. */
  append(records: Uint8Array): { readonly code: ErrorCode | undefined; readonly baseOffset: number } {
    const bytes = records.slice();
    const header = parseBatchHeader(bytes);
    if (pureChecksum.crc32c(bytes.subarray(21)) !== header.crc) return { code: 'CORRUPT_MESSAGE', baseOffset: -1 };
    const last = sequenceAfter(header.baseSequence, header.recordCount - 1);
    if (header.producerId >= 0) {
      const entry = this.producers.get(header.producerId) ?? { epoch: -1, batches: [] };
      if (header.producerEpoch < entry.epoch) return { code: 'INVALID_PRODUCER_EPOCH', baseOffset: -1 };
      if (header.producerEpoch > entry.epoch) {
        if (header.baseSequence !== 0) {
          return { code: entry.epoch < 0 ? 'UNKNOWN_PRODUCER_ID' : 'OUT_OF_ORDER_SEQUENCE_NUMBER', baseOffset: -1 };
        }
        entry.epoch = header.producerEpoch;
        entry.batches = [];
      } else {
        const same = entry.batches.find((each) => each.sequence === header.baseSequence && each.last === last);
        if (same !== undefined) return { code: undefined, baseOffset: same.baseOffset };
        const newest = entry.batches.at(-1);
        if (newest !== undefined && header.baseSequence !== sequenceAfter(newest.last, 1)) {
          return { code: 'OUT_OF_ORDER_SEQUENCE_NUMBER', baseOffset: -1 };
        }
      }
      entry.batches = [...entry.batches.slice(-4), { sequence: header.baseSequence, last, baseOffset: this.endOffset }];
      this.producers.set(header.producerId, entry);
    }
    const baseOffset = this.endOffset;
    assignBatch(bytes, 0, { baseOffset, leaderEpoch: this.leaderEpoch });
    this.endOffset += header.recordCount;
    this.batches.push({ bytes, baseOffset, endOffset: this.endOffset });
    return { code: undefined, baseOffset };
  }
}

interface FakeTopic {
  readonly topicId: string;
  readonly partitions: FakePartition[];
}

interface Subscription extends FetchSubscribe {
  creditLeft: number;
  nextOffset: number;
  readonly stream: ServerSide;
  ended: boolean;
}

/** Hands a message over after a while; in order within a stream. */
interface ServerSide {
  readonly address: string;
  send(message: unknown): void;
  break(reason: RpcCloseReason): void;
}

/**
 * A cluster in one object, behind the Rpc port, in virtual time: brokers 1..n at `broker-n:1`. It knows no quorum and no
 * replication; it answers clients as a cluster that keeps its promises would, or as the test tells it to.
 */
export class FakeCluster {
  readonly scheduler: Scheduler;
  readonly random: SimRandom;
  readonly topics = new Map<string, FakeTopic>();
  readonly down = new Set<string>();
  /** What answers, and serves no client. */
  readonly controllers = new Set<string>();
  /** Calls are taken and never answered. */
  mute = false;
  readonly requests: ProduceItem[] = [];
  readonly grants: number[] = [];
  readonly calls: string[] = [];
  /** Of all clients. */
  readonly log: LogRing;
  metadataOffset = 10;
  /** Asked for each batch that reaches its leader. */
  fate: (item: ProduceItem) => Fate = () => ({ kind: 'keep' });
  /** Changes what is pushed to consumers. */
  onPushRecords: (bytes: Uint8Array) => Uint8Array = (bytes) => bytes;
  /** Says for a subscription that the log has parted from what was read. */
  diverging: (wanted: FetchSubscribe) => DivergingEpoch | undefined = () => undefined;
  /** Answers calls this cluster has no rule for. */
  onCall: (path: string, request: unknown) => unknown = (path) => {
    throw new RpcError({ code: 'unimplemented', message: path });
  };
  readonly #subscriptions = new Set<Subscription>();
  readonly #brokerCount: number;
  readonly #streams = new Set<ServerSide>();
  #producerIdNext = 1000;

  constructor(seed: number | string, options: { readonly brokers?: number } = {}) {
    this.random = new SimRandom(seed);
    this.scheduler = new Scheduler(this.random.fork('scheduler'));
    this.log = new LogRing(this.scheduler, 100);
    this.#brokerCount = options.brokers ?? 3;
  }

  addTopic(name: string, partitions: number): FakeTopic {
    const topic = {
      topicId: `id-of-${name}-${this.topics.size}`,
      partitions: Array.from({ length: partitions }, (_, index) => new FakePartition(1 + (index % this.#brokerCount))),
    };
    this.topics.set(name, topic);
    return topic;
  }

  growTopic(name: string): void {
    const { partitions } = present(this.topics.get(name), name);
    partitions.push(new FakePartition(1 + (partitions.length % this.#brokerCount)));
  }

  partition(topic: string, partition: number): FakePartition {
    return present(this.topics.get(topic)?.partitions[partition], `${topic}/${partition}`);
  }

  /** Another broker leads from now on. */
  move(partition: FakePartition, leaderId: number): void {
    partition.leaderId = leaderId;
    partition.leaderEpoch++;
    this.pushAll();
  }

  /** kill -9 of a broker: its streams break, its port refuses. */
  kill(id: number): void {
    this.down.add(addressOf(id));
    this.breakStreams(id);
  }

  /** The connection to a broker that lives is lost. */
  breakStreams(id: number): void {
    for (const stream of this.#streams) {
      if (stream.address === addressOf(id)) stream.break({ code: 'broken', message: 'connection lost' });
    }
  }

  client(options: Partial<ClientOptions> = {}): { readonly client: Client; readonly ports: ClientPorts } {
    const process = new SimProcess(this.scheduler, { name: 'client' });
    const life = process.start();
    const clock = new SimClock(life);
    const timers = new SimTimers(life, this.random.fork('timers'));
    const logger = new SimLogger(this.log, 'client');
    const rpc = this.#rpc();
    const compression = new SimCompression(timers, this.random.fork('compression'));
    const random = this.random.fork('client');
    const ports = { clock, timers, random, rpc, checksum: pureChecksum, compression, logger };
    return { client: new Client(ports, { bootstrap: [addressOf(1), addressOf(2)], ...options }), ports };
  }

  /** No broker is there. */
  killAll(): void {
    for (let id = 1; id <= this.#brokerCount; id++) this.kill(id);
  }

  settle<T>(promise: Promise<T>): Promise<T> {
    return this.scheduler.settle(promise, { eventsMax: 500_000 });
  }

  /** Sends to all subscriptions what they may have. */
  pushAll(): void {
    for (const subscription of [...this.#subscriptions]) this.#push(subscription);
  }

  #rpc(): Rpc {
    return {
      listen: () => Promise.reject(new Error('clients do not listen')),
      probe: () => Promise.resolve('refused'),
      connect: (address) => this.#channel(address),
    };
  }

  #latencyMs(): number {
    return this.random.between(0.1, 3);
  }

  #channel(address: string): RpcChannel {
    return {
      address,
      close: () => undefined,
      call: (method, request, options) => this.#call(address, method, request, options.timeoutMs),
      open: (method, events) => this.#open(address, method, events),
    };
  }

  #call<Q, A>(address: string, method: UnaryMethod<Q, A>, request: Q, timeoutMs: number): Promise<A> {
    this.calls.push(method.path);
    const asked = copy(method.request, request);
    return new Promise<A>((resolve, reject) => {
      this.scheduler.after(this.#latencyMs(), () => {
        if (this.down.has(address)) {
          reject(new RpcError({ code: 'refused', message: `${address} refused` }));
          return;
        }
        if (this.mute) return;
        if (this.controllers.has(address)) {
          reject(new RpcError({ code: 'unimplemented', message: `no method ${method.path}` }));
          return;
        }
        Promise.resolve()
          .then(() => this.#answer(method.path, asked))
          .then((answer) => this.scheduler.after(this.#latencyMs(), () => resolve(copy(method.response, answer as A))))
          .catch(reject);
      });
      this.scheduler.after(timeoutMs, () => reject(new RpcError({ code: 'deadline', message: 'no answer' })));
    });
  }

  #answer(path: string, request: unknown): unknown {
    switch (path) {
      case ApiService.metadata.path:
        return this.#metadata(request as MetadataRequest);
      case ApiService.initProducerId.path:
        return { producerId: this.#producerIdNext++, producerEpoch: 0 };
      case ApiService.listOffsets.path:
        return this.#listOffsets(request as ListOffsetsRequest);
      default:
        return this.onCall(path, request);
    }
  }

  #metadata(request: MetadataRequest): MetadataResponse {
    const ids = Array.from({ length: this.#brokerCount }, (_, index) => index + 1);
    const names = request.topics.length > 0 ? request.topics : request.brokersOnly ? [] : [...this.topics.keys()];
    return {
      metadataOffset: this.metadataOffset,
      clusterId: 'cluster',
      controllerId: 11,
      brokers: ids.map((brokerId) => ({
        brokerId,
        grpcAddress: addressOf(brokerId),
        kafkaAddress: '',
        rack: '',
        host: '',
        brokerEpoch: 1,
        fenced: this.down.has(addressOf(brokerId)),
        shuttingDown: false,
      })),
      topics: names.map((name) => {
        const topic = this.topics.get(name);
        if (topic === undefined) {
          const errorCode = errorNumber('UNKNOWN_TOPIC_OR_PARTITION');
          return { errorCode, message: '', name, topicId: '', partitions: [] };
        }
        const partitions = topic.partitions.map(({ leaderId, leaderEpoch, assignment }, partition) => ({
          partition,
          leaderId,
          leaderEpoch,
          partitionEpoch: leaderEpoch,
          ...assignment,
          isr: [1, 2, 3],
          elr: [],
        }));
        return { errorCode: NO_ERROR, message: '', name, topicId: topic.topicId, partitions };
      }),
    };
  }

  #find(topicId: string, partition: number): FakePartition | undefined {
    for (const topic of this.topics.values()) if (topic.topicId === topicId) return topic.partitions[partition];
    return undefined;
  }

  #listOffsets(request: ListOffsetsRequest): unknown {
    const results = request.items.map(({ topicId, partition, timestamp }) => {
      const found = this.#find(topicId, partition);
      const base = { errorCode: NO_ERROR, message: '', timestamp: -1, leaderEpoch: 1, currentLeader: undefined };
      if (found === undefined) return { ...base, errorCode: errorNumber('UNKNOWN_TOPIC_ID'), offset: -1 };
      if (timestamp === -1) return { ...base, offset: found.endOffset };
      if (timestamp === -2) return { ...base, offset: found.startOffset };
      const record = found.records().find((each) => each.timestampMs >= timestamp);
      return { ...base, offset: record?.offset ?? -1, timestamp: record?.timestampMs ?? -1 };
    });
    return { results };
  }

  /** One stream: in order both ways, and a break drops what is still under way. */
  #open<Q, A>(address: string, method: StreamMethod<Q, A>, events: RpcStreamEvents<A>): RpcStream<Q> {
    let open = true;
    const inOrder = this.#inOrder();
    const inOrderBack = this.#inOrder();
    const close = (reason: RpcCloseReason): void => {
      if (!open) return;
      open = false;
      this.#streams.delete(server);
      for (const each of this.#subscriptions) if (each.stream === server) this.#subscriptions.delete(each);
      this.scheduler.after(this.#latencyMs(), () => events.onClose(reason));
    };
    const server: ServerSide = {
      address,
      send: (message) => inOrderBack(() => open && events.onMessage(copy(method.response, message as A))),
      break: close,
    };
    this.#streams.add(server);
    if (this.down.has(address)) close({ code: 'refused', message: `${address} refused` });
    return {
      send: (message) => {
        const sent = copy(method.request, message);
        inOrder(() => {
          if (!open) return;
          if (method.path === ApiService.produce.path) this.#onProduce(server, sent as ProduceRequest);
          else this.#onFetch(server, sent as FetchRequest);
        });
        return true;
      },
      ready: () => true,
      pause: () => undefined,
      resume: () => undefined,
      close: (reason) => close(reason ?? { code: 'ended', message: '' }),
    };
  }

  #inOrder(): (run: () => void) => void {
    let latestMs = 0;
    return (run) => {
      latestMs = Math.max(latestMs + 0.001, this.scheduler.nowMs + this.#latencyMs());
      this.scheduler.after(latestMs - this.scheduler.nowMs, run);
    };
  }

  #onProduce(stream: ServerSide, request: ProduceRequest): void {
    for (const item of request.items) {
      this.requests.push({ ...item, records: item.records.slice() });
      if (!this.#produce(stream, item)) return;
    }
  }

  #produce(stream: ServerSide, item: ProduceItem): boolean {
    const { correlation, topicId, partition } = item;
    const found = this.#find(topicId, partition);
    const say = (code: ErrorCode | undefined, baseOffset: number): boolean => {
      const leads = found !== undefined && code === 'NOT_LEADER_OR_FOLLOWER' && this.random.chance(0.5);
      const currentLeader = leads
        ? { leaderId: found.leaderId, leaderEpoch: found.leaderEpoch, grpcAddress: addressOf(found.leaderId) }
        : undefined;
      const result: ProduceResult = {
        correlation,
        errorCode: code === undefined ? NO_ERROR : errorNumber(code),
        message: code === undefined ? '' : `the broker says ${code}`,
        baseOffset,
        logStartOffset: 0,
        acknowledged: 'flushed',
        currentLeader,
      };
      // Answers overtake one another.
      const waitMs = this.random.between(0, 5);
      if (item.acks !== 0) this.scheduler.after(waitMs, () => stream.send({ results: [result] }));
      return true;
    };
    if (found === undefined) return say('UNKNOWN_TOPIC_ID', -1);
    if (addressOf(found.leaderId) !== stream.address) return say('NOT_LEADER_OR_FOLLOWER', -1);
    const fate = this.fate(item);
    if (fate.kind === 'refuse') return say(fate.code, -1);
    if (fate.kind === 'break' && !fate.appended) {
      stream.break({ code: 'broken', message: 'connection lost' });
      return false;
    }
    const { code, baseOffset } = found.append(item.records);
    this.pushAll();
    if (fate.kind === 'break') {
      stream.break({ code: 'broken', message: 'connection lost' });
      return false;
    }
    if (fate.kind === 'mute') return true;
    if (fate.kind === 'keepAndSay' && code === undefined) return say(fate.code, baseOffset);
    return say(code, baseOffset);
  }

  #onFetch(stream: ServerSide, request: FetchRequest): void {
    for (const wanted of request.subscribe) {
      const subscription = {
        ...wanted,
        creditLeft: wanted.creditBytes,
        nextOffset: wanted.offset,
        stream,
        ended: false,
      };
      this.#subscriptions.add(subscription);
    }
    for (const { subscription, creditBytes } of request.credit) {
      this.grants.push(creditBytes);
      for (const each of this.#subscriptions) {
        if (each.stream === stream && each.subscription === subscription) each.creditLeft += creditBytes;
      }
    }
    for (const number of request.unsubscribe) {
      for (const each of this.#subscriptions) {
        if (each.stream === stream && each.subscription === number) this.#subscriptions.delete(each);
      }
    }
    this.pushAll();
  }

  #push(subscription: Subscription): void {
    const { stream } = subscription;
    const found = this.#find(subscription.topicId, subscription.partition);
    const base = {
      subscription: subscription.subscription,
      errorCode: NO_ERROR,
      message: '',
      highWatermark: found?.endOffset ?? 0,
      logStartOffset: found?.startOffset ?? 0,
      records: new Uint8Array(0),
      currentLeader: undefined,
      diverging: undefined,
    };
    const end = (fields: object): void => {
      this.#subscriptions.delete(subscription);
      stream.send({ pushes: [{ ...base, ...fields }] });
    };
    if (found === undefined) {
      end({ errorCode: errorNumber('UNKNOWN_TOPIC_ID') });
      return;
    }
    if (addressOf(found.leaderId) !== stream.address) {
      end({ errorCode: errorNumber('NOT_LEADER_OR_FOLLOWER') });
      return;
    }
    const { nextOffset, lastFetchedEpoch } = subscription;
    const diverging = nextOffset === subscription.offset ? this.diverging(subscription) : undefined;
    if (diverging !== undefined) {
      end({ errorCode: errorNumber('OFFSET_OUT_OF_RANGE'), diverging });
      return;
    }
    if (nextOffset > found.endOffset && lastFetchedEpoch >= 0) {
      end({ diverging: { epoch: found.leaderEpoch - 1, endOffset: found.endOffset } });
      return;
    }
    if (nextOffset < found.startOffset || nextOffset > found.endOffset) {
      end({ errorCode: errorNumber('OFFSET_OUT_OF_RANGE'), message: `${nextOffset} is not in the log` });
      return;
    }
    for (const batch of found.batches) {
      if (batch.endOffset <= subscription.nextOffset || subscription.creditLeft <= 0) continue;
      subscription.nextOffset = batch.endOffset;
      subscription.creditLeft -= batch.bytes.length;
      const records = this.onPushRecords(batch.bytes.slice());
      stream.send({ pushes: [{ ...base, records }] });
    }
  }
}

export function addressOf(brokerId: number): string {
  return `broker-${brokerId}:1`;
}

/** What arrives is never the sender's object. */
function copy<T>(codec: Codec<T>, message: T): T {
  return codec.decode(codec.encode(message));
}

/** How a promise ends, as the code of its error. */
export function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'no error',
    (error: unknown) => (error instanceof MoldauError ? error.code : `another error: ${String(error)}`),
  );
}
