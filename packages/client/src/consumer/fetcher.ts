import { errorCodeFromNumber, NO_ERROR, type RpcCloseReason, RpcError, type Timer } from '@moldau/base';
import type { DivergingEpoch, FetchPush } from '@moldau/proto';
import type { Leader } from '../cluster/cluster-metadata.ts';
import type { LeaderSource } from '../cluster/leader-calls.ts';
import { EARLIEST, LATEST, listOffsets } from '../cluster/list-offsets.ts';
import { errorFromCall, errorFromWire, MoldauError } from '../errors.ts';
import { backoffMs } from '../waiting.ts';
import { type OffsetReset, PARTITION_CREDIT_BYTES_MIN, type StartFrom, startAfterReset } from './consumer-options.ts';
import { FetchStream } from './fetch-stream.ts';
import type { PartitionReader } from './partition-reader.ts';

/** What the fetcher needs to know of a consumer's options. */
export interface FetcherOptions {
  readonly prefetchBytes: number;
  readonly onCorrupt: 'fail' | 'skip';
  readonly topicTimeoutMs: number;
  readonly onOffsetOutOfRange: OffsetReset;
}

/** A reader's way to its leader: idle -> looking up -> idle -> subscribed -> idle. */
interface Lane {
  readonly reader: PartitionReader;
  phase: 'idle' | 'lookingUp' | 'subscribed';
  stream: FetchStream | undefined;
  subscription: number;
  /** What the broker may have on its way, and what came and was not delivered. */
  creditBytes: number;
  leader: Leader | undefined;
  /** Counts up whenever what is under way has lost its meaning. */
  generation: number;
  failedAttempts: number;
  corruptCount: number;
  retryAtMs: number;
  heardMs: number;
  /** Since when the topic has not been there. */
  missedMs: number | undefined;
}

/** Bytes that are wrong again after this often are wrong in the log, not on their way. */
const CORRUPT_ATTEMPTS_MAX = 3;
/** A leader that is cut off does not say so: a partition that is silent for this long has its leader looked up. */
const SILENCE_MS = 5_000;
/** One round of looking up offsets; those that fail come in the next. */
const LOOKUP_TIMEOUT_MS = 10_000;

/** Keeps each reader subscribed at its leader, wherever that is, and hands it what comes. */
export class Fetcher {
  readonly #source: LeaderSource;
  readonly #options: FetcherOptions;
  readonly #onArrival: () => void;
  readonly #lanes = new Map<PartitionReader, Lane>();
  readonly #streams = new Map<string, FetchStream>();
  readonly #unsubscribe: () => void;
  #working = false;
  #wakeTimer: Timer | undefined;
  #wakeAtMs = Infinity;
  #ended = false;

  constructor(source: LeaderSource, options: FetcherOptions, onArrival: () => void) {
    this.#source = source;
    this.#options = options;
    this.#onArrival = onArrival;
    this.#unsubscribe = source.metadata.onChange(() => this.#workSoon());
  }

