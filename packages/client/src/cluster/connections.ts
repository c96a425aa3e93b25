import type { Rpc, RpcChannel } from '@moldau/base';
import { MoldauError } from '../errors.ts';

/** One channel to each address that was ever a broker's: as many as the cluster has brokers, or had. */
export class Connections {
  readonly #rpc: Rpc;
  readonly #clientId: string;
  readonly #channels = new Map<string, RpcChannel>();
  #closed = false;

  constructor(rpc: Rpc, clientId: string) {
    this.#rpc = rpc;
    this.#clientId = clientId;
  }

  /** @throws MoldauError CLOSED: who is still at work when the client is closed must not dial again */
  channel(address: string): RpcChannel {
    if (this.#closed) throw new MoldauError('CLOSED', 'the client is closed');
    const open = this.#channels.get(address);
    if (open !== undefined) return open;
    const channel = this.#rpc.connect(address, { purpose: 'client', clientId: this.#clientId });
    this.#channels.set(address, channel);
    return channel;
  }

  close(): void {
    this.#closed = true;
    for (const channel of this.#channels.values()) channel.close();
    this.#channels.clear();
  }
}
