import type { RpcChannel, RpcCloseReason, RpcStream, Timer } from '@moldau/base';
import { ApiService, type ProduceItem, type ProduceRequest, type ProduceResult } from '@moldau/proto';
import type { ClientPorts } from '../ports.ts';
import type { ProducerBatch } from './producer-batch.ts';

/** Items of one message, in bytes: larger ones gain nothing and delay what is behind them. */
const MESSAGE_BYTES_MAX = 1024 * 1024;
/** An answer this late makes the owner look whether somebody else leads by now; a healthy one takes some ms. */
const SLOW_ANSWER_MS = 1_000;

/** What is sent for one batch; the answer comes back with it. */
export interface ProduceAttempt {
  readonly batch: ProducerBatch;
  readonly item: Omit<ProduceItem, 'correlation'>;
  /** The answer; or why there is none: then whether it was carried out is unknown unless the reason is `refused`. */
  readonly onEnd: (result: ProduceResult | RpcCloseReason) => void;
}

interface Pending {
  readonly attempt: ProduceAttempt;
  readonly sentMs: number;
}

/** The stream of batches to one broker, and who waits for which answer. Ends once; its owner opens another. */
export class ProduceStream {
  readonly #ports: ClientPorts;
  readonly #requestTimeoutMs: number;
  readonly #events: { readonly onReady: () => void; readonly onSlow: () => void; readonly onClose: () => void };
  readonly #stream: RpcStream<ProduceRequest>;
  readonly #pending = new Map<number, Pending>();
  #correlationNext = 1;
  #timer: Timer | undefined;
  #closed = false;

  constructor(
    ports: ClientPorts,
    channel: RpcChannel,
    requestTimeoutMs: number,
    events: { readonly onReady: () => void; readonly onSlow: () => void; readonly onClose: () => void },
  ) {
    this.#ports = ports;
    this.#requestTimeoutMs = requestTimeoutMs;
    this.#events = events;
    this.#stream = channel.open(ApiService.produce, {
      onMessage: (response) => {
        for (const result of response.results) this.#onResult(result);
      },
      onReady: events.onReady,
      onClose: (reason) => this.#onClose(reason),
    });
  }

  ready(): boolean {
    return !this.#closed && this.#stream.ready();
  }

  /** Sends in order. With acks 0 there will be no answer and `onEnd` is not called. */
  send(attempts: readonly ProduceAttempt[]): void {
    const sentMs = this.#ports.clock.nowMs();
    let items: ProduceItem[] = [];
    let messageBytes = 0;
    for (const attempt of attempts) {
      const correlation = this.#correlationNext;
      this.#correlationNext = (this.#correlationNext + 1) >>> 0;
      if (attempt.item.acks !== 0) this.#pending.set(correlation, { attempt, sentMs });
      if (items.length > 0 && messageBytes + attempt.item.records.length > MESSAGE_BYTES_MAX) {
        this.#stream.send({ items });
        items = [];
        messageBytes = 0;
      }
      items.push({ ...attempt.item, correlation });
      messageBytes += attempt.item.records.length;
    }
    if (items.length > 0) this.#stream.send({ items });
    this.#watch();
  }

  /** The owner has given these up: their answers mean nothing any more. */
  forget(batches: ReadonlySet<ProducerBatch>): void {
    for (const [correlation, { attempt }] of this.#pending) {
      if (batches.has(attempt.batch)) this.#pending.delete(correlation);
    }
  }

  close(reason?: RpcCloseReason): void {
    if (!this.#closed) this.#stream.close(reason);
  }

  #onResult(result: ProduceResult): void {
    const pending = this.#pending.get(result.correlation);
    if (pending === undefined) return;
    this.#pending.delete(result.correlation);
    pending.attempt.onEnd(result);
  }

  #onClose(reason: RpcCloseReason): void {
    this.#closed = true;
    this.#timer?.cancel();
    const unanswered = [...this.#pending.values()];
    this.#pending.clear();
    this.#events.onClose();
    for (const { attempt } of unanswered) attempt.onEnd(reason);
  }

  /** One timer for the stream: what was sent first is late first. */
  #watch(): void {
    if (this.#timer !== undefined || this.#closed || this.#pending.size === 0) return;
    this.#timer = this.#ports.timers.after(SLOW_ANSWER_MS, () => {
      // Answers that wait in the socket behind a stall of this process are no fault of the broker's.
      this.#ports.timers.afterPoll(() => this.#judge());
    });
  }

  #judge(): void {
    this.#timer = undefined;
    const [oldest] = this.#pending.values();
    if (this.#closed || oldest === undefined) return;
    const ageMs = this.#ports.clock.nowMs() - oldest.sentMs;
    if (ageMs >= this.#requestTimeoutMs) {
      this.close({ code: 'deadline', message: `no answer within ${this.#requestTimeoutMs} ms` });
      return;
    }
    if (ageMs >= SLOW_ANSWER_MS) this.#events.onSlow();
    this.#watch();
  }
}
