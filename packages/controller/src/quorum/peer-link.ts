import type { Clock, Rpc, RpcChannel, RpcCloseReason, RpcStream } from '@moldau/base';
import { type QuorumMessage, QuorumService } from '@moldau/proto';
import type { Message } from '@moldau/raft';
import { toWire } from './message-codec.ts';

/** Beyond it messages are dropped, which Raft tolerates. Larger than what a leader has under way to one follower. */
const WAITING_MESSAGES_MAX = 256;
/** After a loss: shorter than a heartbeat, so that the next one finds a connection again. */
const REDIAL_MS = 50;
/**
 * A stream on which nothing was confirmed for so long is given up for a new connection. TCP would find out by itself,
 * but only after many seconds: its retries back off, and a dial into a dead network hangs until its own timeout.
 */
const UNCONFIRMED_MS_MAX = 2000;

export interface PeerLinkOptions {
  readonly clientId: string;
  /** The stream ended, and not because this side wanted it. */
  readonly onLost: (reason: RpcCloseReason) => void;
}

/** The one-way stream to one address. It is dialled when there is something to send, and again after a loss. */
export class PeerLink {
  readonly address: string;
  readonly #clock: Clock;
  readonly #rpc: Rpc;
  readonly #options: PeerLinkOptions;
  #channel: RpcChannel;
  #stream: RpcStream<QuorumMessage> | undefined;
  #waiting: Message[] = [];
  #redialAtMs = Number.NEGATIVE_INFINITY;
  #unconfirmedSinceMs: number | undefined;
  #isConfirmed = false;
  usedAtMs: number;
  droppedCount = 0;

  constructor(clock: Clock, rpc: Rpc, address: string, options: PeerLinkOptions) {
    this.address = address;
    this.#clock = clock;
    this.#rpc = rpc;
    this.#options = options;
    this.#channel = this.#connect();
    this.usedAtMs = clock.nowMs();
  }

  /** Something that was sent on the present stream has come to whoever is there. */
  get isConfirmed(): boolean {
    return this.#isConfirmed;
  }

  send(message: Message): void {
    const nowMs = this.#clock.nowMs();
    this.usedAtMs = nowMs;
    if (nowMs - (this.#unconfirmedSinceMs ?? nowMs) > UNCONFIRMED_MS_MAX) this.#giveUp();
    const stream = this.#stream ?? this.#dial(nowMs);
    if (stream === undefined) {
      this.droppedCount += 1;
      return;
    }
    this.#unconfirmedSinceMs ??= nowMs;
    if (this.#waiting.length === 0 && stream.ready()) stream.send(toWire(message));
    else if (this.#waiting.length < WAITING_MESSAGES_MAX) this.#waiting.push(message);
    else this.droppedCount += 1;
  }

  close(): void {
    this.#forgetStream();
    this.#channel.close();
  }

  #connect(): RpcChannel {
    return this.#rpc.connect(this.address, { purpose: 'quorum', clientId: this.#options.clientId });
  }

  #dial(nowMs: number): RpcStream<QuorumMessage> | undefined {
    if (nowMs < this.#redialAtMs) return undefined;
    const stream: RpcStream<QuorumMessage> = this.#channel.open(QuorumService.deliver, {
      onMessage: () => {
        if (this.#stream !== stream) return;
        this.#unconfirmedSinceMs = undefined;
        this.#isConfirmed = true;
      },
      onReady: () => {
        if (this.#stream === stream) this.#sendWaiting(stream);
      },
      onClose: (reason) => {
        if (this.#stream === stream) this.#lost(reason);
      },
    });
    this.#stream = stream;
    return stream;
  }

  #sendWaiting(stream: RpcStream<QuorumMessage>): void {
    while (stream.ready()) {
      const message = this.#waiting.shift();
      if (message === undefined) return;
      stream.send(toWire(message));
    }
  }

  #lost(reason: RpcCloseReason): void {
    this.#forgetStream();
    this.#redialAtMs = this.#clock.nowMs() + REDIAL_MS;
    this.#options.onLost(reason);
  }

  #giveUp(): void {
    this.close();
    this.#channel = this.#connect();
  }

  #forgetStream(): void {
    this.#stream = undefined;
    this.droppedCount += this.#waiting.length;
    this.#waiting = [];
    this.#unconfirmedSinceMs = undefined;
    this.#isConfirmed = false;
  }
}
