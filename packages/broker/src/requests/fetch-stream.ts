import {
  type ErrorCode,
  errorNumber,
  type Offset,
  type RpcHandler,
  type RpcStream,
  type RpcStreamEvents,
  streamHandler,
} from '@moldau/base';
import {
  ApiService,
  type DivergingEpoch,
  FetchPush,
  type FetchRequest,
  type FetchResponse,
  type FetchSubscribe,
} from '@moldau/proto';
import type { Partition, PartitionReader } from '../partition/partition.ts';
import type { StreamReads } from '../replication/disk-reads.ts';
import { LogCursor } from '../replication/log-cursor.ts';
import type { TurnTask } from '../turn.ts';
import { readFault, startFetch } from './fetch-checks.ts';
import { currentLeader, ITEMS_PER_MESSAGE_MAX, type RequestContext } from './request-context.ts';

const PUSH_BYTES_MAX = 1024 * 1024;
const SUBSCRIPTIONS_MAX = 10_000;
/** Ends that wait to be told: a consumer that does not read them is not asked for more. */
const ENDS_WAITING_MAX = 1000;
/** Of one message, so that its size has a bound beside the one of its bytes. */
const ENDS_PER_MESSAGE_MAX = 10_000;
/** More credit than this at once is no bound. */
const CREDIT_BYTES_MAX = 256 * 1024 * 1024;

export function fetchHandler(context: RequestContext): RpcHandler {
  return streamHandler(ApiService.fetch, (stream) => new FetchStream(context, stream));
}

interface Ended {
  readonly code: ErrorCode;
  readonly message: string;
  readonly diverging?: DivergingEpoch;
}

/** One partition of one consumer: what is committed is pushed as it comes, as far as credit goes. */
class FetchSubscription implements PartitionReader {
  readonly number: number;
  readonly partition: Partition;
  readonly cursor: LogCursor;
  creditBytes: number;
  readonly #stream: FetchStream;

  constructor(stream: FetchStream, request: FetchSubscribe, partition: Partition) {
    this.#stream = stream;
    this.number = request.subscription;
    this.partition = partition;
    this.creditBytes = request.creditBytes;
    this.cursor = new LogCursor(partition.log, request.offset, {
      read: () => stream.dirty(this),
      fault: (error) => stream.faulted(this, error),
    });
    partition.addConsumer(this);
  }

  moved(): void {
    this.#stream.dirty(this);
  }

  leadershipEnded(): void {
    this.#stream.lostLeader(this);
  }

  close(): void {
    this.cursor.close();
    this.partition.removeConsumer(this);
  }
}

/** One consumer's connection. Slow consumers are held by their credit and by the transport; nothing waits for them. */
class FetchStream implements RpcStreamEvents<FetchRequest>, TurnTask {
  queued = false;
  readonly #context: RequestContext;
  readonly #stream: RpcStream<FetchResponse>;
  readonly #subscriptions = new Map<number, FetchSubscription>();
  readonly #dirty = new Set<FetchSubscription>();
  readonly #reads: StreamReads<FetchSubscription>;
  #ends: FetchPush[] = [];
  #isPaused = false;
  #closed = false;

  constructor(context: RequestContext, stream: RpcStream<FetchResponse>) {
    this.#context = context;
    this.#stream = stream;
    this.#reads = context.diskReads.open((subscription) => this.dirty(subscription));
  }

