import type { Clock, Rpc, RpcChannel, RpcCloseReason, RpcStream } from '@moldau/base';
import { type QuorumMessage, QuorumService } from '@moldau/proto';
import type { Message } from '@moldau/raft';
import { toWire } from './message-codec.ts';

/** Beyond it messages are dropped, which Raft tolerates. Larger than what a leader has under way to one follower. */
const WAITING_MESSAGES_MAX = 256;
/** After a loss: shorter than a heartbeat, so that the next one finds a connection again. */
const REDIAL_MS = 50;

/** The one-way stream to one address. It is dialled when there is something to send, and again after a loss. */
export class PeerLink {
  readonly address: string;
  readonly #clock: Clock;
  readonly #channel: RpcChannel;
  readonly #onLost: (reason: RpcCloseReason) => void;
  #stream: RpcStream<QuorumMessage> | undefined;
  #waiting: Message[] = [];
  #redialAtMs = Number.NEGATIVE_INFINITY;
  #closed = false;
  usedAtMs: number;
  droppedCount = 0;

  constructor(
    clock: Clock,
    rpc: Rpc,
    address: string,
    options: { clientId: string; onLost: (reason: RpcCloseReason) => void },
  ) {
    this.address = address;
    this.#clock = clock;
    this.#channel = rpc.connect(address, { purpose: 'quorum', clientId: options.clientId });
    this.#onLost = options.onLost;
    this.usedAtMs = clock.nowMs();
  }

  send(message: Message): void {
    this.usedAtMs = this.#clock.nowMs();
    const stream = this.#stream ?? this.#dial();
    if (stream === undefined) this.droppedCount += 1;
    else if (this.#waiting.length === 0 && stream.ready()) stream.send(toWire(message));
    else if (this.#waiting.length < WAITING_MESSAGES_MAX) this.#waiting.push(message);
    else this.droppedCount += 1;
  }

  close(): void {
    this.#closed = true;
    this.#stream?.close();
    this.#channel.close();
  }

  #dial(): RpcStream<QuorumMessage> | undefined {
    if (this.#closed || this.#clock.nowMs() < this.#redialAtMs) return undefined;
    const stream: RpcStream<QuorumMessage> = this.#channel.open(QuorumService.deliver, {
      onMessage: () => undefined,
      onReady: () => this.#sendWaiting(),
      onClose: (reason) => this.#lost(reason),
    });
    this.#stream = stream;
    return stream;
  }

  #sendWaiting(): void {
    const stream = this.#stream;
    while (stream?.ready()) {
      const message = this.#waiting.shift();
      if (message === undefined) return;
      stream.send(toWire(message));
    }
  }

  #lost(reason: RpcCloseReason): void {
    this.#stream = undefined;
    this.#waiting = [];
    this.#redialAtMs = this.#clock.nowMs() + REDIAL_MS;
    if (!this.#closed) this.#onLost(reason);
  }
}
