import type { Logger, Rpc, RpcChannel, RpcCloseCode, RpcStreamEvents } from '@moldau/base';
import { RequestError, RpcError } from '@moldau/base';

/** Of the ends of a call or stream, those that say something of the connection. The others are answers, or our own doing. */
const LOSSES: ReadonlySet<RpcCloseCode> = new Set(['refused', 'broken', 'deadline']);

/**
 * Tells the log which brokers this client reaches: each change once as info, and what changes nothing as debug. It sees all
 * that goes through the channels, so that nobody else has to report.
 */
export class ConnectionLog {
  readonly #logger: Logger;
  readonly #reached = new Map<string, boolean>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** A channel that is watched. */
  connect(rpc: Rpc, address: string, options: { readonly purpose: string; readonly clientId: string }): RpcChannel {
    const channel = rpc.connect(address, options);
    return {
      address,
      close: () => channel.close(),
      call: async (method, request, limits) => {
        try {
          const answer = await channel.call(method, request, limits);
          this.#heard(address);
          return answer;
        } catch (error) {
          if (error instanceof RpcError) this.#ended(address, error.code, error.message);
          else if (error instanceof RequestError) this.#heard(address);
          throw error;
        }
      },
      open: (method, events) => channel.open(method, this.#watched(address, events)),
    };
  }

  #watched<Incoming>(address: string, events: RpcStreamEvents<Incoming>): RpcStreamEvents<Incoming> {
    return {
      onMessage: (message) => {
        this.#heard(address);
        events.onMessage(message);
      },
      onReady: () => events.onReady(),
      onClose: (reason) => {
        this.#ended(address, reason.code, reason.message);
        events.onClose(reason);
      },
    };
  }

  #heard(address: string): void {
    if (this.#reached.get(address) === true) return;
    this.#reached.set(address, true);
    this.#logger.info('client.broker_reached', { address });
  }

  #ended(address: string, code: RpcCloseCode, reason: string): void {
    if (!LOSSES.has(code)) return;
    const wasReached = this.#reached.get(address);
    this.#reached.set(address, false);
    if (wasReached === true) this.#logger.info('client.broker_lost', { address, code, reason });
    else if (wasReached === undefined) this.#logger.info('client.broker_unreachable', { address, code, reason });
    else this.#logger.debug('client.broker_unreachable', { address, code, reason });
  }
}
