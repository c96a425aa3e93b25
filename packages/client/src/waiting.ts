import { type AbortSignalLike, type Random, randomFraction, type Timers } from '@moldau/base';
import { MoldauError } from './errors.ts';

/** A promise and how to settle it. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

export function deferred<T>(): Deferred<T> {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<T>((accept, refuse) => {
    resolve = accept;
    reject = refuse;
  });
  return { promise, resolve, reject };
}

/** The error for a signal that has aborted: {@link Ending} says its own. */
function aborted(signal: AbortSignalLike): MoldauError {
  if (signal instanceof Ending && signal.reason !== undefined) return signal.reason;
  return new MoldauError('ABORTED', 'the caller gave up', { cause: signal.reason });
}

/** A signal that this side gives, with the error that those who wait get; or one of its parents, whichever is first. */
export class Ending implements AbortSignalLike {
  readonly #listeners = new Set<() => void>();
  readonly #unlink: (() => void)[] = [];
  #reason: MoldauError | undefined;

  constructor(...parents: readonly (AbortSignalLike | undefined)[]) {
    for (const parent of parents) {
      if (parent === undefined) continue;
      const onAbort = (): void => this.end(aborted(parent));
      if (parent.aborted) onAbort();
      else parent.addEventListener('abort', onAbort, { once: true });
      this.#unlink.push(() => parent.removeEventListener('abort', onAbort));
    }
  }

  get aborted(): boolean {
    return this.#reason !== undefined;
  }

  get reason(): MoldauError | undefined {
    return this.#reason;
  }

  /** The first reason stays. */
  end(reason: MoldauError): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.unlink();
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    for (const listener of listeners) listener();
  }

  /** Its parents, which live longer, know it no more. */
  unlink(): void {
    for (const unlink of this.#unlink.splice(0)) unlink();
  }

  addEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners.add(listener);
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners.delete(listener);
  }
}

/** @throws MoldauError ABORTED, or as the {@link Ending} says */
export function throwIfAborted(signal: AbortSignalLike | undefined): void {
  if (signal?.aborted) throw aborted(signal);
}

/** The promise, or ABORTED as soon as the signal says so. The work behind the promise goes on. */
export function abortable<T>(promise: Promise<T>, signal: AbortSignalLike | undefined): Promise<T> {
  if (signal === undefined) return promise;
  const { promise: either, resolve, reject } = deferred<T>();
  const onAbort = (): void => reject(aborted(signal));
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  const done = (): void => signal.removeEventListener('abort', onAbort);
  promise.then(
    (value) => {
      done();
      resolve(value);
    },
    (error: unknown) => {
      done();
      reject(error);
    },
  );
  return either;
}

/** As {@link abortable}; and with the error of `late` when it takes longer. */
export function within<T>(
  timers: Timers,
  promise: Promise<T>,
  limits: {
    readonly timeoutMs: number;
    readonly signal: AbortSignalLike | undefined;
    readonly late: () => MoldauError;
  },
): Promise<T> {
  const { promise: either, resolve, reject } = deferred<T>();
  const timer = timers.after(Math.max(limits.timeoutMs, 0), () => reject(limits.late()));
  abortable(promise, limits.signal).then(
    (value) => {
      timer.cancel();
      resolve(value);
    },
    (error: unknown) => {
      timer.cancel();
      reject(error);
    },
  );
  return either;
}

/** Resolves after the delay; rejects with ABORTED at once when the signal says so. */
export function delay(timers: Timers, delayMs: number, signal?: AbortSignalLike): Promise<void> {
  const { promise, resolve } = deferred<void>();
  const timer = timers.after(delayMs, () => resolve(undefined));
  if (signal === undefined) return promise;
  const waiting = abortable(promise, signal);
  waiting.catch(() => timer.cancel());
  return waiting;
}

/** A leader's death is healed in some hundred ms, so the first retries are quick. */
const BACKOFF_MS_FIRST = 20;
/** Longer would only add to the gap that a failover leaves. */
const BACKOFF_MS_MAX = 500;
/** So that all who lost the same broker do not come back in one instant. */
const BACKOFF_JITTER = 0.25;

/** How long to wait before the next attempt, after this many failed ones (from 1). */
export function backoffMs(random: Random, failedAttempts: number): number {
  const doubled = BACKOFF_MS_FIRST * 2 ** Math.min(failedAttempts - 1, 16);
  return Math.min(doubled, BACKOFF_MS_MAX) * (1 - BACKOFF_JITTER + 2 * BACKOFF_JITTER * randomFraction(random));
}