  add(readers: readonly PartitionReader[]): void {
    for (const reader of readers) {
      this.#lanes.set(reader, {
        reader,
        phase: 'idle',
        stream: undefined,
        subscription: 0,
        creditBytes: 0,
        leader: undefined,
        generation: 0,
        failedAttempts: 0,
        corruptCount: 0,
        retryAtMs: 0,
        heardMs: 0,
        missedMs: undefined,
      });
    }
    this.#workSoon();
  }

  remove(readers: readonly PartitionReader[]): void {
    for (const reader of readers) {
      const lane = this.#lanes.get(reader);
      if (lane !== undefined) this.#leave(lane);
      this.#lanes.delete(reader);
    }
  }

  /** The reader was told to begin elsewhere. */
  restart(reader: PartitionReader): void {
    const lane = this.#lanes.get(reader);
    if (lane === undefined) return;
    this.#leave(lane);
    lane.failedAttempts = 0;
    lane.retryAtMs = 0;
    lane.missedMs = undefined;
  }

  /** These bytes were delivered: the broker may send as many more, or what the share has grown or shrunk to meanwhile. */
  grant(reader: PartitionReader, bytes: number): void {
    const lane = this.#lanes.get(reader);
    if (bytes <= 0 || lane?.phase !== 'subscribed') return;
    lane.creditBytes -= bytes;
    const moreBytes = Math.max(this.#shareBytes - lane.creditBytes, 0);
    lane.creditBytes += moreBytes;
    if (moreBytes > 0) lane.stream?.grant(lane.subscription, moreBytes);
  }

  /** Of one partition. */
  get #shareBytes(): number {
    return Math.max(Math.floor(this.#options.prefetchBytes / this.#lanes.size), PARTITION_CREDIT_BYTES_MIN);
  }

  end(): void {
    this.#ended = true;
    this.#unsubscribe();
    this.#wakeTimer?.cancel();
    for (const stream of this.#streams.values()) stream.close();
    this.#streams.clear();
  }

  /** Nothing of what is under way for this reader means anything any more. */
  #leave(lane: Lane): void {
    if (lane.phase === 'subscribed') lane.stream?.unsubscribe(lane.subscription);
    lane.generation++;
    lane.phase = 'idle';
    lane.stream = undefined;
    this.#workSoon();
  }

  #workSoon(): void {
    if (this.#working || this.#ended) return;
    this.#working = true;
    this.#source.ports.timers.endOfTurn(() => {
      this.#working = false;
      if (!this.#ended) this.#work();
    });
  }

  #work(): void {
    const nowMs = this.#source.ports.clock.nowMs();
    const lookups: Lane[] = [];
    for (const lane of this.#lanes.values()) {
      if (lane.phase === 'subscribed') this.#checkLeader(lane, nowMs);
      if (lane.phase !== 'idle' || lane.reader.failure !== undefined) continue;
      if (nowMs < lane.retryAtMs) this.#wake(lane.retryAtMs);
      else if (this.#source.metadata.topic(lane.reader.topic) === undefined) this.#awaitTopic(lane, nowMs);
      else if (lane.reader.start === undefined) this.#subscribe(lane, nowMs);
      else if (typeof lane.reader.start === 'bigint') {
        lane.reader.startAt(Number(lane.reader.start));
        this.#subscribe(lane, nowMs);
      } else lookups.push(lane);
    }
    if (lookups.length > 0) this.#lookUp(lookups);
  }

  /** The topic was there when this consumer was assigned: it was deleted, and may be made again. */
  #awaitTopic(lane: Lane, nowMs: number): void {
    const { topicTimeoutMs } = this.#options;
    // After a seek the brokers' word may be old: nobody asked for the topic since it was given up.
    lane.missedMs ??= nowMs;
    const gone = this.#source.metadata.gone(lane.reader.topic, topicTimeoutMs);
    if (gone === undefined || nowMs - lane.missedMs < topicTimeoutMs) this.#retry(lane, true);
    else this.#fail(lane, gone);
  }

  #checkLeader(lane: Lane, nowMs: number): void {
    const { metadata } = this.#source;
    const leader = metadata.leader(lane.reader.topic, lane.reader.partition);
    if (leader !== undefined && lane.leader !== undefined && leader.leaderEpoch > lane.leader.leaderEpoch) {
      this.#leave(lane);
      return;
    }
    if (nowMs - lane.heardMs >= SILENCE_MS) {
      lane.heardMs = nowMs;
      metadata.refreshSoon();
    }
    this.#wake(lane.heardMs + SILENCE_MS);
  }

  #subscribe(lane: Lane, nowMs: number): void {
    const { metadata } = this.#source;
    const { reader } = lane;
    const leader = metadata.leader(reader.topic, reader.partition);
    const topic = metadata.topic(reader.topic);
    if (leader === undefined || topic === undefined) {
      this.#retry(lane, true);
      return;
    }
    const stream = this.#stream(leader.address);
    const { generation } = lane;
    const wanted = {
      topicId: topic.topicId,
      partition: reader.partition,
      offset: reader.receiveOffset,
      leaderEpoch: leader.leaderEpoch,
      lastFetchedEpoch: reader.receiveEpoch,
      creditBytes: Math.max(this.#shareBytes - reader.waitingBytes, 0),
    };
    lane.creditBytes = wanted.creditBytes + reader.waitingBytes;
    lane.phase = 'subscribed';
    lane.missedMs = undefined;
    lane.leader = leader;
    lane.stream = stream;
    lane.heardMs = nowMs;
    lane.subscription = stream.subscribe(wanted, {
      onPush: (push) => lane.generation === generation && this.#onPush(lane, push),
      onClose: (reason) => lane.generation === generation && this.#onStreamLost(lane, reason),
    });
    this.#wake(nowMs + SILENCE_MS);
  }

  #onPush(lane: Lane, push: FetchPush): void {
    lane.heardMs = this.#source.ports.clock.nowMs();
    if (push.diverging !== undefined) this.#onDiverging(lane, push.diverging);
    else if (push.errorCode !== NO_ERROR) this.#onRefused(lane, push);
    else this.#onRecords(lane, push);
  }

  #onRecords(lane: Lane, push: FetchPush): void {
    const { reader } = lane;
    reader.highWatermark = Math.max(reader.highWatermark, push.highWatermark);
    reader.logStartOffset = Math.max(reader.logStartOffset, push.logStartOffset);
    if (push.records.length === 0) return;
    const waitingBefore = reader.waitingBytes;
    if (reader.receive(push.records, this.#source.ports.checksum) === 'corrupt') {
      this.#onCorrupt(lane, push);
      return;
    }
    lane.failedAttempts = 0;
    lane.corruptCount = 0;
    // What lay below the offset asked for was not kept, and nobody will deliver it.
    this.grant(reader, push.records.length - (reader.waitingBytes - waitingBefore));
    this.#onArrival();
  }

  #onDiverging(lane: Lane, { epoch, endOffset }: DivergingEpoch): void {
    const { topic, partition, position } = lane.reader;
    switch (lane.reader.diverged(epoch, endOffset)) {
      case 'truncated': {
        const message = `records before ${position} were delivered and are in the log no more: a replica that lacked them became leader, and agrees up to ${Math.min(endOffset, position)} at most; seek to go on`;
        this.#fail(lane, new MoldauError('LOG_TRUNCATED', message, { topic, partition }));
        return;
      }
      case 'unchecked':
        this.#source.ports.logger.warn('consumer.truncation_unchecked', { topic, partition, offset: position });
        break;
      case 'again':
        break;
    }
    this.#retry(lane, false);
  }

  #onRefused(lane: Lane, push: FetchPush): void {
    const { metadata } = this.#source;
    const { topic, partition } = lane.reader;
    // Corrupt at the broker: no other replica mends it.
    const isFinal = errorCodeFromNumber(push.errorCode) === 'CORRUPT_MESSAGE';
    const error = errorFromWire(push.errorCode, push.message, {
      topic,
      partition,
      ...(isFinal && { retriable: false }),
    });
    if (errorCodeFromNumber(push.errorCode) === 'OFFSET_OUT_OF_RANGE') this.#onOutOfRange(lane, error);
    else if (!error.retriable) this.#fail(lane, error);
    else if (metadata.learnLeader(topic, partition, push.currentLeader)) this.#leave(lane);
    else this.#retry(lane, true);
  }

  #onOutOfRange(lane: Lane, error: MoldauError): void {
    const { reader } = lane;
    const { onOffsetOutOfRange } = this.#options;
    if (onOffsetOutOfRange === 'none') {
      this.#fail(lane, error);
      return;
    }
    const start = startAfterReset(onOffsetOutOfRange, this.#source.ports.clock.wallMs());
    this.#source.ports.logger.warn('consumer.offset_reset', {
      topic: reader.topic,
      partition: reader.partition,
      offset: reader.receiveOffset,
      to: typeof start === 'object' ? start.timestamp : start,
    });
    reader.start = start;
    this.#retry(lane, false);
  }

  #onCorrupt(lane: Lane, push: FetchPush): void {
    const { reader } = lane;
    const { topic, partition, receiveOffset } = reader;
    lane.corruptCount++;
    this.#source.ports.logger.warn('consumer.corrupt_batch', { topic, partition, offset: receiveOffset });
    if (lane.corruptCount >= CORRUPT_ATTEMPTS_MAX) {
      const skipped = this.#options.onCorrupt === 'skip' && reader.skipCorrupt(push.records);
      const message = `a batch at or after offset ${receiveOffset} is corrupt at the broker, it was read ${lane.corruptCount} times: seek past it, or set onBadRecord to 'skip'`;
      if (!skipped) {
        this.#fail(lane, new MoldauError('CORRUPT_MESSAGE', message, { topic, partition, retriable: false }));
        return;
      }
      lane.corruptCount = 0;
    }
    this.#retry(lane, true);
  }

  #onStreamLost(lane: Lane, reason: RpcCloseReason): void {
    const { topic, partition } = lane.reader;
    const error = errorFromCall(new RpcError(reason), { topic, partition });
    if (reason.code === 'unimplemented' && error instanceof MoldauError) this.#fail(lane, error);
    else this.#retry(lane, true);
  }

  #fail(lane: Lane, error: MoldauError): void {
    lane.reader.failure = error;
    this.#leave(lane);
    this.#onArrival();
  }

  /** Subscribes again after a while; a new leader may be tried at once, so nothing waits for the old one. */
  #retry(lane: Lane, refresh: boolean): void {
    const { ports, metadata } = this.#source;
    this.#leave(lane);
    lane.failedAttempts++;
    const waitMs = backoffMs(ports.random, lane.failedAttempts);
    lane.retryAtMs = ports.clock.nowMs() + waitMs;
    const { topic, partition } = lane.reader;
    ports.logger.debug('consumer.retries', { topic, partition, attempts: lane.failedAttempts, waitMs });
    if (refresh) metadata.lookAgain(lane.reader.topic);
  }

  #lookUp(lanes: readonly Lane[]): void {
    const generations = new Map(lanes.map((lane) => [lane, lane.generation]));
    for (const lane of lanes) lane.phase = 'lookingUp';
    const still = (lane: Lane): boolean => lane.generation === generations.get(lane) && !this.#ended;
    this.#find(lanes).then(
      (offsets) => {
        for (const [index, lane] of lanes.entries()) {
          const offset = offsets[index];
          if (!still(lane) || offset === undefined) continue;
          lane.reader.startAt(offset);
          lane.failedAttempts = 0;
          this.#leave(lane);
        }
      },
      (error: unknown) => {
        const failure =
          error instanceof MoldauError
            ? error
            : new MoldauError('UNKNOWN_SERVER_ERROR', `offsets could not be looked up: ${String(error)}`, {
                cause: error,
              });
        for (const lane of lanes.filter(still)) {
          // A topic that is gone has its own time, which is counted where it is awaited.
          if (failure.retriable || failure.code === 'UNKNOWN_TOPIC_OR_PARTITION') this.#retry(lane, true);
          else this.#fail(lane, failure);
        }
      },
    );
  }

  /** Where each begins. Past the youngest record of all a time means the end. */
  async #find(lanes: readonly Lane[]): Promise<readonly number[]> {
    const options = { timeoutMs: LOOKUP_TIMEOUT_MS };
    const query = ({ reader: { topic, partition } }: Lane, timestamp: number) => ({ topic, partition, timestamp });
    const found = await listOffsets(
      this.#source,
      lanes.map((lane) => query(lane, timestampOf(lane.reader.start))),
      options,
    );
    const late = lanes.filter((_, index) => (found[index]?.offset ?? -1) < 0);
    if (late.length === 0) return found.map(({ offset }) => offset);
    const ends = await listOffsets(
      this.#source,
      late.map((lane) => query(lane, LATEST)),
      options,
    );
    return found.map(({ offset }, index) => {
      const lane = lanes[index];
      return offset >= 0 || lane === undefined ? offset : (ends[late.indexOf(lane)]?.offset ?? 0);
    });
  }

  #stream(address: string): FetchStream {
    const open = this.#streams.get(address);
    if (open !== undefined) return open;
    const { ports, connections } = this.#source;
    const stream = new FetchStream(ports.timers, connections.channel(address), () => {
      if (this.#streams.get(address) === stream) this.#streams.delete(address);
    });
    this.#streams.set(address, stream);
    return stream;
  }

  #wake(atMs: number): void {
    if (atMs >= this.#wakeAtMs) return;
    this.#wakeTimer?.cancel();
    this.#wakeAtMs = atMs;
    this.#wakeTimer = this.#source.ports.timers.after(Math.max(atMs - this.#source.ports.clock.nowMs(), 0), () => {
      this.#wakeAtMs = Infinity;
      this.#workSoon();
    });
  }
}

function timestampOf(start: StartFrom | undefined): number {
  if (start === 'earliest') return EARLIEST;
  return typeof start === 'object' ? start.timestamp : LATEST;
}