  onMessage(request: FetchRequest): void {
    if (request.subscribe.length > ITEMS_PER_MESSAGE_MAX) {
      this.#stream.close({ code: 'failed', message: `ask for at most ${ITEMS_PER_MESSAGE_MAX} partitions at once` });
      return;
    }
    for (const number of request.unsubscribe) this.#end(number);
    for (const subscribe of request.subscribe) {
      const ended = this.#subscribe(subscribe);
      if (ended !== undefined) this.#sendEnd(subscribe, ended);
    }
    for (const { subscription: number, creditBytes } of request.credit) {
      const subscription = this.#subscriptions.get(number);
      if (subscription === undefined) continue;
      subscription.creditBytes = Math.min(subscription.creditBytes + creditBytes, CREDIT_BYTES_MAX);
      this.dirty(subscription);
    }
    if (this.#isPaused || this.#ends.length <= ENDS_WAITING_MAX) return;
    this.#isPaused = true;
    this.#stream.pause();
  }

  onReady(): void {
    this.#context.turn.send(this);
  }

  onClose(): void {
    this.#closed = true;
    for (const subscription of this.#subscriptions.values()) subscription.close();
    this.#subscriptions.clear();
    this.#reads.close();
    this.#dirty.clear();
  }

  dirty(subscription: FetchSubscription): void {
    this.#dirty.add(subscription);
    this.#context.turn.send(this);
  }

  lostLeader(subscription: FetchSubscription): void {
    const { topicId, partition } = subscription.partition;
    const message = 'the leader has changed; subscribe at the new one';
    this.#endWith(subscription, { code: 'NOT_LEADER_OR_FOLLOWER', message });
    this.#context.logger.debug('a consumer’s subscription ends with the leadership', { topicId, partition });
  }

  faulted(subscription: FetchSubscription, error: unknown): void {
    this.#endWith(subscription, readFault(this.#context, subscription.partition, error));
  }

  runTurn(): void {
    if (this.#closed) return;
    if (!this.#stream.ready()) {
      this.#reads.stall();
      return;
    }
    this.#reads.resume();
    const pushes = this.#ends.splice(0, ENDS_PER_MESSAGE_MAX);
    let bytes = 0;
    for (const subscription of [...this.#dirty]) {
      if (bytes >= PUSH_BYTES_MAX) break;
      this.#dirty.delete(subscription);
      if (subscription.creditBytes > 0)
        bytes += this.#take(subscription, Math.min(PUSH_BYTES_MAX - bytes, subscription.creditBytes), pushes);
    }
    if (pushes.length > 0) this.#stream.send({ pushes });
    if (this.#isPaused && this.#ends.length <= ENDS_WAITING_MAX) {
      this.#isPaused = false;
      this.#stream.resume();
    }
    if (this.#dirty.size > 0 || this.#ends.length > 0) this.#context.turn.send(this);
  }

  #subscribe(request: FetchSubscribe): Ended | undefined {
    const { subscription: number } = request;
    const start = startFetch(this.#context, { ...request, from: 'leader' });
    if (start.kind === 'refused') return start;
    if (this.#subscriptions.has(number) || this.#subscriptions.size >= SUBSCRIPTIONS_MAX) {
      start.partition.counters.failedFetchRequests++;
      return {
        code: 'INVALID_REQUEST',
        message: 'a number stands for one subscription of a stream, for at most 10,000',
      };
    }
    start.partition.counters.fetchRequests++;
    const subscription = new FetchSubscription(this, request, start.partition);
    this.#subscriptions.set(number, subscription);
    this.dirty(subscription);
    return undefined;
  }

  /** @returns bytes pushed */
  #take(subscription: FetchSubscription, bytesMax: number, pushes: FetchPush[]): number {
    const { cursor, partition } = subscription;
    if (!partition.servesAsLeader()) {
      // Not certain to be the leader: nothing is said until it is known, and what was read makes room.
      this.#reads.end(subscription);
      partition.holdConsumers();
      return 0;
    }
    const end: Offset = partition.highWatermark;
    if (cursor.position < partition.log.startOffset) {
      this.#endWith(subscription, { code: 'OFFSET_OUT_OF_RANGE', message: 'retention has passed the position' });
      return 0;
    }
    if (cursor.needsDisk && cursor.position < end && !this.#reads.begin(subscription)) return 0;
    const read = cursor.take(end, bytesMax);
    if (read === undefined && cursor.onDisk) return 0;
    this.#reads.end(subscription);
    if (read === undefined) return 0;
    subscription.creditBytes -= read.bytes;
    partition.counters.bytesOut += read.bytes;
    for (const records of read.parts) {
      pushes.push(
        FetchPush.create({
          subscription: subscription.number,
          highWatermark: end,
          logStartOffset: partition.log.startOffset,
          records,
        }),
      );
    }
    if (cursor.position < end) this.#dirty.add(subscription);
    return read.bytes;
  }

  #endWith(subscription: FetchSubscription, ended: Ended): void {
    if (!this.#end(subscription.number)) return;
    const { topicId, partition } = subscription.partition;
    this.#sendEnd({ subscription: subscription.number, topicId, partition }, ended);
  }

  #sendEnd(of: Pick<FetchSubscribe, 'subscription' | 'topicId' | 'partition'>, ended: Ended): void {
    const isElsewhere = ended.code === 'NOT_LEADER_OR_FOLLOWER' || ended.code === 'FENCED_LEADER_EPOCH';
    this.#ends.push(
      FetchPush.create({
        subscription: of.subscription,
        errorCode: errorNumber(ended.code),
        message: ended.message,
        currentLeader: isElsewhere ? currentLeader(this.#context, of.topicId, of.partition) : undefined,
        diverging: ended.diverging,
      }),
    );
    this.#context.turn.send(this);
  }

  #end(number: number): boolean {
    const subscription = this.#subscriptions.get(number);
    if (subscription === undefined) return false;
    this.#subscriptions.delete(number);
    this.#dirty.delete(subscription);
    subscription.close();
    this.#reads.end(subscription);
    return true;
  }
}
