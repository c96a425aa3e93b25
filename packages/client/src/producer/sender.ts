import { assert, type RpcCloseReason, type Timer } from '@moldau/base';
import { ApiService, type ProduceResult } from '@moldau/proto';
import type { BrokerCalls } from '../cluster/broker-calls.ts';
import type { ClusterMetadata, Leader } from '../cluster/cluster-metadata.ts';
import type { Connections } from '../cluster/connections.ts';
import { MoldauError } from '../errors.ts';
import type { ClientPorts } from '../ports.ts';
import { backoffMs } from '../waiting.ts';
import { attemptEnd } from './attempt-outcome.ts';
import type { AttemptOutcome, LineVerdict } from './delivery-line.ts';
import type { PartitionQueue } from './partition-queue.ts';
import { type ProduceAttempt, ProduceStream } from './produce-stream.ts';
import type { ProducerBatch, ProducerIdentity } from './producer-batch.ts';
import type { ProducerLimits } from './producer-options.ts';

/** Epochs have 16 bits on the wire. */
const PRODUCER_EPOCH_MAX = 2 ** 15 - 1;

/** What the sender shares with the rest of its client. */
export interface SenderContext {
  readonly ports: ClientPorts;
  readonly connections: Connections;
  readonly calls: BrokerCalls;
  readonly metadata: ClusterMetadata;
  readonly limits: ProducerLimits;
  /** A batch was closed: the sticky partition may change. */
  readonly onClosed: (queue: PartitionQueue) => void;
}

/**
 * Moves batches from the partitions' queues to their leaders. All work is done once per turn, in {@link Sender.drain}:
 * what was queued in one turn leaves in one message per broker.
 */
export class Sender {
  readonly #context: SenderContext;
  /** Queues with something in them. */
  readonly #busy = new Set<PartitionQueue>();
  readonly #streams = new Map<string, ProduceStream>();
  readonly #unsubscribe: () => void;
  #identity: ProducerIdentity | undefined;
  #identityAsked = false;
  #draining = false;
  #wakeAtMs = Infinity;
  #wakeTimer: Timer | undefined;
  #ended = false;

  constructor(context: SenderContext) {
    this.#context = context;
    this.#unsubscribe = context.metadata.onChange(() => this.#onMetadata());
  }

  /** Something was put into this queue. */
  queued(queue: PartitionQueue): void {
    this.#busy.add(queue);
    this.drainSoon();
  }

  drainSoon(): void {
    if (this.#draining || this.#ended) return;
    this.#draining = true;
    this.#context.ports.timers.endOfTurn(() => {
      this.#draining = false;
      if (!this.#ended) this.#drain();
    });
  }

