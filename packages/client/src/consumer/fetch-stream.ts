import { assert, type RpcChannel, type RpcCloseReason, type RpcStream, type Timers } from '@moldau/base';
import { ApiService, type FetchPush, type FetchRequest, type FetchSubscribe } from '@moldau/proto';

/** Who hears of one subscription. */
export interface FetchEvents {
  readonly onPush: (push: FetchPush) => void;
  readonly onClose: (reason: RpcCloseReason) => void;
}

/**
 * The stream of subscriptions to one broker. What is asked for in one turn leaves as one message. Credit is what bounds
 * memory: the broker sends no more than was granted, but for the rest of a batch.
 */
export class FetchStream {
  readonly #timers: Timers;
  readonly #onClose: () => void;
  readonly #stream: RpcStream<FetchRequest>;
  readonly #subscriptions = new Map<number, FetchEvents>();
  #subscriptionNext = 1;
  #subscribe: FetchSubscribe[] = [];
  #unsubscribe: number[] = [];
  readonly #credit = new Map<number, number>();
  #flushing = false;
  #closed = false;

  constructor(timers: Timers, channel: RpcChannel, onClose: () => void) {
    this.#timers = timers;
    this.#onClose = onClose;
    this.#stream = channel.open(ApiService.fetch, {
      onMessage: (response) => {
        for (const push of response.pushes) this.#subscriptions.get(push.subscription)?.onPush(push);
      },
      onReady: () => this.#flushSoon(),
      onClose: (reason) => this.#closedBy(reason),
    });
  }

  /** @returns the subscription's number on this stream */
  subscribe(wanted: Omit<FetchSubscribe, 'subscription'>, events: FetchEvents): number {
    assert(!this.#closed, 'one subscribes on an open stream');
    const subscription = this.#subscriptionNext++;
    this.#subscriptions.set(subscription, events);
    this.#subscribe.push({ ...wanted, subscription });
    this.#flushSoon();
    return subscription;
  }

  unsubscribe(subscription: number): void {
    if (!this.#subscriptions.delete(subscription) || this.#closed) return;
    this.#credit.delete(subscription);
    this.#unsubscribe.push(subscription);
    this.#flushSoon();
  }

  grant(subscription: number, creditBytes: number): void {
    if (!this.#subscriptions.has(subscription)) return;
    this.#credit.set(subscription, (this.#credit.get(subscription) ?? 0) + creditBytes);
    this.#flushSoon();
  }

  close(): void {
    if (this.#closed) return;
    this.#subscriptions.clear();
    this.#stream.close();
  }

  #flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    this.#timers.endOfTurn(() => {
      this.#flushing = false;
      if (!this.#closed && this.#stream.ready()) this.#flush();
    });
  }

  #flush(): void {
    const credit = [...this.#credit].map(([subscription, creditBytes]) => ({ subscription, creditBytes }));
    const request = { subscribe: this.#subscribe, unsubscribe: this.#unsubscribe, credit };
    this.#subscribe = [];
    this.#unsubscribe = [];
    this.#credit.clear();
    if (request.subscribe.length + request.unsubscribe.length + credit.length > 0) this.#stream.send(request);
  }

  #closedBy(reason: RpcCloseReason): void {
    this.#closed = true;
    const orphans = [...this.#subscriptions.values()];
    this.#subscriptions.clear();
    this.#onClose();
    for (const events of orphans) events.onClose(reason);
  }
}
