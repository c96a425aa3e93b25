import type { Rpc, RpcChannel } from '@moldau/base';

/** One channel to each address that was ever a broker's: as many as the cluster has brokers, or had. */
export class Connections {
  readonly #rpc: Rpc;
  readonly #clientId: string;
  readonly #channels = new Map<string, RpcChannel>();

  constructor(rpc: Rpc, clientId: string) {
    this.#rpc = rpc;
    this.#clientId = clientId;
  }

  channel(address: string): RpcChannel {
    const open = this.#channels.get(address);
    if (open !== undefined) return open;
    const channel = this.#rpc.connect(address, { purpose: 'client', clientId: this.#clientId });
    this.#channels.set(address, channel);
    return channel;
  }

  close(): void {
    for (const channel of this.#channels.values()) channel.close();
    this.#channels.clear();
  }
}
