import type { Rpc, RpcChannel } from '@moldau/base';
import { MoldauError } from '../errors.ts';
import type { ClientPorts } from '../ports.ts';
import { ConnectionLog } from './connection-log.ts';

/** One channel to each address that was ever a broker's: as many as the cluster has brokers, or had. */
export class Connections {
  readonly #rpc: Rpc;
  readonly #clientId: string;
  readonly #log: ConnectionLog;
  readonly #channels = new Map<string, RpcChannel>();
  #closed = false;

  constructor({ rpc, logger }: Pick<ClientPorts, 'rpc' | 'logger'>, clientId: string) {
    this.#rpc = rpc;
    this.#clientId = clientId;
    this.#log = new ConnectionLog(logger);
  }

  /** @throws MoldauError CLOSED: who is still at work when the client is closed must not dial again */
  channel(address: string): RpcChannel {
    if (this.#closed) throw new MoldauError('CLOSED', 'the client is closed');
    const open = this.#channels.get(address);
    if (open !== undefined) return open;
    const channel = this.#log.connect(this.#rpc, address, { purpose: 'client', clientId: this.#clientId });
    this.#channels.set(address, channel);
    return channel;
  }

  close(): void {
    this.#closed = true;
    for (const channel of this.#channels.values()) channel.close();
    this.#channels.clear();
  }
}
