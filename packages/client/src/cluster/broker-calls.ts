import { type AbortSignalLike, type RpcChannel, RpcError, randomInteger } from '@moldau/base';
import { ApiService } from '@moldau/proto';
import { errorFromCall, MoldauError } from '../errors.ts';
import type { ClientPorts } from '../ports.ts';
import { abortable, backoffMs, delay, Ending, throwIfAborted } from '../waiting.ts';
import type { Connections } from './connections.ts';

/** How long a call may take and who may end it. */
export interface CallOptions {
  /** For all attempts together, in ms. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignalLike | undefined;
  /**
   * A change that a second try would report wrongly: a topic that the first try created exists already. It ends when a
   * broker says that the outcome is unknown. Default: false.
   */
  readonly isMadeOnce?: boolean;
}

/**
 * Calls that any broker can answer. Stays with the broker that answered last; after a failure it goes to the next, waits
 * a little, and tries until the time is up. An attempt whose answer was lost may have been carried out.
 */
export class BrokerCalls {
  readonly #ports: ClientPorts;
  readonly #connections: Connections;
  readonly #bootstrap: readonly string[];
  readonly #attemptTimeoutMs: number;
  #brokers: readonly string[] = [];
  readonly #ending = new Ending();
  #turn: number;
  /** Of the last attempt, when nobody could be talked to in it. */
  #silence: MoldauError | undefined;

  constructor(
    ports: ClientPorts,
    connections: Connections,
    options: { readonly bootstrap: readonly string[]; readonly attemptTimeoutMs: number },
  ) {
    this.#ports = ports;
    this.#connections = connections;
    this.#bootstrap = options.bootstrap;
    this.#attemptTimeoutMs = options.attemptTimeoutMs;
    this.#turn = randomInteger(ports.random, 0, 2 ** 16);
  }

  /** The brokers that can be asked, as the latest metadata says; the bootstrap list stays as the way back in. */
  brokersAre(addresses: readonly string[]): void {
    this.#brokers = addresses;
  }

  /** What is under way ends at once, with CLOSED. */
  close(): void {
    this.#ending.end(new MoldauError('CLOSED', 'the client is closed'));
  }

  /** @throws MoldauError the last attempt's, or ABORTED, CLOSED */
  async any<T>(
    attempt: (channel: RpcChannel, options: { timeoutMs: number; signal: AbortSignalLike }) => Promise<T>,
    options: CallOptions,
  ): Promise<T> {
    const ending = new Ending(this.#ending, options.signal);
    try {
      return await this.#any(attempt, options, ending);
    } finally {
      ending.unlink();
    }
  }

  /** The error for one who could not wait longer for an answer of any broker. */
  unanswered(timeoutMs: number): MoldauError {
    return this.#givenUp(this.#silence ?? new MoldauError('TIMED_OUT', 'nothing was heard'), timeoutMs);
  }

  async #any<T>(
    attempt: (channel: RpcChannel, options: { timeoutMs: number; signal: AbortSignalLike }) => Promise<T>,
    options: CallOptions,
    signal: AbortSignalLike,
  ): Promise<T> {
    const { clock, timers, random, logger } = this.#ports;
    const deadlineMs = clock.nowMs() + options.timeoutMs;
    const strangers = new Set<string>();
    for (let attempts = 1; ; attempts++) {
      throwIfAborted(signal);
      const timeoutMs = Math.min(this.#attemptTimeoutMs, Math.max(deadlineMs - clock.nowMs(), 1));
      const channel = this.#connections.channel(this.#address());
      try {
        const answer = await abortable(attempt(channel, { timeoutMs, signal }), signal);
        this.#silence = undefined;
        return answer;
      } catch (error) {
        throwIfAborted(signal);
        const isStranger = isUnimplemented(error) && !(await this.#isBroker(channel, { timeoutMs, signal }));
        const failure = isStranger ? notABroker(channel.address, attempts) : errorFromCall(error, { attempts });
        if (isStranger) strangers.add(channel.address);
        if (!(failure instanceof MoldauError)) throw failure;
        if (isStranger ? strangers.size === this.#addresses().length : !failure.retriable) throw failure;
        if (options.isMadeOnce === true && failure.code === 'REQUEST_TIMED_OUT') throw failure;
        this.#silence = isSilence(failure) ? failure : undefined;
        this.#turn++;
        const waitMs = backoffMs(random, attempts);
        const { code, message: reason } = failure;
        logger.debug('client.attempt_failed', { address: channel.address, code, reason, attempts, waitMs });
        if (clock.nowMs() + waitMs >= deadlineMs) throw this.#givenUp(failure, options.timeoutMs);
        await delay(timers, waitMs, signal);
      }
    }
  }

  /**
   * Whether what does not know some call is a broker, of an older version: all brokers describe themselves. A controller does
   * not, nor does a stranger whose address was given by mistake.
   */
  async #isBroker(channel: RpcChannel, limits: { timeoutMs: number; signal: AbortSignalLike }): Promise<boolean> {
    if (this.#brokers.includes(channel.address)) return true;
    try {
      const asked = { topics: [], brokersOnly: true, minMetadataOffset: 0 };
      await abortable(channel.call(ApiService.metadata, asked, limits), limits.signal);
      return true;
    } catch (error) {
      return !isUnimplemented(error);
    }
  }

  #addresses(): readonly string[] {
    return [...new Set([...this.#brokers, ...this.#bootstrap])];
  }

  #address(): string {
    const all = this.#addresses();
    const address = all[this.#turn % all.length];
    if (address === undefined) throw new MoldauError('INVALID_ARGUMENT', 'the bootstrap list is empty: name a broker');
    return address;
  }

  #givenUp(last: MoldauError, timeoutMs: number): MoldauError {
    if (!isSilence(last)) return last;
    const asked = this.#addresses().join(', ');
    return new MoldauError(
      last.code,
      `none of ${asked} answered within ${timeoutMs} ms: see that the cluster runs and that these are its brokers' addresses (${last.message})`,
      { attempts: last.attempts, cause: last },
    );
  }
}

function isSilence({ code }: MoldauError): boolean {
  return code === 'UNREACHABLE' || code === 'TIMED_OUT';
}

function isUnimplemented(error: unknown): boolean {
  return error instanceof RpcError && error.code === 'unimplemented';
}

function notABroker(address: string, attempts: number): MoldauError {
  const message = `${address} is not a broker, though something answers there; if it is a controller: clients talk to brokers, name one of them`;
  return new MoldauError('INVALID_ARGUMENT', message, { attempts });
}
