import {
  type ClusterId,
  type Logger,
  type NodeId,
  type Ports,
  RequestError,
  type RpcChannel,
  RpcError,
  type UnaryMethod,
} from '@moldau/base';
import { ControllerService, type DescribeQuorumResponse } from '@moldau/proto';
import { Backoff, pause } from './backoff.ts';

const DESCRIBE_TIMEOUT_MS = 1000;
/** Nodes that have not answered by then are not waited for before all are asked again: one may be cut off. */
const ASK_AGAIN_MS = 250;
const SEARCH_MS_MIN = 20;
const SEARCH_MS_MAX = 500;
/** Addresses remembered: voters come and go, the quorum is small. */
const ADDRESSES_MAX = 32;

export interface ActiveController {
  readonly nodeId: NodeId;
  readonly address: string;
  readonly clusterId: ClusterId;
}

/** Knows the way to the quorum: who is the active controller, and how to ask again when it is not any more. */
export class ControllerLink {
  readonly #ports: Pick<Ports, 'rpc' | 'timers' | 'random'>;
  readonly #logger: Logger;
  readonly #clientId: string;
  readonly #channels = new Map<string, RpcChannel>();
  #addresses: readonly string[];
  #active: ActiveController | undefined;
  #search: Promise<ActiveController> | undefined;
  #closed = false;

  constructor(
    ports: Pick<Ports, 'rpc' | 'timers' | 'random'>,
    logger: Logger,
    of: { readonly bootstrap: readonly string[]; readonly clientId: string },
  ) {
    this.#ports = ports;
    this.#logger = logger;
    this.#addresses = of.bootstrap;
    this.#clientId = of.clientId;
  }

  /** As far as is known now. */
  get active(): ActiveController | undefined {
    return this.#active;
  }

  /** Every quorum node that is known, the active one first. */
  get addresses(): readonly string[] {
    const active = this.#active?.address;
    return active === undefined ? this.#addresses : [active, ...this.#addresses.filter((each) => each !== active)];
  }

  channel(address: string, purpose: string): RpcChannel {
    const key = `${purpose} ${address}`;
    let channel = this.#channels.get(key);
    if (channel === undefined) {
      channel = this.#ports.rpc.connect(address, { purpose, clientId: this.#clientId });
      this.#channels.set(key, channel);
    }
    return channel;
  }

  /** Asks all known nodes until one names an active controller. Ends only with an answer, or when the link is closed. */
  find(): Promise<ActiveController> {
    if (this.#active !== undefined) return Promise.resolve(this.#active);
    this.#search ??= this.#find().finally(() => {
      this.#search = undefined;
    });
    return this.#search;
  }

  /** It did not answer, or says that it is not the active one: the next call asks around again. */
  lost(controller: ActiveController): void {
    if (this.#active?.address === controller.address) this.#active = undefined;
  }

  /**
   * Asks the active controller, and the next one when it turns out not to be.
   *
   * @throws RpcError with an unknown outcome, or when the time is over; RequestError as the controller refused
   */
  async call<Request, Response>(
    method: UnaryMethod<Request, Response>,
    request: Request,
    timeoutMs: number,
  ): Promise<Response> {
    let isOver = false;
    const timer = this.#ports.timers.after(timeoutMs, () => {
      isOver = true;
    });
    const backoff = new Backoff(this.#ports.random, { msMin: SEARCH_MS_MIN, msMax: SEARCH_MS_MAX });
    try {
      for (;;) {
        const controller = await this.#within(timeoutMs, this.find());
        try {
          return await this.channel(controller.address, 'control').call(method, request, { timeoutMs });
        } catch (error) {
          if (isElsewhere(error) || error instanceof RpcError) this.lost(controller);
          // Only a refused connection proves that nothing happened: all else may have, and is the caller's to judge.
          const isUntouched = isElsewhere(error) || (error instanceof RpcError && error.code === 'refused');
          if (!isUntouched || isOver || this.#closed) throw error;
        }
        await pause(this.#ports.timers, backoff.next());
      }
    } finally {
      timer.cancel();
    }
  }

  close(): void {
    this.#closed = true;
    for (const channel of this.#channels.values()) channel.close();
    this.#channels.clear();
  }

  async #find(): Promise<ActiveController> {
    const backoff = new Backoff(this.#ports.random, { msMin: SEARCH_MS_MIN, msMax: SEARCH_MS_MAX });
    while (!this.#closed) {
      const answers = this.#addresses.map((address) => this.#ask(address));
      const found = await Promise.race([firstOf(answers), pause(this.#ports.timers, ASK_AGAIN_MS)]);
      if (found !== undefined) {
        this.#active = found;
        return found;
      }
      await pause(this.#ports.timers, backoff.next());
    }
    throw new RpcError({ code: 'cancelled', message: 'the broker is closing' });
  }

  /** A node counts as active when it says so itself: what others remember may be out of date. */
  async #ask(address: string): Promise<ActiveController | undefined> {
    let quorum: DescribeQuorumResponse;
    try {
      quorum = await this.channel(address, 'control').call(
        ControllerService.describeQuorum,
        {},
        { timeoutMs: DESCRIBE_TIMEOUT_MS },
      );
    } catch (error) {
      if (!(error instanceof RpcError || error instanceof RequestError)) throw error;
      this.#logger.debug('a quorum node does not answer', { address, err: error });
      return undefined;
    }
    for (const voter of quorum.voters) this.#remember(voter.address);
    if (quorum.leaderId !== quorum.nodeId || quorum.leaderId < 0) return undefined;
    return { nodeId: quorum.nodeId, address, clusterId: quorum.clusterId };
  }

  #remember(address: string): void {
    if (address === '' || this.#addresses.includes(address) || this.#addresses.length >= ADDRESSES_MAX) return;
    this.#addresses = [...this.#addresses, address];
  }

  #within<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = this.#ports.timers.after(timeoutMs, () => {
        reject(new RpcError({ code: 'refused', message: `no active controller was found within ${timeoutMs} ms` }));
      });
      work.then(resolve, reject).finally(() => timer.cancel());
    });
  }
}

/** The node that was asked is not the active controller; it did nothing. */
function isElsewhere(error: unknown): boolean {
  return error instanceof RequestError && error.code === 'NOT_CONTROLLER';
}

/** The first that is defined, as soon as it is there; undefined when none is. */
function firstOf<T>(answers: readonly Promise<T | undefined>[]): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    let left = answers.length;
    if (left === 0) resolve(undefined);
    for (const answer of answers) {
      answer.then((value) => {
        left--;
        if (value !== undefined || left === 0) resolve(value);
      }, reject);
    }
  });
}