  /** All that is not settled. */
  *unsettled(): Iterable<ProducerBatch> {
    for (const queue of this.#busy) yield* queue.batches();
  }

  /** Fails what is left and ends the streams. */
  end(): void {
    this.#ended = true;
    this.#unsubscribe();
    this.#wakeTimer?.cancel();
    for (const queue of this.#busy) {
      for (const batch of [...queue.batches()]) {
        this.#giveUp(queue, batch, new MoldauError('CLOSED', 'the producer was closed before this was delivered'));
      }
    }
    this.#busy.clear();
    for (const stream of this.#streams.values()) stream.close();
    this.#streams.clear();
  }

  #drain(): void {
    const nowMs = this.#context.ports.clock.nowMs();
    const outgoing = new Map<string, ProduceAttempt[]>();
    for (const queue of this.#busy) {
      this.#expire(queue, nowMs);
      if (queue.isEmpty) {
        this.#busy.delete(queue);
        continue;
      }
      this.#advance(queue, nowMs, outgoing);
    }
    for (const [address, attempts] of outgoing) {
      this.#stream(address).send(attempts);
      if (this.#context.limits.acks === 0) for (const { batch } of attempts) batch.succeed(-1);
    }
  }

  /** Sends what this queue may send now, or arranges to be woken when it may. */
  #advance(queue: PartitionQueue, nowMs: number, outgoing: Map<string, ProduceAttempt[]>): void {
    const { metadata, limits } = this.#context;
    const { line } = queue;
    const topic = metadata.topic(queue.topic);
    const leader = metadata.leader(queue.topic, queue.partition);
    this.#wake(queue.firstDeadlineMs);
    const gone = topic === undefined ? metadata.gone(queue.topic, limits.topicTimeoutMs) : undefined;
    if (gone !== undefined) {
      for (const batch of [...queue.batches()]) this.#giveUp(queue, batch, gone);
      return;
    }
    if (topic === undefined || leader === undefined) {
      this.#awaitLeader(queue, nowMs);
      return;
    }
    if (!this.#prepareLine(queue, topic.topicId)) return;
    // A leader that was not tried yet need not wait for what the last one did.
    if (nowMs < queue.retryAtMs && leader.leaderEpoch <= queue.sentEpoch) {
      this.#wake(queue.retryAtMs);
      return;
    }
    if (!this.#stream(leader.address).ready()) return;
    // Parts of a batch that was too large take its place in the line.
    if (!line.batches.every((batch) => this.#isPacked(batch))) return;
    const batches = [...line.takeResends()];
    const unanswered = limits.acks === 0;
    while (unanswered || line.mayAdmit) {
      const batch = this.#next(queue, nowMs);
      if (batch === undefined) break;
      if (!unanswered) line.admit(batch);
      batches.push(batch);
    }
    if (batches.length === 0) return;
    queue.sentTo = leader.address;
    queue.sentEpoch = leader.leaderEpoch;
    const attempts = outgoing.get(leader.address) ?? [];
    for (const batch of batches) attempts.push(this.#attempt(queue, batch, leader));
    outgoing.set(leader.address, attempts);
  }

  /** The next batch that was not sent yet and is due. */
  #next(queue: PartitionQueue, nowMs: number): ProducerBatch | undefined {
    if (queue.closed.length === 0) {
      const lingerEndMs = queue.lingerEndMs(this.#context.limits.lingerMs);
      if (lingerEndMs > nowMs) {
        this.#wake(lingerEndMs);
        return undefined;
      }
      if (queue.close() !== undefined) this.#context.onClosed(queue);
    }
    const batch = queue.nextClosed(this.#context.ports.checksum);
    if (batch === undefined || !this.#isPacked(batch)) return undefined;
    queue.closed.shift();
    return batch;
  }

  /**
   * Whether the batch can be sent as it is. If not, it is being compressed, and this queue is looked at again when that is done:
   * one batch of a partition at a time, in its place, so that the order stays.
   */
  #isPacked(batch: ProducerBatch): boolean {
    const { limits, ports } = this.#context;
    if (limits.compression === 'none' || batch.isPacked) return true;
    batch.pack(ports, limits.compression)?.then(
      () => this.drainSoon(),
      (error: unknown) => {
        // It is none the worse for being sent as it is.
        const fields = { partition: batch.partition, codec: limits.compression, err: error };
        ports.logger.error('producer.compression_failed', fields);
        this.drainSoon();
      },
    );
    return false;
  }

  /** Sees that the line's numbers are good for this topic and this identity. False: not yet. */
  #prepareLine(queue: PartitionQueue, topicId: string): boolean {
    const { line } = queue;
    const { idempotent, batchBytesMax } = this.#context.limits;
    const renamed = queue.topicId !== topicId && queue.topicId !== '';
    if (renamed) {
      line.breakOff();
      queue.batchBytesMax = batchBytesMax;
    }
    if (line.mustRenew) this.#renew(queue);
    else if (renamed && idempotent && line.batches.length > 0) return false;
    else if (renamed) this.#raiseEpoch(queue);
    queue.topicId = topicId;
    if (!idempotent) return true;
    queue.identity ??= this.#identity;
    if (queue.identity === undefined) this.#askIdentity();
    return queue.identity !== undefined;
  }

  /** Gives what waits new numbers; what is too large for its topic goes on as parts. */
  #renew(queue: PartitionQueue): void {
    const { checksum } = this.#context.ports;
    const lost = queue.line.renew((batch) => batch.split(queue.batchBytesMax, checksum));
    for (const batch of lost) batch.fail(outcomeUnknown(queue, batch, 'its place in the sequence was lost'));
    if (queue.identityVoid) this.#loseIdentity(queue);
    else this.#raiseEpoch(queue);
  }

  #raiseEpoch(queue: PartitionQueue): void {
    const { identity } = queue;
    if (identity === undefined) return;
    if (identity.producerEpoch < PRODUCER_EPOCH_MAX) {
      queue.identity = { ...identity, producerEpoch: identity.producerEpoch + 1 };
      return;
    }
    this.#loseIdentity(queue);
  }

  #loseIdentity(queue: PartitionQueue): void {
    if (this.#identity?.producerId === queue.identity?.producerId) this.#identity = undefined;
    queue.identity = undefined;
    queue.identityVoid = false;
  }

  #attempt(queue: PartitionQueue, batch: ProducerBatch, leader: Leader): ProduceAttempt {
    const { limits, ports } = this.#context;
    batch.attempts++;
    return {
      batch,
      item: {
        topicId: queue.topicId,
        partition: queue.partition,
        leaderEpoch: leader.leaderEpoch,
        acks: limits.acks === 'all' ? -1 : limits.acks,
        timeoutMs: limits.requestTimeoutMs,
        records: batch.stamp(queue.identity, ports.checksum),
      },
      onEnd: (end) => this.#onEnd(queue, batch, end),
    };
  }

  #onEnd(queue: PartitionQueue, batch: ProducerBatch, end: ProduceResult | RpcCloseReason): void {
    const { metadata, ports } = this.#context;
    const { topic, partition } = queue;
    const { recordCount } = batch;
    const { outcome, baseOffset, error, refresh, identityLost } = attemptEnd(end, { topic, partition, recordCount });
    assert(outcome === 'delivered' || error !== undefined, 'a failed attempt says why');
    batch.lastError = error;
    if (error !== undefined && outcome !== 'delivered') this.#logFailure(batch, error, outcome);
    if (outcome === 'tooLarge') queue.refusedSize(batch.sizeBytes);
    this.#answered(queue, batch, outcome, baseOffset);
    if (identityLost) {
      queue.identityVoid = true;
      queue.line.breakOff();
    }
    if (outcome === 'delivered') {
      queue.failedAttempts = 0;
      queue.retryAtMs = 0;
    } else if (outcome !== 'tooLarge') {
      const hinted = 'currentLeader' in end && metadata.learnLeader(topic, partition, end.currentLeader);
      queue.failedAttempts++;
      if (!hinted) queue.retryAtMs = ports.clock.nowMs() + backoffMs(ports.random, queue.failedAttempts);
      if (refresh && !hinted) metadata.refreshSoon();
    }
    this.drainSoon();
  }

  #logFailure({ attempts }: ProducerBatch, error: MoldauError, outcome: AttemptOutcome): void {
    const { topic, partition, code, message: reason } = error;
    const fields = { topic, partition, code, reason, outcome, attempts };
    this.#context.ports.logger.debug('producer.attempt_failed', fields);
  }

  #answered(queue: PartitionQueue, batch: ProducerBatch, outcome: AttemptOutcome, baseOffset: number): void {
    for (const verdict of queue.line.answered(batch, outcome)) {
      this.#settle(queue, verdict.batch, verdict.kind, baseOffset);
    }
  }

  #settle(
    queue: PartitionQueue,
    batch: ProducerBatch,
    kind: LineVerdict<ProducerBatch>['kind'],
    baseOffset: number,
  ): void {
    const cause = batch.lastError;
    switch (kind) {
      case 'retry':
        return;
      case 'delivered':
        batch.succeed(baseOffset);
        return;
      case 'refused':
        assert(cause !== undefined, 'a refusal has a reason');
        batch.fail(batch.maybeAppended ? outcomeUnknown(queue, batch, cause.message) : cause);
        return;
      case 'overtaken':
        batch.fail(
          new MoldauError(
            'OUT_OF_ORDER_SEQUENCE_NUMBER',
            'not written, and later records are: sending it again would put it behind them',
            { topic: queue.topic, partition: queue.partition, attempts: batch.attempts, cause },
          ),
        );
    }
  }

  #expire(queue: PartitionQueue, nowMs: number): void {
    if (queue.firstDeadlineMs > nowMs) return;
    for (const batch of [...queue.batches()]) {
      if (batch.deadlineMs > nowMs) continue;
      const timeout = `not delivered within ${this.#context.limits.deliveryTimeoutMs} ms`;
      this.#giveUp(
        queue,
        batch,
        new MoldauError('TIMED_OUT', `${timeout}${lastWords(batch)}`, {
          topic: queue.topic,
          partition: queue.partition,
          attempts: batch.attempts,
          cause: batch.lastError,
        }),
      );
    }
  }

  #giveUp(queue: PartitionQueue, batch: ProducerBatch, error: MoldauError): void {
    const sent = batch.inFlight || batch.maybeAppended;
    queue.remove(batch);
    this.#streams.get(queue.sentTo)?.forget(new Set([batch]));
    batch.fail(sent ? outcomeUnknown(queue, batch, error.message) : error);
  }

  #stream(address: string): ProduceStream {
    const open = this.#streams.get(address);
    if (open !== undefined) return open;
    const { ports, connections, limits, metadata } = this.#context;
    const stream = new ProduceStream(ports, connections.channel(address), limits.requestTimeoutMs, {
      onReady: () => this.drainSoon(),
      onSlow: () => metadata.refreshSoon(),
      onClose: () => {
        if (this.#streams.get(address) === stream) this.#streams.delete(address);
        this.drainSoon();
      },
    });
    this.#streams.set(address, stream);
    return stream;
  }

  /**
   * What is in flight to a broker that leads no longer, and does not say so, is taken back and sent to the new leader: a
   * broker that is cut off may stay silent for long, and its answers could no longer be acknowledgements.
   */
  #onMetadata(): void {
    for (const queue of this.#busy) {
      const leader = this.#context.metadata.leader(queue.topic, queue.partition);
      if (leader === undefined || leader.address === queue.sentTo || queue.line.inFlightCount === 0) continue;
      const inFlight = new Set(queue.line.batches.filter((batch) => batch.inFlight));
      this.#streams.get(queue.sentTo)?.forget(inFlight);
      for (const batch of inFlight) this.#answered(queue, batch, 'unknown', -1);
    }
    this.drainSoon();
  }

  #askIdentity(): void {
    if (this.#identityAsked) return;
    this.#identityAsked = true;
    const { calls, limits } = this.#context;
    const asked = calls.any((channel, options) => channel.call(ApiService.initProducerId, {}, options), {
      timeoutMs: limits.deliveryTimeoutMs,
    });
    asked.then(
      ({ producerId, producerEpoch }) => {
        this.#identityAsked = false;
        this.#identity = { producerId, producerEpoch };
        this.drainSoon();
      },
      (error: unknown) => {
        this.#identityAsked = false;
        if (!this.#ended) this.#failWithoutIdentity(error);
      },
    );
  }

  #failWithoutIdentity(error: unknown): void {
    const why = 'the producer got no id for its sequence numbers';
    const failure =
      error instanceof MoldauError
        ? new MoldauError(error.code, `${why}: ${error.message}`, { cause: error })
        : new MoldauError('UNKNOWN_SERVER_ERROR', `${why}: ${String(error)}`, { cause: error });
    for (const queue of this.#busy) {
      if (queue.identity !== undefined) continue;
      for (const batch of [...queue.batches()]) this.#giveUp(queue, batch, failure);
    }
  }

  /** While a leader is missing, metadata is asked for again and again, ever more slowly. */
  #awaitLeader(queue: PartitionQueue, nowMs: number): void {
    const { metadata, ports } = this.#context;
    if (nowMs >= queue.retryAtMs) {
      queue.failedAttempts++;
      queue.retryAtMs = nowMs + backoffMs(ports.random, queue.failedAttempts);
      metadata.lookAgain(queue.topic);
    }
    this.#wake(queue.retryAtMs);
  }

  /** Drains again at this time or before. */
  #wake(atMs: number): void {
    if (atMs >= this.#wakeAtMs || this.#ended) return;
    this.#wakeTimer?.cancel();
    this.#wakeAtMs = atMs;
    this.#wakeTimer = this.#context.ports.timers.after(Math.max(atMs - this.#context.ports.clock.nowMs(), 0), () => {
      this.#wakeAtMs = Infinity;
      this.drainSoon();
    });
  }
}

function outcomeUnknown(queue: PartitionQueue, batch: ProducerBatch, why: string): MoldauError {
  return new MoldauError(
    'OUTCOME_UNKNOWN',
    `sent ${batch.attempts} times and never acknowledged, it may be in the log or not: look before sending it again (${why})`,
    { topic: queue.topic, partition: queue.partition, attempts: batch.attempts, cause: batch.lastError },
  );
}

function lastWords(batch: ProducerBatch): string {
  return batch.lastError === undefined ? '' : `; the last attempt: ${batch.lastError.message}`;
}
